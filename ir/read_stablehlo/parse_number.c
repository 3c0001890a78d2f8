/* One element of a dense constant: integers, decimal fractions, hexadecimal bits, booleans, pairs of complex numbers.
 */
#include "read_stablehlo.h"

#include <math.h>
#include <string.h>

/* `0x7F..` behind the sign; at most 16 digits. */
static bool hex_bits(st_reader *r, const char **at, uint64_t *bits) {
    const char *digit = *at + 2;
    *bits = 0;
    for (; st_hex_digit(*digit) >= 0; digit++)
        *bits = *bits << 4 | (uint64_t)st_hex_digit(*digit);
    if (digit == *at + 2 || digit - *at > 18)
        return st_fail(r, *at, "expected 1 to 16 hexadecimal digits");
    *at = digit;
    return true;
}

static bool fits(ir_type type, bool negative, uint64_t magnitude) {
    int width = ir_type_bits(type);
    if (ir_class_of(type) == IR_CLASS_SIGNED)
        return magnitude <= (UINT64_C(1) << (width - 1)) - !negative;
    return (!negative || magnitude == 0) && (width == 64 || magnitude >> width == 0);
}

static bool integer(st_reader *r, const char **place, ir_type type, void *element) {
    const char *start = *place;
    bool negative = *start == '-', overflow = false, hex = start[negative] == '0' && start[negative + 1] == 'x';
    const char *at = start + negative, *digits = at;
    uint64_t magnitude = 0;
    if (hex && !hex_bits(r, &at, &magnitude))
        return false;
    for (; !hex && st_is_digit(*at); at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        overflow |= magnitude > (UINT64_MAX - digit) / 10;
        magnitude = magnitude * 10 + digit;
    }
    if (at == digits || st_is_name_char(*at))
        return st_fail(r, start, "expected an integer of type %s", ir_type_name(type));
    if (hex && !negative && ir_class_of(type) == IR_CLASS_SIGNED && ir_type_bits(type) < 64 &&
        !(magnitude >> ir_type_bits(type)))
        overflow = false; /* all bits of the type may be written */
    else if (overflow || (hex && ir_type_bits(type) == 64 ? false : !fits(type, negative, magnitude)))
        return st_fail(r, start, "the value does not fit %s", ir_type_name(type));
    ir_number_set_int(type, element, (int64_t)(negative ? 0 - magnitude : magnitude));
    *place = at;
    return true;
}

/* Hexadecimal is the bits of a float, low bytes first in memory. */
static bool float_bits(st_reader *r, const char **place, ir_type type, void *element) {
    uint64_t bits;
    const char *start = *place;
    if (!hex_bits(r, place, &bits))
        return false;
    int width = ir_type_bits(type);
    if (width < 64 && bits >> width)
        return st_fail(r, start, "these bits do not fit %s", ir_type_name(type));
    for (size_t i = 0; i < ir_type_bytes(type); i++)
        ((unsigned char *)element)[i] = (unsigned char)(bits >> 8 * i);
    return true;
}

/* End of the number: everything that could belong to it, so that `1.5.5` is one wrong number. */
static const char *number_end(const char *at) {
    at += *at == '-';
    while (st_is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E' ||
           ((*at == '-' || *at == '+') && (at[-1] == 'e' || at[-1] == 'E')))
        at++;
    return at;
}

static bool decimal(st_reader *r, const char **place, ir_type type, void *element) {
    const char *at = *place;
    if (at[0] == '0' && at[1] == 'x')
        return float_bits(r, place, type, element);
    const char *end = number_end(at);
    double value;
    if ((!st_is_digit(*at) && *at != '-') || !ir_number_parse(at, (size_t)(end - at), &value) || st_is_name_char(*end))
        return st_fail(r, at, "expected a number of type %s", ir_type_name(type));
    if (isinf(value)) /* MLIR rounds what is too large */
        value = *at == '-' ? -INFINITY : INFINITY;
    ir_number_set(type, element, value);
    *place = end;
    return true;
}

static bool boolean(st_reader *r, const char **place, void *element) {
    const char *at = *place;
    bool is_true = !strncmp(at, "true", 4), is_false = !strncmp(at, "false", 5);
    size_t length = is_true ? 4 : is_false ? 5 : *at == '-' ? 2 : 1;
    if (!is_true && !is_false && at[length - 1] != '0' && at[length - 1] != '1')
        return st_fail(r, at, "expected true or false");
    if (st_is_name_char(at[length]))
        return st_fail(r, at, "expected true or false");
    *(unsigned char *)element = is_true || (!is_false && at[length - 1] == '1');
    *place += length;
    return true;
}

static bool complex_number(st_reader *r, const char **place, ir_type type, void *element) {
    ir_type part = type == IR_C64 ? IR_F32 : IR_F64;
    static const char marks[3] = {'(', ',', ')'};
    for (int i = 0; i < 3; i++) {
        *place = st_skip_space(r, *place);
        if (**place != marks[i])
            return st_fail(r, *place, "expected '%c' of a complex number (re, im)", marks[i]);
        *place = i < 2 ? st_skip_space(r, *place + 1) : *place + 1;
        if (i < 2 && !decimal(r, place, part, (char *)element + (size_t)i * ir_type_bytes(part)))
            return false;
    }
    return true;
}

bool st_element(st_reader *r, const char **at, ir_type type, void *element) {
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        return boolean(r, at, element);
    case IR_CLASS_FLOAT:
        return decimal(r, at, type, element);
    case IR_CLASS_COMPLEX:
        return complex_number(r, at, type, element);
    case IR_CLASS_OTHER:
        return st_fail(r, *at, "%s has no values", ir_type_name(type));
    default:
        return integer(r, at, type, element);
    }
}
