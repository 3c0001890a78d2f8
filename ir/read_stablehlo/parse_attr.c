/* Attribute values as MLIR prints them, and aliases for attributes and types. */
#include "read_stablehlo.h"

#include <string.h>

/* ---- groups that are kept as text ---- */

static char closing(int open) {
    switch (open) {
    case '(':
        return ')';
    case '[':
        return ']';
    case '{':
        return '}';
    case '<':
        return '>';
    default:
        return 0;
    }
}

/* Behind the string that begins at `at`; NULL when it is not closed. */
static const char *string_end(const st_reader *r, const char *at) {
    for (at++; at < r->end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < r->end)
            at++;
    return at < r->end ? at + 1 : NULL;
}

/* By character, for what stands inside need not be made of tokens; brackets of all kinds must nest. */
bool st_skip_balanced(st_reader *r) {
    char open[256];
    int depth = 0;
    const char *start = r->tok.start, *at = start;
    while (at < r->end) {
        char c = *at, close = closing(c);
        if (c == '"') {
            if (!(at = string_end(r, at)))
                break;
            continue;
        }
        if (c == '/' && at[1] == '/') {
            at = st_skip_space(r, at);
            continue;
        }
        if (close) {
            if (depth == FW_COUNT(open))
                return st_fail(r, at, "nested too deep");
            open[depth++] = close;
        } else if ((c == ')' || c == ']' || c == '}' || c == '>') && !(c == '>' && at > start && at[-1] == '-')) {
            if (open[depth - 1] != c)
                return st_fail(r, at, "expected '%c', not '%c'", open[depth - 1], c);
            if (--depth == 0) {
                st_lex_from(r, at + 1);
                return true;
            }
        }
        at++;
    }
    return st_fail(r, start, "this bracket is not closed");
}

/* ---- numbers and words ---- */

static bool number(st_reader *r, st_attr *attr, bool bare) {
    const char *text = r->tok.start, *start = text;
    size_t length = r->tok.length;
    bool negative = *text == '-', hex = text[negative] == '0' && text[negative + 1] == 'x', integer = true;
    uint64_t magnitude = 0;
    for (size_t i = negative + 2u * hex; i < length && integer; i++) {
        unsigned char c = (unsigned char)text[i];
        uint64_t digit = st_is_digit((char)c) ? c - (uint64_t)'0' : (c | 32u) - 'a' + 10u;
        integer = hex || st_is_digit((char)c);
        if (integer && magnitude > (UINT64_MAX - digit) / (hex ? 16 : 10))
            return st_fail(r, start, "the integer does not fit 64 bits");
        if (integer)
            magnitude = magnitude * (hex ? 16 : 10) + digit;
    }
    attr->kind = integer ? ST_INT : ST_FLOAT;
    attr->i = (int64_t)(negative ? 0 - magnitude : magnitude);
    attr->f = (double)attr->i;
    if (!integer && !ir_number_parse(text, length, &attr->f))
        return st_fail(r, start, "expected a number");
    st_lex_next(r);
    if (!bare && r->tok.kind == ':' && *r->at != ':') { /* `1 : i64` */
        st_lex_next(r);
        if (integer && hex && (st_word(r, "f32") || st_word(r, "f64"))) { /* the bits of a float */
            float f32;
            uint32_t bits = (uint32_t)magnitude;
            memcpy(&f32, &bits, sizeof f32);
            memcpy(&attr->f, &magnitude, sizeof attr->f);
            attr->f = st_word(r, "f32") ? (double)f32 : attr->f;
            attr->kind = ST_FLOAT;
        }
        return st_skip_type(r, NULL);
    }
    return true;
}

static void word(st_reader *r, st_attr *attr) {
    attr->kind = ST_WORD;
    attr->text = r->tok.text;
    attr->length = r->tok.length;
    if (st_word(r, "true") || st_word(r, "false")) {
        attr->kind = ST_INT;
        attr->i = st_word(r, "true");
    }
    st_lex_next(r);
}

/* ---- lists and dictionaries ---- */

static bool list(st_reader *r, int close, st_attr *attr) {
    int first = r->nitems;
    attr->kind = ST_LIST;
    while (r->tok.kind != close) {
        st_attr item = {0};
        if ((r->nitems > first && !st_expect(r, ',', "',' or the end of the list")) || !st_attr_value(r, &item))
            return false;
        FW_PUSH(r->scratch, r->items, r->nitems, r->items_cap, item);
    }
    st_lex_next(r);
    attr->count = r->nitems - first;
    attr->items = fw_alloc_array(r->scratch, (size_t)attr->count, sizeof *attr->items);
    if (attr->count)
        memcpy(attr->items, r->items + first, (size_t)attr->count * sizeof *attr->items);
    r->nitems = first;
    return true;
}

