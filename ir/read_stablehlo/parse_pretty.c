/* What stands between the name of an operation and its types, in every spelling: MLIR's pretty forms are lists of
 * operands, `name = value`, words, symbols, ranges and dictionaries, so that one loop reads them all, the generic form
 * too. */
#include "read_stablehlo.h"

static bool add_attr(st_reader *r, st_op *op, st_attr attr, const char *key, size_t length) {
    attr.key = key;
    attr.key_length = length;
    FW_PUSH(r->scratch, op->attrs, op->nattrs, op->attrs_cap, attr);
    return true;
}

static bool named_value(st_reader *r, st_op *op, const char *key, size_t length) {
    st_attr value = {0};
    r->bare = true;
    return st_attr_value(r, &value) && add_attr(r, op, value, key, length);
}

static bool operand(st_reader *r, st_op *op) {
    ir_instr *value = st_value(r);
    if (!value)
        return false;
    FW_PUSH(r->scratch, op->operands, op->noperands, op->operands_cap, value);
    return true;
}

/* `init: %x` of reduce. */
static bool init(st_reader *r, st_op *op) {
    st_lex_next(r);
    if (!st_expect(r, ':', "':' behind init"))
        return false;
    ir_instr *value = st_value(r);
    if (!value)
        return false;
    FW_PUSH(r->scratch, op->inits, op->ninits, op->inits_cap, value);
    return true;
}

/* `add` of `applies stablehlo.add`: kept as a word until the types are known. */
static bool word(st_reader *r, st_op *op) {
    st_attr value = {.kind = ST_WORD, .text = r->tok.text, .length = r->tok.length, .start = r->tok.start};
    const char *next = st_skip_space(r, r->at);
    if (*next == '=') {
        st_lex_next(r);
        st_lex_next(r);
        return named_value(r, op, value.text, value.length);
    }
    if (*next == '<')
        return st_attr_value(r, &value) && add_attr(r, op, value, "value", 5);
    st_lex_next(r);
    if (st_is(value.text, value.length, "attributes") || st_is(value.text, value.length, "across"))
        return true;
    if (op->nwords == FW_COUNT(op->words))
        return st_fail(r, value.start, "'%.*s' is not expected here", st_shown(value.length), value.text);
    op->words[op->nwords++] = value;
    return true;
}

/* `[1:4, 0:8:2]` of slice. */
static bool ranges(st_reader *r, st_op *op) {
    static const char *const keys[3] = {"start_indices", "limit_indices", "strides"};
    static const size_t lengths[3] = {13, 13, 7};
    st_attr lists[3] = {{.kind = ST_LIST}, {.kind = ST_LIST}, {.kind = ST_LIST}};
    int caps[3] = {0, 0, 0};
    st_lex_next(r);
    for (int n = 0; r->tok.kind != ']'; n++) {
        st_attr item[3] = {{0}, {0}, {.kind = ST_INT, .i = 1}};
        if (n && !st_expect(r, ',', "',' or ']' in the ranges"))
            return false;
        for (int i = 0; i < 3 && (i < 2 || r->tok.kind == ':'); i++) {
            r->bare = true;
            if ((i && !st_expect(r, ':', "':' in a range")) || !st_attr_value(r, &item[i]))
                return false;
        }
        for (int i = 0; i < 3; i++)
            FW_PUSH(r->scratch, lists[i].items, lists[i].count, caps[i], item[i]);
    }
    st_lex_next(r);
    for (int i = 0; i < 3; i++)
        add_attr(r, op, lists[i], keys[i], lengths[i]);
    return true;
}

/* Ranges of slice, or the index of get_tuple_element. */
static bool brackets(st_reader *r, st_op *op) {
    st_attr value = {0};
    if (st_is(op->name, op->length, "stablehlo.slice"))
        return ranges(r, op);
    if (*st_skip_space(r, r->at) == '^') {
        fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, r->tok.start), "jumps between blocks are not supported");
        return false;
    }
    if (!st_attr_value(r, &value))
        return false;
    return add_attr(r, op, value.count == 1 ? value.items[0] : value, "[", 1);
}

/* Operands, `%x init: %y`, `k = 2`; or regions. */
static bool parentheses(st_reader *r, st_op *op) {
    st_lex_next(r);
    for (int n = 0; r->tok.kind != ')'; n++) {
        if (n && !st_expect(r, ',', "',' or ')'"))
            return false;
        if (r->tok.kind == '{' ? !st_read_region(r, op) : r->tok.kind == ST_IDENT ? !word(r, op) : !operand(r, op))
            return false;
        if (st_word(r, "init") && !init(r, op))
            return false;
    }
    st_lex_next(r);
    return true;
}

static bool dictionary(st_reader *r, st_op *op) {
    st_lex_next(r);
    return st_attr_dict(r, '}', &op->attrs, &op->nattrs, &op->attrs_cap);
}

static bool item(st_reader *r, st_op *op) {
    st_attr value = {0};
    switch (r->tok.kind) {
    case ST_PERCENT:
        return operand(r, op);
    case '(':
        return parentheses(r, op);
    case ST_IDENT:
        return word(r, op);
    case ST_AT:
        return st_attr_value(r, &value) && add_attr(r, op, value, "@", 1);
    case ST_STRING:
        r->bare = true;
        return st_attr_value(r, &value) && add_attr(r, op, value, "\"", 1);
    case '[':
        return brackets(r, op);
    case '{':
        return dictionary(r, op);
    default: /* '<' */
        st_lex_next(r);
        if (r->tok.kind != '{')
            return st_expected(r, "'{' of the properties");
        return dictionary(r, op) && st_expect(r, '>', "'>' behind the properties");
    }
}

/* What stands in front of the next item. Without a comma, a name or a word may belong to the next operation. */
typedef enum { BEHIND_COMMA, BEHIND_WORD, BEHIND_GROUP, BEHIND_STRING, BEHIND_VALUE } place;

static bool goes_on(const st_reader *r, place at) {
    switch (r->tok.kind) {
    case ST_PERCENT:
        return at == BEHIND_COMMA || at == BEHIND_STRING;
    case ST_IDENT:
        return st_word(r, "dense") || (at < BEHIND_STRING && !st_word(r, "loc"));
    case ST_AT:
    case ST_STRING:
        return at == BEHIND_COMMA;
    case '(':
    case '[':
    case '{':
    case '<':
        return true;
    default:
        return false;
    }
}

static place behind(int kind, const st_op *op, int nwords) {
    switch (kind) {
    case '(':
        return BEHIND_GROUP;
    case ST_STRING:
        return BEHIND_STRING;
    case ST_IDENT:
        return op->nwords > nwords || op->nattrs == 0 ? BEHIND_WORD : BEHIND_VALUE;
    default:
        return BEHIND_VALUE;
    }
}

bool st_op_items(st_reader *r, st_op *op) {
    place at = BEHIND_COMMA;
    bool comma = false;
    while (goes_on(r, at)) {
        int kind = r->tok.kind, nwords = op->nwords;
        if (!item(r, op))
            return false;
        comma = st_accept(r, ',');
        at = comma ? BEHIND_COMMA : behind(kind, op, nwords);
    }
    return !comma || st_expected(r, "an operand or an attribute");
}
