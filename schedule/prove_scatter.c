/* The values of a scatter, from its attributes: update element u goes to start(u) + window(u), where
 *   window(u)_d = u[update_window_dims[k]] for the k-th operand dim that is neither inserted nor batching, else 0 (or the batch dim of u)
 *   start(u)_d  = indices[scatter dims of u, component c] for d = scatter_dims_to_operand_dims[c]
 * and is dropped where start_d lies outside [0, size_d - window size_d]. Updates run in order, so in one tile. */
#include "prove_internal.h"

#include <isl/space.h>

typedef struct scatter {
    const ir_instr *instr;
    const int64_t *window, *inserted, *map, *batching, *index_batching;
    int nwindow, ninserted, nmap, nbatching, nindex_batching;
    int64_t vector_dim;
    isl_multi_aff *update;       /* [instance] -> [element of the update] */
} scatter;

static int position(const int64_t *list, int count, int64_t value)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value)
            return i;
    return -1;
}

static scatter read_attrs(const ir_instr *instr)
{
    scatter c = {.instr = instr};
    c.nwindow = ir_attr_ints(instr, IR_ATTR_UPDATE_WINDOW_DIMS, &c.window);
    c.ninserted = ir_attr_ints(instr, IR_ATTR_INSERTED_WINDOW_DIMS, &c.inserted);
    c.nmap = ir_attr_ints(instr, IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS, &c.map);
    c.nbatching = ir_attr_ints(instr, IR_ATTR_INPUT_BATCHING_DIMS, &c.batching);
    c.nindex_batching = ir_attr_ints(instr, IR_ATTR_SCATTER_INDICES_BATCHING_DIMS, &c.index_batching);
    c.vector_dim = ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0);
    return c;
}

/* Instances are the update's elements, window after window: the variables are its scatter dims, then its window dims, each in order,
 * without those of size 1. NULL where they are not. */
static __isl_give isl_multi_aff *update_elements(const proof_stmt *s, const scatter *c)
{
    const ir_shape *update = c->instr->operands[2]->shape;
    isl_multi_aff *at = relation_zeros(isl_set_get_space(s->box), update->rank);
    int var = 0;
    for (int i = 0; i < 2 * update->rank; i++) {
        int d = i % update->rank;
        bool window = position(c->window, c->nwindow, d) >= 0;
        if (ir_shape_size(update, d) == 1 || window != (i >= update->rank))
            continue;
        if (var == s->nvars || s->stmt->vars[var].extent != ir_shape_size(update, d))
            return isl_multi_aff_free(at);
        at = isl_multi_aff_set_at(at, d, relation_var(isl_set_get_space(s->box), var++, 1));
    }
    return var == s->nvars ? at : isl_multi_aff_free(at);
}

/* Coordinate of the update along the scatter dim that walks dim `dim` of the indices. */
static __isl_give isl_aff *batch_coordinate(const scatter *c, int64_t dim)
{
    int64_t want = dim < c->vector_dim ? dim : dim - 1;
    for (int d = 0; d < c->instr->operands[2]->shape->rank; d++)
        if (position(c->window, c->nwindow, d) < 0 && want-- == 0)
            return isl_multi_aff_get_at(c->update, d);
    return NULL;
}

/* Element of the indices that holds component `component` of the start. */
static __isl_give isl_multi_aff *index_element(const scatter *c, int component)
{
    int rank = c->instr->operands[1]->shape->rank;
    isl_multi_aff *at = relation_zeros(isl_multi_aff_get_domain_space(c->update), rank);
    for (int d = 0; d < rank; d++)
        at = isl_multi_aff_set_at(at, d,
            d == c->vector_dim ? relation_constant(isl_multi_aff_get_domain_space(c->update), component) : batch_coordinate(c, d));
    return at;
}

/* Dim of the update that is the window along operand dim d, or -1 where the window has one element. */
static int window_dim(const scatter *c, int d)
{
    int k = 0;
    if (position(c->inserted, c->ninserted, d) >= 0 || position(c->batching, c->nbatching, d) >= 0)
        return -1;
    for (int i = 0; i < d; i++)
        k += position(c->inserted, c->ninserted, i) < 0 && position(c->batching, c->nbatching, i) < 0;
    return k < c->nwindow ? (int)c->window[k] : -1;
}

static bool skipped_outside(proof *p, proof_stmt *s, const scatter *c, int64_t max, __isl_keep isl_multi_aff *where)
{
    proof_domain all = {.in = s->box};
    for (int i = 0; i < s->stmt->nskips; i++)
        if (s->stmt->skips[i].max == max && proof_value_may_be(p, s, s->stmt->skips[i].value, c->instr->operands[1], &all, where))
            return true;
    return proof_fail(p, "values: %s does not drop updates beyond start %lld", proof_instr(p, c->instr), (long long)max);
}

static bool stored_along(proof *p, proof_stmt *s, const scatter *c, int d)
{
    int window = window_dim(c, d), component = position(c->map, c->nmap, d), batch = position(c->batching, c->nbatching, d);
    int64_t size = window < 0 ? 1 : ir_shape_size(c->instr->operands[2]->shape, window);
    proof_domain all = {.in = s->box};
    isl_aff *to = relation_constant(isl_set_get_space(s->box), 0);
    if (window >= 0)
        to = isl_aff_add(to, isl_multi_aff_get_at(c->update, window));
    if (batch >= 0)
        to = isl_aff_add(to, batch_coordinate(c, c->index_batching[batch]));
    bool same = true;
    if (component >= 0) {
        int64_t max = ir_shape_size(c->instr->shape, d) - size;
        isl_multi_aff *where = index_element(c, component);
        same = where && skipped_outside(p, s, c, max, where);
        if (same && max > 0)
            to = isl_aff_add(to, proof_start(p, s, c->instr->operands[1], max, &all, where));
        isl_multi_aff_free(where);
    }
    same = proof_same(s, isl_multi_aff_get_at(s->index, d), to) && same;
    return same || proof_fail(p, "index: %s stores elsewhere than the graph along dimension %d", proof_instr(p, c->instr), d);
}

static bool same_region(const sched_stmt *stmt)
{
    ir_op combine = IR_NOPS;
    ir_comp *region = ir_attr_comp(stmt->instr, IR_ATTR_TO_APPLY);
    ir_comp_is_binary(region, &combine);
    return stmt->region == region && (stmt->combine == combine || stmt->combine == IR_NOPS);
}

bool proof_scatter(proof *p, proof_stmt *s)
{
    const ir_instr *instr = s->stmt->instr;
    if (ir_op_of(instr->op)->cls != IR_SCATTER_CLASS || instr->noperands != 3 || !same_region(s->stmt) || p->nmoving)
        return proof_fail(p, "values: %s is no scatter in one tile", proof_instr(p, instr));
    scatter c = read_attrs(instr);
    c.update = update_elements(s, &c);
    bool same = c.update && s->stmt->nskips == c.nmap;
    if (!same)
        proof_fail(p, "values: %s does not walk its updates", proof_instr(p, instr));
    for (int d = 0; same && d < instr->shape->rank; d++)
        same = stored_along(p, s, &c, d);
    same = same && proof_value_is(p, s, s->stmt->value, instr->operands[2], proof_domain_of(isl_set_copy(s->box)),
                       isl_multi_aff_copy(c.update));
    s->stored = c.update;
    s->stored_shape = instr->operands[2]->shape;
    return same;
}
