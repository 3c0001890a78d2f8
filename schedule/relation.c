/* Access records and index expressions as isl objects. The record is the relation (access.c); this file is the only way from it
 * to isl, always through affine expressions, never through text.
 *
 * Inside the space of one statement's instances every relation is a partial function once reductions and run-time values are
 * dims of the instance: a function (isl_multi_aff) and, where the operand is guarded, a domain (isl_set). Composing functions
 * is substitution, so a chain of forty members costs no projection. */
#include "prove_internal.h"

#include <isl/constraint.h>
#include <isl/local_space.h>
#include <isl/space.h>

static __isl_give isl_val *val(isl_ctx *ctx, int64_t v)
{
    return isl_val_int_from_si(ctx, (long)v);
}

/* ---- boxes ---- */

__isl_give isl_set *relation_box(isl_ctx *ctx, int n, const int64_t *sizes)
{
    isl_set *box = isl_set_universe(isl_space_set_alloc(ctx, 0, (unsigned)n));
    for (int i = 0; i < n; i++) {
        box = isl_set_lower_bound_si(box, isl_dim_set, (unsigned)i, 0);
        box = isl_set_upper_bound_val(box, isl_dim_set, (unsigned)i, val(ctx, sizes[i] - 1));
    }
    return box;
}

__isl_give isl_set *relation_shape_box(isl_ctx *ctx, const ir_shape *shape)
{
    isl_set *box = isl_set_universe(isl_space_set_alloc(ctx, 0, (unsigned)shape->rank));
    for (int i = 0; i < shape->rank; i++) {
        box = isl_set_lower_bound_si(box, isl_dim_set, (unsigned)i, 0);
        box = isl_set_upper_bound_val(box, isl_dim_set, (unsigned)i, val(ctx, ir_shape_size(shape, i) - 1));
    }
    return box;
}

__isl_give isl_multi_aff *relation_identity(isl_ctx *ctx, int n)
{
    return isl_multi_aff_identity(isl_space_map_from_set(isl_space_set_alloc(ctx, 0, (unsigned)n)));
}

/* ---- affine pieces ---- */

__isl_give isl_aff *relation_constant(__isl_take isl_space *domain, int64_t c)
{
    isl_ctx *ctx = isl_space_get_ctx(domain);
    return isl_aff_val_on_domain(isl_local_space_from_space(domain), val(ctx, c));
}

__isl_give isl_aff *relation_var(__isl_take isl_space *domain, int dim, int64_t coef)
{
    isl_ctx *ctx = isl_space_get_ctx(domain);
    isl_aff *a = isl_aff_zero_on_domain(isl_local_space_from_space(domain));
    return isl_aff_set_coefficient_val(a, isl_dim_in, dim, val(ctx, coef));
}

static __isl_give isl_aff *times(__isl_take isl_aff *a, int64_t k)
{
    return k == 1 ? a : isl_aff_scale_val(a, val(isl_aff_get_ctx(a), k));
}

static __isl_give isl_aff *floor_by(__isl_take isl_aff *a, int64_t k)
{
    return k == 1 ? a : isl_aff_floor(isl_aff_scale_down_val(a, val(isl_aff_get_ctx(a), k)));
}

static __isl_give isl_aff *modulo(__isl_take isl_aff *a, int64_t k)
{
    return isl_aff_mod_val(a, val(isl_aff_get_ctx(a), k));
}

__isl_give isl_aff *relation_piece(__isl_take isl_aff *a, int64_t inner, int64_t size)
{
    a = floor_by(a, inner);
    return size ? modulo(a, size) : a;
}

/* 0 <= a/scale < count and scale | a. */
static __isl_give isl_set *in_range(__isl_take isl_aff *a, int64_t count, int64_t scale)
{
    isl_aff *least = relation_constant(isl_aff_get_domain_space(a), 0);
    isl_aff *most = relation_constant(isl_aff_get_domain_space(a), scale * (count - 1));
    isl_set *set = isl_aff_ge_set(isl_aff_copy(a), isl_aff_copy(least));
    set = isl_set_intersect(set, isl_aff_le_set(isl_aff_copy(a), most));
    if (scale > 1)
        set = isl_set_intersect(set, isl_aff_eq_set(modulo(isl_aff_copy(a), scale), isl_aff_copy(least)));
    isl_aff_free(a);
    isl_aff_free(least);
    return set;
}

__isl_give isl_multi_aff *relation_zeros(__isl_take isl_space *domain, int n)
{
    return isl_multi_aff_zero(isl_space_add_dims(isl_space_from_domain(domain), isl_dim_out, (unsigned)n));
}

/* ---- records ---- */

/* floor((c + sum coef*floor(var/div)) / div) mod m, before scale and run-time offset. */
static __isl_give isl_aff *plain_dim(const sched_access_dim *dim, __isl_keep isl_multi_aff *at)
{
    isl_aff *sum = relation_constant(isl_multi_aff_get_domain_space(at), dim->c);
    for (int i = 0; i < dim->nterms; i++) {
        isl_aff *var = floor_by(isl_multi_aff_get_at(at, dim->terms[i].var), dim->terms[i].div);
        sum = isl_aff_add(sum, times(var, dim->terms[i].coef));
    }
    sum = floor_by(sum, dim->div);
    return dim->mod ? modulo(sum, dim->mod) : sum;
}

