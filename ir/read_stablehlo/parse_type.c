/* Types: tensor<4x?xf32>, tuple<...>, tokens. Equal texts give one shared shape, for models repeat few types very
 * often. */
#include "read_stablehlo.h"

#include <string.h>

/* The symbol of a `?` before st_resolve gives it one of the module's symbols. */
#define UNRESOLVED INT32_MAX
#define MOST_DIMS 64
#define MOST_BYTES ((int64_t)1 << 62)

/* ---- element types ---- */

typedef struct element_name {
    const char *text;
    ir_type type;
} element_name;

/* Names that are not the HLO name in lower case, or the width of an integer. */
static const element_name elements[] = {{"i1", IR_PRED}, {"index", IR_S64}, {"ui1", IR_U1}};

static bool find_element(const char *text, size_t length, ir_type *type) {
    char name[24];
    for (int i = 0; i < FW_COUNT(elements); i++)
        if (st_is(text, length, elements[i].text)) {
            *type = elements[i].type;
            return true;
        }
    if (length + 1 > sizeof name)
        return false;
    size_t from = 0, to = 0;
    if (text[0] == 'i') { /* i32 and si32 are signed: s32 */
        name[to++] = 's';
        from = 1;
    } else if ((text[0] == 'u' || text[0] == 's') && length > 2 && text[1] == 'i') {
        name[to++] = text[0];
        from = 2;
    }
    for (; from < length; from++)
        name[to++] = text[from] >= 'A' && text[from] <= 'Z' ? (char)(text[from] + 32) : text[from];
    return ir_type_find(name, to, type) && (ir_type_is_float(*type) || ir_type_is_integer(*type));
}

/* `!quant.uniform<i8:f32, ...>` with the token `!quant.x` current: the storage type. */
static bool quantized_element(st_reader *r, ir_type *type) {
    st_lex_next(r);
    const char *word = r->tok.kind == '<' ? r->at : r->tok.start;
    size_t length = 0;
    while (st_is_name_char(word[length]))
        length++;
    if (r->tok.kind != '<' || !find_element(word, length, type))
        return st_expected(r, "'<' and the storage type of a quantized type");
    r->saw_quantized = true;
    return st_skip_balanced(r);
}

/* `complex<f32>`, with the word current. */
static bool complex_element(st_reader *r, ir_type *type) {
    st_lex_next(r);
    if (!st_expect(r, '<', "'<'"))
        return false;
    if (!st_word(r, "f32") && !st_word(r, "f64"))
        return st_expected(r, "f32 or f64 of a complex type");
    *type = st_word(r, "f32") ? IR_C64 : IR_C128;
    st_lex_next(r);
    return st_expect(r, '>', "'>'");
}

static bool element_type(st_reader *r, ir_type *type) {
    if (r->tok.kind == ST_BANG && r->tok.length >= 6 && !memcmp(r->tok.text, "quant.", 6))
        return quantized_element(r, type);
    if (st_word(r, "complex"))
        return complex_element(r, type);
    if (r->tok.kind != ST_IDENT)
        return st_expected(r, "an element type");
    if (!find_element(r->tok.text, r->tok.length, type)) {
        fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, r->tok.start), "HLO has no element type '%.*s'",
            st_shown(r->tok.length), r->tok.text);
        return false;
    }
    st_lex_next(r);
    return true;
}

/* ---- tensors ---- */

/* `4x?x` from *at on. */
static bool dims_text(st_reader *r, const char **place, ir_dim *dims, int *rank) {
    const char *at = *place;
    for (*rank = 0;; (*rank)++) {
        const char *start = at = st_skip_space(r, at);
        int64_t size = 0;
        bool dynamic = *at == '?';
        at += dynamic;
        for (; !dynamic && st_is_digit(*at); at++) {
            if (size > (INT64_MAX - 9) / 10)
                return st_fail(r, start, "the dimension does not fit 64 bits");
            size = 10 * size + (*at - '0');
        }
        if (at == start || *(at = st_skip_space(r, at)) != 'x') {
            *place = start;
            return at == start || st_fail(r, at, "expected 'x' behind a dimension");
        }
        at++;
        if (*rank == MOST_DIMS)
            return st_fail(r, start, "more than %d dimensions", MOST_DIMS);
        dims[*rank] = dynamic ? (ir_dim){-1, UNRESOLVED} : ir_dim_of(size);
    }
}

