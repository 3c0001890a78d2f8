/* sort: a stable merge sort of positions along one dimension, N operands at once, by the comparator as given. */
#include "eval.h"

#include <string.h>

typedef struct sorter {
    int n;
    ir_literal *const *operands;
    eval_region *less;
    const void **inputs;
    int64_t base, stride; /* of the row being sorted, in elements */
    int64_t *order, *spare;
    bool failed;
} sorter;

/* The comparator sees a0, b0, a1, b1, ... of the two positions. */
static bool is_less(sorter *s, int64_t a, int64_t b) {
    unsigned char result = 0;
    void *out = &result;
    for (int i = 0; i < s->n; i++) {
        int64_t bytes = (int64_t)ir_type_bytes(s->operands[i]->shape->type);
        const char *row = (const char *)s->operands[i]->data + s->base * bytes;
        s->inputs[2 * i] = row + a * s->stride * bytes;
        s->inputs[2 * i + 1] = row + b * s->stride * bytes;
    }
    if (!eval_region_run(s->less, 1, s->inputs, &out))
        s->failed = true;
    return result;
}

/* Sorts order[first, last); takes from the right half only what is truly less, which keeps equals in order. */
static void merge_sort(sorter *s, int64_t first, int64_t last) {
    if (last - first < 2 || s->failed)
        return;
    int64_t middle = first + (last - first) / 2, left = first, right = middle;
    merge_sort(s, first, middle);
    merge_sort(s, middle, last);
    for (int64_t at = first; at < last; at++) {
        bool take_right = left == middle || (right < last && is_less(s, s->order[right], s->order[left]));
        s->spare[at] = take_right ? s->order[right++] : s->order[left++];
    }
    memcpy(s->order + first, s->spare + first, (size_t)(last - first) * sizeof *s->order);
}

static void write_row(const sorter *s, int64_t size, ir_literal *const *results) {
    for (int i = 0; i < s->n; i++) {
        size_t bytes = ir_type_bytes(s->operands[i]->shape->type);
        const char *from = s->operands[i]->data;
        char *to = results[i]->data;
        for (int64_t k = 0; k < size; k++)
            memcpy(to + (size_t)(s->base + k * s->stride) * bytes,
                from + (size_t)(s->base + s->order[k] * s->stride) * bytes, bytes);
    }
}

ir_literal *eval_sort(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *shape = operands[0]->shape;
    const int64_t *dims;
    ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    ir_literal *const *results = instr->shape->type == IR_TUPLE ? out->elems : &out;
    int64_t size = ir_shape_size(shape, (int)dims[0]), outer = 1, inner = 1;
    for (int d = 0; d < shape->rank; d++)
        *(d < dims[0] ? &outer : &inner) *= d == dims[0] ? 1 : ir_shape_size(shape, d);
    fw_arena *arena = fw_arena_new();
    sorter s = {.n = instr->noperands, .operands = operands, .stride = inner};
    s.less = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_TO_APPLY), instr, f->depth);
    s.inputs = fw_alloc_array(arena, 2 * (size_t)s.n, sizeof *s.inputs);
    s.order = fw_alloc_array(arena, (size_t)size + 1, sizeof *s.order);
    s.spare = fw_alloc_array(arena, (size_t)size + 1, sizeof *s.spare);
    for (int64_t row = 0; row < outer * inner && !s.failed; row++) {
        s.base = row / inner * size * inner + row % inner;
        for (int64_t k = 0; k < size; k++)
            s.order[k] = k;
        merge_sort(&s, 0, size);
        write_row(&s, size, results);
    }
    fw_arena_free(arena);
    return s.failed ? NULL : out;
}
