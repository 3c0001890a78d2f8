/* batch-norm-training, -inference and -grad by the formulas of StableHLO, step by step, each step rounded to the type
 * that is computed in. The pass `expand` writes the same steps as instructions, so that a module means the same bits
 * before and after it. Floats narrower than f32 are computed in f32: a count of 257 is no bf16. */
#include "eval.h"

#include <math.h>

/* One feature at a time: its elements stand in arrays of `n` doubles. */
typedef struct normalised {
    int64_t n, features, inner; /* elements of a feature, features, elements behind the feature dimension */
    bool in_f32;
    double epsilon;
    double *x, *centered, *grad;
} normalised;

static double rounded(const normalised *b, double value) {
    return b->in_f32 ? (double)(float)value : value;
}

static double at(const ir_literal *literal, int64_t i) {
    double value;
    ir_type type = literal->shape->type;
    lanes_get(type, 1, (const char *)literal->data + (size_t)i * ir_type_bytes(type), &value);
    return value;
}

static void put(const ir_literal *literal, int64_t i, double value) {
    ir_type type = literal->shape->type;
    lanes_set(type, 1, &value, (char *)literal->data + (size_t)i * ir_type_bytes(type));
}

/* Where element i of the feature stands in the array. */
static int64_t place(const normalised *b, int64_t feature, int64_t i) {
    return (i / b->inner * b->features + feature) * b->inner + i % b->inner;
}

static void gather(const normalised *b, const ir_literal *from, int64_t feature, double *to) {
    for (int64_t i = 0; i < b->n; i++)
        to[i] = at(from, place(b, feature, i));
}

/* Sums are kept in double and rounded once, like those of reduce. */
static double sum_of(const normalised *b, const double *values) {
    double sum = 0;
    for (int64_t i = 0; i < b->n; i++)
        sum += values[i];
    return rounded(b, sum);
}

static double sum_of_products(const normalised *b, const double *p, const double *q) {
    double sum = 0;
    for (int64_t i = 0; i < b->n; i++)
        sum += rounded(b, p[i] * q[i]);
    return rounded(b, sum);
}

static double deviation(const normalised *b, double variance) {
    return rounded(b, sqrt(rounded(b, variance + b->epsilon)));
}

static normalised start(fw_arena *arena, const ir_instr *instr) {
    const ir_shape *shape = instr->operands[0]->shape;
    int64_t feature = ir_attr_int(instr, IR_ATTR_FEATURE_INDEX, 0), count = ir_shape_count(shape);
    normalised b = {.features = ir_shape_size(shape, (int)feature), .inner = 1};
    for (int d = (int)feature + 1; d < shape->rank; d++)
        b.inner *= ir_shape_size(shape, d);
    b.n = b.features > 0 ? count / b.features : 0;
    b.in_f32 = shape->type != IR_F64;
    b.epsilon = (double)(float)ir_attr_get(instr, IR_ATTR_EPSILON)->f; /* HLO keeps it as a float */
    b.x = fw_alloc_array(arena, (size_t)b.n + 1, sizeof *b.x);
    b.centered = fw_alloc_array(arena, (size_t)b.n + 1, sizeof *b.centered);
    b.grad = fw_alloc_array(arena, (size_t)b.n + 1, sizeof *b.grad);
    return b;
}

static void center(const normalised *b, double mean) {
    for (int64_t i = 0; i < b->n; i++)
        b->centered[i] = rounded(b, b->x[i] - mean);
}

/* y = (x - mean) / sqrt(variance + epsilon) * scale + offset */
static void normalise(
    const normalised *b, ir_literal *const *operands, int64_t feature, double variance, const ir_literal *out) {
    double root = deviation(b, variance), scale = at(operands[1], feature), offset = at(operands[2], feature);
    for (int64_t i = 0; i < b->n; i++) {
        double y = rounded(b, rounded(b, b->centered[i] / root) * scale);
        put(out, place(b, feature, i), rounded(b, y + offset));
    }
}

ir_literal *eval_batch_norm_training(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    normalised b = start(arena, instr);
    double n = rounded(&b, (double)b.n);
    for (int64_t k = 0; k < b.features; k++) {
        gather(&b, operands[0], k, b.x);
        double mean = rounded(&b, sum_of(&b, b.x) / n);
        center(&b, mean);
        double variance = rounded(&b, sum_of_products(&b, b.centered, b.centered) / n);
        normalise(&b, operands, k, variance, out->elems[0]);
        put(out->elems[1], k, mean);
        put(out->elems[2], k, variance);
    }
    fw_arena_free(arena);
    return out;
}

ir_literal *eval_batch_norm_inference(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    normalised b = start(arena, instr);
    for (int64_t k = 0; k < b.features; k++) {
        gather(&b, operands[0], k, b.x);
        center(&b, at(operands[3], k));
        normalise(&b, operands, k, at(operands[4], k), out);
    }
    fw_arena_free(arena);
    return out;
}

/* With c = x - mean, v = variance + epsilon, s = sqrt(v), n elements and the gradient g:
 *     grad_x = scale / s / n * (n * g - sum(g) - sum(g * c) * c / v)
 *     grad_scale = sum(g * (c / s))        grad_offset = sum(g) */
ir_literal *eval_batch_norm_grad(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    normalised b = start(arena, instr);
    double n = rounded(&b, (double)b.n);
    for (int64_t k = 0; k < b.features; k++) {
        gather(&b, operands[0], k, b.x);
        gather(&b, operands[4], k, b.grad);
        center(&b, at(operands[2], k));
        double variance = at(operands[3], k), root = deviation(&b, variance), v = rounded(&b, variance + b.epsilon);
        double total = sum_of(&b, b.grad), weighted = sum_of_products(&b, b.grad, b.centered);
        double factor = rounded(&b, rounded(&b, at(operands[1], k) / root) / n);
        for (int64_t i = 0; i < b.n; i++) {
            double away = rounded(&b, rounded(&b, weighted * b.centered[i]) / v);
            double rest = rounded(&b, rounded(&b, rounded(&b, b.grad[i] * n) - total) - away);
            put(out->elems[0], place(&b, k, i), rounded(&b, factor * rest));
            b.x[i] = rounded(&b, b.centered[i] / root);
        }
        put(out->elems[1], k, sum_of_products(&b, b.grad, b.x));
        put(out->elems[2], k, total);
    }
    fw_arena_free(arena);
    return out;
}
