/* Elementwise ops on complex lanes, computed in complex double. */
#include "eval.h"

#include <complex.h>
#include <math.h>

typedef double _Complex number;

double _Complex eval_number(double re, double im) {
    union {
        double parts[2];
        number z;
    } u = {{re, im}};
    return u.z;
}

/* hypot does not overflow early, but calls the length of (inf, NaN) infinite. */
static double length(number z) {
    if (isnan(creal(z)) || isnan(cimag(z)))
        return (double)NAN;
    return hypot(creal(z), cimag(z));
}

static number sign_of(number z) {
    double r = length(z);
    return r == 0 ? eval_number(0, 0) : eval_number(creal(z) / r, cimag(z) / r);
}

/* exp(a + bi) - 1 without cancellation: e^a cos b - 1 = (e^a - 1) cos b - 2 sin^2(b / 2). */
static number expm1_of(number z) {
    double a = creal(z), b = cimag(z), half = sin(b / 2);
    return eval_number(expm1(a) * cos(b) - 2 * half * half, exp(a) * sin(b));
}

/* |1 + z|^2 = 1 + a (2 + a) + b^2. */
static number log1p_of(number z) {
    double a = creal(z), b = cimag(z);
    return eval_number(0.5 * log1p(a * (2 + a) + b * b), atan2(b, 1 + a));
}

static number logistic_of(number z) {
    return 1 / (1 + cexp(-z));
}

static bool unary(ir_op op, number z, number *out) {
    switch (op) {
    case IR_OP_SIGN:
        *out = sign_of(z);
        return true;
    case IR_OP_NEGATE:
        *out = eval_number(-creal(z), -cimag(z));
        return true;
    case IR_OP_EXP:
        *out = cexp(z);
        return true;
    case IR_OP_EXPM1:
        *out = expm1_of(z);
        return true;
    case IR_OP_LOG:
        *out = clog(z);
        return true;
    case IR_OP_LOG1P:
        *out = log1p_of(z);
        return true;
    case IR_OP_LOGISTIC:
        *out = logistic_of(z);
        return true;
    case IR_OP_SQRT:
        *out = csqrt(z);
        return true;
    case IR_OP_RSQRT:
        *out = 1 / csqrt(z);
        return true;
    case IR_OP_TANH:
        *out = ctanh(z);
        return true;
    case IR_OP_TAN:
        *out = ctan(z);
        return true;
    case IR_OP_SIN:
        *out = csin(z);
        return true;
    case IR_OP_COS:
        *out = ccos(z);
        return true;
    case IR_OP_SINH:
        *out = csinh(z);
        return true;
    case IR_OP_COSH:
        *out = ccosh(z);
        return true;
    case IR_OP_ASIN:
        *out = casin(z);
        return true;
    case IR_OP_ACOS:
        *out = cacos(z);
        return true;
    case IR_OP_ASINH:
        *out = casinh(z);
        return true;
    case IR_OP_ACOSH:
        *out = cacosh(z);
        return true;
    case IR_OP_ATANH:
        *out = catanh(z);
        return true;
    default:
        return false;
    }
}

/* abs, real and imag: from complex to its component type. */
static void to_component(ir_op op, ir_type type, int64_t n, double *parts, void *out) {
    for (int64_t i = 0; i < n; i++) {
        number z = eval_number(parts[2 * i], parts[2 * i + 1]);
        parts[i] = op == IR_OP_ABS ? length(z) : op == IR_OP_REAL ? creal(z) : cimag(z);
    }
    lanes_set(type == IR_C64 ? IR_F32 : IR_F64, n, parts, out);
}

bool lanes_unary_complex(const ir_instr *instr, int64_t n, void *out, const void *in) {
    ir_type type = instr->operands[0]->shape->type;
    double parts[2 * EVAL_LANES];
    lanes_get_complex(type, n, in, parts);
    if (instr->op == IR_OP_ABS || instr->op == IR_OP_REAL || instr->op == IR_OP_IMAG) {
        to_component(instr->op, type, n, parts, out);
        return true;
    }
    for (int64_t i = 0; i < n; i++) {
        number z;
        if (!unary(instr->op, eval_number(parts[2 * i], parts[2 * i + 1]), &z))
            return false;
        parts[2 * i] = creal(z);
        parts[2 * i + 1] = cimag(z);
    }
    lanes_set_complex(type, n, parts, out);
    return true;
}

static number power(number a, number b) {
    if (b == 0)
        return eval_number(1, 0);
    if (a == 0)
        return eval_number(0, 0);
    return cpow(a, b);
}

static bool binary(ir_op op, number a, number b, number *out) {
    switch (op) {
    case IR_OP_ADD:
        *out = a + b;
        return true;
    case IR_OP_SUBTRACT:
        *out = a - b;
        return true;
    case IR_OP_MULTIPLY:
        *out = a * b;
        return true;
    case IR_OP_DIVIDE:
        *out = a / b;
        return true;
    case IR_OP_POWER:
        *out = power(a, b);
        return true;
    case IR_OP_ATAN2: /* -i log((b + ia) / sqrt(a^2 + b^2)) */
        *out = eval_number(0, -1) * clog((b + eval_number(0, 1) * a) / csqrt(a * a + b * b));
        return true;
    default:
        return false;
    }
}

static void join(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type part = instr->operands[0]->shape->type;
    double re[EVAL_LANES], im[EVAL_LANES], parts[2 * EVAL_LANES];
    lanes_get(part, n, in[0], re);
    lanes_get(part, n, in[1], im);
    for (int64_t i = 0; i < n; i++) {
        parts[2 * i] = re[i];
        parts[2 * i + 1] = im[i];
    }
    lanes_set_complex(instr->shape->type, n, parts, out);
}

bool lanes_binary_complex(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    double a[2 * EVAL_LANES], b[2 * EVAL_LANES];
    ir_type type = instr->operands[0]->shape->type;
    if (instr->op == IR_OP_COMPLEX) {
        join(instr, n, out, in);
        return true;
    }
    lanes_get_complex(type, n, in[0], a);
    lanes_get_complex(type, n, in[1], b);
    for (int64_t i = 0; i < n; i++) {
        number z;
        if (!binary(instr->op, eval_number(a[2 * i], a[2 * i + 1]), eval_number(b[2 * i], b[2 * i + 1]), &z))
            return false;
        a[2 * i] = creal(z);
        a[2 * i + 1] = cimag(z);
    }
    lanes_set_complex(type, n, a, out);
    return true;
}
