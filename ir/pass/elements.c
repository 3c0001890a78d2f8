/* Facts about constants: which element is neutral or absorbing for which operation. Only facts that hold for every
 * value of the other operand, NaN, infinities and both zeros included; complex types have none. */
#include "pass.h"

#include <math.h>

static bool float_is(ir_type type, const void *element, pass_value value) {
    double x = ir_number_get(type, element);
    switch (value) {
    case PASS_ZERO:
        return x == 0;
    case PASS_PLUS_ZERO:
        return x == 0 && !signbit(x);
    case PASS_MINUS_ZERO:
        return x == 0 && signbit(x);
    case PASS_ONE:
        return x == 1;
    case PASS_LOWEST:
        return isinf(x) && x < 0;
    case PASS_HIGHEST:
        return isinf(x) && x > 0;
    default:
        return false;
    }
}

static bool integer_is(ir_type type, const void *element, pass_value value) {
    int64_t x = ir_number_get_int(type, element);
    int bits = ir_type_bits(type);
    bool is_signed = ir_class_of(type) == IR_CLASS_SIGNED;
    int64_t ones = is_signed || bits == 64 ? -1 : (int64_t)(((uint64_t)1 << bits) - 1);
    int64_t top = (int64_t)(((uint64_t)1 << (bits - 1)) - 1); /* largest signed value */
    switch (value) {
    case PASS_ZERO:
        return x == 0;
    case PASS_ONE:
        return x == 1;
    case PASS_ONES:
        return x == ones;
    case PASS_LOWEST:
        return x == (is_signed ? -top - 1 : 0);
    case PASS_HIGHEST:
        return x == (is_signed ? top : ones);
    default:
        return false;
    }
}

static bool pred_is(const void *element, pass_value value) {
    bool x = *(const unsigned char *)element != 0;
    return value == PASS_ZERO || value == PASS_LOWEST                         ? !x
           : value == PASS_ONE || value == PASS_ONES || value == PASS_HIGHEST ? x
                                                                              : false;
}

bool pass_element_is(ir_type type, const void *element, pass_value value) {
    if (value == PASS_NEVER)
        return false;
    switch (ir_class_of(type)) {
    case IR_CLASS_FLOAT:
        return float_is(type, element, value);
    case IR_CLASS_SIGNED:
    case IR_CLASS_UNSIGNED:
        return integer_is(type, element, value);
    case IR_CLASS_PRED:
        return pred_is(element, value);
    default:
        return false;
    }
}

const void *pass_splat(const ir_instr *instr) {
    if (instr->op == IR_OP_BROADCAST)
        instr = instr->operands[0];
    if (instr->op != IR_OP_CONSTANT || instr->shape->type == IR_TUPLE || instr->literal->elided)
        return NULL;
    return ir_literal_splat(instr->literal) ? instr->literal->data : NULL;
}

bool pass_splat_is(const ir_instr *instr, pass_value value) {
    const void *element = pass_splat(instr);
    return element && pass_element_is(instr->shape->type, element, value);
}

bool pass_splat_int(const ir_instr *instr, int64_t *value) {
    const void *element = pass_splat(instr);
    if (!element || !ir_type_is_integer(instr->shape->type))
        return false;
    *value = ir_number_get_int(instr->shape->type, element);
    if (*value < 0 && ir_class_of(instr->shape->type) == IR_CLASS_UNSIGNED)
        *value = INT64_MAX;
    return true;
}

/* One row an operation: its neutral element by type class, as the right operand only or on both sides; then its
 * absorbing element, which floats do not have because of NaN. */
typedef struct {
    ir_op op;
    bool both_sides;
    pass_value for_float, for_int, for_pred, absorbs_int, absorbs_pred;
} neutral;

static const neutral neutrals[] = {
    {IR_OP_ADD, true, PASS_MINUS_ZERO, PASS_ZERO, PASS_ZERO, PASS_NEVER, PASS_ONE},
    {IR_OP_SUBTRACT, false, PASS_PLUS_ZERO, PASS_ZERO, PASS_NEVER, PASS_NEVER, PASS_NEVER},
    {IR_OP_MULTIPLY, true, PASS_ONE, PASS_ONE, PASS_ONE, PASS_ZERO, PASS_ZERO},
    {IR_OP_DIVIDE, false, PASS_ONE, PASS_ONE, PASS_NEVER, PASS_NEVER, PASS_NEVER},
    {IR_OP_MAXIMUM, true, PASS_LOWEST, PASS_LOWEST, PASS_LOWEST, PASS_HIGHEST, PASS_HIGHEST},
    {IR_OP_MINIMUM, true, PASS_HIGHEST, PASS_HIGHEST, PASS_HIGHEST, PASS_LOWEST, PASS_LOWEST},
    {IR_OP_AND, true, PASS_NEVER, PASS_ONES, PASS_ONE, PASS_ZERO, PASS_ZERO},
    {IR_OP_OR, true, PASS_NEVER, PASS_ZERO, PASS_ZERO, PASS_ONES, PASS_ONE},
    {IR_OP_XOR, true, PASS_NEVER, PASS_ZERO, PASS_ZERO, PASS_NEVER, PASS_NEVER},
    {IR_OP_SHL, false, PASS_NEVER, PASS_ZERO, PASS_NEVER, PASS_NEVER, PASS_NEVER},
    {IR_OP_SRA, false, PASS_NEVER, PASS_ZERO, PASS_NEVER, PASS_NEVER, PASS_NEVER},
    {IR_OP_SRL, false, PASS_NEVER, PASS_ZERO, PASS_NEVER, PASS_NEVER, PASS_NEVER},
};

static const neutral *row_of(ir_op op) {
    for (int i = 0; i < FW_COUNT(neutrals); i++)
        if (neutrals[i].op == op)
            return &neutrals[i];
    return NULL;
}

bool pass_is_identity(ir_op op, int side, ir_type type, const void *element) {
    const neutral *row = row_of(op);
    if (!row || (side == 0 && !row->both_sides))
        return false;
    ir_type_class cls = ir_class_of(type);
    return pass_element_is(type, element,
        cls == IR_CLASS_FLOAT  ? row->for_float
        : cls == IR_CLASS_PRED ? row->for_pred
                               : row->for_int);
}

bool pass_is_absorbing(ir_op op, ir_type type, const void *element) {
    const neutral *row = row_of(op);
    ir_type_class cls = ir_class_of(type);
    if (!row || cls == IR_CLASS_FLOAT)
        return false;
    return pass_element_is(type, element, cls == IR_CLASS_PRED ? row->absorbs_pred : row->absorbs_int);
}
