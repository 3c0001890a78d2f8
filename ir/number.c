/* One element in memory <-> wide C values.
 *
 * All float types but f32 and f64 are described by one record and converted through double, which holds every value of
 * every such type exactly. Conversion rounds once, to nearest even. */
#include "ir.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the highest codes of a format mean; reference/hlo-semantics.md section 1. */
typedef enum {
    SPECIAL_IEEE,   /* infinities and NaNs in the last exponent */
    SPECIAL_FN,     /* no infinity; all ones is NaN */
    SPECIAL_FNUZ,   /* no infinity, no -0: the code of -0 is the only NaN */
    SPECIAL_FINITE, /* neither: overflow saturates, NaN becomes -0 */
    SPECIAL_SCALE   /* f8e8m0fnu: a bare exponent without sign and zero; 255 is NaN */
} special;

typedef struct float_format {
    int exponent_bits, mantissa_bits, bias;
    special special;
    int digits; /* significant decimal digits that always read back (max_digits10) */
} float_format;

static const float_format formats[IR_NTYPES] = {
    [IR_F4E2M1FN] = {2, 1, 1, SPECIAL_FINITE, 2},
    [IR_F6E2M3FN] = {2, 3, 1, SPECIAL_FINITE, 3},
    [IR_F6E3M2FN] = {3, 2, 3, SPECIAL_FINITE, 2},
    [IR_F8E3M4] = {3, 4, 3, SPECIAL_IEEE, 3},
    [IR_F8E4M3] = {4, 3, 7, SPECIAL_IEEE, 3},
    [IR_F8E4M3FN] = {4, 3, 7, SPECIAL_FN, 3},
    [IR_F8E4M3FNUZ] = {4, 3, 8, SPECIAL_FNUZ, 3},
    [IR_F8E4M3B11FNUZ] = {4, 3, 11, SPECIAL_FNUZ, 3},
    [IR_F8E5M2] = {5, 2, 15, SPECIAL_IEEE, 2},
    [IR_F8E5M2FNUZ] = {5, 2, 16, SPECIAL_FNUZ, 2},
    [IR_F8E8M0FNU] = {8, 0, 127, SPECIAL_SCALE, 2},
    [IR_F16] = {5, 10, 15, SPECIAL_IEEE, 5},
    [IR_BF16] = {8, 7, 127, SPECIAL_IEEE, 4},
    [IR_F32] = {8, 23, 127, SPECIAL_IEEE, 9},
    [IR_F64] = {11, 52, 1023, SPECIAL_IEEE, 17},
};

static uint64_t load_bits(size_t bytes, const void *element) {
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8 = 0;
    switch (bytes) {
    case 1:
        memcpy(&b1, element, 1);
        return b1;
    case 2:
        memcpy(&b2, element, 2);
        return b2;
    case 4:
        memcpy(&b4, element, 4);
        return b4;
    case 8:
        memcpy(&b8, element, 8);
        return b8;
    default:
        return 0;
    }
}

static void store_bits(size_t bytes, void *element, uint64_t bits) {
    uint8_t b1 = (uint8_t)bits;
    uint16_t b2 = (uint16_t)bits;
    uint32_t b4 = (uint32_t)bits;
    switch (bytes) {
    case 1:
        memcpy(element, &b1, 1);
        break;
    case 2:
        memcpy(element, &b2, 2);
        break;
    case 4:
        memcpy(element, &b4, 4);
        break;
    case 8:
        memcpy(element, &bits, 8);
        break;
    default:
        break;
    }
}

static uint64_t ones(int bits) {
    return (UINT64_C(1) << bits) - 1;
}

static uint64_t sign_bit(const float_format *f) {
    return f->special == SPECIAL_SCALE ? 0 : UINT64_C(1) << (f->exponent_bits + f->mantissa_bits);
}

static bool is_nan_code(const float_format *f, uint64_t bits) {
    uint64_t code = bits & ones(f->exponent_bits + f->mantissa_bits);
    switch (f->special) {
    case SPECIAL_IEEE:
        return code > ones(f->exponent_bits) << f->mantissa_bits;
    case SPECIAL_FN:
        return code == ones(f->exponent_bits + f->mantissa_bits);
    case SPECIAL_FNUZ:
        return bits == sign_bit(f);
    case SPECIAL_SCALE:
        return bits == 255;
    default:
        return false;
    }
}