static __isl_give isl_aff *record_dim(const sched_access_dim *dim, int plain, __isl_keep isl_multi_aff *at)
{
    isl_aff *sum = plain_dim(dim, at);
    if (dim->dyn >= 0)
        sum = isl_aff_add(sum, times(isl_multi_aff_get_at(at, plain + dim->dyn), dim->dyn_sign));
    return sum;
}

__isl_give isl_multi_aff *relation_of_dims(const sched_access_dim *dims, int ndims, int plain, __isl_keep isl_multi_aff *at)
{
    isl_multi_aff *result = relation_zeros(isl_multi_aff_get_domain_space(at), ndims);
    for (int i = 0; i < ndims; i++)
        result = isl_multi_aff_set_at(result, i, floor_by(record_dim(&dims[i], plain, at), dims[i].scale));
    return result;
}

__isl_give isl_multi_aff *relation_of(const sched_access *access, __isl_keep isl_multi_aff *at)
{
    return relation_of_dims(access->dims, access->ndims, access->nout + access->nred, at);
}

__isl_give isl_set *relation_guard(const sched_access *access, const ir_shape *operand, __isl_keep isl_multi_aff *at, const bool *missing)
{
    isl_set *set = isl_set_universe(isl_multi_aff_get_domain_space(at));
    for (int i = 0; access->guarded && i < access->ndims; i++) {
        if (missing && access->dims[i].dyn >= 0 && missing[access->dims[i].dyn])
            continue;
        isl_aff *index = record_dim(&access->dims[i], access->nout + access->nred, at);
        set = isl_set_intersect(set, in_range(index, ir_shape_size(operand, i), access->dims[i].scale));
    }
    return set;
}

__isl_give isl_map *relation_map(isl_ctx *ctx, const ir_instr *instr, const sched_accesses *accesses, int operand)
{
    const sched_access *access = &accesses->operand[operand];
    int plain = access->nout + access->nred, n = plain + accesses->ndynamic;
    isl_set *box = isl_set_universe(isl_space_set_alloc(ctx, 0, (unsigned)n));
    for (int i = 0; i < n; i++) {
        int64_t size = i < access->nout ? ir_shape_size(instr->shape, i) : i < plain ? access->red[i - access->nout] : 1;
        for (int d = 0; i >= plain && d < access->ndims; d++)
            if (access->dims[d].dyn == i - plain)
                size = access->dims[d].dyn_max + 1;
        box = isl_set_lower_bound_si(box, isl_dim_set, (unsigned)i, 0);
        box = isl_set_upper_bound_val(box, isl_dim_set, (unsigned)i, val(ctx, size - 1));
    }
    isl_multi_aff *identity = relation_identity(ctx, n);
    box = isl_set_intersect(box, relation_guard(access, instr->operands[operand]->shape, identity, NULL));
    isl_map *map = isl_map_from_multi_aff(relation_of(access, identity));
    isl_multi_aff_free(identity);
    return isl_map_intersect_domain(map, box);
}

/* ---- emitted indices ---- */

/* Dim of an instance that an atom names, or -1. */
static int dim_of_atom(const proof_stmt *s, const sched_atom *atom)
{
    if (atom->kind == SCHED_DYN) {
        for (int i = 0; i < s->natoms; i++)
            if (s->atoms[i] == atom)
                return s->nvars + s->nreds + i;
        return -1;
    }
    for (int i = 0; i < s->nvars; i++)
        if (s->stmt->vars[i].var == atom->var)
            return i;
    for (int i = 0; i < s->nreds; i++)
        if (s->stmt->reds[i].var == atom->var)
            return s->nvars + i;
    return -1;
}

static __isl_give isl_aff *atom_aff(proof *p, const proof_stmt *s, const sched_atom *atom)
{
    if (atom->kind == SCHED_DIV || atom->kind == SCHED_MOD) {
        isl_aff *of = relation_of_index(p, s, atom->of);
        return atom->kind == SCHED_DIV ? floor_by(of, atom->k) : modulo(of, atom->k);
    }
    int dim = dim_of_atom(s, atom);
    if (dim < 0) {
        proof_fail(p, "index: %s uses a variable that is none of its own", proof_instr(p, s->stmt->instr));
        return NULL;
    }
    return relation_var(isl_set_get_space(s->box), dim, 1);
}

__isl_give isl_aff *relation_of_index(proof *p, const proof_stmt *s, const sched_index *index)
{
    isl_aff *sum = relation_constant(isl_set_get_space(s->box), index->c);
    for (int i = 0; i < index->nterms; i++)
        sum = isl_aff_add(sum, times(atom_aff(p, s, index->terms[i].atom), index->terms[i].coef));
    return sum;
}

__isl_give isl_multi_aff *relation_of_indices(proof *p, const proof_stmt *s, const sched_index *const *index, int n)
{
    isl_multi_aff *result = relation_zeros(isl_set_get_space(s->box), n);
    for (int i = 0; i < n; i++)
        result = isl_multi_aff_set_at(result, i, relation_of_index(p, s, index[i]));
    return result;
}

__isl_give isl_set *relation_of_conds(proof *p, const proof_stmt *s, const sched_cond *conds, int nconds)
{
    isl_set *set = isl_set_universe(isl_set_get_space(s->box));
    for (int i = 0; i < nconds; i++)
        set = isl_set_intersect(set, in_range(relation_of_index(p, s, conds[i].index), conds[i].count, conds[i].scale));
    return set;
}
