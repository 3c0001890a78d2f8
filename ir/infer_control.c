/* Shape inference of the ops that call a computation, and of tuples. The signatures of the computations are checked in
 * verify_calls.c; here they are only read. */
#include "infer.h"

const ir_shape *infer_tuple(const infer_site *c) {
    int n = c->instr->noperands;
    const ir_shape **elems = fw_alloc_array(c->arena, (size_t)n + 1, sizeof *elems);
    for (int i = 0; i < n; i++)
        elems[i] = c->instr->operands[i]->shape;
    return ir_shape_tuple(c->arena, n, elems);
}

const ir_shape *infer_gte(const infer_site *c) {
    const ir_shape *tuple = c->instr->operands[0]->shape;
    int64_t index = ir_attr_int(c->instr, IR_ATTR_INDEX, -1);
    if (tuple->type != IR_TUPLE)
        return infer_fail(c, "takes a tuple, not %s", infer_text(c, tuple));
    if (index < 0 || index >= tuple->nelems)
        return infer_fail(c, "index %lld is not inside %s", (long long)index, infer_text(c, tuple));
    return tuple->elems[index];
}

const ir_shape *infer_token(const infer_site *c) {
    return ir_shape_array(c->arena, IR_TOKEN, 0, NULL);
}

const ir_shape *infer_get_dimension_size(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const int64_t *dims;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    const ir_shape *operand = c->instr->operands[0]->shape;
    if (count != 1 || dims[0] < 0 || dims[0] >= operand->rank)
        return infer_fail(c, "dimensions must name one dimension of %s", infer_text(c, operand));
    return ir_shape_array(c->arena, IR_S32, 0, NULL);
}

const ir_shape *infer_call(const infer_site *c) {
    return ir_attr_comp(c->instr, IR_ATTR_TO_APPLY)->root->shape;
}

const ir_shape *infer_conditional(const infer_site *c) {
    const ir_attr *branches = ir_attr_get(c->instr, IR_ATTR_BRANCH_COMPUTATIONS);
    ir_comp *first =
        branches && branches->count > 0 ? branches->comps[0] : ir_attr_comp(c->instr, IR_ATTR_TRUE_COMPUTATION);
    if (!first)
        return infer_fail(c, "needs true_computation and false_computation, or branch_computations");
    return first->root->shape;
}

/* Result of a combiner that returns `n` scalars: its type for array `i`. */
static bool combined_type(const infer_site *c, int n, int i, ir_type *type) {
    const ir_shape *root = ir_attr_comp(c->instr, IR_ATTR_TO_APPLY)->root->shape;
    if (n == 1 && root && infer_is_array(root)) {
        *type = root->type;
        return true;
    }
    if (root && root->type == IR_TUPLE && root->nelems == n) {
        *type = root->elems[i]->type;
        return true;
    }
    infer_fail(c, "the computation %%%s must return %d scalar%s", ir_attr_comp(c->instr, IR_ATTR_TO_APPLY)->name, n,
        n == 1 ? "" : "s");
    return false;
}

static const ir_shape *reduced(
    const infer_site *c, const ir_shape *operand, const int64_t *dims, int count, ir_type type) {
    ir_dim *kept = fw_alloc_array(c->arena, (size_t)operand->rank + 1, sizeof *kept);
    bool *gone = fw_alloc_array(c->arena, (size_t)operand->rank + 1, sizeof *gone);
    int rank = 0;
    for (int i = 0; i < count; i++)
        gone[dims[i]] = true;
    for (int d = 0; d < operand->rank; d++)
        if (!gone[d])
            kept[rank++] = operand->dims[d];
    return ir_shape_dims(c->arena, type, rank, kept);
}

const ir_shape *infer_reduce(const infer_site *c) {
    const ir_instr *instr = c->instr;
    int n = instr->noperands / 2;
    if (instr->noperands != 2 * n)
        return infer_fail(c, "takes N arrays and N initial values, not %d operands", instr->noperands);
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    const ir_shape **results = fw_alloc_array(c->arena, (size_t)n, sizeof *results);
    for (int i = 0; i < n; i++) {
        if (!infer_array(c, i) || !infer_array(c, n + i))
            return NULL;
        const ir_shape *operand = instr->operands[i]->shape, *init = instr->operands[n + i]->shape;
        if (init->rank != 0)
            return infer_fail(c, "the initial value %s must be a scalar", infer_text(c, init));
        if (!infer_dims_agree(operand, instr->operands[0]->shape))
            return infer_fail(c, "operand %d has the shape %s, which differs from %s", i, infer_text(c, operand),
                infer_text(c, instr->operands[0]->shape));
        ir_type type;
        if (!infer_dim_list(c, IR_ATTR_DIMENSIONS, dims, count, operand->rank) || !combined_type(c, n, i, &type))
            return NULL;
        results[i] = reduced(c, operand, dims, count, type);
    }
    return n == 1 ? results[0] : ir_shape_tuple(c->arena, n, results);
}

const ir_shape *infer_map(const infer_site *c) {
    const ir_instr *instr = c->instr;
    ir_type type;
    if (instr->noperands == 0)
        return infer_fail(c, "takes at least one operand");
    for (int i = 0; i < instr->noperands; i++) {
        if (!infer_array(c, i))
            return NULL;
        if (!infer_dims_agree(instr->operands[i]->shape, instr->operands[0]->shape))
            return infer_fail(c, "operand %d has the shape %s, which differs from %s", i,
                infer_text(c, instr->operands[i]->shape), infer_text(c, instr->operands[0]->shape));
    }
    return combined_type(c, 1, 0, &type) ? ir_shape_with_type(c->arena, instr->operands[0]->shape, type) : NULL;
}

