/* Operations on elements, and constants. */
#include "builders.h"

#include <math.h>
#include <string.h>

/* The operands as they are, and the stated type. */
bool build_pointwise(st_reader *r, st_op *op) {
    const ir_op_info *hlo = ir_op_of(op->info->op);
    const ir_shape *shape;
    if (!st_takes(r, op, hlo->least, hlo->most) || !(shape = st_result_type(r, op, 0)))
        return false;
    return st_give(r, op, st_emit(r, op, op->info->op, shape, op->noperands, op->operands));
}

/* ---- comparisons ---- */

static ir_instr *compare(st_reader *r, st_op *op, ir_instr *a, ir_instr *b, const char *direction) {
    ir_instr *operands[2] = {a, b};
    ir_instr *instr = st_emit(r, op, IR_OP_COMPARE, ir_shape_with_type(r->arena, a->shape, IR_PRED), 2, operands);
    st_put_text(instr, IR_ATTR_DIRECTION, direction);
    return instr;
}

static const char *compare_word(st_reader *r, const st_op *op, int i, const char *name) {
    if (i < op->nwords)
        return fw_strndup(r->arena, op->words[i].text, op->words[i].length);
    return st_get_text(r, op, name);
}

/* Only the total order is no default of HLO. */
bool build_compare(st_reader *r, st_op *op) {
    const char *direction = compare_word(r, op, 0, "comparison_direction"),
               *type = compare_word(r, op, 1, "compare_type");
    const ir_shape *shape;
    if (!st_takes(r, op, 2, 2) || !(shape = st_result_type(r, op, 0)))
        return false;
    if (!st_known_word(r, op, direction, "EQ NE LT LE GT GE") ||
        (type && !st_known_word(r, op, type, "FLOAT TOTALORDER SIGNED UNSIGNED NOTYPE")))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_COMPARE, shape, 2, op->operands);
    st_put_text(instr, IR_ATTR_DIRECTION, direction);
    if (type && !strcmp(type, "TOTALORDER"))
        st_put_text(instr, IR_ATTR_TYPE, type);
    return st_give(r, op, instr);
}

/* Complex numbers have an order in StableHLO, by the real part and then the imaginary one, but not in HLO:
 *     max(a, b) = a.re > b.re || (a.re == b.re && a.im > b.im) ? a : b */
static bool complex_extremum(st_reader *r, st_op *op) {
    const ir_shape *whole = op->operands[0]->shape;
    const ir_shape *part = ir_shape_with_type(r->arena, whole, whole->type == IR_C64 ? IR_F32 : IR_F64);
    const ir_shape *pred = ir_shape_with_type(r->arena, whole, IR_PRED);
    const char *direction = op->info->op == IR_OP_MAXIMUM ? "GT" : "LT";
    ir_instr *re[2], *im[2];
    for (int i = 0; i < 2; i++) {
        re[i] = st_emit(r, op, IR_OP_REAL, part, 1, &op->operands[i]);
        im[i] = st_emit(r, op, IR_OP_IMAG, part, 1, &op->operands[i]);
    }
    ir_instr *second[2] = {compare(r, op, re[0], re[1], "EQ"), compare(r, op, im[0], im[1], direction)};
    ir_instr *either[2] = {compare(r, op, re[0], re[1], direction), st_emit(r, op, IR_OP_AND, pred, 2, second)};
    ir_instr *select[3] = {st_emit(r, op, IR_OP_OR, pred, 2, either), op->operands[0], op->operands[1]};
    return st_give(r, op, st_emit(r, op, IR_OP_SELECT, whole, 3, select));
}

bool build_extremum(st_reader *r, st_op *op) {
    if (op->noperands == 2 && ir_class_of(op->operands[0]->shape->type) == IR_CLASS_COMPLEX)
        return complex_extremum(r, op);
    return build_pointwise(r, op);
}

/* ---- formats ---- */

/* `format = e5m10`, or the two numbers. */
bool build_reduce_precision(st_reader *r, st_op *op) {
    const ir_shape *shape;
    int64_t exponent, mantissa;
    if (!st_takes(r, op, 1, 1) || !(shape = st_result_type(r, op, 0)) ||
        !st_get_int(r, op, "exponent_bits", 0, &exponent) || !st_get_int(r, op, "mantissa_bits", 0, &mantissa))
        return false;
    const st_attr *format = st_get(op, "format");
    if (format) {
        int64_t *part = &exponent;
        exponent = mantissa = 0;
        for (size_t i = 0; format->kind == ST_WORD && i < format->length; i++) {
            char c = format->text[i];
            if (c == 'm')
                part = &mantissa;
            else if (st_is_digit(c) && *part < 10000)
                *part = 10 * *part + (c - '0');
            else if (c != 'e')
                return st_fail(r, format->start, "expected a format such as e5m10");
        }
    }
    ir_instr *instr = st_emit(r, op, IR_OP_REDUCE_PRECISION, shape, 1, op->operands);
    st_put_int(instr, IR_ATTR_EXPONENT_BITS, exponent);
    st_put_int(instr, IR_ATTR_MANTISSA_BITS, mantissa);
    return st_give(r, op, instr);
}

