/* Ops that move elements by a fixed index map: broadcast, transpose, reverse, slice, concatenate, pad, reshape,
 * bitcast, iota. */
#include "eval.h"

#include <string.h>

/* Each output element comes from base + sum index * strides of the operand. */
typedef struct index_map {
    int64_t base, *strides; /* one stride for each dimension of the result */
} index_map;

static void map_broadcast(const ir_instr *instr, const int64_t *from, index_map *map) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    for (int i = 0; i < count; i++)
        map->strides[dims[i]] = from[i];
}

static void map_transpose(const ir_instr *instr, const int64_t *from, index_map *map) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    for (int i = 0; i < count; i++)
        map->strides[i] = from[dims[i]];
}

static void map_reverse(const ir_instr *instr, const int64_t *from, index_map *map) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    for (int d = 0; d < instr->shape->rank; d++)
        map->strides[d] = from[d];
    for (int i = 0; i < count; i++) {
        map->base += (ir_shape_size(instr->shape, (int)dims[i]) - 1) * from[dims[i]];
        map->strides[dims[i]] = -from[dims[i]];
    }
}

static void map_slice(const ir_instr *instr, const int64_t *from, index_map *map) {
    const int64_t *ranges;
    ir_attr_ints(instr, IR_ATTR_SLICE, &ranges);
    for (int d = 0; d < instr->shape->rank; d++) {
        map->base += ranges[3 * d] * from[d];
        map->strides[d] = ranges[3 * d + 2] * from[d];
    }
}

ir_literal *eval_index(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *from = operands[0]->shape, *to = instr->shape;
    ir_literal *out = ir_literal_new(f->arena, to);
    int64_t *from_strides = eval_strides(f->arena, from), *to_strides = eval_strides(f->arena, to);
    index_map map = {0, eval_ints(f->arena, to->rank)};
    if (ir_shape_count(to) == 0)
        return out;
    switch (instr->op) {
    case IR_OP_BROADCAST:
        map_broadcast(instr, from_strides, &map);
        break;
    case IR_OP_TRANSPOSE:
        map_transpose(instr, from_strides, &map);
        break;
    case IR_OP_REVERSE:
        map_reverse(instr, from_strides, &map);
        break;
    default:
        map_slice(instr, from_strides, &map);
    }
    size_t bytes = ir_type_bytes(to->type);
    eval_move(bytes, to->rank, eval_sizes(f->arena, to), (const char *)operands[0]->data + map.base * (int64_t)bytes,
        map.strides, out->data, to_strides);
    return out;
}

ir_literal *eval_concatenate(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const int64_t *dims;
    ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    size_t outer = 1, inner = ir_type_bytes(instr->shape->type);
    for (int d = 0; d < dims[0]; d++)
        outer *= (size_t)ir_shape_size(instr->shape, d);
    for (int d = (int)dims[0] + 1; d < instr->shape->rank; d++)
        inner *= (size_t)ir_shape_size(instr->shape, d);
    size_t row = inner * (size_t)ir_shape_size(instr->shape, (int)dims[0]), at = 0;
    for (int i = 0; i < instr->noperands; i++) {
        size_t piece = inner * (size_t)ir_shape_size(operands[i]->shape, (int)dims[0]);
        for (size_t o = 0; piece && o < outer; o++)
            memcpy((char *)out->data + o * row + at, (const char *)operands[i]->data + o * piece, piece);
        at += piece;
    }
    return out;
}

/* Negative edge padding cuts elements of the interior-padded operand away: the operand's elements [first, last)
 * survive. */
static void surviving(int64_t size, int64_t padded, int64_t low, int64_t spacing, int64_t *first, int64_t *last) {
    *first = low < 0 ? (-low + spacing - 1) / spacing : 0;
    *last = padded <= low ? 0 : (padded - 1 - low) / spacing + 1;
    if (*last > size)
        *last = size;
}

