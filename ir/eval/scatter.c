/* scatter: combines update windows into the operands, window after window in the order of the indices. A window that is
 * not inside the operand as a whole is dropped, as XLA does. */
#include "eval.h"

#include <string.h>

typedef struct scattering {
    int n; /* operands */
    const ir_literal *indices;
    ir_literal *const *updates;
    ir_literal **results; /* copies of the operands that the updates go into */
    const int64_t *window_dims, *inserted, *map, *operand_batch, *indices_batch;
    int nwindow_dims, ninserted, nmap, nbatching;
    int64_t vector_dim;
    int nbatch;
    int64_t *batch_sizes, *batch_strides,
        *batch_update; /* index dims without the vector: sizes, strides in indices and updates */
    int64_t *operand_sizes, *operand_strides, *index_strides;
    int64_t *reach; /* per operand dim: size of the window there */
    int nwindow;
    int64_t *window_sizes, *window_to, *window_update; /* window dims: sizes, strides in operand and updates */
    eval_region *region;
    char **lanes; /* n current values, n updates */
    const void **inputs;
} scattering;

static void read_attrs(scattering *s, const ir_instr *instr) {
    s->nwindow_dims = ir_attr_ints(instr, IR_ATTR_UPDATE_WINDOW_DIMS, &s->window_dims);
    s->ninserted = ir_attr_ints(instr, IR_ATTR_INSERTED_WINDOW_DIMS, &s->inserted);
    s->nmap = ir_attr_ints(instr, IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS, &s->map);
    s->nbatching = ir_attr_ints(instr, IR_ATTR_INPUT_BATCHING_DIMS, &s->operand_batch);
    ir_attr_ints(instr, IR_ATTR_SCATTER_INDICES_BATCHING_DIMS, &s->indices_batch);
    s->vector_dim = ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0);
}

static void split_dims(scattering *s, fw_arena *arena) {
    const ir_shape *operand = s->results[0]->shape, *indices = s->indices->shape, *update = s->updates[0]->shape;
    int64_t most = operand->rank + indices->rank + update->rank, *update_strides = eval_strides(arena, update);
    int64_t **lists[] = {&s->batch_sizes, &s->batch_strides, &s->batch_update, &s->reach, &s->window_sizes,
        &s->window_to, &s->window_update};
    for (int i = 0; i < FW_COUNT(lists); i++)
        *lists[i] = eval_ints(arena, most);
    s->operand_sizes = eval_sizes(arena, operand);
    s->operand_strides = eval_strides(arena, operand);
    s->index_strides = eval_strides(arena, indices);
    for (int d = 0; d < indices->rank; d++) {
        if (d == s->vector_dim)
            continue;
        s->batch_sizes[s->nbatch] = ir_shape_size(indices, d);
        s->batch_strides[s->nbatch++] = s->index_strides[d];
    }
    int window = 0, batch = 0;
    for (int d = 0; d < update->rank; d++) {
        if (!eval_listed(s->window_dims, s->nwindow_dims, d)) {
            s->batch_update[batch++] = update_strides[d];
            continue;
        }
        s->window_sizes[window] = ir_shape_size(update, d);
        s->window_update[window++] = update_strides[d];
    }
    for (int d = 0; d < operand->rank; d++) {
        s->reach[d] = 1;
        if (eval_listed(s->inserted, s->ninserted, d) || eval_listed(s->operand_batch, s->nbatching, d))
            continue;
        s->reach[d] = s->window_sizes[s->nwindow];
        s->window_to[s->nwindow++] = s->operand_strides[d];
    }
}

/* Where the window of batch index `batch` begins in the operand; false where a part of it would lie outside. */
static bool window_start(const scattering *s, const int64_t *batch, int64_t *start, int64_t *offset) {
    int rank = s->results[0]->shape->rank;
    int64_t at = 0;
    for (int d = 0; d < rank; d++)
        start[d] = 0;
    for (int b = 0; b < s->nbatch; b++)
        at += batch[b] * s->batch_strides[b];
    for (int i = 0; i < s->nmap; i++) {
        int64_t step = s->vector_dim < s->indices->shape->rank ? s->index_strides[s->vector_dim] : 0;
        start[s->map[i]] = eval_index_at(s->indices, at + i * step);
    }
    for (int i = 0; i < s->nbatching; i++)
        start[s->operand_batch[i]] = batch[s->indices_batch[i] - (s->indices_batch[i] > s->vector_dim)];
    *offset = 0;
    for (int d = 0; d < rank; d++) {
        if (start[d] < 0 || start[d] > s->operand_sizes[d] - s->reach[d])
            return false;
        *offset += start[d] * s->operand_strides[d];
    }
    return true;
}

