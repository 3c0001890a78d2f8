/* Dense constants: dense<5> (every element), dense<[[1, 2], [3, 4]]>, dense<"0x..."> (the bytes), dense<> (no element).
 * Constants can be most of a file, so they are read by character; the type stands behind the values and is read first.
 */
#include "read_stablehlo.h"

#include <string.h>

typedef struct cursor {
    const char *at;
    const ir_shape *shape;
    char *element, *limit; /* where the next value goes, and the end */
    size_t bytes;
    int level;     /* open brackets */
    int64_t *seen; /* by level: values or groups so far */
} cursor;

/* ---- values in brackets ---- */

static bool open_bracket(st_reader *r, cursor *c) {
    if (c->level == c->shape->rank)
        return st_fail(r, c->at, "more brackets than the %d dimensions of the type", c->shape->rank);
    if (c->level > 0 && c->seen[c->level - 1] == ir_shape_size(c->shape, c->level - 1))
        return st_fail(r, c->at, "dimension %d has only %lld values", c->level - 1,
            (long long)ir_shape_size(c->shape, c->level - 1));
    c->seen[c->level++] = 0;
    c->at++;
    return true;
}

static bool close_bracket(st_reader *r, cursor *c) {
    int64_t size = ir_shape_size(c->shape, c->level - 1);
    if (c->seen[c->level - 1] != size)
        return st_fail(r, c->at, "dimension %d needs %lld values, not %lld", c->level - 1, (long long)size,
            (long long)c->seen[c->level - 1]);
    if (--c->level > 0)
        c->seen[c->level - 1]++;
    c->at++;
    return true;
}

static bool next_value(st_reader *r, cursor *c) {
    if (c->level < c->shape->rank)
        return st_fail(r, c->at, "expected '[': the type has %d dimensions", c->shape->rank);
    if (c->element == c->limit || c->seen[c->level - 1] == ir_shape_size(c->shape, c->level - 1))
        return st_fail(r, c->at, "dimension %d has only %lld values", c->level - 1,
            (long long)ir_shape_size(c->shape, c->level - 1));
    if (!st_element(r, &c->at, c->shape->type, c->element))
        return false;
    c->seen[c->level - 1]++;
    c->element += c->bytes;
    return true;
}

/* With '[' at c->at. A value or group is followed by ',' or ']'. */
static bool nested_values(st_reader *r, cursor *c) {
    bool behind_value = false;
    do {
        c->at = st_skip_space(r, c->at);
        char what = *c->at;
        if (what == ']' && c->level) {
            if (!close_bracket(r, c))
                return false;
            behind_value = true;
            continue;
        }
        if (behind_value && what == ',') {
            c->at++;
            behind_value = false;
            continue;
        }
        if (behind_value)
            return st_fail(r, c->at, "expected ',' or ']'");
        if (what == '[' ? !open_bracket(r, c) : !next_value(r, c))
            return false;
        behind_value = what != '[';
    } while (c->level > 0);
    return true;
}

/* ---- bytes ---- */

static void fill(char *data, int64_t count, size_t bytes) {
    size_t total = (size_t)count * bytes, done = bytes;
    while (done < total) { /* the filled part doubles */
        size_t next = total - done < done ? total - done : done;
        memcpy(data + done, data, next);
        done += next;
    }
}

/* Booleans are one bit each in texts of older versions and one byte each in newer ones; the length tells. */
static bool packed_bits(const ir_shape *shape, int64_t count, int64_t nbytes) {
    return shape->type == IR_PRED && nbytes == (count + 7) / 8 && nbytes != count;
}