static uint64_t nan_code(const float_format *f) {
    switch (f->special) {
    case SPECIAL_IEEE:
        return ones(f->exponent_bits) << f->mantissa_bits | UINT64_C(1) << (f->mantissa_bits - 1);
    case SPECIAL_FN:
        return ones(f->exponent_bits + f->mantissa_bits);
    case SPECIAL_SCALE:
        return 255;
    default:
        return sign_bit(f);
    }
}

/* The largest finite code without its sign. */
static uint64_t max_code(const float_format *f) {
    switch (f->special) {
    case SPECIAL_IEEE:
        return (ones(f->exponent_bits) << f->mantissa_bits) - 1;
    case SPECIAL_FN:
    case SPECIAL_SCALE:
        return ones(f->exponent_bits + f->mantissa_bits) - 1;
    default:
        return ones(f->exponent_bits + f->mantissa_bits);
    }
}

static uint64_t overflow_code(const float_format *f) {
    switch (f->special) {
    case SPECIAL_IEEE:
        return ones(f->exponent_bits) << f->mantissa_bits;
    case SPECIAL_FINITE:
        return max_code(f);
    default:
        return nan_code(f);
    }
}

static double decode(const float_format *f, uint64_t bits) {
    bool negative = (bits & sign_bit(f)) != 0;
    if (is_nan_code(f, bits))
        return negative && f->special != SPECIAL_FNUZ ? -NAN : NAN;
    if (f->special == SPECIAL_SCALE)
        return ldexp(1, (int)bits - f->bias);
    uint64_t code = bits & ones(f->exponent_bits + f->mantissa_bits);
    double magnitude;
    if (code > max_code(f))
        magnitude = INFINITY;
    else if (code >> f->mantissa_bits == 0)
        magnitude = ldexp((double)code, 1 - f->bias - f->mantissa_bits);
    else
        magnitude = ldexp((double)((code & ones(f->mantissa_bits)) | UINT64_C(1) << f->mantissa_bits),
            (int)(code >> f->mantissa_bits) - f->bias - f->mantissa_bits);
    return negative ? -magnitude : magnitude;
}

/* Rounds a positive finite value to a code without sign; a code beyond max_code says that it overflows. */
static uint64_t round_to_code(const float_format *f, double magnitude) {
    int exponent;
    frexp(magnitude, &exponent);
    exponent--; /* of a mantissa in [1, 2) */
    int least = 1 - f->bias;
    if (f->special == SPECIAL_SCALE)
        least = -f->bias;
    if (exponent < least)
        exponent = least;
    double scaled = ldexp(magnitude, f->mantissa_bits - exponent), whole = floor(scaled), rest = scaled - whole;
    uint64_t below = (uint64_t)whole;
    if (f->special == SPECIAL_SCALE) { /* exponents 2^e have no mantissa: a tie goes to the even exponent code */
        uint64_t code = (uint64_t)(exponent + f->bias);
        return code + (below && (rest > 0.5 || (rest == 0.5 && (code & 1))));
    }
    uint64_t code = ((uint64_t)(exponent + f->bias - 1) << f->mantissa_bits) + below;
    return code + (rest > 0.5 || (rest == 0.5 && (below & 1)));
}

static uint64_t encode(const float_format *f, double value) {
    uint64_t sign = signbit(value) ? sign_bit(f) : 0;
    if (isnan(value))
        return nan_code(f) | (f->special == SPECIAL_FNUZ ? 0 : sign);
    if (f->special == SPECIAL_SCALE && value <= 0)
        return nan_code(f);
    if (value == 0)
        return f->special == SPECIAL_FNUZ ? 0 : sign;
    uint64_t code = isinf(value) ? max_code(f) + 1 : round_to_code(f, fabs(value));
    if (code > max_code(f))
        return overflow_code(f) | sign;
    return f->special == SPECIAL_FNUZ && code == 0 ? 0 : code | sign;
}

