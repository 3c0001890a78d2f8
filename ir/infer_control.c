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