/* `#stablehlo.bounds<?, 4>`: upper bounds of dynamic dimensions; any other encoding is dropped. */
static bool encoding(st_reader *r, int rank, ir_dim *dims) {
    const char *start = r->tok.start;
    bool bounds = r->tok.kind == ST_HASH && st_is(r->tok.text, r->tok.length, "stablehlo.bounds");
    st_attr value = {0};
    if (!st_attr_value(r, &value))
        return false;
    if (!bounds)
        return true;
    if (value.kind != ST_LIST || value.count != rank)
        return st_fail(r, start, "expected a bound for each of the %d dimensions", rank);
    for (int i = 0; i < rank; i++) {
        if (value.items[i].kind == ST_INT && value.items[i].i < 0)
            return st_fail(r, start, "a bound cannot be negative");
        if (value.items[i].kind == ST_INT && dims[i].symbol)
            dims[i].bound = value.items[i].i;
    }
    return true;
}

static bool fits_address(const ir_shape *shape) {
    int64_t bytes = (int64_t)ir_type_bytes(shape->type);
    bool zero = false;
    for (int i = 0; i < shape->rank; i++)
        zero |= !shape->dims[i].symbol && shape->dims[i].bound == 0;
    for (int i = 0; i < shape->rank && !zero; i++) {
        int64_t size = shape->dims[i].bound;
        if (size > 0 && bytes > MOST_BYTES / size)
            return false;
        bytes *= size > 0 ? size : 1;
    }
    return true;
}

static const ir_shape *tensor(st_reader *r) {
    const char *start = r->tok.start, *at = r->at;
    ir_dim dims[MOST_DIMS];
    int rank;
    ir_type type;
    at = st_skip_space(r, at);
    if (*at != '<') {
        st_lex_next(r);
        st_expected(r, "'<' of a tensor type");
        return NULL;
    }
    if (*st_skip_space(r, at + 1) == '*') {
        fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, start), "tensors without a rank are not supported");
        return NULL;
    }
    at++;
    if (!dims_text(r, &at, dims, &rank))
        return NULL;
    st_lex_from(r, at);
    if (!element_type(r, &type) || (st_accept(r, ',') && !encoding(r, rank, dims)) ||
        !st_expect(r, '>', "'>' at the end of the tensor type"))
        return NULL;
    const ir_shape *shape = ir_shape_dims(r->arena, type, rank, dims);
    if (fits_address(shape))
        return shape;
    st_fail(r, start, "this type holds more than 2^62 bytes");
    return NULL;
}

/* End of `tensor<...>` at `at`, or NULL where that takes more than counting angles in a short text. */
static const char *short_end(const st_reader *r, const char *at) {
    int depth = 0;
    const char *limit = r->end - at > 120 ? at + 120 : r->end;
    for (; at < limit; at++) {
        depth += (*at == '<') - (*at == '>');
        if (*at == '>' && depth == 0)
            return at + 1;
        if (*at == '"' || *at == '/' || *at == '#')
            return NULL;
    }
    return NULL;
}

static const ir_shape *cached_tensor(st_reader *r) {
    const char *start = r->tok.start, *end = short_end(r, r->at);
    if (!end)
        return tensor(r);
    int before = fw_intern_count(r->types), id = fw_intern_id(r->types, start, (size_t)(end - start));
    if (id < before && r->cached[id].shape) {
        r->saw_quantized |= r->cached[id].is_quantized;
        st_lex_from(r, end);
        return r->cached[id].shape;
    }
    if (id >= before) { /* the place is taken before an encoding can hold types of its own */
        st_cached_type empty = {NULL, false};
        FW_PUSH(r->scratch, r->cached, r->ncached, r->cached_cap, empty);
    }
    bool outer = r->saw_quantized;
    r->saw_quantized = false;
    const ir_shape *shape = tensor(r);
    r->cached[id] = (st_cached_type){shape, r->saw_quantized};
    r->saw_quantized |= outer;
    return shape;
}

/* ---- other types ---- */

static const ir_shape *tuple(st_reader *r) {
    const ir_shape **elems = NULL;
    int count = 0, cap = 0;
    st_lex_next(r);
    if (!st_expect(r, '<', "'<' of a tuple type"))
        return NULL;
    while (r->tok.kind != '>') {
        const ir_shape *elem;
        if ((count && !st_expect(r, ',', "',' or '>' in the tuple type")) || !(elem = st_type(r)))
            return NULL;
        FW_PUSH(r->scratch, elems, count, cap, elem);
    }
    st_lex_next(r);
    return ir_shape_tuple(r->arena, count, elems);
}

