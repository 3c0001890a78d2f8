/* The emitted values are the graph's. The value DAG of a statement and the graph are walked together: `at` is the element of the
 * graph's instruction that the value has to compute, as a function of the instance, composed from access records alone; where the
 * walk meets a load, the emitted index has to be the same function on the whole domain that reaches it.
 *
 *   value:  GUARD(c, LOAD x[i-1], LITERAL)       graph:  pad(x, literal)       at: [i]
 *           domain ∩ c: LOAD x[i-1]                      x at [i-1], where 0 <= i-1 < n
 *           domain - c: LITERAL                          literal elsewhere
 *
 * Comparing operand by operand refuses what equal sets of elements would let pass: a - b for b - a, or the wrong start index. */
#include "prove_internal.h"

#include <isl/space.h>

/* ---- loads ---- */

static bool differs(proof *p, const proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain)
{
    static const char *const kinds[] = {"a load", "a literal", "an index", "an operation", "a guard", "a parameter"};
    if (proof_domain_empty(domain))
        return true;
    if (s->trial)
        return false;
    if (value->instr)
        return proof_fail(p, "values: %s computes %s of %s where the graph has %s", proof_instr(p, s->stmt->instr), kinds[value->kind],
            proof_instr(p, value->instr), proof_instr(p, instr));
    return proof_fail(p, "values: %s has %s where the graph has %s", proof_instr(p, s->stmt->instr), kinds[value->kind],
        proof_instr(p, instr));
}

static __isl_give isl_map *map_on(__isl_keep isl_multi_aff *at, const proof_domain *domain)
{
    return isl_map_intersect_domain(isl_map_from_multi_aff(isl_multi_aff_copy(at)), isl_set_copy(domain->in));
}

static void record(proof *p, proof_stmt *s, const sched_value *load, const proof_domain *domain, __isl_keep isl_multi_aff *emitted,
    __isl_keep isl_multi_aff *graph)
{
    proof_read read = {.load = load, .writer = -1, .emitted = map_on(emitted, domain), .graph = map_on(graph, domain), .out = domain->out};
    for (int i = 0; i < p->nstmts; i++)
        if (p->kernel->stmts[i].instr == load->instr)
            read.writer = i;
    FW_PUSH(p->arena, s->reads, s->nreads, s->reads_cap, read);
}

/* The instances of the domain at which two functions differ. */
static __isl_give isl_set *clash_of(const proof_domain *domain, __isl_take isl_aff *a, __isl_take isl_aff *b)
{
    if (!proved(isl_aff_plain_is_equal(a, b)))
        return proof_domain_only(domain, isl_aff_ne_set(a, b));
    isl_set *none = isl_set_empty(isl_aff_get_domain_space(a));
    isl_aff_free(a);
    isl_aff_free(b);
    return none;
}

bool proof_same(const proof_stmt *s, __isl_take isl_aff *a, __isl_take isl_aff *b)
{
    proof_domain all = {.in = s->box};
    isl_set *clash = clash_of(&all, a, b);
    bool same = proved(isl_set_is_empty(clash));
    isl_set_free(clash);
    return same;
}

/* The two functions agree on the domain, dim by dim. */
static bool same_function(proof *p, proof_stmt *s, const ir_instr *instr, const proof_domain *domain, __isl_keep isl_multi_aff *emitted,
    __isl_keep isl_multi_aff *graph)
{
    for (int d = 0; d < instr->shape->rank; d++) {
        isl_set *clash = clash_of(domain, isl_multi_aff_get_at(emitted, d), isl_multi_aff_get_at(graph, d));
        bool empty = proved(isl_set_is_empty(clash));
        if (!empty && !s->trial)
            proof_fail(p, "index: %s reads %s%s where the graph reads it at %s", proof_point(p, s, isl_set_copy(clash)),
                proof_instr(p, instr), proof_image(p, clash, emitted), proof_image(p, clash, graph));
        isl_set_free(clash);
        if (!empty)
            return false;
    }
    return true;
}