bool st_attr_dict(st_reader *r, int close, st_attr **items, int *count, int *cap) {
    for (int i = 0; r->tok.kind != close; i++) {
        st_attr item = {0};
        if (i && !st_expect(r, ',', "',' or the end of the attributes"))
            return false;
        if (r->tok.kind != ST_IDENT && r->tok.kind != ST_STRING)
            return st_expected(r, "the name of an attribute");
        const char *key = r->tok.text;
        size_t length = r->tok.length;
        if (r->tok.kind == ST_STRING) {
            if (!st_string(r, &key, &length))
                return false;
        } else {
            st_lex_next(r);
        }
        if (r->tok.kind == '=') {
            st_lex_next(r);
            if (!st_attr_value(r, &item))
                return false;
        } else { /* a unit attribute */
            item.kind = ST_INT;
            item.i = 1;
            item.start = key;
            item.end = key + length;
        }
        item.key = key;
        item.key_length = length;
        FW_PUSH(r->scratch, *items, *count, *cap, item);
    }
    st_lex_next(r);
    return true;
}

static bool dict(st_reader *r, int close, st_attr *attr) {
    int cap = 0;
    attr->kind = ST_DICT;
    return st_attr_dict(r, close, &attr->items, &attr->count, &cap);
}

/* `array<i64: 1, 2>`, with the word current. */
static bool array(st_reader *r, st_attr *attr) {
    st_lex_next(r);
    if (!st_expect(r, '<', "'<' of an array"))
        return false;
    if (r->tok.kind != ST_IDENT)
        return st_expected(r, "the element type of the array");
    st_lex_next(r);
    if (r->tok.kind != '>' && !st_expect(r, ':', "':' behind the element type"))
        return false;
    return list(r, '>', attr);
}

/* ---- dialect attributes ---- */

/* `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]` and `[1] x [0]`: the lists behind the first one are appended to it. */
static bool joined_lists(st_reader *r, st_attr *attr) {
    while ((r->tok.kind == ST_ARROW || st_word(r, "x")) && *st_skip_space(r, r->at) == '[') {
        st_attr next = {0};
        int cap = 0;
        st_lex_next(r);
        next.start = r->tok.start;
        st_lex_next(r);
        if (!list(r, ']', &next))
            return false;
        if (!attr->key) { /* the first join makes a list of lists */
            st_attr first = *attr;
            *attr = (st_attr){.kind = ST_LIST, .key = "x", .start = first.start};
            FW_PUSH(r->scratch, attr->items, attr->count, cap, first);
            FW_PUSH(r->scratch, attr->items, attr->count, cap, next);
        } else {
            st_attr *items = fw_alloc_array(r->scratch, (size_t)attr->count + 1, sizeof *items);
            memcpy(items, attr->items, (size_t)attr->count * sizeof *items);
            items[attr->count++] = next;
            attr->items = items;
            if (attr->count > 3)
                return st_fail(r, r->tok.start, "too many lists");
        }
    }
    attr->key = NULL;
    return true;
}

static bool is_known_dialect(const char *name, size_t length) {
    static const char *const dialects[] = {"stablehlo", "chlo", "mhlo"};
    size_t dot = 0;
    while (dot < length && name[dot] != '.')
        dot++;
    for (int i = 0; i < FW_COUNT(dialects); i++)
        if (st_is(name, dot, dialects[i]))
            return true;
    return false;
}

/* Behind `<` of `#stablehlo<comparison_direction EQ>`, `#stablehlo.conv<[b, f]x...>`, `#stablehlo.dot<k = v>`. */
static bool dialect_body(st_reader *r, st_attr *attr) {
    const char *behind = st_skip_space(r, r->at);
    if (r->tok.kind == '[') {
        st_lex_next(r);
        return list(r, ']', attr) && joined_lists(r, attr) && st_expect(r, '>', "'>'");
    }
    if (r->tok.kind == ST_IDENT && st_is_letter(*behind)) { /* kind and value of an enumeration */
        st_lex_next(r);
        word(r, attr);
        return st_expect(r, '>', "'>'");
    }
    if (r->tok.kind == ST_IDENT && *behind == '>') {
        word(r, attr);
        return st_expect(r, '>', "'>'");
    }
    if (r->tok.kind == ST_NUMBER || r->tok.kind == '?')
        return list(r, '>', attr);
    return dict(r, '>', attr);
}

