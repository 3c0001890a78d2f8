/* Literals. Constants can be most of a file, so elements are read by character, without tokens in between. */
#include "read.h"

#include <math.h>
#include <string.h>

/* An elided constant reserves memory that no text paid for. */
#define MOST_ELIDED ((int64_t)4 << 30)

/* Where the next element goes, and how far each open brace has come. */
typedef struct cursor {
    const char *at;
    const ir_shape *shape;
    char *element;
    size_t bytes;
    int level;     /* open braces */
    int64_t *seen; /* by level: values or groups so far */
} cursor;

/* ---- one element ---- */

static bool starts(const char *at, const char *word) {
    size_t length = strlen(word);
    return !strncmp(at, word, length) && !is_name_char(at[length]);
}

/* `nan`, `-nan`, with `(0x..)`; *at stands behind the word. */
static bool read_nan(reader *r, const char **at, ir_type type, bool negative, void *element) {
    const char *start = *at;
    uint64_t payload = 0;
    bool given = !strncmp(*at, "(0x", 3);
    if (given) {
        const char *digit = *at + 3;
        int count = 0;
        for (; is_digit(*digit) || ((*digit | 32) >= 'a' && (*digit | 32) <= 'f'); digit++, count++)
            payload = payload << 4 | (uint64_t)(is_digit(*digit) ? *digit - '0' : (*digit | 32) - 'a' + 10);
        if (!count || count > 16 || *digit != ')')
            return read_fail(r, start, "expected a NaN payload (0x...) of at most 16 digits");
        *at = digit + 1;
    }
    if ((given && !payload) || !ir_number_set_nan(type, element, negative, payload))
        return read_fail(r, start, "%s has no such NaN", ir_type_name(type));
    return true;
}

/* End of the number at `at`: everything that could belong to it, so that `1.5.5` is one wrong number. */
static const char *number_end(const char *at) {
    at += *at == '-';
    while (is_digit(*at) || *at == '.' ||
           ((*at == 'e' || *at == 'E') && (is_digit(at[1]) || at[1] == '-' || at[1] == '+')) ||
           ((*at == '-' || *at == '+') && (at[-1] == 'e' || at[-1] == 'E')))
        at++;
    return at;
}

static bool read_float(reader *r, const char **place, ir_type type, void *element) {
    const char *at = *place;
    bool negative = *at == '-';
    if (starts(at + negative, "inf") || starts(at + negative, "nan")) {
        *place = at + negative + 3;
        if (at[negative] == 'n')
            return read_nan(r, place, type, negative, element);
        ir_number_set(type, element, negative ? -INFINITY : INFINITY);
        if (!isinf(ir_number_get(type, element)))
            return read_fail(r, at, "%s has no infinity", ir_type_name(type));
        return true;
    }
    const char *end = number_end(at);
    double value;
    if (end == at || (!is_digit(*at) && *at != '-') || !ir_number_parse(at, (size_t)(end - at), &value) ||
        is_name_char(*end))
        return read_fail(r, at, "expected a number of type %s", ir_type_name(type));
    if (isinf(value) || !ir_number_fits(type, value))
        return read_fail(r, at, "the value does not fit %s", ir_type_name(type));
    ir_number_set(type, element, value);
    *place = end;
    return true;
}

static bool fits_integer(ir_type type, bool negative, uint64_t magnitude) {
    int width = ir_type_bits(type);
    if (ir_class_of(type) == IR_CLASS_SIGNED)
        return magnitude <= (UINT64_C(1) << (width - 1)) - !negative;
    return (!negative || magnitude == 0) && (width == 64 || magnitude >> width == 0);
}

static bool read_integer(reader *r, const char **place, ir_type type, void *element) {
    const char *start = *place;
    bool negative = *start == '-', overflow = false;
    const char *digits = start + negative, *at = digits;
    uint64_t magnitude = 0;
    for (; is_digit(*at); at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        overflow |= magnitude > (UINT64_MAX - digit) / 10;
        magnitude = magnitude * 10 + digit;
    }
    if (at == digits || is_name_char(*at))
        return read_fail(r, start, "expected an integer of type %s", ir_type_name(type));
    if (overflow || (type != IR_PRED && !fits_integer(type, negative, magnitude)))
        return read_fail(r, start, "the value does not fit %s", ir_type_name(type));
    ir_number_set_int(
        type, element, type == IR_PRED ? magnitude != 0 : (int64_t)(negative ? 0 - magnitude : magnitude));
    *place = at;
    return true;
}

static bool read_pred(reader *r, const char **place, void *element) {
    bool is_true = starts(*place, "true");
    if (!is_true && !starts(*place, "false"))
        return is_digit(**place) || **place == '-' ? read_integer(r, place, IR_PRED, element)
                                                   : read_fail(r, *place, "expected true, false or an integer");
    ir_number_set_int(IR_PRED, element, is_true);
    *place += is_true ? 4 : 5;
    return true;
}

static bool read_complex(reader *r, const char **place, ir_type type, void *element) {
    ir_type part = type == IR_C64 ? IR_F32 : IR_F64;
    if (**place != '(')
        return read_fail(r, *place, "expected a complex number (re, im)");
    *place = lex_skip_space(r, *place + 1);
    if (!read_float(r, place, part, element))
        return false;
    *place = lex_skip_space(r, *place);
    if (**place != ',')
        return read_fail(r, *place, "expected ',' in a complex number");
    *place = lex_skip_space(r, *place + 1);
    if (!read_float(r, place, part, (char *)element + ir_type_bytes(part)))
        return false;
    *place = lex_skip_space(r, *place);
    if (**place != ')')
        return read_fail(r, *place, "expected ')' in a complex number");
    (*place)++;
    return true;
}