static bool load_is(proof *p, proof_stmt *s, const sched_value *load, const proof_domain *domain, __isl_keep isl_multi_aff *at)
{
    if (load->instr == s->stmt->instr || load->nindex != load->instr->shape->rank)
        return differs(p, s, load, load->instr, domain);
    isl_multi_aff *emitted = relation_of_indices(p, s, load->index, load->nindex);
    bool same = emitted && same_function(p, s, load->instr, domain, emitted, at);
    if (same && !s->trial)
        record(p, s, load, domain, emitted, at);
    isl_multi_aff_free(emitted);
    return same;
}

/* ---- run-time indices ---- */

/* First a trial that records nothing, on the convex part of the domain alone: most candidates fail, and fail cheaply. */
bool proof_value_may_be(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    proof_domain whole = {.in = isl_set_copy(domain->in), .dead = domain->dead};
    s->trial++;
    bool same = proof_value_is(p, s, value, instr, whole, isl_multi_aff_copy(at));
    s->trial--;
    return same && (s->trial || proof_value_is(p, s, value, instr, proof_domain_copy(domain), isl_multi_aff_copy(at)));
}

/* The value of a constant start, clamped as HLO does it. */
static bool constant_start(const ir_instr *instr, int64_t max, int64_t *start)
{
    while (instr->noperands == 1 && ir_op_of(instr->op)->cls == IR_INDEX)
        instr = instr->operands[0];
    if (instr->op != IR_OP_CONSTANT || !(ir_shape_is_scalar(instr->shape) || ir_literal_splat(instr->literal)))
        return false;
    int64_t c = ir_number_get_int(instr->shape->type, instr->literal->data);
    bool wrapped = c < 0 && ir_class_of(instr->shape->type) == IR_CLASS_UNSIGNED;
    *start = wrapped || c > max ? max : c < 0 ? 0 : c;
    return true;
}

static bool start_is(proof *p, proof_stmt *s, int atom, const ir_instr *instr, int64_t max, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    return s->atoms[atom]->max == max && s->atoms[atom]->min == 0 &&
           proof_value_may_be(p, s, s->atoms[atom]->value, instr, domain, at);
}

__isl_give isl_aff *proof_start(proof *p, proof_stmt *s, const ir_instr *instr, int64_t max, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    int found = -1;
    for (int i = 0; i < s->natoms && found < 0; i++) /* what it was elsewhere in the graph first */
        if (s->matched[i] == instr && start_is(p, s, i, instr, max, domain, at))
            found = i;
    for (int i = 0; i < s->natoms && found < 0; i++)
        if (s->matched[i] != instr && start_is(p, s, i, instr, max, domain, at))
            found = i;
    if (found >= 0) {
        s->matched[found] = instr;
        return relation_var(isl_set_get_space(s->box), s->nvars + s->nreds + found, 1);
    }
    int64_t start;
    return constant_start(instr, max, &start) ? relation_constant(isl_set_get_space(s->box), start) : NULL;
}

static int64_t dynamic_max(const sched_accesses *accesses, int dynamic)
{
    for (int k = 0; k < accesses->noperands; k++)
        for (int d = 0; d < accesses->operand[k].ndims; d++)
            if (accesses->operand[k].dims[d].dyn == dynamic)
                return accesses->operand[k].dims[d].dyn_max;
    return 0;
}

__isl_give isl_multi_aff *proof_with_dynamics(proof *p, proof_stmt *s, const ir_instr *instr, const sched_accesses *accesses,
    const proof_domain *domain, __isl_keep isl_multi_aff *at, bool **missing)
{
    isl_multi_aff *more = relation_zeros(isl_multi_aff_get_domain_space(at), accesses->ndynamic);
    *missing = fw_alloc_array(p->arena, (size_t)accesses->ndynamic, sizeof **missing);
    for (int i = 0; i < accesses->ndynamic; i++) {
        const sched_dynamic *dynamic = &accesses->dynamic[i];
        int64_t max = dynamic_max(accesses, i);
        if (max <= 0)
            continue;
        isl_multi_aff *where = relation_of_dims(dynamic->dims, dynamic->ndims, instr->shape->rank, at);
        isl_aff *start = proof_start(p, s, instr->operands[dynamic->operand], max, domain, where);
        (*missing)[i] = !start;
        if (start)
            more = isl_multi_aff_set_at(more, i, start);
        isl_multi_aff_free(where);
    }
    return isl_multi_aff_flat_range_product(isl_multi_aff_copy(at), more);
}