/* ---- constants ---- */

bool build_constant(st_reader *r, st_op *op) {
    const st_attr *value = st_get(op, "value");
    if (!value || value->kind != ST_DENSE)
        return value && value->kind == ST_RAW ? st_fail(r, value->start, "only dense constants can be read")
                                              : st_fail(r, op->at, "this constant has no value dense<...> : type");
    op->nresults = op->nresults ? op->nresults : 1;
    return st_give(r, op, st_constant(r, op, value->literal));
}

bool build_iota(st_reader *r, st_op *op) {
    const ir_shape *shape;
    int64_t dim;
    if (!(shape = st_result_type(r, op, 0)) || !st_get_int(r, op, "iota_dimension", 0, &dim))
        return false;
    if (!ir_shape_is_static(shape))
        return st_decline(r, op, "of dynamic size");
    ir_instr *instr = st_emit(r, op, IR_OP_IOTA, shape, 0, NULL);
    st_put_int(instr, IR_ATTR_IOTA_DIMENSION, dim);
    return st_give(r, op, instr);
}

/* ---- small compositions of chlo ---- */

/* The number in every element of a value shaped like `like`. */
static ir_instr *filled(st_reader *r, st_op *op, const ir_shape *like, double number) {
    ir_literal *literal = ir_literal_new(r->arena, ir_shape_array(r->arena, like->type, 0, NULL));
    ir_number_set(like->type, literal->data, number);
    ir_instr *scalar = st_constant(r, op, literal);
    if (!like->rank)
        return scalar;
    ir_instr *broadcast = st_emit(r, op, IR_OP_BROADCAST, like, 1, &scalar);
    st_put_ints(broadcast, IR_ATTR_DIMENSIONS, 0, NULL);
    return broadcast;
}

bool build_constant_like(st_reader *r, st_op *op) {
    const st_attr *value = st_get(op, "value");
    if (!st_takes(r, op, 1, 1))
        return false;
    if (!value || (value->kind != ST_INT && value->kind != ST_FLOAT))
        return st_fail(r, op->at, "chlo.constant_like needs a value");
    return st_give(r, op, filled(r, op, op->operands[0]->shape, value->f));
}

bool build_square(st_reader *r, st_op *op) {
    if (!st_takes(r, op, 1, 1))
        return false;
    ir_instr *twice[2] = {op->operands[0], op->operands[0]};
    return st_give(r, op, st_emit(r, op, IR_OP_MULTIPLY, twice[0]->shape, 2, twice));
}

bool build_conj(st_reader *r, st_op *op) {
    if (!st_takes(r, op, 1, 1))
        return false;
    const ir_shape *whole = op->operands[0]->shape;
    if (ir_class_of(whole->type) != IR_CLASS_COMPLEX)
        return st_forward(op, op->operands[0]);
    const ir_shape *part = ir_shape_with_type(r->arena, whole, whole->type == IR_C64 ? IR_F32 : IR_F64);
    ir_instr *imag = st_emit(r, op, IR_OP_IMAG, part, 1, op->operands);
    ir_instr *parts[2] = {
        st_emit(r, op, IR_OP_REAL, part, 1, op->operands), st_emit(r, op, IR_OP_NEGATE, part, 1, &imag)};
    return st_give(r, op, st_emit(r, op, IR_OP_COMPLEX, whole, 2, parts));
}

bool build_atan(st_reader *r, st_op *op) {
    if (!st_takes(r, op, 1, 1))
        return false;
    const ir_shape *shape = op->operands[0]->shape;
    if (!ir_type_is_float(shape->type))
        return st_decline(r, op, "on complex numbers");
    ir_instr *operands[2] = {op->operands[0], filled(r, op, shape, 1)};
    return st_give(r, op, st_emit(r, op, IR_OP_ATAN2, shape, 2, operands));
}

static bool equals(st_reader *r, st_op *op, double number, bool magnitude) {
    if (!st_takes(r, op, 1, 1))
        return false;
    const ir_shape *shape = op->operands[0]->shape;
    ir_instr *x = magnitude ? st_emit(r, op, IR_OP_ABS, shape, 1, op->operands) : op->operands[0];
    return st_give(r, op, compare(r, op, x, filled(r, op, shape, number), "EQ"));
}

bool build_is_inf(st_reader *r, st_op *op) {
    return equals(r, op, INFINITY, true);
}

bool build_is_pos_inf(st_reader *r, st_op *op) {
    return equals(r, op, INFINITY, false);
}

bool build_is_neg_inf(st_reader *r, st_op *op) {
    return equals(r, op, -INFINITY, false);
}
