/* Shape inference of the ops that move elements by index: broadcast, transpose, slices, concatenate, pad. */
#include "infer.h"

/* Without a declared shape the operand must give every result dimension: then `dimensions` is a permutation. */
static const ir_shape *broadcast_undeclared(
    const infer_site *c, const ir_shape *operand, const int64_t *dims, int count) {
    ir_dim *sizes = fw_alloc_array(c->arena, (size_t)count + 1, sizeof *sizes);
    if (count != operand->rank)
        return infer_fail(c, "the result shape cannot be inferred from %s; state it", infer_text(c, operand));
    for (int i = 0; i < count; i++) {
        if (dims[i] < 0 || dims[i] >= count)
            return infer_fail(c, "the result shape cannot be inferred from %s; state it", infer_text(c, operand));
        sizes[dims[i]] = operand->dims[i];
    }
    if (!infer_dim_list(c, IR_ATTR_DIMENSIONS, dims, count, count))
        return NULL;
    return ir_shape_dims(c->arena, operand->type, count, sizes);
}

const ir_shape *infer_broadcast(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape, *result = c->instr->shape;
    const int64_t *dims;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    if (!result)
        return broadcast_undeclared(c, operand, dims, count);
    if (count != operand->rank)
        return infer_fail(c, "dimensions has %d entries for the operand %s", count, infer_text(c, operand));
    if (!infer_dim_list(c, IR_ATTR_DIMENSIONS, dims, count, result->rank))
        return NULL;
    for (int i = 0; i < count; i++)
        if (!infer_dim_agrees(operand->dims[i], result->dims[dims[i]]))
            return infer_fail(c, "dimension %d of the operand %s does not fit dimension %lld of the result %s", i,
                infer_text(c, operand), (long long)dims[i], infer_text(c, result));
    return ir_shape_dims(c->arena, operand->type, result->rank, result->dims);
}

const ir_shape *infer_transpose(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape;
    const int64_t *dims;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    if (count != operand->rank)
        return infer_fail(
            c, "dimensions must be a permutation of the %d dimensions of %s", operand->rank, infer_text(c, operand));
    if (!infer_dim_list(c, IR_ATTR_DIMENSIONS, dims, count, operand->rank))
        return NULL;
    ir_dim *sizes = fw_alloc_array(c->arena, (size_t)count + 1, sizeof *sizes);
    for (int i = 0; i < count; i++)
        sizes[i] = operand->dims[dims[i]];
    return ir_shape_dims(c->arena, operand->type, count, sizes);
}

const ir_shape *infer_slice(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape;
    const int64_t *ranges;
    int count = ir_attr_ints(c->instr, IR_ATTR_SLICE, &ranges);
    if (count != 3 * operand->rank)
        return infer_fail(c, "slice has %d ranges for the operand %s", count / 3, infer_text(c, operand));
    ir_dim *sizes = fw_alloc_array(c->arena, (size_t)operand->rank + 1, sizeof *sizes);
    for (int d = 0; d < operand->rank; d++) {
        int64_t start = ranges[3 * d], limit = ranges[3 * d + 1], stride = ranges[3 * d + 2];
        ir_dim dim = operand->dims[d];
        if (stride < 1)
            return infer_fail(c, "the stride %lld of dimension %d is not positive", (long long)stride, d);
        if (start < 0 || limit < start || (dim.bound >= 0 && limit > dim.bound))
            return infer_fail(c, "the range [%lld:%lld] of dimension %d is not inside %s", (long long)start,
                (long long)limit, d, infer_text(c, operand));
        sizes[d] = ir_dim_of((limit - start) / stride + ((limit - start) % stride != 0));
    }
    return ir_shape_dims(c->arena, operand->type, operand->rank, sizes);
}

/* Start indices from operand `first` on: one integer scalar a dimension, or one integer vector. */
static bool starts_ok(const infer_site *c, int first, int rank) {
    const ir_instr *instr = c->instr;
    if (instr->noperands == first + 1 && instr->operands[first]->shape->rank == 1) {
        const ir_shape *shape = instr->operands[first]->shape;
        if (ir_type_is_integer(shape->type) && infer_dim_agrees(shape->dims[0], ir_dim_of(rank)))
            return true;
        infer_fail(c, "the start indices %s must be %d integers", infer_text(c, shape), rank);
        return false;
    }
    if (instr->noperands != first + rank) {
        infer_fail(c, "has %d start indices for a shape of rank %d", instr->noperands - first, rank);
        return false;
    }
    for (int i = first; i < instr->noperands; i++)
        if (!infer_integer_scalar(c, i))
            return false;
    return true;
}