/* ---- one instruction of the graph ---- */

static bool is_index_operand(const sched_accesses *accesses, int operand)
{
    for (int i = 0; i < accesses->ndynamic; i++)
        if (accesses->dynamic[i].operand == operand)
            return true;
    return false;
}

const sched_accesses *proof_accesses(proof *p, const ir_instr *instr)
{
    const char *why = "no access relation";
    const sched_accesses *accesses = sched_access_of(p->arena, instr, &why);
    if (!accesses)
        proof_fail(p, "values: %s: %s", proof_instr(p, instr), why);
    return accesses;
}

bool proof_operand_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const sched_accesses *accesses,
    int operand, proof_domain domain, __isl_keep isl_multi_aff *at)
{
    return proof_value_is(p, s, value, instr->operands[operand], domain, relation_of(&accesses->operand[operand], at));
}

static bool needs_missing(const sched_access *access, const bool *missing)
{
    bool needs = false;
    for (int d = 0; d < access->ndims; d++)
        needs |= access->dims[d].dyn >= 0 && missing[access->dims[d].dyn];
    return needs;
}

/* A run-time value of `instr` is none of the statement's: that matters where an instance gets there. */
static bool no_start(proof *p, const proof_stmt *s, const ir_instr *instr, const proof_domain *domain)
{
    if (proof_domain_empty(domain))
        return true;
    return !s->trial && proof_fail(p, "index: no run-time index of %s is the start of %s", proof_instr(p, s->stmt->instr),
                            proof_instr(p, instr));
}

/* One guarded operand: where its box holds the element, the value has to be its; `rest` loses those instances. A run-time value may
 * be missing where the other dims leave nothing, since the kernel has dropped an operand that is never read. */
static bool guarded_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const sched_accesses *accesses,
    int operand, proof_domain *rest, __isl_keep isl_multi_aff *at, const bool *missing)
{
    const sched_access *access = &accesses->operand[operand];
    isl_set *inside = relation_guard(access, instr->operands[operand]->shape, at, missing);
    proof_domain here = proof_domain_inside(proof_domain_copy(rest), isl_set_copy(inside));
    if (here.dead || needs_missing(access, missing)) {
        bool never = here.dead || no_start(p, s, instr, &here);
        isl_set_free(inside);
        proof_domain_free(&here);
        return never;
    }
    *rest = proof_domain_outside(p, *rest, inside);
    return proof_operand_is(p, s, value, instr, accesses, operand, here, at);
}

/* Ops that pass on one operand's element: the first guarded operand whose box holds it, else the one without a guard. */
static bool pick_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *result)
{
    const sched_accesses *accesses = proof_accesses(p, instr);
    if (!accesses)
        return false;
    bool *missing, same = true;
    isl_multi_aff *at = proof_with_dynamics(p, s, instr, accesses, domain, result, &missing);
    proof_domain rest = proof_domain_copy(domain);
    int other = -1;
    for (int k = 0; k < instr->noperands && same; k++) {
        if (is_index_operand(accesses, k))
            continue;
        if (accesses->operand[k].guarded)
            same = guarded_is(p, s, value, instr, accesses, k, &rest, at, missing);
        else
            other = k;
    }
    if (same && other >= 0 && !rest.dead) {
        same = needs_missing(&accesses->operand[other], missing)
                   ? no_start(p, s, instr, &rest)
                   : proof_operand_is(p, s, value, instr, accesses, other, proof_domain_copy(&rest), at);
    } else if (same && !proof_domain_empty(&rest)) {
        same = proof_fail(p, "values: no operand of %s has %s", proof_instr(p, instr),
            proof_point(p, s, proof_domain_only(&rest, isl_set_copy(rest.in))));
    }
    proof_domain_free(&rest);
    isl_multi_aff_free(at);
    return same;
}

