/* reduce and map: regions over whole arrays.
 *
 * A reduction runs on blocks of outputs: all lanes take one step of their sums at a time, in row-major order of the
 * reduced index. Where the combiner is a plain float addition, the sum is kept in double and rounded once at the end:
 * this is the reference, so it is as exact as it can be. */
#include "eval.h"

#include <string.h>

/* ---- map ---- */

ir_literal *eval_map(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    eval_region *region = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_TO_APPLY), instr, f->depth);
    const void **in = fw_alloc_array(arena, (size_t)instr->noperands, sizeof *in);
    int64_t count = ir_shape_count(instr->shape);
    bool ok = true;
    for (int64_t at = 0; ok && at < count; at += EVAL_LANES) {
        for (int i = 0; i < instr->noperands; i++)
            in[i] = (const char *)operands[i]->data + (size_t)at * ir_type_bytes(operands[i]->shape->type);
        void *to = (char *)out->data + (size_t)at * ir_type_bytes(instr->shape->type);
        ok = eval_region_run(region, count - at < EVAL_LANES ? count - at : EVAL_LANES, in, &to);
    }
    fw_arena_free(arena);
    return ok ? out : NULL;
}

/* ---- reduce ---- */

typedef struct reduction {
    int n;                       /* arrays */
    ir_literal *const *operands; /* n arrays, n initial values */
    ir_literal **results;
    int nkept, nreduced;
    int64_t *kept_sizes, *kept_strides, *reduced_sizes, *reduced_strides; /* in the operands */
    int64_t *kept, *reduced;                                              /* running indices */
    eval_region *region;
    const void **inputs; /* of the region */
    char **lanes;        /* n blocks of accumulators, then n blocks of elements */
    bool sum;            /* plain float addition */
} reduction;

/* Splits the operand's dimensions into kept and reduced ones. */
static void split_dims(reduction *r, fw_arena *arena, const ir_instr *instr) {
    const ir_shape *shape = instr->operands[0]->shape;
    const int64_t *dims, *strides = eval_strides(arena, shape);
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    int64_t **lists[] = {
        &r->kept_sizes, &r->kept_strides, &r->reduced_sizes, &r->reduced_strides, &r->kept, &r->reduced};
    for (int i = 0; i < FW_COUNT(lists); i++)
        *lists[i] = eval_ints(arena, shape->rank);
    for (int d = 0; d < shape->rank; d++) {
        bool gone = eval_listed(dims, count, d);
        int64_t *sizes = gone ? r->reduced_sizes : r->kept_sizes;
        int64_t *steps = gone ? r->reduced_strides : r->kept_strides;
        int *at = gone ? &r->nreduced : &r->nkept;
        sizes[*at] = ir_shape_size(shape, d);
        steps[(*at)++] = strides[d];
    }
}

static int64_t dot_product(int rank, const int64_t *index, const int64_t *strides) {
    int64_t sum = 0;
    for (int d = 0; d < rank; d++)
        sum += index[d] * strides[d];
    return sum;
}

static bool combine_step(reduction *r, int64_t lanes, const int64_t *offsets, double *sums) {
    for (int i = 0; i < r->n; i++) {
        lanes_gather(
            ir_type_bytes(r->operands[i]->shape->type), lanes, r->operands[i]->data, offsets, r->lanes[r->n + i]);
        r->inputs[i] = r->lanes[i];
        r->inputs[r->n + i] = r->lanes[r->n + i];
    }
    if (!r->sum)
        return eval_region_run(r->region, lanes, r->inputs, (void *const *)r->lanes);
    double elements[EVAL_LANES];
    lanes_get(r->operands[0]->shape->type, lanes, r->lanes[1], elements);
    for (int64_t i = 0; i < lanes; i++)
        sums[i] += elements[i];
    return true;
}

/* Reduces the outputs `at` .. `at + lanes`, whose operand offsets at reduced index 0 are `offsets`. */
static bool reduce_block(reduction *r, int64_t at, int64_t lanes, const int64_t *offsets) {
    int64_t moved[EVAL_LANES];
    double sums[EVAL_LANES];
    for (int i = 0; i < r->n; i++)
        lanes_fill(ir_type_bytes(r->results[i]->shape->type), lanes, r->operands[r->n + i]->data, r->lanes[i]);
    if (r->sum)
        lanes_get(r->results[0]->shape->type, lanes, r->lanes[0], sums);
    bool more = true;
    for (int d = 0; d < r->nreduced; d++)
        more = more && r->reduced_sizes[d] > 0;
    while (more) {
        int64_t delta = dot_product(r->nreduced, r->reduced, r->reduced_strides);
        for (int64_t i = 0; i < lanes; i++)
            moved[i] = offsets[i] + delta;
        if (!combine_step(r, lanes, moved, sums))
            return false;
        more = eval_step(r->nreduced, r->reduced_sizes, r->reduced);
    }
    if (r->sum)
        lanes_set(r->results[0]->shape->type, lanes, sums, r->lanes[0]);
    for (int i = 0; i < r->n; i++) {
        size_t bytes = ir_type_bytes(r->results[i]->shape->type);
        memcpy((char *)r->results[i]->data + (size_t)at * bytes, r->lanes[i], (size_t)lanes * bytes);
    }
    return true;
}

static bool reduce_all(reduction *r) {
    int64_t offsets[EVAL_LANES], count = ir_shape_count(r->results[0]->shape);
    for (int64_t at = 0; at < count; at += EVAL_LANES) {
        int64_t lanes = count - at < EVAL_LANES ? count - at : EVAL_LANES;
        for (int64_t i = 0; i < lanes; i++) {
            offsets[i] = dot_product(r->nkept, r->kept, r->kept_strides);
            eval_step(r->nkept, r->kept_sizes, r->kept);
        }
        if (!reduce_block(r, at, lanes, offsets))
            return false;
    }
    return true;
}

ir_literal *eval_reduce(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    reduction r = {.n = instr->noperands / 2, .operands = operands};
    r.region = eval_region_new(arena, f->diag, ir_attr_comp(instr, IR_ATTR_TO_APPLY), instr, f->depth);
    r.sum = eval_is_float_sum(instr);
    r.results = fw_alloc_array(arena, (size_t)r.n, sizeof *r.results);
    r.lanes = fw_alloc_array(arena, 2 * (size_t)r.n, sizeof *r.lanes);
    r.inputs = fw_alloc_array(arena, 2 * (size_t)r.n, sizeof *r.inputs);
    for (int i = 0; i < r.n; i++)
        r.results[i] = instr->shape->type == IR_TUPLE ? out->elems[i] : out;
    for (int i = 0; i < 2 * r.n; i++)
        r.lanes[i] = fw_alloc(arena, EVAL_LANES * 16);
    split_dims(&r, arena, instr);
    bool ok = reduce_all(&r);
    fw_arena_free(arena);
    return ok ? out : NULL;
}