ir_literal *eval_pad(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *from = operands[0]->shape, *to = instr->shape;
    const int64_t *padding;
    ir_attr_ints(instr, IR_ATTR_PADDING, &padding);
    ir_literal *out = ir_literal_new(f->arena, to);
    size_t bytes = ir_type_bytes(to->type);
    lanes_fill(bytes, ir_shape_count(to), operands[1]->data, out->data);
    int64_t *sizes = eval_ints(f->arena, to->rank), from_at = 0, to_at = 0;
    int64_t *from_strides = eval_strides(f->arena, from), *to_strides = eval_strides(f->arena, to);
    for (int d = 0; d < to->rank; d++) {
        int64_t low = padding[3 * d], spacing = padding[3 * d + 2] + 1, first, last;
        surviving(ir_shape_size(from, d), ir_shape_size(to, d), low, spacing, &first, &last);
        if (first >= last)
            return out;
        sizes[d] = last - first;
        from_at += first * from_strides[d];
        to_at += (first * spacing + low) * to_strides[d];
        to_strides[d] *= spacing;
    }
    eval_move(bytes, to->rank, sizes, (const char *)operands[0]->data + from_at * (int64_t)bytes, from_strides,
        (char *)out->data + to_at * (int64_t)bytes, to_strides);
    return out;
}

ir_literal *eval_reshape(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return eval_view(f->arena, instr->shape, operands[0]);
}

/* Strides that walk logical indices through the order in which the layout stores them. */
static int64_t *physical_strides(fw_arena *arena, const ir_shape *shape) {
    int64_t *strides = eval_strides(arena, shape), stride = 1;
    if (!shape->layout || shape->layout->nminor != shape->rank)
        return strides;
    for (int i = 0; i < shape->rank; i++) {
        int64_t d = shape->layout->minor_to_major[i];
        strides[d] = stride;
        stride *= ir_shape_size(shape, (int)d);
    }
    return strides;
}

/* The bytes in memory stay, so their order is that of the layouts on both sides. */
ir_literal *eval_bitcast(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *from = instr->operands[0]->shape, *to = instr->shape;
    if ((from->layout && from->layout->suffix) || (to->layout && to->layout->suffix))
        return eval_fail(f, instr, "between tiled layouts");
    if (ir_type_bytes(from->type) != ir_type_bytes(to->type))
        return eval_fail(f, instr, "between element types of different size");
    if ((ir_shape_is_row_major(from) && ir_shape_is_row_major(to)) || ir_shape_count(to) == 0)
        return eval_view(f->arena, to, operands[0]);
    size_t bytes = ir_type_bytes(to->type);
    void *memory = fw_alloc_array(f->arena, (size_t)ir_shape_count(from), bytes);
    eval_move(bytes, from->rank, eval_sizes(f->arena, from), operands[0]->data, eval_strides(f->arena, from), memory,
        physical_strides(f->arena, from));
    ir_literal *out = ir_literal_new(f->arena, to);
    eval_move(bytes, to->rank, eval_sizes(f->arena, to), memory, physical_strides(f->arena, to), out->data,
        eval_strides(f->arena, to));
    return out;
}

/* Floats get the converted integer; integers wrap. */
ir_literal *eval_iota(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)operands;
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    int dim = (int)ir_attr_int(instr, IR_ATTR_IOTA_DIMENSION, 0);
    int64_t outer = 1, inner = 1, size = ir_shape_size(instr->shape, dim);
    for (int d = 0; d < dim; d++)
        outer *= ir_shape_size(instr->shape, d);
    for (int d = dim + 1; d < instr->shape->rank; d++)
        inner *= ir_shape_size(instr->shape, d);
    size_t bytes = ir_type_bytes(instr->shape->type);
    char *at = out->data, element[16] = {0};
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t i = 0; i < size; i++, at += (size_t)inner * bytes) {
            ir_number_set_int(instr->shape->type, element, i);
            lanes_fill(bytes, inner, element, at);
        }
    }
    return out;
}
