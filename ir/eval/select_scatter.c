/* select-and-scatter: each window of the operand selects one element, and the source element of that window is combined
 * into the result there. Windows go in row-major order; padding and the holes of a dilated base cannot be selected, and
 * a window without elements adds nothing. */
#include "eval.h"

#include <string.h>

typedef struct selecting {
    int rank;
    const ir_window_dim *dims;
    const ir_literal *operand;
    int64_t *sizes, *strides; /* of the operand */
    int64_t *taps;            /* window sizes */
    eval_region *select;
    int64_t *starts; /* rank x EVAL_LANES: first tap of each window, before dilation is undone */
} selecting;

/* Offset of the element under a tap of window `lane`, or -1. */
static int64_t tap_offset(const selecting *s, int64_t lane, const int64_t *tap) {
    int64_t offset = 0;
    for (int d = 0; d < s->rank; d++) {
        int64_t at = s->starts[d * EVAL_LANES + lane] + tap[d] * s->dims[d].window_dilation;
        int64_t base = s->dims[d].base_dilation;
        if (at < 0 || at % base != 0 || at / base >= s->sizes[d])
            return -1;
        offset += at / base * s->strides[d];
    }
    return offset;
}

/* One tap of all windows: where the window has an element there, it stays with what it has or takes the new one. */
static bool select_tap(const selecting *s, int64_t lanes, const int64_t *tap, int64_t *chosen) {
    int64_t who[EVAL_LANES], now[EVAL_LANES], next[EVAL_LANES], count = 0;
    char elements[2][EVAL_LANES * 16];
    unsigned char stays[EVAL_LANES];
    size_t bytes = ir_type_bytes(s->operand->shape->type);
    for (int64_t i = 0; i < lanes; i++) {
        int64_t offset = tap_offset(s, i, tap);
        if (offset < 0)
            continue;
        if (chosen[i] < 0) {
            chosen[i] = offset;
            continue;
        }
        who[count] = i;
        now[count] = chosen[i];
        next[count++] = offset;
    }
    lanes_gather(bytes, count, s->operand->data, now, elements[0]);
    lanes_gather(bytes, count, s->operand->data, next, elements[1]);
    const void *in[] = {elements[0], elements[1]};
    void *out = stays;
    if (count > 0 && !eval_region_run(s->select, count, in, &out))
        return false;
    for (int64_t i = 0; i < count; i++)
        if (!stays[i])
            chosen[who[i]] = next[i];
    return true;
}

/* Source elements `at` .. `at + lanes` go to the chosen places, one after the other: places may be equal. */
static bool scatter(eval_region *region, const ir_literal *source, int64_t at, int64_t lanes, const int64_t *chosen,
    const ir_literal *out) {
    size_t bytes = ir_type_bytes(out->shape->type);
    for (int64_t i = 0; i < lanes; i++) {
        if (chosen[i] < 0)
            continue;
        void *to = (char *)out->data + (size_t)chosen[i] * bytes;
        const void *in[] = {to, (const char *)source->data + (size_t)(at + i) * bytes};
        if (!eval_region_run(region, 1, in, &to))
            return false;
    }
    return true;
}

static bool all_windows(
    selecting *s, fw_arena *arena, eval_region *combine, const ir_literal *source, const ir_literal *out) {
    int64_t *index = eval_ints(arena, s->rank), *tap = eval_ints(arena, s->rank), chosen[EVAL_LANES];
    int64_t *counts = eval_sizes(arena, source->shape), count = ir_shape_count(source->shape);
    for (int64_t at = 0; at < count; at += EVAL_LANES) {
        int64_t lanes = count - at < EVAL_LANES ? count - at : EVAL_LANES;
        for (int64_t i = 0; i < lanes; i++) {
            chosen[i] = -1;
            for (int d = 0; d < s->rank; d++)
                s->starts[d * EVAL_LANES + i] = index[d] * s->dims[d].stride - s->dims[d].pad_low;
            eval_step(s->rank, counts, index);
        }
        do {
            if (!select_tap(s, lanes, tap, chosen))
                return false;
        } while (eval_step(s->rank, s->taps, tap));
        if (!scatter(combine, source, at, lanes, chosen, out))
            return false;
    }
    return true;
}

ir_literal *eval_select_and_scatter(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_WINDOW);
    const ir_shape *shape = instr->shape;
    ir_literal *out = ir_literal_new(f->arena, shape);
    fw_arena *arena = fw_arena_new();
    selecting s = {.rank = shape->rank, .dims = attr ? attr->window->dims : NULL, .operand = operands[0]};
    s.sizes = eval_sizes(arena, shape);
    s.strides = eval_strides(arena, shape);
    s.taps = eval_ints(arena, s.rank);
    for (int d = 0; d < s.rank; d++)
        s.taps[d] = s.dims[d].size;
    s.starts = eval_ints(arena, (int64_t)(s.rank + 1) * EVAL_LANES);
    s.select = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_SELECT), instr, f->depth);
    eval_region *combine = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_SCATTER), instr, f->depth);
    lanes_fill(ir_type_bytes(shape->type), ir_shape_count(shape), operands[2]->data, out->data);
    bool ok = all_windows(&s, arena, combine, operands[1], out);
    fw_arena_free(arena);
    return ok ? out : NULL;
}
