/* Binary elementwise ops on lanes. */
#include "eval.h"

#include <math.h>

double eval_max(double a, double b) {
    if (isnan(a) || isnan(b))
        return a + b;
    if (a == b)
        return signbit(a) ? b : a;
    return a > b ? a : b;
}

double eval_min(double a, double b) {
    if (isnan(a) || isnan(b))
        return a + b;
    if (a == b)
        return signbit(a) ? a : b;
    return a < b ? a : b;
}

#define EACH(expression)                                                                                               \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        out[i] = (expression);                                                                                         \
    return true

static bool binary_float(ir_op op, int64_t n, const double *a, const double *b, double *out) {
    switch (op) {
    case IR_OP_ADD:
        EACH(a[i] + b[i]);
    case IR_OP_SUBTRACT:
        EACH(a[i] - b[i]);
    case IR_OP_MULTIPLY:
        EACH(a[i] * b[i]);
    case IR_OP_DIVIDE:
        EACH(a[i] / b[i]);
    case IR_OP_REMAINDER:
        EACH(fmod(a[i], b[i]));
    case IR_OP_MAXIMUM:
        EACH(eval_max(a[i], b[i]));
    case IR_OP_MINIMUM:
        EACH(eval_min(a[i], b[i]));
    case IR_OP_POWER:
        EACH(pow(a[i], b[i]));
    case IR_OP_ATAN2:
        EACH(atan2(a[i], b[i]));
    default:
        return false;
    }
}

/* The four ops that models spend their time in need no detour through double: f32 rounds the same way by itself. */
static bool binary_f32(ir_op op, int64_t n, const float *a, const float *b, float *out) {
    switch (op) {
    case IR_OP_ADD:
        EACH(a[i] + b[i]);
    case IR_OP_SUBTRACT:
        EACH(a[i] - b[i]);
    case IR_OP_MULTIPLY:
        EACH(a[i] * b[i]);
    case IR_OP_DIVIDE:
        EACH(a[i] / b[i]);
    default:
        return false;
    }
}

/* ---- integers: widened to 64 bits, wrapped when they are stored ---- */

static int64_t divide(bool is_signed, int64_t a, int64_t b) {
    if (b == 0)
        return -1;
    if (!is_signed)
        return (int64_t)((uint64_t)a / (uint64_t)b);
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t remainder_of(bool is_signed, int64_t a, int64_t b) {
    if (b == 0)
        return a;
    if (!is_signed)
        return (int64_t)((uint64_t)a % (uint64_t)b);
    return b == -1 ? 0 : a % b;
}

/* Squaring over the low six bits of the exponent. */
static int64_t power(bool is_signed, int64_t base, int64_t exponent) {
    if (is_signed && exponent < 0)
        return base == 1;
    uint64_t result = 1, square = (uint64_t)base;
    for (unsigned bits = (unsigned)exponent & 63; bits; bits >>= 1, square *= square)
        if (bits & 1)
            result *= square;
    return (int64_t)result;
}

static uint64_t high_half(uint64_t a, uint64_t b) {
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32), low = (middle & UINT32_MAX) + a0 * b1;
    return a1 * b1 + (middle >> 32) + (low >> 32);
}

static int64_t mulhi(bool is_signed, int width, int64_t a, int64_t b) {
    uint64_t product = (uint64_t)a * (uint64_t)b;
    if (width < 64) /* the whole product fits into 64 bits */
        return (int64_t)(product >> width);
    uint64_t high = high_half((uint64_t)a, (uint64_t)b);
    if (is_signed) /* each negative factor was taken for 2^64 more */
        high -= (a < 0 ? (uint64_t)b : 0) + (b < 0 ? (uint64_t)a : 0);
    return (int64_t)high;
}

static int64_t shift_right_arithmetic(int width, int64_t a, uint64_t amount) {
    bool negative = (uint64_t)a >> (width - 1) & 1;
    uint64_t bits = (uint64_t)a, ones = UINT64_MAX << (width - 1);
    if (negative)
        bits |= ones;
    if (amount >= (uint64_t)width)
        return negative ? -1 : 0;
    return (int64_t)(negative ? ~(~bits >> amount) : bits >> amount);
}

