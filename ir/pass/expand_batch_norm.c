/* batch-norm-* in elementwise operations and reductions, by the formulas of StableHLO. ir/eval/batch_norm.c takes the
 * same steps in the same order; a change of one is a change of both.
 *
 *     training    mean = sum(x) / n, variance = sum((x - mean)^2) / n, then as for inference
 *     inference   y = (x - mean) / sqrt(variance + epsilon) * scale + offset
 *     grad        see eval_batch_norm_grad
 *
 * Vectors over the features are computed as such and broadcast where they meet x. */
#include "pass.h"

typedef struct norm {
    pass_edit *edit;
    ir_instr *instr;
    ir_type type;          /* that is computed in: the elements' own, f32 for narrower ones */
    const ir_shape *whole; /* x */
    const ir_shape *row;   /* one element a feature */
    int64_t feature, n;    /* n elements a feature */
} norm;

static ir_instr *apply(const norm *b, ir_op op, ir_instr *x, ir_instr *y) {
    ir_instr *pair[2] = {x, y};
    return pass_place(b->edit, pass_new(b->edit, b->instr, op, x->shape, y ? 2 : 1, pair));
}

static ir_instr *add(const norm *b, ir_instr *x, ir_instr *y) {
    return apply(b, IR_OP_ADD, x, y);
}

static ir_instr *subtract(const norm *b, ir_instr *x, ir_instr *y) {
    return apply(b, IR_OP_SUBTRACT, x, y);
}

static ir_instr *multiply(const norm *b, ir_instr *x, ir_instr *y) {
    return apply(b, IR_OP_MULTIPLY, x, y);
}

static ir_instr *divide(const norm *b, ir_instr *x, ir_instr *y) {
    return apply(b, IR_OP_DIVIDE, x, y);
}

static ir_instr *spread(const norm *b, ir_instr *row) {
    return pass_broadcast(b->edit, b->instr, row, b->whole, &b->feature);
}

/* A number in every place of `shape`. */
static ir_instr *number(const norm *b, double value, const ir_shape *shape) {
    double element; /* room for any type */
    ir_number_set(b->type, &element, value);
    ir_instr *scalar = pass_scalar(b->edit, b->instr, b->type, &element);
    return shape->rank > 0 ? pass_broadcast(b->edit, b->instr, scalar, shape, NULL) : scalar;
}

static ir_instr *converted(const norm *b, ir_instr *x, ir_type type) {
    if (x->shape->type == type)
        return x;
    const ir_shape *shape = ir_shape_with_type(b->edit->comp->module->arena, x->shape, type);
    return pass_place(b->edit, pass_new(b->edit, b->instr, IR_OP_CONVERT, shape, 1, &x));
}

static ir_instr *operand(const norm *b, int i) {
    return converted(b, b->instr->operands[i], b->type);
}

/* The sum over all dimensions but the features'. */
static ir_instr *sum(const norm *b, ir_instr *x) {
    int64_t *dims = fw_alloc_array(b->edit->scratch, (size_t)x->shape->rank + 1, sizeof *dims);
    int count = 0;
    for (int d = 0; d < x->shape->rank; d++)
        if (d != b->feature)
            dims[count++] = d;
    ir_instr *pair[2] = {x, number(b, 0, ir_shape_array(b->edit->comp->module->arena, b->type, 0, NULL))};
    ir_instr *reduce = pass_new(b->edit, b->instr, IR_OP_REDUCE, b->row, 2, pair);
    pass_attr_set_ints(reduce, IR_ATTR_DIMENSIONS, count, dims);
    pass_attr_set_comp(reduce, IR_ATTR_TO_APPLY, pass_sum(b->edit->context, b->type));
    return pass_place(b->edit, reduce);
}

/* variance + epsilon, which HLO keeps as a float */
static ir_instr *steady(const norm *b, ir_instr *variance) {
    return add(b, variance, number(b, (double)(float)ir_attr_get(b->instr, IR_ATTR_EPSILON)->f, b->row));
}

/* (centered / sqrt(variance + epsilon)) * scale and offset: the two terms of the normalised value. Here and below, one
 * instruction a statement: the order of a call's arguments is the compiler's choice, that of instructions is not. */
