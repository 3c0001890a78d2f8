/* Shapes: `f32[2,3]{1,0:T(8,128)}`, `(f32[], s32[<=5])`, `b(f32[2])`. */
#include "read.h"

#include <string.h>

/* Is the current token the start of a shape? A name with '[' behind it can only be a type, `b(` only a buffer. */
bool at_shape(reader *r) {
    if (r->tok.kind == '(')
        return true;
    if (r->tok.kind != TOK_IDENT)
        return false;
    char next = *lex_skip_space(r, r->at);
    return next == '[' || (next == '(' && r->tok.length == 1 && *r->tok.text == 'b');
}

/* ---- layouts ---- */

/* What may stand behind ':' in a layout, in this order, each followed by a group in parentheses. */
static const char *const suffix_names[] = {"D", "T", "L", "#", "*", "E", "S", "SC", "P", "M"};
#define TILES 1

/* The suffix at `at`: its place in the table, -1 when there is none. *end: where its parenthesis opens. */
static int suffix_at(const char *at, const char **end) {
    int found = -1;
    for (int i = 0; i < FW_COUNT(suffix_names); i++) {
        size_t length = strlen(suffix_names[i]);
        if (!strncmp(at, suffix_names[i], length) && at[length] == '(') {
            found = i;
            *end = at + length;
        }
    }
    return found;
}

/* End of the layout's suffixes, which is its closing brace; NULL after an error. */
static const char *scan_suffixes(reader *r, const char *at) {
    int last = -1;
    for (;;) {
        at = lex_skip_space(r, at);
        if (*at == '}')
            return at;
        const char *group = at;
        int suffix = suffix_at(at, &group);
        if (suffix < 0 || suffix <= last) {
            read_fail(r, at,
                suffix < 0 ? "expected a layout suffix: D, T, L, #, *, E, S, SC, P, M with (...)"
                           : "this layout suffix stands too late or twice");
            return NULL;
        }
        last = suffix;
        at = raw_balanced(r, group);
        while (at && suffix == TILES && *at == '(')
            at = raw_balanced(r, at);
        if (!at)
            return NULL;
    }
}

static bool read_minor_to_major(reader *r, ir_layout *layout, int rank) {
    int64_t *order = fw_alloc_array(r->arena, (size_t)rank, sizeof *order);
    bool *seen = fw_alloc_array(r->scratch, (size_t)rank, sizeof *seen);
    const char *start = r->tok.start;
    int count = 0;
    do {
        const char *place = r->tok.start;
        int64_t dim;
        if (!lex_int(r, &dim))
            return false;
        if (dim < 0 || dim >= rank || seen[dim])
            return read_fail(r, place, "the layout of a shape of rank %d must name each of its dimensions once", rank);
        seen[dim] = true;
        order[count++] = dim;
    } while (lex_accept(r, ','));
    if (count != rank)
        return read_fail(r, start, "the layout names %d dimensions of a shape of rank %d", count, rank);
    layout->nminor = rank;
    layout->minor_to_major = order;
    return true;
}

/* A brace behind a shape is a layout only if a digit or ':' follows; otherwise it opens a body. */
static bool at_layout(reader *r) {
    if (r->tok.kind != '{')
        return false;
    char next = *lex_skip_space(r, r->at);
    return is_digit(next) || next == ':';
}

static bool read_layout(reader *r, ir_shape *shape) {
    ir_layout *layout = fw_alloc(r->arena, sizeof *layout);
    lex_next(r);
    if (r->tok.kind == TOK_INT && !read_minor_to_major(r, layout, shape->rank))
        return false;
    if (r->tok.kind == ':') {
        const char *start = lex_skip_space(r, r->at), *end = scan_suffixes(r, start);
        if (!end)
            return false;
        layout->suffix = end > start ? raw_copy(r, start, end) : NULL;
        lex_from(r, end);
    }
    if (layout->nminor || layout->suffix)
        shape->layout = layout;
    return lex_expect(r, '}', "'}' at the end of the layout");
}

/* ---- arrays ---- */

static bool read_dim(reader *r, ir_dim *dim) {
    const char *place = r->tok.start;
    *dim = (ir_dim){-1, 0};
    if (lex_accept(r, '?')) {
        dim->symbol = UNRESOLVED;
        r->saw_dynamic = true;
        return true;
    }
    if (lex_accept(r, TOK_LESS_EQUAL)) {
        dim->symbol = UNRESOLVED;
        r->saw_dynamic = true;
    }
    if (r->tok.kind != TOK_INT)
        return read_expected(r, "a dimension: a size, <=size or ?");
    if (!lex_int(r, &dim->bound))
        return false;
    return dim->bound >= 0 || read_fail(r, place, "a dimension cannot be negative, or 2^63 and more");
}

/* Later phases multiply sizes without looking: no shape may hold more bytes than this. */
#define MOST_BYTES ((int64_t)1 << 62)

static bool fits_address(const ir_shape *shape) {
    int64_t bytes = (int64_t)ir_type_bytes(shape->type);
    for (int i = 0; i < shape->rank; i++) {
        int64_t bound = shape->dims[i].bound;
        if (bound > 0 && bytes > MOST_BYTES / bound)
            return false;
        if (bound > 0)
            bytes *= bound;
    }
    return true;
}