static bool hash(st_reader *r, st_attr *attr) {
    int alias = fw_intern_find(r->aliases, r->tok.start, r->tok.length + 1);
    bool known = is_known_dialect(r->tok.text, r->tok.length);
    const char *start = attr->start;
    st_lex_next(r);
    if (r->tok.kind != '<') {
        if (alias >= 0)
            *attr = r->alias_values[alias].value;
        else
            attr->kind = ST_RAW;
        attr->start = start;
        return true;
    }
    if (known) {
        st_lex_next(r);
        return dialect_body(r, attr);
    }
    attr->kind = ST_RAW;
    return st_skip_balanced(r);
}

/* ---- any value ---- */

static bool ident(st_reader *r, st_attr *attr) {
    char next = *st_skip_space(r, r->at);
    if (next == '<' && st_word(r, "dense"))
        return st_dense(r, attr);
    if (next == '<' && st_word(r, "array"))
        return array(r, attr);
    if (st_word(r, "loc") && next == '(') {
        attr->kind = ST_RAW;
        return st_skip_loc(r, NULL);
    }
    if (st_at_type(r)) {
        attr->kind = ST_TYPE;
        return st_skip_type(r, &attr->type);
    }
    word(r, attr);
    if (r->tok.kind != '<')
        return true;
    attr->kind = ST_RAW; /* affine_map<...>, dense_resource<...>, vector<...>, ... */
    return st_skip_balanced(r) && (!st_accept(r, ':') || st_skip_type(r, NULL));
}

static bool text(st_reader *r, st_attr *attr, bool bare) {
    attr->kind = ST_TEXT;
    return st_string(r, &attr->text, &attr->length) && (bare || !st_accept(r, ':') || st_skip_type(r, NULL));
}

static bool symbol(st_reader *r, st_attr *attr) {
    word(r, attr);
    while (r->tok.kind == ':' && *r->at == ':') { /* a nested symbol: the last part stays */
        st_lex_next(r);
        st_lex_next(r);
        if (r->tok.kind != ST_AT)
            return st_expected(r, "a symbol behind '::'");
        word(r, attr);
    }
    return true;
}

static bool any_value(st_reader *r, st_attr *attr) {
    bool bare = r->bare;
    r->bare = false;
    switch (r->tok.kind) {
    case ST_NUMBER:
        return number(r, attr, bare);
    case ST_STRING:
        return text(r, attr, bare);
    case ST_AT:
        return symbol(r, attr);
    case ST_HASH:
        return hash(r, attr);
    case ST_IDENT:
        return ident(r, attr);
    case ST_BANG:
        attr->kind = ST_TYPE;
        return st_skip_type(r, &attr->type);
    case '?':
        word(r, attr);
        return true;
    case '[':
        st_lex_next(r);
        return list(r, ']', attr) && joined_lists(r, attr);
    case '{':
        st_lex_next(r);
        return dict(r, '}', attr);
    case '<':
        st_lex_next(r);
        return dialect_body(r, attr);
    case '(':
        attr->kind = ST_TYPE;
        return st_skip_type(r, &attr->type);
    default:
        return st_expected(r, "the value of an attribute");
    }
}

bool st_attr_value(st_reader *r, st_attr *attr) {
    attr->start = r->tok.start;
    if (!st_enter(r) || !any_value(r, attr))
        return false;
    st_leave(r);
    attr->end = r->tok.start;
    while (attr->end > attr->start && strchr(" \n\r\t", attr->end[-1]))
        attr->end--;
    return true;
}

const st_attr *st_find(const st_attr *items, int count, const char *key) {
    for (int i = 0; i < count; i++)
        if (items[i].key && st_is(items[i].key, items[i].key_length, key))
            return &items[i];
    return NULL;
}

/* ---- aliases ---- */

bool st_alias_define(st_reader *r) {
    const char *start = r->tok.start;
    size_t length = r->tok.length + 1;
    bool is_type = r->tok.kind == ST_BANG;
    st_alias alias = {0};
    st_lex_next(r);
    if (!st_expect(r, '=', "'=' of an alias"))
        return false;
    if (is_type) {
        bool outer = r->saw_quantized;
        r->saw_quantized = false;
        if (st_at_type(r) ? !(alias.type = st_type(r)) : !st_skip_type(r, NULL))
            return false;
        alias.is_quantized = r->saw_quantized;
        r->saw_quantized = outer;
    } else if (!st_attr_value(r, &alias.value)) {
        return false;
    }
    int before = fw_intern_count(r->aliases), id = fw_intern_id(r->aliases, start, length);
    if (id < before)
        return st_fail(r, start, "a second alias with the name '%.*s'", st_shown(length), start);
    FW_PUSH(r->scratch, r->alias_values, r->naliases, r->aliases_cap, alias);
    return true;
}