static bool read_element(reader *r, cursor *c) {
    ir_type type = c->shape->type;
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        return read_pred(r, &c->at, c->element);
    case IR_CLASS_FLOAT:
        return read_float(r, &c->at, type, c->element);
    case IR_CLASS_COMPLEX:
        return read_complex(r, &c->at, type, c->element);
    case IR_CLASS_OTHER:
        return read_fail(r, c->at, "%s has no values", ir_type_name(type));
    default:
        return read_integer(r, &c->at, type, c->element);
    }
}

/* ---- arrays ---- */

static bool open_brace(reader *r, cursor *c) {
    if (c->level == c->shape->rank)
        return read_fail(r, c->at, "more braces than the %d dimensions of the shape", c->shape->rank);
    if (c->level > 0 && c->seen[c->level - 1] == ir_shape_size(c->shape, c->level - 1))
        return read_fail(r, c->at, "dimension %d has only %lld values", c->level - 1,
            (long long)ir_shape_size(c->shape, c->level - 1));
    c->seen[c->level++] = 0;
    c->at++;
    return true;
}

static bool close_brace(reader *r, cursor *c) {
    int64_t size = ir_shape_size(c->shape, c->level - 1);
    if (c->seen[c->level - 1] != size)
        return read_fail(r, c->at, "dimension %d needs %lld values, not %lld", c->level - 1, (long long)size,
            (long long)c->seen[c->level - 1]);
    if (--c->level > 0)
        c->seen[c->level - 1]++;
    c->at++;
    return true;
}

static bool next_element(reader *r, cursor *c) {
    if (c->level < c->shape->rank)
        return read_fail(r, c->at, "expected '{': the shape has %d dimensions", c->shape->rank);
    int64_t size = ir_shape_size(c->shape, c->level - 1);
    if (c->seen[c->level - 1] == size)
        return read_fail(r, c->at, "dimension %d has only %lld values", c->level - 1, (long long)size);
    if (!read_element(r, c))
        return false;
    c->seen[c->level - 1]++;
    c->element += c->bytes;
    return true;
}

/* Commas between elements are blanks to the reference, so they are here. */
static bool read_dense(reader *r, cursor *c) {
    do {
        c->at = lex_skip_space(r, c->at);
        bool ok;
        switch (*c->at) {
        case '{':
            ok = open_brace(r, c);
            break;
        case '}':
            ok = c->level > 0 ? close_brace(r, c) : read_fail(r, c->at, "expected '{'");
            break;
        case ',':
            ok = c->level > 0 || read_fail(r, c->at, "expected '{'");
            c->at++;
            break;
        default:
            ok = c->level > 0 ? next_element(r, c)
                              : read_fail(r, c->at, "expected '{': the shape has %d dimensions", c->shape->rank);
        }
        if (!ok)
            return false;
    } while (c->level > 0);
    return true;
}

static ir_literal *elided_literal(reader *r, const ir_shape *shape, const char *at) {
    if (ir_shape_bytes(shape) > MOST_ELIDED) {
        fw_error(
            r->diag, FW_LIMIT, lex_loc(r, at), "an elided constant of more than %lld bytes", (long long)MOST_ELIDED);
        return NULL;
    }
    ir_literal *literal = ir_literal_new(r->arena, shape);
    literal->elided = true;
    lex_from(r, lex_skip_space(r, at + 1) + 3);
    return lex_expect(r, '}', "'}' after '...'") ? literal : NULL;
}

static ir_literal *array_literal(reader *r, const ir_shape *shape) {
    cursor c = {.at = r->tok.start, .shape = shape, .bytes = ir_type_bytes(shape->type)};
    int64_t count = ir_shape_count(shape);
    if (count < 0) {
        read_fail(r, c.at, "a constant cannot have dynamic dimensions");
        return NULL;
    }
    if (*c.at == '{' && !strncmp(lex_skip_space(r, c.at + 1), "...", 3))
        return elided_literal(r, shape, c.at);
    if (count > r->end - c.at) { /* each value takes a byte of text at least: do not reserve memory for a lie */
        read_fail(r, c.at, "the shape needs %lld values", (long long)count);
        return NULL;
    }
    ir_literal *literal = ir_literal_new(r->arena, shape);
    c.element = literal->data;
    c.seen = fw_alloc_array(r->scratch, (size_t)shape->rank, sizeof *c.seen);
    if (!(shape->rank ? read_dense(r, &c) : read_element(r, &c)))
        return NULL;
    lex_from(r, c.at);
    return literal;
}

static ir_literal *tuple_literal(reader *r, const ir_shape *shape) {
    ir_literal *literal = fw_alloc(r->arena, sizeof *literal);
    ir_literal **elems = fw_alloc_array(r->arena, (size_t)shape->nelems, sizeof *elems);
    literal->shape = shape;
    literal->elems = elems;
    if (!lex_expect(r, '(', "'(' of a tuple literal"))
        return NULL;
    for (int i = 0; i < shape->nelems; i++) {
        if ((i && !lex_expect(r, ',', "',' between the elements of a tuple literal")) ||
            !(elems[i] = read_literal(r, shape->elems[i])))
            return NULL;
        literal->elided |= elems[i]->elided;
    }
    return lex_expect(r, ')', "')' at the end of a tuple literal") ? literal : NULL;
}

ir_literal *read_literal(reader *r, const ir_shape *shape) {
    if (shape->type != IR_TUPLE)
        return array_literal(r, shape);
    if (!lex_enter(r))
        return NULL;
    ir_literal *literal = tuple_literal(r, shape);
    lex_leave(r);
    return literal;
}