static const ir_shape *read_array(reader *r) {
    ir_type type;
    const char *start = r->tok.start;
    if (!ir_type_find(r->tok.text, r->tok.length, &type)) {
        read_fail(r, start, "'%.*s' is not an element type", (int)r->tok.length, r->tok.text);
        return NULL;
    }
    lex_next(r);
    lex_next(r); /* at_shape has seen the bracket */
    ir_dim *dims = NULL;
    int rank = 0, cap = 0;
    while (r->tok.kind != ']') {
        ir_dim dim;
        if ((rank && !lex_expect(r, ',', "',' or ']' in the dimensions")) || !read_dim(r, &dim))
            return NULL;
        FW_PUSH(r->scratch, dims, rank, cap, dim);
    }
    lex_next(r);
    if (rank && ir_class_of(type) == IR_CLASS_OTHER) {
        read_fail(r, start, "%s has no dimensions", ir_type_name(type));
        return NULL;
    }
    ir_shape *shape = (ir_shape *)ir_shape_dims(r->arena, type, rank, dims);
    if (!fits_address(shape)) {
        read_fail(r, start, "this shape holds more than 2^62 bytes");
        return NULL;
    }
    return !at_layout(r) || read_layout(r, shape) ? shape : NULL;
}

/* ---- the cache of array shapes ----
 * Models repeat few shapes very often: equal text of a static array gives one shared object. */

/* End of the text `type[..]{..}` whose type name ends at `at`, found without parsing; NULL when it is not that simple.
 */
static const char *array_text_end(reader *r, const char *at) {
    at = memchr(at, ']', (size_t)(r->end - at));
    if (!at)
        return NULL;
    const char *brace = lex_skip_space(r, at + 1);
    if (*brace != '{')
        return at + 1;
    char inside = *lex_skip_space(r, brace + 1);
    if (!is_digit(inside) && inside != ':')
        return at + 1;
    if (brace != at + 1)
        return NULL;
    while (is_digit(*++brace) || *brace == ',')
        ;
    return *brace == '}' ? brace + 1 : NULL; /* suffixes are rare: not cached */
}

static const ir_shape *read_cached_array(reader *r) {
    const char *start = r->tok.start, *end = array_text_end(r, r->at);
    if (!end || end - start > 64)
        return read_array(r);
    name_entry *entry = names_enter(&r->shapes, start, (size_t)(end - start));
    if (entry->value) {
        lex_from(r, end);
        return entry->value;
    }
    bool outer_dynamic = r->saw_dynamic;
    r->saw_dynamic = false;
    const ir_shape *shape = read_array(r);
    if (shape && !r->saw_dynamic && r->tok.start == lex_skip_space(r, end))
        entry->value = (void *)shape;
    r->saw_dynamic |= outer_dynamic;
    return shape;
}

/* ---- tuples and buffers ---- */

/* `(shape, shape)`, with the opening parenthesis current; one element for a buffer. */
static const ir_shape *read_group(reader *r, ir_type type) {
    const char *start = r->tok.start;
    const ir_shape **elems = NULL;
    int count = 0, cap = 0;
    lex_next(r);
    while (r->tok.kind != ')') {
        const ir_shape *elem;
        if ((count && !lex_expect(r, ',', "',' or ')' in the tuple shape")) || !(elem = read_shape(r)))
            return NULL;
        FW_PUSH(r->scratch, elems, count, cap, elem);
    }
    lex_next(r);
    if (type == IR_BUFFER && (count != 1 || elems[0]->type == IR_TUPLE)) {
        read_fail(r, start, "b(...) takes one array shape");
        return NULL;
    }
    ir_shape *shape = (ir_shape *)ir_shape_tuple(r->arena, count, elems);
    shape->type = type;
    return shape;
}

const ir_shape *read_shape(reader *r) {
    if (!at_shape(r)) {
        read_expected(r, "a shape");
        return NULL;
    }
    if (r->tok.kind == TOK_IDENT && *lex_skip_space(r, r->at) == '[')
        return read_cached_array(r);
    if (!lex_enter(r))
        return NULL;
    ir_type type = IR_TUPLE;
    if (r->tok.kind == TOK_IDENT) {
        type = IR_BUFFER;
        lex_next(r);
    }
    const ir_shape *shape = read_group(r, type);
    lex_leave(r);
    return shape;
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

static int32_t new_symbol(reader *r, int64_t bound) {
    ir_module *module = r->module;
    ir_symbol symbol = {fw_format(r->arena, "d%d", module->nsymbols), 0, bound};
    FW_PUSH(r->arena, module->symbols, module->nsymbols, r->symbols_cap, symbol);
    return module->nsymbols;
}

const ir_shape *read_resolve(reader *r, const ir_shape *shape, const ir_shape *like) {
    if (is_resolved(shape))
        return shape;
    ir_shape *copy = fw_alloc(r->arena, sizeof *copy);
    *copy = *shape;
    if (like && !ir_shape_equal(shape, like))
        like = NULL;
    ir_dim *dims = fw_alloc_array(r->arena, (size_t)shape->rank, sizeof *dims);
    for (int i = 0; i < shape->rank; i++) {
        dims[i] = shape->dims[i];
        if (dims[i].symbol != UNRESOLVED)
            continue;
        bool known = like && like->dims[i].symbol && like->dims[i].symbol != UNRESOLVED;
        dims[i].symbol = known ? like->dims[i].symbol : new_symbol(r, dims[i].bound);
    }
    const ir_shape **elems = fw_alloc_array(r->arena, (size_t)shape->nelems, sizeof *elems);
    for (int i = 0; i < shape->nelems; i++)
        elems[i] = read_resolve(r, shape->elems[i], like ? like->elems[i] : NULL);
    copy->dims = shape->rank ? dims : NULL;
    copy->elems = shape->nelems ? elems : NULL;
    return copy;
}