#define LESS(x, y) (is_signed ? (x) < (y) : (uint64_t)(x) < (uint64_t)(y))

static bool binary_int(ir_op op, ir_type type, int64_t n, const int64_t *a, const int64_t *b, int64_t *out) {
    int width = ir_type_bits(type);
    uint64_t mask = UINT64_MAX >> (64 - width);
    bool is_signed = ir_class_of(type) == IR_CLASS_SIGNED;
    switch (op) {
    case IR_OP_ADD:
        EACH((int64_t)((uint64_t)a[i] + (uint64_t)b[i]));
    case IR_OP_SUBTRACT:
        EACH((int64_t)((uint64_t)a[i] - (uint64_t)b[i]));
    case IR_OP_MULTIPLY:
        EACH((int64_t)((uint64_t)a[i] * (uint64_t)b[i]));
    case IR_OP_MULHI:
        EACH(mulhi(is_signed, width, a[i], b[i]));
    case IR_OP_DIVIDE:
        EACH(divide(is_signed, a[i], b[i]));
    case IR_OP_REMAINDER:
        EACH(remainder_of(is_signed, a[i], b[i]));
    case IR_OP_MAXIMUM:
        EACH(LESS(a[i], b[i]) ? b[i] : a[i]);
    case IR_OP_MINIMUM:
        EACH(LESS(b[i], a[i]) ? b[i] : a[i]);
    case IR_OP_POWER:
        EACH(power(is_signed, a[i], b[i]));
    case IR_OP_AND:
        EACH(a[i] & b[i]);
    case IR_OP_OR:
        EACH(a[i] | b[i]);
    case IR_OP_XOR:
        EACH(a[i] ^ b[i]);
    case IR_OP_SHL:
        EACH((uint64_t)b[i] >= (uint64_t)width ? 0 : (int64_t)((uint64_t)a[i] << b[i]));
    case IR_OP_SRL:
        EACH((uint64_t)b[i] >= (uint64_t)width ? 0 : (int64_t)(((uint64_t)a[i] & mask) >> b[i]));
    case IR_OP_SRA:
        EACH(shift_right_arithmetic(width, a[i], (uint64_t)b[i]));
    default:
        return false;
    }
}

/* Arithmetic on pred is boolean. */
static bool binary_pred(ir_op op, int64_t n, const unsigned char *a, const unsigned char *b, unsigned char *out) {
    switch (op) {
    case IR_OP_ADD:
    case IR_OP_MAXIMUM:
    case IR_OP_OR:
        EACH(a[i] | b[i]);
    case IR_OP_MULTIPLY:
    case IR_OP_MINIMUM:
    case IR_OP_AND:
        EACH(a[i] & b[i]);
    case IR_OP_XOR:
        EACH(a[i] ^ b[i]);
    default:
        return false;
    }
}

bool lanes_binary(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type type = instr->operands[0]->shape->type;
    double a[EVAL_LANES], b[EVAL_LANES];
    int64_t x[EVAL_LANES], y[EVAL_LANES];
    if (instr->op == IR_OP_COMPLEX)
        return lanes_binary_complex(instr, n, out, in);
    switch (ir_class_of(type)) {
    case IR_CLASS_FLOAT:
        if (type == IR_F32 && binary_f32(instr->op, n, in[0], in[1], out))
            return true;
        lanes_get(type, n, in[0], a);
        lanes_get(type, n, in[1], b);
        if (!binary_float(instr->op, n, a, b, a))
            return false;
        lanes_set(type, n, a, out);
        return true;
    case IR_CLASS_SIGNED:
    case IR_CLASS_UNSIGNED:
        lanes_get_int(type, n, in[0], x);
        lanes_get_int(type, n, in[1], y);
        if (!binary_int(instr->op, type, n, x, y, x))
            return false;
        lanes_set_int(type, n, x, out);
        return true;
    case IR_CLASS_PRED:
        return binary_pred(instr->op, n, in[0], in[1], out);
    case IR_CLASS_COMPLEX:
        return lanes_binary_complex(instr, n, out, in);
    default:
        return false;
    }
}