static bool hex_bytes(st_reader *r, const char *at, const char *end, ir_literal *literal) {
    int64_t count = ir_shape_count(literal->shape), nbytes = (end - at) / 2;
    int64_t bytes = (int64_t)ir_type_bytes(literal->shape->type);
    bool packed = packed_bits(literal->shape, count, nbytes), splat = nbytes == bytes && count != 1 && !packed;
    if ((end - at) % 2 || (!packed && !splat && nbytes != count * bytes))
        return st_fail(r, at, "the type needs %lld bytes, these are %lld digits", (long long)(count * bytes),
            (long long)(end - at));
    unsigned char *to = literal->data;
    for (int64_t i = 0; i < nbytes; i++) {
        int high = st_hex_digit(at[2 * i]), low = st_hex_digit(at[2 * i + 1]);
        if (high < 0 || low < 0)
            return st_fail(r, at + 2 * i, "expected hexadecimal digits");
        unsigned byte = 16u * (unsigned)high + (unsigned)low;
        if (literal->shape->type == IR_PRED && !packed)
            byte = byte != 0;
        if (!packed && count)
            to[i] = (unsigned char)byte;
        for (int bit = 0; packed && bit < 8 && 8 * i + bit < count; bit++)
            to[8 * i + bit] = byte >> bit & 1;
    }
    if (splat && count)
        fill(literal->data, count, (size_t)bytes);
    return true;
}

/* ---- the whole constant ---- */

static bool splat(st_reader *r, const char *at, const char *end, ir_literal *literal) {
    char element[16];
    const char *stop = at;
    int64_t count = ir_shape_count(literal->shape);
    size_t bytes = ir_type_bytes(literal->shape->type);
    if (!st_element(r, &stop, literal->shape->type, element))
        return false;
    if (st_skip_space(r, stop) != end)
        return st_fail(r, stop, "expected '>' behind the value");
    if (count > 0) {
        memcpy(literal->data, element, bytes);
        fill(literal->data, count, bytes);
    }
    return true;
}

static bool values(st_reader *r, const char *at, const char *end, ir_literal *literal) {
    const ir_shape *shape = literal->shape;
    int64_t count = ir_shape_count(shape);
    at = st_skip_space(r, at);
    if (at == end)
        return count == 0 || st_fail(r, at, "the type needs %lld values", (long long)count);
    if (*at == '"')
        return at[1] == '0' && at[2] == 'x' && end[-1] == '"' && end - at >= 4
                   ? hex_bytes(r, at + 3, end - 1, literal)
                   : st_fail(r, at, "expected a string of bytes \"0x...\"");
    if (*at != '[')
        return splat(r, at, end, literal);
    cursor c = {.at = at, .shape = shape, .element = literal->data, .bytes = ir_type_bytes(shape->type)};
    c.limit = c.element + (size_t)count * c.bytes;
    c.seen = fw_alloc_array(r->scratch, (size_t)shape->rank + 1, sizeof *c.seen);
    if (!nested_values(r, &c))
        return false;
    return st_skip_space(r, c.at) == end || st_fail(r, c.at, "expected '>' behind the values");
}

/* A splat of any size takes few bytes of text: memory for it is bounded. */
#define MOST_BYTES ((int64_t)4 << 30)

static bool room(st_reader *r, const ir_shape *shape, const char *at, const char *end) {
    int64_t bytes = ir_shape_bytes(shape);
    bool listed = *at == '[' || *at == '"';
    if (bytes > MOST_BYTES) {
        fw_error(r->diag, FW_LIMIT, st_loc(r, at), "a constant of more than %lld bytes", (long long)MOST_BYTES);
        return false;
    }
    if (listed && ir_shape_count(shape) > 8 * (end - at))
        return st_fail(r, at, "the type needs %lld values", (long long)ir_shape_count(shape));
    return true;
}

/* The end of the values: a '>' that stands in no string, which can only be one of bytes. */
static const char *values_end(const st_reader *r, const char *at) {
    return memchr(at, '>', (size_t)(r->end - at));
}

bool st_dense(st_reader *r, st_attr *attr) {
    const char *start = r->tok.start;
    st_lex_next(r);
    const char *at = st_skip_space(r, r->at), *end = values_end(r, at);
    if (!end)
        return st_fail(r, start, "the values of this constant do not end");
    st_lex_from(r, end + 1);
    if (!st_expect(r, ':', "':' and the type of the constant"))
        return false;
    const char *place = r->tok.start;
    const ir_shape *shape = st_type(r);
    if (!shape)
        return false;
    if (ir_class_of(shape->type) == IR_CLASS_OTHER || !ir_shape_is_static(shape))
        return st_fail(r, place, "a constant needs a tensor type without dynamic dimensions");
    if (!room(r, shape, at, end))
        return false;
    attr->kind = ST_DENSE;
    attr->literal = ir_literal_new(r->arena, shape);
    return values(r, at, end, attr->literal);
}
