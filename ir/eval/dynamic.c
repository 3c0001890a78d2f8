/* Ops with start indices from data: dynamic-slice, dynamic-update-slice, gather. Starts are clamped so that the whole
 * window lies inside. */
#include "eval.h"

#include <string.h>

static int64_t clamped(int64_t start, int64_t size, int64_t window) {
    if (start > size - window)
        start = size - window;
    return start < 0 ? 0 : start;
}

/* Start of dimension d: one scalar operand a dimension from operand `first` on, or one vector. */
static int64_t start_of(const ir_instr *instr, ir_literal *const *operands, int first, int d) {
    if (instr->noperands == first + 1 && operands[first]->shape->rank == 1)
        return eval_index_at(operands[first], d);
    return eval_index_at(operands[first + d], 0);
}

/* Offset of the window of `window`'s size in `array`. */
static int64_t window_offset(const ir_instr *instr, ir_literal *const *operands, int first, const ir_shape *array,
    const ir_shape *window, const int64_t *strides) {
    int64_t offset = 0;
    for (int d = 0; d < array->rank; d++)
        offset += strides[d] *
                  clamped(start_of(instr, operands, first, d), ir_shape_size(array, d), ir_shape_size(window, d));
    return offset;
}

ir_literal *eval_dynamic_slice(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *from = operands[0]->shape, *to = instr->shape;
    ir_literal *out = ir_literal_new(f->arena, to);
    int64_t *from_strides = eval_strides(f->arena, from), *to_strides = eval_strides(f->arena, to);
    if (ir_shape_count(to) == 0)
        return out;
    size_t bytes = ir_type_bytes(to->type);
    int64_t offset = window_offset(instr, operands, 1, from, to, from_strides);
    eval_move(bytes, to->rank, eval_sizes(f->arena, to), (const char *)operands[0]->data + offset * (int64_t)bytes,
        from_strides, out->data, to_strides);
    return out;
}

ir_literal *eval_dynamic_update_slice(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *array = operands[0]->shape, *update = operands[1]->shape;
    ir_literal *out = eval_copy(f->arena, operands[0]);
    int64_t *strides = eval_strides(f->arena, array), *update_strides = eval_strides(f->arena, update);
    if (ir_shape_count(update) == 0)
        return out;
    size_t bytes = ir_type_bytes(array->type);
    int64_t offset = window_offset(instr, operands, 2, array, update, strides);
    eval_move(bytes, array->rank, eval_sizes(f->arena, update), operands[1]->data, update_strides,
        (char *)out->data + offset * (int64_t)bytes, strides);
    return out;
}

/* ---- gather ---- */

typedef struct gathering {
    const ir_instr *instr;
    const ir_literal *operand, *indices;
    ir_literal *out;
    const int64_t *offset_dims, *collapsed, *map, *slice_sizes, *operand_batch, *indices_batch;
    int noffset, ncollapsed, nmap, nbatching;
    int64_t vector_dim;
    int nbatch;                           /* index dims without the index vector */
    int64_t *batch_sizes, *batch_strides; /* of those, in the indices */
    int64_t *batch_out;                   /* strides of those in the result */
    int64_t *operand_strides, *index_strides;
    int nwindow;
    int64_t *window_sizes, *window_from, *window_out; /* of the window dims that the result keeps */
} gathering;

static void read_attrs(gathering *g, const ir_instr *instr) {
    g->noffset = ir_attr_ints(instr, IR_ATTR_OFFSET_DIMS, &g->offset_dims);
    g->ncollapsed = ir_attr_ints(instr, IR_ATTR_COLLAPSED_SLICE_DIMS, &g->collapsed);
    g->nmap = ir_attr_ints(instr, IR_ATTR_START_INDEX_MAP, &g->map);
    g->nbatching = ir_attr_ints(instr, IR_ATTR_OPERAND_BATCHING_DIMS, &g->operand_batch);
    ir_attr_ints(instr, IR_ATTR_START_INDICES_BATCHING_DIMS, &g->indices_batch);
    ir_attr_ints(instr, IR_ATTR_SLICE_SIZES, &g->slice_sizes);
    g->vector_dim = ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0);
}