static bool op_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    if (value->kind != SCHED_OP || value->instr != instr || value->nargs != instr->noperands)
        return differs(p, s, value, instr, domain);
    const sched_accesses *accesses = proof_accesses(p, instr);
    for (int k = 0; accesses && k < instr->noperands; k++)
        if (!proof_operand_is(p, s, value->args[k], instr, accesses, k, proof_domain_copy(domain), at))
            return false;
    return accesses != NULL;
}

static bool iota_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    if (value->kind != SCHED_IOTA || value->instr != instr || value->nindex != 1)
        return differs(p, s, value, instr, domain);
    isl_aff *emitted = relation_of_index(p, s, value->index[0]);
    isl_aff *graph = isl_multi_aff_get_at(at, (int)ir_attr_int(instr, IR_ATTR_IOTA_DIMENSION, 0));
    isl_set *clash = clash_of(domain, emitted, graph);
    bool same = proved(isl_set_is_empty(clash));
    if (!same && !s->trial)
        proof_fail(p, "index: %s takes a wrong index from %s", proof_point(p, s, isl_set_copy(clash)), proof_instr(p, instr));
    isl_set_free(clash);
    return same;
}

static bool value_here(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    if (value->kind == SCHED_LOAD && value->instr == instr)
        return load_is(p, s, value, domain, at);
    if (value->kind == SCHED_LITERAL && value->instr == instr)
        return true;
    if (!p->member[instr->id])
        return differs(p, s, value, instr, domain);
    if (instr->op == IR_OP_IOTA)
        return iota_is(p, s, value, instr, domain, at);
    switch (ir_op_of(instr->op)->cls) {
    case IR_INDEX:
    case IR_BITCAST_CLASS:
    case IR_DYNAMIC:
        return pick_is(p, s, value, instr, domain, at);
    case IR_ELEMENTWISE:
    case IR_FORWARD:
        return op_is(p, s, value, instr, domain, at);
    default:
        return differs(p, s, value, instr, domain);
    }
}

/* ---- the walk ---- */

static bool known(const proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    for (int i = 0; i < s->nmemo; i++) {
        const proof_memo *m = &s->memo[i];
        if (m->value == value && m->instr == instr && proved(isl_multi_aff_plain_is_equal(m->at, at)) &&
            proof_domain_within(domain, &m->domain))
            return true;
    }
    return false;
}

static bool guard_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at)
{
    isl_set *conds = relation_of_conds(p, s, value->conds, value->nconds);
    proof_domain inside = proof_domain_inside(proof_domain_copy(domain), isl_set_copy(conds));
    proof_domain outside = proof_domain_outside(p, proof_domain_copy(domain), conds);
    if (proof_value_is(p, s, value->args[0], instr, inside, isl_multi_aff_copy(at)))
        return proof_value_is(p, s, value->args[1], instr, outside, isl_multi_aff_copy(at));
    proof_domain_free(&outside);
    return false;
}

bool proof_value_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, proof_domain domain,
    __isl_take isl_multi_aff *at)
{
    bool same = domain.dead || (!s->trial && known(s, value, instr, &domain, at));
    if (!same) {
        same = value->kind == SCHED_GUARD ? guard_is(p, s, value, instr, &domain, at) : value_here(p, s, value, instr, &domain, at);
        if (same && !s->trial) {
            proof_memo memo = {value, instr, proof_domain_copy(&domain), isl_multi_aff_copy(at)};
            FW_PUSH(p->arena, s->memo, s->nmemo, s->memo_cap, memo);
        }
    }
    proof_domain_free(&domain);
    isl_multi_aff_free(at);
    return same;
}