static bool combine(scattering *s, int64_t lanes, const int64_t *to, const int64_t *from) {
    for (int i = 0; i < s->n; i++) {
        size_t bytes = ir_type_bytes(s->results[i]->shape->type);
        lanes_gather(bytes, lanes, s->results[i]->data, to, s->lanes[i]);
        lanes_gather(bytes, lanes, s->updates[i]->data, from, s->lanes[s->n + i]);
        s->inputs[i] = s->lanes[i];
        s->inputs[s->n + i] = s->lanes[s->n + i];
    }
    if (!eval_region_run(s->region, lanes, s->inputs, (void *const *)s->lanes))
        return false;
    for (int i = 0; i < s->n; i++)
        lanes_scatter(ir_type_bytes(s->results[i]->shape->type), lanes, s->lanes[i], s->results[i]->data, to);
    return true;
}

/* The places of one window are all different, so its elements may be combined in any grouping. */
static bool scatter_window(scattering *s, int64_t to_start, int64_t from_start, int64_t *index) {
    int64_t to[EVAL_LANES], from[EVAL_LANES];
    for (int w = 0; w < s->nwindow; w++) {
        index[w] = 0;
        if (s->window_sizes[w] == 0)
            return true;
    }
    for (bool more = true; more;) {
        int64_t lanes = 0;
        while (more && lanes < EVAL_LANES) {
            to[lanes] = to_start;
            from[lanes] = from_start;
            for (int w = 0; w < s->nwindow; w++) {
                to[lanes] += index[w] * s->window_to[w];
                from[lanes] += index[w] * s->window_update[w];
            }
            lanes++;
            more = eval_step(s->nwindow, s->window_sizes, index);
        }
        if (!combine(s, lanes, to, from))
            return false;
    }
    return true;
}

static bool scatter_all(scattering *s, fw_arena *arena) {
    int64_t *batch = eval_ints(arena, s->nbatch), *index = eval_ints(arena, s->nwindow);
    int64_t *start = eval_ints(arena, s->results[0]->shape->rank), offset;
    for (int b = 0; b < s->nbatch; b++)
        if (s->batch_sizes[b] == 0)
            return true;
    do {
        int64_t from = 0;
        for (int b = 0; b < s->nbatch; b++)
            from += batch[b] * s->batch_update[b];
        if (window_start(s, batch, start, &offset) && !scatter_window(s, offset, from, index))
            return false;
    } while (eval_step(s->nbatch, s->batch_sizes, batch));
    return true;
}

ir_literal *eval_scatter(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    fw_arena *arena = fw_arena_new();
    scattering s = {.n = instr->noperands / 2};
    s.indices = operands[s.n];
    s.updates = operands + s.n + 1;
    s.results = fw_alloc_array(f->arena, (size_t)s.n, sizeof *s.results);
    s.lanes = fw_alloc_array(arena, 2 * (size_t)s.n, sizeof *s.lanes);
    s.inputs = fw_alloc_array(arena, 2 * (size_t)s.n, sizeof *s.inputs);
    for (int i = 0; i < s.n; i++)
        s.results[i] = eval_copy(f->arena, operands[i]);
    for (int i = 0; i < 2 * s.n; i++)
        s.lanes[i] = fw_alloc(arena, EVAL_LANES * 16);
    s.region = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_TO_APPLY), instr, f->depth);
    read_attrs(&s, instr);
    split_dims(&s, arena);
    bool ok = scatter_all(&s, arena);
    fw_arena_free(arena);
    if (!ok)
        return NULL;
    if (s.n == 1 && instr->shape->type != IR_TUPLE)
        return s.results[0];
    ir_literal *out = fw_alloc(f->arena, sizeof *out);
    out->shape = instr->shape;
    out->elems = s.results;
    return out;
}
