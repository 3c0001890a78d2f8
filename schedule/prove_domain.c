/* Domains that shrink from guard to guard. A guard's other side is not convex: subtracting eight of them in a row (the updates of a
 * key cache, layer after layer) takes isl seconds. So a domain is one convex set and a list of convex sets taken out of it, which
 * are subtracted only from the few instances where something would be wrong. */
#include "prove_internal.h"

proof_domain proof_domain_of(__isl_take isl_set *set)
{
    return (proof_domain){.in = set, .dead = proved(isl_set_is_empty(set))};
}

proof_domain proof_domain_copy(const proof_domain *d)
{
    return (proof_domain){isl_set_copy(d->in), d->out, d->dead};
}

void proof_domain_free(proof_domain *d)
{
    d->in = isl_set_free(d->in);
}

proof_domain proof_domain_inside(proof_domain d, __isl_take isl_set *set)
{
    d.in = isl_set_intersect(d.in, set);
    d.dead |= proved(isl_set_is_empty(d.in));
    for (const proof_excluded *e = d.out; e && !d.dead; e = e->next)
        d.dead = proved(isl_set_is_subset(d.in, e->set));
    return d;
}

/* What is left stays one convex set where it is one; else the set goes to the list. */
proof_domain proof_domain_outside(proof *p, proof_domain d, __isl_take isl_set *set)
{
    isl_set *rest = isl_set_subtract(isl_set_copy(d.in), isl_set_copy(set));
    if (isl_set_n_basic_set(rest) == 1 || proved(isl_set_is_empty(rest))) {
        isl_set_free(d.in);
        isl_set_free(set);
        d.in = rest;
        d.dead |= proved(isl_set_is_empty(rest));
        return d;
    }
    isl_set_free(rest);
    proof_excluded *e = fw_alloc(p->arena, sizeof *e);
    *e = (proof_excluded){set, d.out, p->excluded};
    p->excluded = e;
    d.out = e;
    return d;
}

/* The instances of `set` that really belong to the domain; stops as soon as none are left. */
__isl_give isl_set *proof_domain_only(const proof_domain *d, __isl_take isl_set *set)
{
    set = isl_set_intersect(set, isl_set_copy(d->in));
    for (const proof_excluded *e = d->out; e && !proved(isl_set_is_empty(set)); e = e->next)
        set = isl_set_subtract(set, isl_set_copy(e->set));
    return set;
}

bool proof_domain_empty(const proof_domain *d)
{
    if (d->dead)
        return true;
    isl_set *all = proof_domain_only(d, isl_set_copy(d->in));
    bool empty = proved(isl_set_is_empty(all));
    isl_set_free(all);
    return empty;
}

/* Every instance of `a` is one of `b`, seen without subtracting anything. */
bool proof_domain_within(const proof_domain *a, const proof_domain *b)
{
    const proof_excluded *e = a->out;
    while (e && e != b->out)
        e = e->next;
    return e == b->out && (proved(isl_set_plain_is_equal(a->in, b->in)) || proved(isl_set_is_subset(a->in, b->in)));
}

__isl_give isl_map *proof_domain_restrict(const proof_excluded *out, __isl_take isl_map *relation)
{
    for (; out; out = out->next)
        relation = isl_map_subtract_domain(relation, isl_set_copy(out->set));
    return relation;
}