/* Sorts the result's dimensions into batch and window, and the operand's window dimensions into those that are kept. */
static void split_dims(gathering *g, fw_arena *arena) {
    const ir_shape *operand = g->operand->shape, *indices = g->indices->shape, *out = g->out->shape;
    int64_t most = operand->rank + indices->rank + out->rank;
    int64_t *out_strides = eval_strides(arena, out);
    int64_t **lists[] = {
        &g->batch_sizes, &g->batch_strides, &g->batch_out, &g->window_sizes, &g->window_from, &g->window_out};
    for (int i = 0; i < FW_COUNT(lists); i++)
        *lists[i] = eval_ints(arena, most);
    g->operand_strides = eval_strides(arena, operand);
    g->index_strides = eval_strides(arena, indices);
    for (int d = 0; d < indices->rank; d++) {
        if (d == g->vector_dim)
            continue;
        g->batch_sizes[g->nbatch] = ir_shape_size(indices, d);
        g->batch_strides[g->nbatch++] = g->index_strides[d];
    }
    for (int d = 0; d < operand->rank; d++) {
        if (eval_listed(g->collapsed, g->ncollapsed, d) || eval_listed(g->operand_batch, g->nbatching, d))
            continue;
        g->window_sizes[g->nwindow] = g->slice_sizes[d];
        g->window_from[g->nwindow++] = g->operand_strides[d];
    }
    int batch = 0, window = 0;
    for (int d = 0; d < out->rank; d++) {
        if (eval_listed(g->offset_dims, g->noffset, d))
            g->window_out[window++] = out_strides[d];
        else
            g->batch_out[batch++] = out_strides[d];
    }
}

/* Where the window of the index vector at batch index `batch` begins in the operand. */
static int64_t window_start(const gathering *g, const int64_t *batch) {
    const ir_shape *operand = g->operand->shape;
    int64_t at = 0, offset = 0;
    for (int b = 0; b < g->nbatch; b++)
        at += batch[b] * g->batch_strides[b];
    for (int i = 0; i < g->nmap; i++) {
        int d = (int)g->map[i];
        int64_t step = g->vector_dim < g->indices->shape->rank ? g->index_strides[g->vector_dim] : 0;
        int64_t start = eval_index_at(g->indices, at + i * step);
        offset += g->operand_strides[d] * clamped(start, ir_shape_size(operand, d), g->slice_sizes[d]);
    }
    for (int i = 0; i < g->nbatching; i++) {
        int64_t k = g->indices_batch[i] - (g->indices_batch[i] > g->vector_dim);
        offset += g->operand_strides[g->operand_batch[i]] * batch[k];
    }
    return offset;
}

ir_literal *eval_gather(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    if (ir_shape_count(instr->shape) == 0)
        return out;
    fw_arena *arena = fw_arena_new();
    gathering g = {.instr = instr, .operand = operands[0], .indices = operands[1], .out = out};
    read_attrs(&g, instr);
    split_dims(&g, arena);
    int64_t *batch = eval_ints(arena, g.nbatch), bytes = (int64_t)ir_type_bytes(instr->shape->type);
    do {
        int64_t to = 0;
        for (int b = 0; b < g.nbatch; b++)
            to += batch[b] * g.batch_out[b];
        eval_move((size_t)bytes, g.nwindow, g.window_sizes,
            (const char *)operands[0]->data + window_start(&g, batch) * bytes, g.window_from,
            (char *)out->data + to * bytes, g.window_out);
    } while (eval_step(g.nbatch, g.batch_sizes, batch));
    fw_arena_free(arena);
    return out;
}
