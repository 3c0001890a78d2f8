/* convert, bitcast-convert and reduce-precision on lanes, and bitcast-convert between widths on arrays. */
#include "eval.h"

#include <math.h>
#include <string.h>

/* ---- convert ---- */

static bool is_int(ir_type type) {
    return type == IR_PRED || ir_type_is_integer(type);
}

/* From integers: wrap to integers, nonzero to pred, nearest even to floats (ir_number_set_int keeps 64-bit integers
 * from being rounded twice). A u64 above INT64_MAX is halved with its lost bit kept, and doubled again: only powers of
 * two apart. */
static void from_ints(ir_type to, int64_t n, const int64_t *from, bool from_u64, char *out) {
    size_t bytes = ir_type_bytes(to);
    if (is_int(to)) {
        lanes_set_int(to, n, from, out);
        return;
    }
    for (int64_t i = 0; i < n; i++, out += bytes) {
        if (!from_u64 || from[i] >= 0) {
            ir_number_set_int(to, out, from[i]);
            continue;
        }
        uint64_t bits = (uint64_t)from[i], kept = bits >> 11;
        if (to == IR_F64 || to == IR_C128)
            ir_number_set(to, out, (double)bits);
        else /* 53 bits with the rest folded into the last one: exact, and rounds as the integer does */
            ir_number_set(to, out, ldexp((double)(kept | ((bits & 0x7ff) != 0)), 11));
    }
}

/* From floats: truncation that saturates to integers; pred asks for nonzero, and NaN is. */
static void from_floats(ir_type to, int64_t n, const double *from, char *out) {
    size_t bytes = ir_type_bytes(to);
    if (ir_class_of(to) == IR_CLASS_FLOAT) {
        lanes_set(to, n, from, out);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        ir_number_set(to, out + (size_t)i * bytes, from[i]);
}

static void from_complex(ir_type to, int64_t n, const double *from, void *out) {
    double re[EVAL_LANES];
    if (ir_class_of(to) == IR_CLASS_COMPLEX) {
        lanes_set_complex(to, n, from, out);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        re[i] = from[2 * i];
    from_floats(to, n, re, out);
}

bool lanes_convert(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type from = instr->operands[0]->shape->type, to = instr->shape->type;
    double wide[2 * EVAL_LANES];
    int64_t ints[EVAL_LANES];
    if (from == to) {
        memmove(out, in[0], (size_t)n * ir_type_bytes(to));
        return true;
    }
    switch (ir_class_of(from)) {
    case IR_CLASS_FLOAT:
        lanes_get(from, n, in[0], wide);
        from_floats(to, n, wide, out);
        return true;
    case IR_CLASS_COMPLEX:
        lanes_get_complex(from, n, in[0], wide);
        from_complex(to, n, wide, out);
        return true;
    case IR_CLASS_OTHER:
        return false;
    default:
        lanes_get_int(from, n, in[0], ints);
        from_ints(to, n, ints, from == IR_U64, out);
        return true;
    }
}

/* ---- bitcast-convert ---- */

/* A stream of bits over elements that may be narrower than their bytes: element after element, low bits first. */
static uint64_t read_element(ir_type type, const char *at) {
    uint64_t bits = 0;
    memcpy(&bits, at, ir_type_bytes(type));
    int width = ir_type_bits(type);
    return width < 64 ? bits & ((UINT64_C(1) << width) - 1) : bits;
}

static void write_element(ir_type type, char *at, uint64_t bits) {
    if (is_int(type))
        ir_number_set_int(type, at, (int64_t)bits);
    else
        memcpy(at, &bits, ir_type_bytes(type));
}

/* Types of whole bytes keep their bytes: the machine is little-endian, and so is the order of the parts. */
static void recast(ir_type from, ir_type to, int64_t count, const char *in, char *out) {
    int from_bits = ir_type_bits(from), to_bits = ir_type_bits(to);
    if (from_bits % 8 == 0 && to_bits % 8 == 0) {
        memmove(out, in, (size_t)count * ir_type_bytes(from));
        return;
    }
    int64_t bits = count * from_bits;
    uint64_t pending = 0;
    int held = 0;
    size_t step = ir_type_bytes(from);
    for (int64_t done = 0; done < bits; done += to_bits, out += ir_type_bytes(to)) {
        while (held < to_bits) {
            pending |= read_element(from, in) << held;
            held += from_bits;
            in += step;
        }
        write_element(to, out, pending);
        pending = to_bits < 64 ? pending >> to_bits : 0;
        held -= to_bits;
    }
}

bool lanes_bitcast_convert(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type from = instr->operands[0]->shape->type, to = instr->shape->type;
    if (ir_type_bits(from) != ir_type_bits(to))
        return false;
    recast(from, to, n, in[0], out);
    return true;
}

ir_literal *eval_bitcast_convert(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    const ir_shape *from = operands[0]->shape;
    int from_bits = ir_type_bits(from->type), to_bits = ir_type_bits(instr->shape->type);
    if ((from_bits > 64 || to_bits > 64) && (from_bits % 8 || to_bits % 8))
        return eval_fail(f, instr, "between 128 bits and parts of a byte");
    recast(from->type, instr->shape->type, ir_shape_count(from), operands[0]->data, out->data);
    return out;
}

/* ---- reduce-precision ---- */

typedef struct ieee_format {
    int exponent_bits, mantissa_bits;
} ieee_format;

/* Rounds the mantissa to `m` bits, ties to even, in place: a carry raises the exponent. Then exponents beyond those of
 * an `e`-bit format become infinity, and results below its smallest normal number become zero. */
static uint64_t reduce(ieee_format format, uint64_t bits, int e, int m) {
    int low = format.mantissa_bits;
    uint64_t sign = bits & UINT64_C(1) << (low + format.exponent_bits);
    uint64_t infinity = ((UINT64_C(1) << format.exponent_bits) - 1) << low, magnitude = bits & ~sign;
    if (magnitude > infinity)
        return bits;
    if (m < low) {
        uint64_t unit = UINT64_C(1) << (low - m);
        magnitude += (unit >> 1) - 1 + (magnitude >> (low - m) & 1);
        magnitude &= ~(unit - 1);
    }
    if (e < format.exponent_bits) {
        int64_t bias = (INT64_C(1) << (format.exponent_bits - 1)) - 1, reduced = (INT64_C(1) << (e - 1)) - 1;
        int64_t exponent = (int64_t)(magnitude >> low);
        if (exponent > bias + reduced)
            magnitude = infinity;
        else if (exponent <= bias - reduced)
            magnitude = 0;
    }
    return sign | magnitude;
}

bool lanes_reduce_precision(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type type = instr->shape->type;
    int64_t e = ir_attr_int(instr, IR_ATTR_EXPONENT_BITS, 8), m = ir_attr_int(instr, IR_ATTR_MANTISSA_BITS, 23);
    ieee_format format;
    switch (type) {
    case IR_F64:
        format = (ieee_format){11, 52};
        break;
    case IR_F32:
        format = (ieee_format){8, 23};
        break;
    case IR_BF16:
        format = (ieee_format){8, 7};
        break;
    case IR_F16:
        format = (ieee_format){5, 10};
        break;
    default:
        return false;
    }
    size_t bytes = ir_type_bytes(type);
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = read_element(type, (const char *)in[0] + (size_t)i * bytes);
        bits = reduce(format, bits, e < 1 ? 1 : e > 11 ? 11 : (int)e, m < 0 ? 0 : m > 52 ? 52 : (int)m);
        memcpy((char *)out + (size_t)i * bytes, &bits, bytes);
    }
    return true;
}
