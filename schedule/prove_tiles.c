/* Statements lifted into the tiles, P[v] -> T[tile, v] on the clipped box of the range, so that a recomputed instance is an ordinary
 * one; then what needs no order: every access inside its box, every output element stored once.
 *
 *   range of v in tile t:  max(0, c*B*t + first) <= v <= min(extent - 1, c*(min(B*(t+1), E) - 1) + last)
 *   scratch of v:          position v - max(0, c*B*t + first) < size */
#include "prove_internal.h"

#include <isl/space.h>

/* Dim of the loop in a lifted instance, or -1 for a loop of one tile, whose tile number is 0. */
static int tile_dim(const proof *p, int loop)
{
    for (int i = 0; i < p->nmoving; i++)
        if (p->moving[i] == loop)
            return i;
    return -1;
}

static __isl_give isl_space *lifted_space(proof *p, const proof_stmt *s)
{
    isl_space *space = isl_space_set_alloc(p->ctx, 0, (unsigned)(p->nmoving + s->nvars));
    return isl_space_set_tuple_name(space, isl_dim_set, fw_format(p->arena, "T%d", s->number));
}

/* coef * (B * tile) + c over lifted instances. */
static __isl_give isl_aff *tile_aff(proof *p, const proof_stmt *s, const sched_range *range, int64_t c)
{
    int dim = range->loop < 0 ? -1 : tile_dim(p, range->loop);
    if (dim < 0)
        return relation_constant(lifted_space(p, s), c);
    isl_aff *a = relation_var(lifted_space(p, s), dim, range->coef * p->kernel->loops[range->loop].tile);
    return isl_aff_add(a, relation_constant(lifted_space(p, s), c));
}

static __isl_give isl_aff *var_aff(proof *p, const proof_stmt *s, int var)
{
    return relation_var(lifted_space(p, s), p->nmoving + var, 1);
}

static __isl_give isl_set *var_range(proof *p, const proof_stmt *s, int var, __isl_take isl_set *set)
{
    const sched_range *range = &s->stmt->vars[var];
    int dim = p->nmoving + var;
    set = isl_set_lower_bound_si(set, isl_dim_set, (unsigned)dim, 0);
    set = isl_set_intersect(set, isl_aff_le_set(var_aff(p, s, var), relation_constant(lifted_space(p, s), range->extent - 1)));
    if (range->loop < 0)
        return set;
    const sched_loop *loop = &p->kernel->loops[range->loop];
    int64_t end = range->coef * (loop->extent - 1) + range->last;
    set = isl_set_intersect(set, isl_aff_ge_set(var_aff(p, s, var), tile_aff(p, s, range, range->first)));
    set = isl_set_intersect(set, isl_aff_le_set(var_aff(p, s, var), tile_aff(p, s, range, range->coef * (loop->tile - 1) + range->last)));
    return isl_set_intersect(set, isl_aff_le_set(var_aff(p, s, var), relation_constant(lifted_space(p, s), end)));
}

static __isl_give isl_set *lifted_instances(proof *p, const proof_stmt *s)
{
    isl_set *set = isl_set_universe(lifted_space(p, s));
    for (int i = 0; i < p->nmoving; i++) {
        int64_t ntiles = p->kernel->loops[p->moving[i]].ntiles;
        set = isl_set_lower_bound_si(set, isl_dim_set, (unsigned)i, 0);
        isl_aff *last = relation_constant(lifted_space(p, s), ntiles - 1);
        set = isl_set_intersect(set, isl_aff_le_set(relation_var(lifted_space(p, s), i, 1), last));
    }
    for (int i = 0; i < s->nvars; i++)
        set = var_range(p, s, i, set);
    for (int l = 0; l < p->kernel->nloops; l++)
        if (p->kernel->loops[l].ntiles <= 0)
            set = isl_set_intersect(set, isl_set_empty(lifted_space(p, s)));
    return set;
}

bool proof_tiles(proof *p)
{
    for (int i = 0; i < p->nstmts; i++) {
        proof_stmt *s = &p->stmts[i];
        for (int v = 0; v < s->nvars; v++)
            if (s->stmt->vars[v].coef < 0 || s->stmt->vars[v].loop >= p->kernel->nloops)
                return proof_fail(p, "bounds: a range of %s runs against its loop", proof_instr(p, s->stmt->instr));
        s->tiles = lifted_instances(p, s);
        s->lift = relation_zeros(lifted_space(p, s), s->nvars);
        for (int v = 0; v < s->nvars; v++)
            s->lift = isl_multi_aff_set_at(s->lift, v, var_aff(p, s, v));
    }
    return true;
}

