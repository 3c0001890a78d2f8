/* compare, select and clamp on lanes. */
#include "eval.h"

#include <string.h>

typedef enum { EQ, NE, LT, LE, GT, GE } direction;

static direction direction_of(const ir_instr *instr) {
    static const char names[][3] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
    const char *word = ir_attr_word(instr, IR_ATTR_DIRECTION);
    for (int i = 0; i < FW_COUNT(names); i++)
        if (strcmp(word, names[i]) == 0)
            return (direction)i;
    return EQ;
}

#define EACH(operator)                                                                                                 \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        out[i] = a[i] operator b[i];                                                                                   \
    break

#define DEFINE_COMPARE(name, type)                                                                                     \
    static void name(direction d, int64_t n, const type *a, const type *b, unsigned char *out) {                       \
        switch (d) {                                                                                                   \
        case EQ:                                                                                                       \
            EACH(==);                                                                                                  \
        case NE:                                                                                                       \
            EACH(!=);                                                                                                  \
        case LT:                                                                                                       \
            EACH(<);                                                                                                   \
        case LE:                                                                                                       \
            EACH(<=);                                                                                                  \
        case GT:                                                                                                       \
            EACH(>);                                                                                                   \
        case GE:                                                                                                       \
            EACH(>=);                                                                                                  \
        }                                                                                                              \
    }

DEFINE_COMPARE(compare_float, double)
DEFINE_COMPARE(compare_signed, int64_t)
DEFINE_COMPARE(compare_unsigned, uint64_t)

/* Sign-magnitude bits as integers in the total order -NaN < -inf < ... < -0 < +0 < ... < inf < NaN. */
static void order_keys(ir_type type, int64_t n, const void *from, int64_t *keys) {
    static const ir_type unsigned_of[9] = {[1] = IR_U8, [2] = IR_U16, [4] = IR_U32, [8] = IR_U64};
    int64_t sign = (int64_t)(UINT64_C(1) << (ir_type_bits(type) - 1));
    lanes_get_int(unsigned_of[ir_type_bytes(type)], n, from, keys);
    for (int64_t i = 0; i < n; i++)
        if (keys[i] & sign)
            keys[i] = ~(keys[i] & ~sign);
}

/* Equality of both parts; the order is lexicographic. */
static void compare_complex(direction d, int64_t n, const double *a, const double *b, unsigned char *out) {
    for (int64_t i = 0; i < n; i++, a += 2, b += 2) {
        bool equal = a[0] == b[0] && a[1] == b[1];
        bool less = a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
        bool greater = a[0] > b[0] || (a[0] == b[0] && a[1] > b[1]);
        switch (d) {
        case EQ:
            out[i] = equal;
            break;
        case NE:
            out[i] = !equal;
            break;
        case LT:
            out[i] = less;
            break;
        case LE:
            out[i] = less || equal;
            break;
        case GT:
            out[i] = greater;
            break;
        case GE:
            out[i] = greater || equal;
            break;
        }
    }
}

bool lanes_compare(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type type = instr->operands[0]->shape->type;
    direction d = direction_of(instr);
    const char *order = ir_attr_word(instr, IR_ATTR_TYPE);
    double a[2 * EVAL_LANES], b[2 * EVAL_LANES];
    int64_t x[EVAL_LANES], y[EVAL_LANES];
    switch (ir_class_of(type)) {
    case IR_CLASS_FLOAT:
        if (order && strcmp(order, "TOTALORDER") == 0) {
            order_keys(type, n, in[0], x);
            order_keys(type, n, in[1], y);
            compare_signed(d, n, x, y, out);
            return true;
        }
        lanes_get(type, n, in[0], a);
        lanes_get(type, n, in[1], b);
        compare_float(d, n, a, b, out);
        return true;
    case IR_CLASS_COMPLEX:
        lanes_get_complex(type, n, in[0], a);
        lanes_get_complex(type, n, in[1], b);
        compare_complex(d, n, a, b, out);
        return true;
    case IR_CLASS_OTHER:
        return false;
    default:
        lanes_get_int(type, n, in[0], x);
        lanes_get_int(type, n, in[1], y);
        if (type == IR_U64)
            compare_unsigned(d, n, (const uint64_t *)x, (const uint64_t *)y, out);
        else
            compare_signed(d, n, x, y, out);
        return true;
    }
}

bool lanes_select(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    const unsigned char *choose = in[0];
    size_t bytes = ir_type_bytes(instr->shape->type);
    if (bytes == 4) { /* the common width; the same loop without a variable size */
        const uint32_t *a = in[1], *b = in[2];
        uint32_t *to = out;
        for (int64_t i = 0; i < n; i++)
            to[i] = choose[i] ? a[i] : b[i];
        return true;
    }
    const char *a = in[1], *b = in[2];
    char *to = out;
    for (int64_t i = 0; i < n; i++, a += bytes, b += bytes, to += bytes)
        memmove(to, choose[i] ? a : b, bytes);
    return bytes != 0;
}

/* min(max(low, x), high): high wins where the limits cross, and NaN anywhere gives NaN. */
bool lanes_clamp(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type type = instr->shape->type;
    double low[EVAL_LANES], x[EVAL_LANES], high[EVAL_LANES];
    int64_t ilow[EVAL_LANES], ix[EVAL_LANES], ihigh[EVAL_LANES];
    switch (ir_class_of(type)) {
    case IR_CLASS_FLOAT:
        lanes_get(type, n, in[0], low);
        lanes_get(type, n, in[1], x);
        lanes_get(type, n, in[2], high);
        for (int64_t i = 0; i < n; i++)
            x[i] = eval_min(eval_max(low[i], x[i]), high[i]);
        lanes_set(type, n, x, out);
        return true;
    case IR_CLASS_PRED:
    case IR_CLASS_SIGNED:
    case IR_CLASS_UNSIGNED:
        lanes_get_int(type, n, in[0], ilow);
        lanes_get_int(type, n, in[1], ix);
        lanes_get_int(type, n, in[2], ihigh);
        for (int64_t i = 0; i < n; i++) {
            bool raise = type == IR_U64 ? (uint64_t)ix[i] < (uint64_t)ilow[i] : ix[i] < ilow[i];
            int64_t raised = raise ? ilow[i] : ix[i];
            bool lower = type == IR_U64 ? (uint64_t)ihigh[i] < (uint64_t)raised : ihigh[i] < raised;
            ix[i] = lower ? ihigh[i] : raised;
        }
        lanes_set_int(type, n, ix, out);
        return true;
    default:
        return false;
    }
}
