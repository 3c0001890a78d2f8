/* Blocks of elements of any type as double, int64_t or complex double, and back with one rounding.
 *
 * f16 and bf16 have loops of their own, since whole models run in them; the narrower floats go through ir_number_*. */
#include "eval.h"

#include <math.h>
#include <string.h>

static double from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* The exponent moves to that of f32; multiplying by 2^112 then rebiases normal and subnormal numbers alike. */
static double from_f16(uint16_t half) {
    double magnitude = from_bits((uint32_t)(half & 0x7fff) << 13) * 0x1p112;
    if ((half & 0x7c00) == 0x7c00)
        magnitude = half & 0x3ff ? (double)NAN : (double)INFINITY;
    return half & 0x8000 ? -magnitude : magnitude;
}

/* Nearest even for a 16-bit IEEE format. The double is shifted right with the rounding bias added before, so that a
 * carry out of the mantissa raises the exponent; subnormals are rounded as multiples of the smallest one. */
static uint16_t to_16_bits(double value, int bias, int mantissa_bits) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 63 << 15), infinity = (uint16_t)(0x8000 - (1 << mantissa_bits));
    double magnitude = fabs(value);
    if (isnan(value))
        return (uint16_t)(sign | infinity | 1 << (mantissa_bits - 1));
    if (magnitude < ldexp(1, 1 - bias))
        return (uint16_t)(sign | (uint16_t)nearbyint(ldexp(magnitude, bias - 1 + mantissa_bits)));
    int dropped = 52 - mantissa_bits;
    bits = (bits & INT64_MAX) - ((uint64_t)(1023 - bias) << 52);
    bits += ((UINT64_C(1) << (dropped - 1)) - 1) + (bits >> dropped & 1);
    bits >>= dropped;
    return (uint16_t)(sign | (bits > infinity || isinf(value) ? infinity : bits));
}

void lanes_get(ir_type type, int64_t n, const void *from, double *to) {
    const float *f32 = from;
    const uint16_t *u16 = from;
    const char *bytes = from;
    size_t size = ir_type_bytes(type);
    switch (type) {
    case IR_F32:
        for (int64_t i = 0; i < n; i++)
            to[i] = (double)f32[i];
        break;
    case IR_F64:
        memcpy(to, from, (size_t)n * sizeof *to);
        break;
    case IR_F16:
        for (int64_t i = 0; i < n; i++)
            to[i] = from_f16(u16[i]);
        break;
    case IR_BF16:
        for (int64_t i = 0; i < n; i++)
            to[i] = from_bits((uint32_t)u16[i] << 16);
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            to[i] = ir_number_get(type, bytes + (size_t)i * size);
    }
}

void lanes_set(ir_type type, int64_t n, const double *from, void *to) {
    float *f32 = to;
    uint16_t *u16 = to;
    char *bytes = to;
    size_t size = ir_type_bytes(type);
    switch (type) {
    case IR_F32:
        for (int64_t i = 0; i < n; i++)
            f32[i] = (float)from[i];
        break;
    case IR_F64:
        memcpy(to, from, (size_t)n * sizeof *from);
        break;
    case IR_F16:
        for (int64_t i = 0; i < n; i++)
            u16[i] = to_16_bits(from[i], 15, 10);
        break;
    case IR_BF16:
        for (int64_t i = 0; i < n; i++)
            u16[i] = to_16_bits(from[i], 127, 7);
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            ir_number_set(type, bytes + (size_t)i * size, from[i]);
    }
}

#define GET(ctype)                                                                                                     \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        to[i] = (int64_t)((const ctype *)from)[i];                                                                     \
    break

void lanes_get_int(ir_type type, int64_t n, const void *from, int64_t *to) {
    const char *bytes = from;
    switch (type) {
    case IR_S8:
        GET(int8_t);
    case IR_S16:
        GET(int16_t);
    case IR_S32:
        GET(int32_t);
    case IR_PRED:
    case IR_U8:
        GET(uint8_t);
    case IR_U16:
        GET(uint16_t);
    case IR_U32:
        GET(uint32_t);
    case IR_S64:
    case IR_U64:
        memcpy(to, from, (size_t)n * sizeof *to);
        break;
    default: /* types narrower than a byte */
        for (int64_t i = 0; i < n; i++)
            to[i] = ir_number_get_int(type, bytes + i);
    }
}

#define SET(ctype)                                                                                                     \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        ((ctype *)to)[i] = (ctype)from[i];                                                                             \
    break

void lanes_set_int(ir_type type, int64_t n, const int64_t *from, void *to) {
    char *bytes = to;
    switch (type) {
    case IR_S8:
    case IR_U8:
        SET(uint8_t);
    case IR_S16:
    case IR_U16:
        SET(uint16_t);
    case IR_S32:
    case IR_U32:
        SET(uint32_t);
    case IR_S64:
    case IR_U64:
        memcpy(to, from, (size_t)n * sizeof *from);
        break;
    default: /* pred and types narrower than a byte */
        for (int64_t i = 0; i < n; i++)
            ir_number_set_int(type, bytes + i, from[i]);
    }
}

void lanes_get_complex(ir_type type, int64_t n, const void *from, double *to) {
    lanes_get(type == IR_C64 ? IR_F32 : IR_F64, 2 * n, from, to);
}

void lanes_set_complex(ir_type type, int64_t n, const double *from, void *to) {
    lanes_set(type == IR_C64 ? IR_F32 : IR_F64, 2 * n, from, to);
}

void lanes_fill(size_t bytes, int64_t n, const void *element, void *to) {
    char *at = to;
    for (int64_t i = 0; i < n; i++, at += bytes)
        memcpy(at, element, bytes);
}

/* Loops over memcpy of a constant size compile to plain loads and stores. */
#define GATHER(size)                                                                                                   \
    for (int64_t i = 0; i < n; i++, out += size) {                                                                     \
        if (offsets[i] < 0)                                                                                            \
            memset(out, 0, size);                                                                                      \
        else                                                                                                           \
            memcpy(out, in + offsets[i] * size, size);                                                                 \
    }                                                                                                                  \
    break

void lanes_gather(size_t bytes, int64_t n, const void *base, const int64_t *offsets, void *to) {
    const char *in = base;
    char *out = to;
    switch (bytes) {
    case 1:
        GATHER(1);
    case 2:
        GATHER(2);
    case 4:
        GATHER(4);
    case 8:
        GATHER(8);
    default:
        GATHER(16);
    }
}

void lanes_scatter(size_t bytes, int64_t n, const void *from, void *base, const int64_t *offsets) {
    const char *in = from;
    char *out = base;
    for (int64_t i = 0; i < n; i++, in += bytes)
        memcpy(out + offsets[i] * (int64_t)bytes, in, bytes);
}