const ir_shape *infer_sort(const infer_site *c) {
    const ir_instr *instr = c->instr;
    const ir_shape *first = instr->operands[0]->shape;
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    for (int i = 0; i < instr->noperands; i++) {
        if (!infer_array(c, i))
            return NULL;
        if (!infer_dims_agree(instr->operands[i]->shape, first))
            return infer_fail(c, "operand %d has the shape %s, which differs from %s", i,
                infer_text(c, instr->operands[i]->shape), infer_text(c, first));
    }
    if (count != 1 || dims[0] < 0 || dims[0] >= first->rank)
        return infer_fail(c, "dimensions must name one dimension of %s", infer_text(c, first));
    return instr->noperands == 1 ? first : infer_tuple(c);
}

/* (values, indices) with k in the place of the last dimension. */
const ir_shape *infer_topk(const infer_site *c) {
    const ir_shape *x = c->instr->operands[0]->shape;
    int64_t k = ir_attr_int(c->instr, IR_ATTR_K, -1);
    if (!infer_array(c, 0))
        return NULL;
    if (x->rank < 1 || ir_class_of(x->type) == IR_CLASS_COMPLEX)
        return infer_fail(c, "takes rows of ordered numbers, not %s", infer_text(c, x));
    ir_dim last = x->dims[x->rank - 1];
    if (k < 0 || (last.bound >= 0 && k > last.bound))
        return infer_fail(c, "k=%lld does not fit the last dimension of %s", (long long)k, infer_text(c, x));
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)x->rank, sizeof *dims);
    for (int d = 0; d < x->rank - 1; d++)
        dims[d] = x->dims[d];
    dims[x->rank - 1] = ir_dim_of(k);
    const ir_shape *both[] = {
        ir_shape_dims(c->arena, x->type, x->rank, dims), ir_shape_dims(c->arena, IR_S32, x->rank, dims)};
    return ir_shape_tuple(c->arena, 2, both);
}

/* ---- scan ---- */

/* A slice with the scanned dimension put back. */
static const ir_shape *stacked(const infer_site *c, const ir_shape *slice, int64_t dim, ir_dim size) {
    if (!infer_is_array(slice) || dim > slice->rank)
        return infer_fail(c, "an output %s has no place for dimension %lld", infer_text(c, slice), (long long)dim);
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)slice->rank + 1, sizeof *dims);
    for (int d = 0; d <= slice->rank; d++)
        dims[d] = d == dim ? size : slice->dims[d - (d > dim)];
    return ir_shape_dims(c->arena, slice->type, slice->rank + 1, dims);
}

/* to_apply(slices of the inputs..., carried...) -> (slices of the outputs..., carried...) */
static bool scan_takes(const infer_site *c, const ir_comp *comp, int inputs, int64_t dim) {
    for (int i = 0; i < c->instr->noperands; i++) {
        const ir_shape *operand = c->instr->operands[i]->shape, *param = comp->params[i]->shape;
        const ir_shape *whole = i < inputs ? stacked(c, param, dim, c->instr->operands[0]->shape->dims[dim]) : param;
        if (!whole)
            return false;
        if (!infer_agrees(whole, operand)) {
            infer_fail(c, "parameter %d of %%%s is %s, operand %d is %s", i, comp->name, infer_text(c, param), i,
                infer_text(c, operand));
            return false;
        }
    }
    return true;
}

const ir_shape *infer_scan(const infer_site *c) {
    const ir_instr *instr = c->instr;
    const ir_comp *comp = ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    const ir_shape *root = comp->root->shape, *const one[] = {root};
    const int64_t *dims;
    int64_t carries = ir_attr_int(instr, IR_ATTR_NUM_CARRIES, -1);
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims), total = root->type == IR_TUPLE ? root->nelems : 1;
    const ir_shape *const *parts = root->type == IR_TUPLE ? root->elems : one;
    if (carries < 0 || carries >= instr->noperands || carries > total || comp->nparams != instr->noperands)
        return infer_fail(c, "num_carries=%lld does not fit %d operands and the computation %%%s", (long long)carries,
            instr->noperands, comp->name);
    int inputs = instr->noperands - (int)carries, outputs = total - (int)carries;
    if (!infer_array(c, 0) || count != 1 || dims[0] < 0 || dims[0] >= instr->operands[0]->shape->rank)
        return infer_fail(c, "dimensions must name one dimension of the inputs");
    if (!scan_takes(c, comp, inputs, dims[0]))
        return NULL;
    const ir_shape **results = fw_alloc_array(c->arena, (size_t)total + 1, sizeof *results);
    for (int i = 0; i < total; i++) {
        results[i] = i < outputs ? stacked(c, parts[i], dims[0], instr->operands[0]->shape->dims[dims[0]]) : parts[i];
        if (!results[i])
            return NULL;
        if (i >= outputs && !infer_agrees(parts[i], comp->params[inputs + i - outputs]->shape))
            return infer_fail(c, "carried value %d changes its shape to %s", i - outputs, infer_text(c, parts[i]));
    }
    return root->type == IR_TUPLE ? ir_shape_tuple(c->arena, total, results) : results[0];
}