/* `!stablehlo.token` or an alias. */
static const ir_shape *named(st_reader *r) {
    size_t length = r->tok.length;
    int id = fw_intern_find(r->aliases, r->tok.start, length + 1);
    if (length > 6 && !memcmp(r->tok.text + length - 6, ".token", 6)) {
        st_lex_next(r);
        return ir_shape_array(r->arena, IR_TOKEN, 0, NULL);
    }
    if (id >= 0 && r->alias_values[id].type) {
        r->saw_quantized |= r->alias_values[id].is_quantized;
        st_lex_next(r);
        return r->alias_values[id].type;
    }
    fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, r->tok.start), "values of type '!%.*s' are not supported",
        st_shown(length), r->tok.text);
    return NULL;
}

bool st_at_type(const st_reader *r) {
    return st_word(r, "tensor") || st_word(r, "tuple") || r->tok.kind == ST_BANG;
}

const ir_shape *st_type(st_reader *r) {
    if (st_word(r, "tensor"))
        return cached_tensor(r);
    if (r->tok.kind == ST_BANG)
        return named(r);
    if (!st_word(r, "tuple")) {
        bool other = r->tok.kind == ST_IDENT;
        if (other)
            fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, r->tok.start), "values of type '%.*s' are not supported",
                st_shown(r->tok.length), r->tok.text);
        else
            st_expected(r, "a type");
        return NULL;
    }
    if (!st_enter(r))
        return NULL;
    const ir_shape *shape = tuple(r);
    st_leave(r);
    return shape;
}

/* `(types) -> types` */
static bool function_type(st_reader *r) {
    for (int part = 0; part < 2; part++) {
        if (part && !st_expect(r, ST_ARROW, "'->' of a function type"))
            return false;
        if (r->tok.kind == '(' ? !st_skip_balanced(r) : !st_skip_type(r, NULL))
            return false;
    }
    return true;
}

bool st_skip_type(st_reader *r, const ir_shape **shape) {
    if (st_at_type(r)) {
        bool outer = r->saw_quantized;
        const ir_shape *found = st_type(r);
        r->saw_quantized = outer;
        if (shape)
            *shape = found;
        return found != NULL;
    }
    if (!st_enter(r))
        return false;
    bool ok;
    if (r->tok.kind == '(')
        ok = function_type(r);
    else if ((ok = r->tok.kind == ST_IDENT || st_expected(r, "a type"))) {
        st_lex_next(r);
        ok = r->tok.kind != '<' || st_skip_balanced(r);
    }
    st_leave(r);
    return ok;
}

/* ---- symbols ---- */

static bool is_resolved(const ir_shape *shape) {
    for (int i = 0; i < shape->rank; i++)
        if (shape->dims[i].symbol == UNRESOLVED)
            return false;
    for (int i = 0; i < shape->nelems; i++)
        if (!is_resolved(shape->elems[i]))
            return false;
    return true;
}

static int32_t new_symbol(st_reader *r, int64_t bound) {
    ir_module *module = r->module;
    ir_symbol symbol = {fw_format(r->arena, "d%d", module->nsymbols), 0, bound};
    FW_PUSH(r->arena, module->symbols, module->nsymbols, r->symbols_cap, symbol);
    return module->nsymbols;
}

static bool same_rank(const ir_shape *a, const ir_shape *b) {
    return a->rank == b->rank && a->nelems == b->nelems;
}

const ir_shape *st_resolve(st_reader *r, const ir_shape *shape, const ir_shape *like) {
    if (is_resolved(shape))
        return shape;
    ir_shape *copy = fw_alloc(r->arena, sizeof *copy);
    *copy = *shape;
    if (like && !same_rank(shape, like))
        like = NULL;
    ir_dim *dims = fw_alloc_array(r->arena, (size_t)shape->rank, sizeof *dims);
    for (int i = 0; i < shape->rank; i++) {
        dims[i] = shape->dims[i];
        if (dims[i].symbol != UNRESOLVED)
            continue;
        bool known = like && like->dims[i].symbol && like->dims[i].symbol != UNRESOLVED;
        dims[i] = known ? like->dims[i] : (ir_dim){dims[i].bound, new_symbol(r, dims[i].bound)};
    }
    const ir_shape **elems = fw_alloc_array(r->arena, (size_t)shape->nelems, sizeof *elems);
    for (int i = 0; i < shape->nelems; i++)
        elems[i] = st_resolve(r, shape->elems[i], like ? like->elems[i] : NULL);
    copy->dims = shape->rank ? dims : NULL;
    copy->elems = shape->nelems ? elems : NULL;
    return copy;
}