bool ir_number_fits(ir_type type, double value) {
    const float_format *f = &formats[type];
    if (type == IR_F32 || type == IR_C64)
        return isfinite((float)value) || !isfinite(value);
    if (type == IR_F64 || type == IR_C128 || !f->digits || !isfinite(value))
        return true;
    if (f->special == SPECIAL_SCALE)
        return value > 0 && round_to_code(f, value) <= max_code(f);
    return value == 0 || round_to_code(f, fabs(value)) <= max_code(f);
}

/* The element as an integer of its own width, sign-extended where the type is signed. */
static int64_t load_int(ir_type type, const void *element) {
    uint64_t bits = load_bits(ir_type_bytes(type), element);
    int width = ir_type_bits(type);
    if (type == IR_PRED)
        return bits != 0;
    if (width == 64)
        return (int64_t)bits;
    bits &= ones(width);
    if (ir_class_of(type) == IR_CLASS_SIGNED && bits >> (width - 1))
        return (int64_t)bits - (int64_t)(UINT64_C(1) << (width - 1)) * 2;
    return (int64_t)bits;
}

double ir_number_get(ir_type type, const void *element) {
    float single;
    double wide;
    switch (type) {
    case IR_F32:
    case IR_C64:
        memcpy(&single, element, sizeof single);
        return (double)single;
    case IR_F64:
    case IR_C128:
        memcpy(&wide, element, sizeof wide);
        return wide;
    case IR_U64:
        return (double)load_bits(8, element);
    default:
        break;
    }
    if (ir_type_is_float(type))
        return decode(&formats[type], load_bits(ir_type_bytes(type), element));
    return (double)load_int(type, element);
}

/* Truncates and saturates, as convert does from floats; NaN is 0. */
static int64_t saturate(ir_type type, double value) {
    int width = ir_type_bits(type);
    if (isnan(value))
        return 0;
    if (ir_class_of(type) == IR_CLASS_UNSIGNED) {
        double limit = ldexp(1, width);
        if (value >= limit)
            return width == 64 ? -1 : (int64_t)ones(width);
        return value <= 0 ? 0 : (int64_t)(uint64_t)value;
    }
    double limit = ldexp(1, width - 1);
    if (value >= limit)
        return width == 64 ? INT64_MAX : (int64_t)ones(width - 1);
    if (value < -limit)
        return width == 64 ? INT64_MIN : -(int64_t)ones(width - 1) - 1;
    return (int64_t)value;
}

int64_t ir_number_get_int(ir_type type, const void *element) {
    if (type == IR_PRED || ir_type_is_integer(type))
        return load_int(type, element);
    return saturate(IR_S64, ir_number_get(type, element));
}

static void set_float(ir_type type, void *element, double value) {
    float single;
    switch (type) {
    case IR_F32:
        single = (float)value;
        memcpy(element, &single, sizeof single);
        break;
    case IR_F64:
        memcpy(element, &value, sizeof value);
        break;
    default:
        store_bits(ir_type_bytes(type), element, encode(&formats[type], value));
        break;
    }
}

void ir_number_set(ir_type type, void *element, double value) {
    double imaginary = 0;
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        store_bits(1, element, value != 0);
        break;
    case IR_CLASS_SIGNED:
    case IR_CLASS_UNSIGNED:
        ir_number_set_int(type, element, saturate(type, value));
        break;
    case IR_CLASS_FLOAT:
        set_float(type, element, value);
        break;
    case IR_CLASS_COMPLEX: {
        ir_type part = type == IR_C64 ? IR_F32 : IR_F64;
        set_float(part, element, value);
        set_float(part, (char *)element + ir_type_bytes(part), imaginary);
        break;
    }
    default:
        break;
    }
}

/* A double near the integer that rounds to every narrower format as the integer itself does: where 53 bits do not
 * suffice, the lost bits leave a trace in the last one (rounding to odd). */
static double to_odd(int64_t value) {
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (magnitude >> 53)
        magnitude = (magnitude & ~ones(11)) | (uint64_t)((magnitude & ones(11)) != 0) << 11;
    return value < 0 ? -(double)magnitude : (double)magnitude;
}