__isl_give isl_map *proof_position(proof *p, const proof_stmt *s)
{
    isl_space *space = isl_space_from_domain(lifted_space(p, s));
    isl_multi_pw_aff *position = isl_multi_pw_aff_zero(isl_space_add_dims(space, isl_dim_out, (unsigned)s->nvars));
    for (int v = 0; v < s->nvars; v++) {
        const sched_range *range = &s->stmt->vars[v];
        isl_pw_aff *start = isl_pw_aff_from_aff(tile_aff(p, s, range, range->loop < 0 ? 0 : range->first));
        if (range->loop >= 0 && range->first < 0)
            start = isl_pw_aff_max(start, isl_pw_aff_from_aff(relation_constant(lifted_space(p, s), 0)));
        position = isl_multi_pw_aff_set_at(position, v, isl_pw_aff_sub(isl_pw_aff_from_aff(var_aff(p, s, v)), start));
    }
    return isl_map_set_tuple_name(isl_map_from_multi_pw_aff(position), isl_dim_out, fw_format(p->arena, "b%d", s->number));
}

/* ---- bounds ---- */

/* No tile has more points of a variable than its declared size: then positions fit the scratch box. */
static bool range_fits(proof *p, const proof_stmt *s, int var)
{
    const sched_range *range = &s->stmt->vars[var];
    isl_aff *start = tile_aff(p, s, range, range->loop < 0 ? 0 : range->first);
    isl_aff *position = isl_aff_sub(var_aff(p, s, var), start);
    isl_aff *size = relation_constant(lifted_space(p, s), range->size);
    isl_set *beyond = isl_set_intersect(isl_set_copy(s->tiles), isl_aff_ge_set(position, isl_aff_copy(size)));
    beyond = isl_set_intersect(beyond, isl_aff_ge_set(var_aff(p, s, var), size));
    if (proved(isl_set_is_empty(beyond))) {
        isl_set_free(beyond);
        return true;
    }
    return proof_fail(p, "bounds: %s is beyond the %lld points that a tile has of %s", proof_tile_point(p, s, beyond),
        (long long)range->size, sched_var_name(p->kernel->space, range->var));
}

/* Elements outside the array, dim by dim: emptiness of a box corner is cheaper than a projection. */
static bool inside_shape(proof *p, const proof_stmt *s, __isl_keep isl_map *accesses, const proof_excluded *without, const ir_instr *array,
    const char *verb)
{
    for (int d = 0; d < array->shape->rank; d++)
        for (int side = 0; side < 2; side++) {
            int64_t n = ir_shape_size(array->shape, d);
            isl_map *out = isl_map_copy(accesses);
            if (side == 0)
                out = isl_map_upper_bound_val(out, isl_dim_out, (unsigned)d, isl_val_int_from_si(p->ctx, -1));
            else
                out = isl_map_lower_bound_val(out, isl_dim_out, (unsigned)d, isl_val_int_from_si(p->ctx, (long)n));
            for (const proof_excluded *e = without; e && !proved(isl_map_is_empty(out)); e = e->next)
                out = isl_map_subtract_domain(out, isl_set_copy(e->set));
            bool empty = proved(isl_map_is_empty(out));
            if (!empty) {
                isl_set *from = isl_map_domain(isl_map_copy(out)), *to = isl_map_range(isl_map_copy(out));
                proof_fail(p, "bounds: %s %s %s%s outside its shape", proof_point(p, s, from), verb, proof_instr(p, array),
                    proof_image(p, to, NULL));
                isl_set_free(to);
            }
            isl_map_free(out);
            if (!empty)
                return false;
        }
    return true;
}

static bool scratch_fits(proof *p, const proof_stmt *s)
{
    const sched_stmt *stmt = s->stmt;
    int64_t bytes = (int64_t)ir_type_bytes(stmt->instr->shape->type);
    if (!stmt->scratch)
        return stmt->output || proof_fail(p, "bounds: %s is stored nowhere", proof_instr(p, stmt->instr));
    for (int v = 0; v < stmt->nvars; v++)
        if (stmt->vars[v].size < 0 || __builtin_mul_overflow(bytes, stmt->vars[v].size, &bytes))
            return proof_fail(p, "bounds: the scratch of %s has no size", proof_instr(p, stmt->instr));
    int64_t room = p->kernel->scratch_bytes + (stmt == p->kernel->contraction ? p->kernel->product_bytes : 0);
    if (stmt->scratch_offset < 0 || stmt->scratch_offset % 64 || bytes > room - stmt->scratch_offset)
        return proof_fail(p, "bounds: the %lld bytes of %s at %lld do not fit the scratch of %lld bytes", (long long)bytes,
            proof_instr(p, stmt->instr), (long long)stmt->scratch_offset, (long long)room);
    return true;
}