static void normalised(const norm *b, ir_instr *centered, ir_instr *variance, ir_instr *terms[2]) {
    ir_instr *root = apply(b, IR_OP_SQRT, steady(b, variance), NULL);
    ir_instr *unit = divide(b, centered, spread(b, root));
    ir_instr *scale = operand(b, 1), *offset = operand(b, 2);
    terms[0] = multiply(b, unit, spread(b, scale));
    terms[1] = spread(b, offset);
}

static ir_instr *become_tuple(const norm *b, ir_instr *results[3]) {
    for (int i = 0; i < 3; i++)
        results[i] = converted(b, results[i], b->instr->shape->elems[i]->type);
    return pass_become(b->edit, b->instr, IR_OP_TUPLE, 3, results);
}

static ir_instr *training(const norm *b) {
    ir_instr *x = operand(b, 0), *total = sum(b, x), *count = number(b, (double)b->n, b->row), *terms[2];
    ir_instr *mean = divide(b, total, count);
    ir_instr *centered = subtract(b, x, spread(b, mean));
    ir_instr *squares = sum(b, multiply(b, centered, centered));
    ir_instr *variance = divide(b, squares, count);
    normalised(b, centered, variance, terms);
    return become_tuple(b, (ir_instr *[3]){add(b, terms[0], terms[1]), mean, variance});
}

static ir_instr *inference(const norm *b) {
    ir_instr *x = operand(b, 0), *mean = operand(b, 3), *variance = operand(b, 4), *terms[2];
    normalised(b, subtract(b, x, spread(b, mean)), variance, terms);
    if (b->type == b->instr->shape->type)
        return pass_become(b->edit, b->instr, IR_OP_ADD, 2, terms);
    ir_instr *y = add(b, terms[0], terms[1]);
    return pass_become(b->edit, b->instr, IR_OP_CONVERT, 1, &y);
}

static ir_instr *gradient(const norm *b) {
    ir_instr *x = operand(b, 0), *scale = operand(b, 1), *mean = operand(b, 2), *g = operand(b, 4), *results[3];
    ir_instr *variance = steady(b, operand(b, 3)), *root = apply(b, IR_OP_SQRT, variance, NULL);
    ir_instr *centered = subtract(b, x, spread(b, mean));
    ir_instr *total = sum(b, g), *weighted = sum(b, multiply(b, g, centered));
    ir_instr *away = multiply(b, spread(b, weighted), centered);
    away = divide(b, away, spread(b, variance));
    ir_instr *rest = multiply(b, g, number(b, (double)b->n, b->whole));
    rest = subtract(b, rest, spread(b, total));
    rest = subtract(b, rest, away);
    ir_instr *factor = divide(b, scale, root);
    factor = divide(b, factor, number(b, (double)b->n, b->row));
    ir_instr *unit = divide(b, centered, spread(b, root));
    results[0] = multiply(b, spread(b, factor), rest);
    results[1] = sum(b, multiply(b, g, unit));
    results[2] = total;
    return become_tuple(b, results);
}

ir_instr *pass_expand_batch_norm(pass_edit *edit, ir_instr *instr) {
    const ir_shape *shape = instr->operands[0]->shape;
    ir_module *module = edit->comp->module;
    norm b = {.edit = edit, .instr = instr, .feature = ir_attr_int(instr, IR_ATTR_FEATURE_INDEX, 0)};
    if (!ir_shape_is_static(shape))
        return NULL;
    b.type = shape->type == IR_F64 ? IR_F64 : IR_F32;
    b.whole = pass_shape_of(module, b.type, shape->rank, shape->dims);
    b.row = pass_shape_of(module, b.type, 1, &shape->dims[b.feature]);
    int64_t features = ir_shape_size(shape, (int)b.feature);
    b.n = features > 0 ? ir_shape_count(shape) / features : 0;
    switch (instr->op) {
    case IR_OP_BATCH_NORM_TRAINING:
        return training(&b);
    case IR_OP_BATCH_NORM_INFERENCE:
        return inference(&b);
    default:
        return gradient(&b);
    }
}