void ir_number_set_int(ir_type type, void *element, int64_t value) {
    uint64_t bits = (uint64_t)value;
    int width = ir_type_bits(type);
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        store_bits(1, element, value != 0);
        break;
    case IR_CLASS_SIGNED: /* narrow types fill their byte by sign extension */
        if (width < 8 && bits >> (width - 1) & 1)
            bits |= ~ones(width);
        else if (width < 8)
            bits &= ones(width);
        store_bits(ir_type_bytes(type), element, bits);
        break;
    case IR_CLASS_UNSIGNED:
        store_bits(ir_type_bytes(type), element, width < 8 ? bits & ones(width) : bits);
        break;
    default:
        ir_number_set(type, element, type == IR_F64 || type == IR_C128 ? (double)value : to_odd(value));
        break;
    }
}

bool ir_number_set_nan(ir_type type, void *element, bool negative, uint64_t payload) {
    const float_format *f = &formats[type];
    if (!f->digits || f->special == SPECIAL_FINITE)
        return false;
    uint64_t bits = nan_code(f);
    if (payload) {
        if (f->special != SPECIAL_IEEE || payload > ones(f->mantissa_bits))
            return false;
        bits = ones(f->exponent_bits) << f->mantissa_bits | payload;
    }
    if (negative && f->special != SPECIAL_FNUZ)
        bits |= sign_bit(f);
    store_bits(ir_type_bytes(type), element, bits);
    return true;
}

/* ---- text ---- */

/* The locale may have written another decimal point, of one or more bytes. */
static void fix_decimal_point(char *text) {
    char *to = text;
    for (char *from = text; *from;) {
        if (strchr("0123456789+-e", *from)) {
            *to++ = *from++;
            continue;
        }
        while (*from && !strchr("0123456789+-e", *from))
            from++;
        *to++ = '.';
    }
    *to = 0;
}

static void print_nan(const float_format *f, uint64_t bits, fw_text *out) {
    if (bits & sign_bit(f) && f->special != SPECIAL_FNUZ)
        fw_text_char(out, '-');
    fw_text_add(out, "nan");
    uint64_t payload = bits & ones(f->mantissa_bits);
    if (f->special == SPECIAL_IEEE && payload != UINT64_C(1) << (f->mantissa_bits - 1))
        fw_text_printf(out, "(0x%llx)", (unsigned long long)payload);
}

static void print_float(ir_type type, const void *element, fw_text *out) {
    const float_format *f = &formats[type];
    size_t bytes = ir_type_bytes(type);
    uint64_t bits = load_bits(bytes, element);
    if (is_nan_code(f, bits)) {
        print_nan(f, bits, out);
        return;
    }
    double value = ir_number_get(type, element), again;
    char text[40], readback[8];
    if (isinf(value)) {
        fw_text_add(out, value < 0 ? "-inf" : "inf");
        return;
    }
    if (fabs(value) < 1e6 && value == floor(value)) {
        snprintf(text, sizeof text, "%s%d", signbit(value) ? "-" : "", (int)fabs(value));
        fw_text_add(out, text);
        return;
    }
    for (int digits = f->digits > 15 ? 15 : f->digits > 6 ? 6 : 1; digits <= f->digits; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        fix_decimal_point(text);
        if (!ir_number_parse(text, strlen(text), &again) || !ir_number_fits(type, again))
            continue;
        set_float(type, readback, again);
        if (load_bits(bytes, readback) == bits)
            break;
    }
    fw_text_add(out, text);
}

void ir_number_print(ir_type type, const void *element, fw_text *out) {
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        fw_text_add(out, load_int(type, element) ? "true" : "false");
        break;
    case IR_CLASS_SIGNED:
        fw_text_printf(out, "%lld", (long long)load_int(type, element));
        break;
    case IR_CLASS_UNSIGNED:
        fw_text_printf(out, "%llu", (unsigned long long)load_int(type, element));
        break;
    case IR_CLASS_FLOAT:
        print_float(type, element, out);
        break;
    case IR_CLASS_COMPLEX: {
        ir_type part = type == IR_C64 ? IR_F32 : IR_F64;
        fw_text_char(out, '(');
        print_float(part, element, out);
        fw_text_add(out, ", ");
        print_float(part, (const char *)element + ir_type_bytes(part), out);
        fw_text_char(out, ')');
        break;
    }
    default:
        break;
    }
}