bool proof_bounds(proof *p)
{
    for (int i = 0; i < p->nstmts; i++) {
        const proof_stmt *s = &p->stmts[i];
        for (int v = 0; v < s->nvars; v++)
            if (!range_fits(p, s, v))
                return false;
        for (int r = 0; r < s->nreads; r++)
            if (!inside_shape(p, s, s->reads[r].emitted, s->reads[r].out, s->reads[r].load->instr, "reads"))
                return false;
        isl_map *stores = isl_map_intersect_domain(isl_map_from_multi_aff(isl_multi_aff_copy(s->index)), isl_set_copy(s->box));
        bool inside = inside_shape(p, s, stores, NULL, s->stmt->instr, "stores");
        isl_map_free(stores);
        if (!inside || !scratch_fits(p, s))
            return false;
    }
    return true;
}

/* ---- every element once ---- */

/* The statement's variables name each element of its array once: index is the dims themselves, or isl says so. */
static bool names_dims(const proof_stmt *s)
{
    const ir_shape *shape = s->stmt->instr->shape;
    int used = 0;
    for (int d = 0; d < shape->rank; d++) {
        const sched_index *index = s->stmt->index[d];
        if (index->nterms == 0 && index->c == 0 && ir_shape_size(shape, d) == 1)
            continue;
        while (used < s->nvars && s->stmt->vars[used].extent == 1)
            used++;
        if (used == s->nvars || index->nterms != 1 || index->c || index->terms[0].coef != 1 || index->terms[0].atom->kind != SCHED_VAR ||
            index->terms[0].atom->var != s->stmt->vars[used].var || s->stmt->vars[used].extent != ir_shape_size(shape, d))
            return false;
        used++;
    }
    while (used < s->nvars && s->stmt->vars[used].extent == 1)
        used++;
    return used == s->nvars;
}

static bool names_each_once(proof *p, const proof_stmt *s)
{
    if (!p->kernel->updates && names_dims(s))
        return true;
    isl_map *names = isl_map_intersect_domain(isl_map_from_multi_aff(isl_multi_aff_copy(s->stored)), isl_set_copy(s->box));
    names = isl_map_project_out(names, isl_dim_in, (unsigned)s->nvars, (unsigned)(s->nreds + s->natoms));
    bool once = proved(isl_map_is_injective(names));
    isl_set *shape = relation_shape_box(p->ctx, s->stored_shape), *range = isl_map_range(names);
    bool all = proved(isl_set_is_equal(shape, range));
    if (!once)
        proof_fail(p, "once: two instances of %s store the same element", proof_instr(p, s->stmt->instr));
    else if (!all)
        proof_fail(p, "once: the instances of %s are not the elements of its array", proof_instr(p, s->stmt->instr));
    isl_set_free(shape);
    isl_set_free(range);
    return once && all;
}

/* No two tiles have the same instance. */
static bool runs_once(proof *p, const proof_stmt *s)
{
    isl_map *which = isl_map_intersect_domain(isl_map_from_multi_aff(isl_multi_aff_copy(s->lift)), isl_set_copy(s->tiles));
    if (proved(isl_map_is_injective(which))) {
        isl_map_free(which);
        return true;
    }
    isl_map *back = isl_map_reverse(isl_map_copy(which));
    isl_map *same = isl_map_apply_range(which, back);
    same = isl_map_intersect(same, isl_map_lex_lt(lifted_space(p, s)));
    isl_set *first = isl_set_lexmin(isl_map_domain(isl_map_copy(same)));
    isl_set *second = isl_map_range(isl_map_intersect_domain(same, isl_set_copy(first)));
    return proof_fail(p, "once: %s and %s store the same element", proof_tile_point(p, s, first), proof_tile_point(p, s, second));
}

/* Every instance belongs to a tile. */
static bool all_run(proof *p, const proof_stmt *s)
{
    isl_set *ran = isl_set_apply(isl_set_copy(s->tiles), isl_map_from_multi_aff(isl_multi_aff_copy(s->lift)));
    isl_set *box = isl_set_project_out(isl_set_copy(s->box), isl_dim_set, (unsigned)s->nvars, (unsigned)(s->nreds + s->natoms));
    isl_set *missing = isl_set_subtract(box, ran);
    if (proved(isl_set_is_empty(missing))) {
        isl_set_free(missing);
        return true;
    }
    proof_stmt plain = *s;
    plain.nreds = plain.natoms = 0;
    return proof_fail(p, "once: %s is in no tile", proof_point(p, &plain, missing));
}

bool proof_once(proof *p)
{
    for (int i = 0; i < p->kernel->plan->noutputs; i++) {
        int stored = 0;
        for (int k = 0; k < p->nstmts; k++)
            stored += p->stmts[k].stmt->output && p->stmts[k].stmt->instr == p->kernel->plan->outputs[i];
        if (stored != 1)
            return proof_fail(p, "once: %d statements store %s", stored, proof_instr(p, p->kernel->plan->outputs[i]));
    }
    for (int i = 0; i < p->nstmts; i++) {
        const proof_stmt *s = &p->stmts[i];
        if (!names_each_once(p, s))
            return false;
        if (s->stmt->output && (!runs_once(p, s) || !all_run(p, s)))
            return false;
    }
    return true;
}
