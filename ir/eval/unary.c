/* Unary elementwise ops on lanes. */
#include "eval.h"

#include <math.h>
#include <string.h>

static double sign_of(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : x; /* zeros keep their sign, NaN stays */
}

#define EACH(expression)                                                                                               \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        double x = v[i];                                                                                               \
        v[i] = (expression);                                                                                           \
    }                                                                                                                  \
    return true

static bool unary_float(ir_op op, int64_t n, double *v) {
    switch (op) {
    case IR_OP_REAL:
        return true;
    case IR_OP_IMAG:
        memset(v, 0, (size_t)n * sizeof *v);
        return true;
    case IR_OP_ABS:
        EACH(fabs(x));
    case IR_OP_CEIL:
        EACH(ceil(x));
    case IR_OP_FLOOR:
        EACH(floor(x));
    case IR_OP_SIGN:
        EACH(sign_of(x));
    case IR_OP_NEGATE:
        EACH(-x);
    case IR_OP_ROUND_AFZ:
        EACH(round(x));
    case IR_OP_ROUND_EVEN:
        EACH(nearbyint(x));
    case IR_OP_EXP:
        EACH(exp(x));
    case IR_OP_EXPM1:
        EACH(expm1(x));
    case IR_OP_LOG:
        EACH(log(x));
    case IR_OP_LOG1P:
        EACH(log1p(x));
    case IR_OP_LOGISTIC:
        EACH(1 / (1 + exp(-x)));
    case IR_OP_SQRT:
        EACH(sqrt(x));
    case IR_OP_RSQRT:
        EACH(1 / sqrt(x));
    case IR_OP_CBRT:
        EACH(cbrt(x));
    case IR_OP_TANH:
        EACH(tanh(x));
    case IR_OP_TAN:
        EACH(tan(x));
    case IR_OP_SIN:
        EACH(sin(x));
    case IR_OP_COS:
        EACH(cos(x));
    case IR_OP_SINH:
        EACH(sinh(x));
    case IR_OP_COSH:
        EACH(cosh(x));
    case IR_OP_ASIN:
        EACH(asin(x));
    case IR_OP_ACOS:
        EACH(acos(x));
    case IR_OP_ASINH:
        EACH(asinh(x));
    case IR_OP_ACOSH:
        EACH(acosh(x));
    case IR_OP_ATANH:
        EACH(atanh(x));
    case IR_OP_ERF:
        EACH(erf(x));
    default:
        return false;
    }
}

static int count_ones(uint64_t bits) {
    int count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static int leading_zeros(uint64_t bits, int width) {
    int count = width;
    for (; bits; bits >>= 1)
        count--;
    return count;
}

static bool unary_int(ir_op op, ir_type type, int64_t n, int64_t *v) {
    int width = ir_type_bits(type);
    uint64_t mask = UINT64_MAX >> (64 - width);
    bool is_signed = ir_class_of(type) == IR_CLASS_SIGNED;
    for (int64_t i = 0; i < n; i++) {
        int64_t x = v[i];
        switch (op) {
        case IR_OP_ABS: /* the smallest number stays itself */
            v[i] = is_signed && x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
            break;
        case IR_OP_SIGN:
            v[i] = is_signed ? (x > 0) - (x < 0) : x != 0;
            break;
        case IR_OP_NEGATE:
            v[i] = (int64_t)(0 - (uint64_t)x);
            break;
        case IR_OP_NOT:
            v[i] = ~x;
            break;
        case IR_OP_POPCNT:
            v[i] = count_ones((uint64_t)x & mask);
            break;
        case IR_OP_CLZ:
            v[i] = leading_zeros((uint64_t)x & mask, width);
            break;
        default:
            return false;
        }
    }
    return true;
}

bool lanes_unary(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type type = instr->operands[0]->shape->type;
    double wide[EVAL_LANES];
    int64_t ints[EVAL_LANES];
    unsigned char *flags = out;
    if (instr->op == IR_OP_COPY) {
        memcpy(out, in[0], (size_t)n * ir_type_bytes(type));
        return true;
    }
    switch (ir_class_of(type)) {
    case IR_CLASS_FLOAT:
        lanes_get(type, n, in[0], wide);
        if (instr->op == IR_OP_IS_FINITE) {
            for (int64_t i = 0; i < n; i++)
                flags[i] = isfinite(wide[i]) != 0;
            return true;
        }
        if (!unary_float(instr->op, n, wide))
            return false;
        lanes_set(type, n, wide, out);
        return true;
    case IR_CLASS_SIGNED:
    case IR_CLASS_UNSIGNED:
        lanes_get_int(type, n, in[0], ints);
        if (!unary_int(instr->op, type, n, ints))
            return false;
        lanes_set_int(type, n, ints, out);
        return true;
    case IR_CLASS_PRED:
        for (int64_t i = 0; i < n; i++)
            flags[i] = !((const unsigned char *)in[0])[i];
        return instr->op == IR_OP_NOT;
    case IR_CLASS_COMPLEX:
        return lanes_unary_complex(instr, n, out, in[0]);
    default:
        return false;
    }
}