const ir_shape *infer_dynamic_slice(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape;
    const int64_t *sizes;
    int count = ir_attr_ints(c->instr, IR_ATTR_DYNAMIC_SLICE_SIZES, &sizes);
    if (count != operand->rank)
        return infer_fail(c, "dynamic_slice_sizes has %d entries for the operand %s", count, infer_text(c, operand));
    for (int d = 0; d < count; d++)
        if (sizes[d] < 0 || (operand->dims[d].bound >= 0 && sizes[d] > operand->dims[d].bound))
            return infer_fail(c, "the slice size %lld of dimension %d does not fit %s", (long long)sizes[d], d,
                infer_text(c, operand));
    return starts_ok(c, 1, operand->rank) ? ir_shape_array(c->arena, operand->type, count, sizes) : NULL;
}

const ir_shape *infer_dynamic_update_slice(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape, *update = c->instr->operands[1]->shape;
    bool fits = operand->type == update->type && operand->rank == update->rank;
    for (int d = 0; fits && d < operand->rank; d++)
        fits = operand->dims[d].symbol || update->dims[d].symbol || update->dims[d].bound <= operand->dims[d].bound;
    if (!fits)
        return infer_fail(c, "the update %s does not fit into %s", infer_text(c, update), infer_text(c, operand));
    return starts_ok(c, 2, operand->rank) ? operand : NULL;
}

/* Adds `operand`'s size in the concatenated dimension to *total; a symbol leaves -1, "take the declared size". */
static bool concatenate_add(const infer_site *c, const ir_shape *operand, int64_t dim, int64_t *total) {
    int64_t size;
    if (!ir_dim_const(operand->dims[dim], &size) || *total < 0) {
        *total = -1;
        return true;
    }
    if (infer_mul_add(*total, 1, size, total))
        return true;
    infer_fail(c, "the size of dimension %lld is too large", (long long)dim);
    return false;
}

const ir_shape *infer_concatenate(const infer_site *c) {
    const int64_t *dims;
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *first = c->instr->operands[0]->shape;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    if (count != 1 || dims[0] < 0 || dims[0] >= first->rank)
        return infer_fail(c, "dimensions must name one dimension of %s", infer_text(c, first));
    int64_t total = 0;
    for (int i = 0; i < c->instr->noperands; i++) {
        const ir_shape *operand = c->instr->operands[i]->shape;
        bool fits = operand->type == first->type && operand->rank == first->rank;
        for (int d = 0; fits && d < first->rank; d++)
            fits = d == dims[0] || infer_dim_agrees(operand->dims[d], first->dims[d]);
        if (!fits)
            return infer_fail(c, "operand %d has the shape %s, which does not fit %s except in dimension %lld", i,
                infer_text(c, operand), infer_text(c, first), (long long)dims[0]);
        if (!concatenate_add(c, operand, dims[0], &total))
            return NULL;
    }
    ir_dim *sizes = fw_alloc_array(c->arena, (size_t)first->rank, sizeof *sizes);
    for (int d = 0; d < first->rank; d++)
        sizes[d] = first->dims[d];
    sizes[dims[0]] = ir_dim_of(total);
    if (total < 0 && !infer_declared_dim(c, (int)dims[0], &sizes[dims[0]]))
        return NULL;
    return ir_shape_dims(c->arena, first->type, first->rank, sizes);
}

/* size + low + high + interior holes; edge padding may be negative, the result may not. */
static bool pad_dim(const infer_site *c, const ir_shape *operand, int d, const int64_t *padding, ir_dim *out) {
    int64_t low = padding[0], high = padding[1], interior = padding[2], size, padded;
    if (interior < 0) {
        infer_fail(c, "the interior padding %lld of dimension %d is negative", (long long)interior, d);
        return false;
    }
    if (low == 0 && high == 0 && interior == 0) {
        *out = operand->dims[d];
        return true;
    }
    if (!ir_dim_const(operand->dims[d], &size))
        return infer_declared_dim(c, d, out);
    if (!infer_mul_add(size > 0 ? size - 1 : 0, interior, size, &padded) || !infer_mul_add(1, padded, low, &padded) ||
        !infer_mul_add(1, padded, high, &padded) || padded < 0) {
        infer_fail(c, "the padding %lld_%lld_%lld of dimension %d leaves no valid size of %s", (long long)low,
            (long long)high, (long long)interior, d, infer_text(c, operand));
        return false;
    }
    *out = ir_dim_of(padded);
    return true;
}

const ir_shape *infer_pad(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape, *value = c->instr->operands[1]->shape;
    const int64_t *padding;
    int count = ir_attr_ints(c->instr, IR_ATTR_PADDING, &padding);
    if (value->type != operand->type || value->rank != 0)
        return infer_fail(
            c, "the padding value %s must be a scalar of the type of %s", infer_text(c, value), infer_text(c, operand));
    if (count != 3 * operand->rank)
        return infer_fail(c, "padding has %d entries for the operand %s", count / 3, infer_text(c, operand));
    ir_dim *sizes = fw_alloc_array(c->arena, (size_t)operand->rank + 1, sizeof *sizes);
    for (int d = 0; d < operand->rank; d++)
        if (!pad_dim(c, operand, d, padding + 3 * d, &sizes[d]))
            return NULL;
    return ir_shape_dims(c->arena, operand->type, operand->rank, sizes);
}
