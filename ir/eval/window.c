/* reduce-window: like reduce, on blocks of outputs, tap after tap of the window. Taps that fall on padding or into the
 * holes of a dilated base are skipped: only the lanes with a real element take part, and init enters once per window.
 */
#include "eval.h"

#include <string.h>

typedef struct windowed {
    int n, rank;
    ir_literal *const *operands;
    ir_literal **results;
    const ir_window_dim *dims;
    int64_t *sizes, *strides; /* of the operands */
    int64_t *taps;            /* window sizes */
    int64_t *out_sizes;
    int64_t *starts; /* rank x EVAL_LANES: first tap of each lane, before dilation is undone */
    eval_region *region;
    char **lanes; /* n accumulators of all lanes, n of the lanes that take part, n elements */
    const void **inputs;
    bool sum; /* plain float addition: summed in double, rounded once */
} windowed;

/* Lanes whose tap hits an element, with the element's offset. */
static int64_t hits(const windowed *w, int64_t lanes, const int64_t *tap, int64_t *who, int64_t *offsets) {
    int64_t count = 0;
    for (int64_t i = 0; i < lanes; i++) {
        int64_t offset = 0;
        bool inside = true;
        for (int d = 0; inside && d < w->rank; d++) {
            int64_t at = w->starts[d * EVAL_LANES + i] + tap[d] * w->dims[d].window_dilation,
                    base = w->dims[d].base_dilation;
            inside = at >= 0 && at % base == 0 && at / base < w->sizes[d];
            offset += at / base * w->strides[d];
        }
        if (inside) {
            who[count] = i;
            offsets[count++] = offset;
        }
    }
    return count;
}

static bool combine_tap(windowed *w, int64_t count, const int64_t *who, const int64_t *offsets, double *sums) {
    double elements[EVAL_LANES];
    for (int i = 0; i < w->n; i++) {
        size_t bytes = ir_type_bytes(w->operands[i]->shape->type);
        lanes_gather(bytes, count, w->operands[i]->data, offsets, w->lanes[2 * w->n + i]);
    }
    if (w->sum) {
        lanes_get(w->operands[0]->shape->type, count, w->lanes[2], elements);
        for (int64_t i = 0; i < count; i++)
            sums[who[i]] += elements[i];
        return true;
    }
    for (int i = 0; i < w->n; i++) {
        lanes_gather(ir_type_bytes(w->results[i]->shape->type), count, w->lanes[i], who, w->lanes[w->n + i]);
        w->inputs[i] = w->lanes[w->n + i];
        w->inputs[w->n + i] = w->lanes[2 * w->n + i];
    }
    if (!eval_region_run(w->region, count, w->inputs, (void *const *)(w->lanes + w->n)))
        return false;
    for (int i = 0; i < w->n; i++)
        lanes_scatter(ir_type_bytes(w->results[i]->shape->type), count, w->lanes[w->n + i], w->lanes[i], who);
    return true;
}

static bool window_block(windowed *w, fw_arena *arena, int64_t at, int64_t lanes) {
    int64_t *tap = eval_ints(arena, w->rank), who[EVAL_LANES], offsets[EVAL_LANES];
    double sums[EVAL_LANES];
    for (int i = 0; i < w->n; i++)
        lanes_fill(ir_type_bytes(w->results[i]->shape->type), lanes, w->operands[w->n + i]->data, w->lanes[i]);
    if (w->sum)
        lanes_get(w->results[0]->shape->type, lanes, w->lanes[0], sums);
    do {
        int64_t count = hits(w, lanes, tap, who, offsets);
        if (count > 0 && !combine_tap(w, count, who, offsets, sums))
            return false;
    } while (eval_step(w->rank, w->taps, tap));
    if (w->sum)
        lanes_set(w->results[0]->shape->type, lanes, sums, w->lanes[0]);
    for (int i = 0; i < w->n; i++) {
        size_t bytes = ir_type_bytes(w->results[i]->shape->type);
        memcpy((char *)w->results[i]->data + (size_t)at * bytes, w->lanes[i], (size_t)lanes * bytes);
    }
    return true;
}

static bool window_all(windowed *w, fw_arena *arena) {
    int64_t *index = eval_ints(arena, w->rank), count = ir_shape_count(w->results[0]->shape);
    for (int64_t at = 0; at < count; at += EVAL_LANES) {
        int64_t lanes = count - at < EVAL_LANES ? count - at : EVAL_LANES;
        for (int64_t i = 0; i < lanes; i++) {
            for (int d = 0; d < w->rank; d++)
                w->starts[d * EVAL_LANES + i] = index[d] * w->dims[d].stride - w->dims[d].pad_low;
            eval_step(w->rank, w->out_sizes, index);
        }
        fw_arena *block = fw_arena_new();
        bool ok = window_block(w, block, at, lanes);
        fw_arena_free(block);
        if (!ok)
            return false;
    }
    return true;
}

ir_literal *eval_reduce_window(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_WINDOW);
    const ir_shape *shape = operands[0]->shape;
    windowed w = {.n = instr->noperands / 2, .rank = shape->rank, .operands = operands};
    w.dims = attr ? attr->window->dims : NULL;
    w.region = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_TO_APPLY), instr, f->depth);
    w.sum = eval_is_float_sum(instr);
    w.sizes = eval_sizes(arena, shape);
    w.strides = eval_strides(arena, shape);
    w.taps = eval_ints(arena, w.rank);
    for (int d = 0; d < w.rank; d++)
        w.taps[d] = w.dims[d].size;
    w.starts = eval_ints(arena, (int64_t)w.rank * EVAL_LANES);
    w.results = fw_alloc_array(arena, (size_t)w.n, sizeof *w.results);
    w.lanes = fw_alloc_array(arena, 3 * (size_t)w.n, sizeof *w.lanes);
    w.inputs = fw_alloc_array(arena, 2 * (size_t)w.n, sizeof *w.inputs);
    for (int i = 0; i < w.n; i++)
        w.results[i] = instr->shape->type == IR_TUPLE ? out->elems[i] : out;
    for (int i = 0; i < 3 * w.n; i++)
        w.lanes[i] = fw_alloc(arena, EVAL_LANES * 16);
    w.out_sizes = eval_sizes(arena, w.results[0]->shape);
    bool ok = window_all(&w, arena);
    fw_arena_free(arena);
    return ok ? out : NULL;
}
