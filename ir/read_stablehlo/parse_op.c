/* Operations: `%a, %b:2 = name ... : types loc(...)`. */
#include "read_stablehlo.h"

#include <string.h>

#define MOST_RESULTS 100000

/* One name of the left side. */
typedef struct name {
    const char *at, *text;
    size_t length;
    int count;
} name;

typedef struct left_side {
    name *names;
    int count, cap, total;
} left_side;

/* An operation while it is read. */
struct st_frame {
    st_op op;
    left_side left;
};

/* The frame of this depth, empty but with the arrays that it had: most operations need no memory of their own. */
static struct st_frame *fresh_frame(st_reader *r) {
    struct st_frame *frame = r->frames[r->depth];
    if (!frame)
        return r->frames[r->depth] = fw_alloc(r->scratch, sizeof *frame);
    st_op old = frame->op;
    frame->left.count = frame->left.total = 0;
    frame->op = (st_op){.operands = old.operands,
        .operands_cap = old.operands_cap,
        .inits = old.inits,
        .inits_cap = old.inits_cap,
        .attrs = old.attrs,
        .attrs_cap = old.attrs_cap,
        .regions = old.regions,
        .regions_cap = old.regions_cap,
        .types = old.types,
        .types_cap = old.types_cap,
        .result_types = old.result_types,
        .result_types_cap = old.result_types_cap};
    return frame;
}

static bool read_left(st_reader *r, left_side *left) {
    do {
        name n = {r->tok.start, r->tok.text, r->tok.length, 1};
        if (r->tok.kind != ST_PERCENT)
            return st_expected(r, "a result %name");
        st_lex_next(r);
        if (r->tok.kind == ':') {
            st_attr count = {0};
            st_lex_next(r);
            if (r->tok.kind != ST_NUMBER || !st_attr_value(r, &count) || count.kind != ST_INT || count.i < 1 ||
                count.i > MOST_RESULTS)
                return st_fail(r, n.at, "expected a number of results behind ':'");
            n.count = (int)count.i;
        }
        left->total += n.count;
        if (left->total > MOST_RESULTS)
            return st_fail(r, n.at, "more than %d results", MOST_RESULTS);
        FW_PUSH(r->scratch, left->names, left->count, left->cap, n);
    } while (st_accept(r, ','));
    return st_expect(r, '=', "'=' behind the results");
}

static bool bind_results(st_reader *r, const left_side *left, const st_op *op) {
    int at = 0;
    for (int i = 0; i < left->count; i++) {
        const name *n = &left->names[i];
        if (!st_bind(r, n->at, n->text, n->length, n->count, op->results + at))
            return false;
        at += n->count;
    }
    return true;
}

/* ---- types ---- */

static bool type_list(st_reader *r, int close, const ir_shape ***types, int *count, int *cap) {
    while (r->tok.kind != close) {
        const ir_shape *type;
        if ((*count && !st_expect(r, ',', "',' or ')' in the types")) || !(type = st_type(r)))
            return false;
        FW_PUSH(r->scratch, *types, *count, *cap, type);
    }
    st_lex_next(r);
    return true;
}

static bool read_results(st_reader *r, st_op *op) {
    op->functional = true;
    if (st_accept(r, '('))
        return type_list(r, ')', &op->result_types, &op->nresult_types, &op->result_types_cap);
    const ir_shape *type = st_type(r);
    if (type)
        FW_PUSH(r->scratch, op->result_types, op->nresult_types, op->result_types_cap, type);
    return type != NULL;
}

bool st_trailing_types(st_reader *r, st_op *op) {
    if (!st_accept(r, ':'))
        return true;
    if (st_accept(r, '(')) {
        if (!type_list(r, ')', &op->types, &op->ntypes, &op->types_cap))
            return false;
        return st_expect(r, ST_ARROW, "'->' and the types of the results") && read_results(r, op);
    }
    do {
        const ir_shape *type = st_type(r);
        if (!type)
            return false;
        FW_PUSH(r->scratch, op->types, op->ntypes, op->types_cap, type);
    } while (st_accept(r, ','));
    return !st_accept(r, ST_ARROW) || read_results(r, op);
}

static bool agrees(const ir_shape *a, const ir_shape *b) {
    if (a == b)
        return true;
    if (a->type != b->type || a->rank != b->rank || a->nelems != b->nelems)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (!a->dims[i].symbol && !b->dims[i].symbol && a->dims[i].bound != b->dims[i].bound)
            return false;
    for (int i = 0; i < a->nelems; i++)
        if (!agrees(a->elems[i], b->elems[i]))
            return false;
    return true;
}

static bool wrong_operand(st_reader *r, const st_op *op, int i) {
    fw_text declared, actual;
    fw_text_init(&declared, r->scratch);
    fw_text_init(&actual, r->scratch);
    ir_shape_print(op->types[i], &declared);
    ir_shape_print(op->operands[i]->shape, &actual);
    return st_fail(r, op->at, "operand %d of %.*s is written as %.200s, but it is %.200s", i, st_shown(op->length),
        op->name, fw_text_string(&declared), fw_text_string(&actual));
}

static bool check_types(st_reader *r, const st_op *op) {
    if (!op->functional || (op->ntypes == 1 && op->noperands != 1))
        return true;
    if (op->ntypes != op->noperands)
        return st_fail(r, op->at, "%.*s has %d operands and %d types for them", st_shown(op->length), op->name,
            op->noperands, op->ntypes);
    for (int i = 0; i < op->ntypes; i++)
        if (!agrees(op->types[i], op->operands[i]->shape))
            return wrong_operand(r, op, i);
    return true;
}

/* ---- the operation ---- */

static bool read_name(st_reader *r, st_op *op) {
    op->at = r->tok.start;
    op->name = r->tok.text;
    op->length = r->tok.length;
    if (r->tok.kind == ST_STRING) {
        op->name++;
        op->length -= 2;
    } else if (r->tok.kind != ST_IDENT) {
        return st_expected(r, "an operation");
    }
    st_lex_next(r);
    op->info = st_op_find(r, op->name, op->length);
    return true;
}

static void append_inits(st_reader *r, st_op *op) {
    for (int i = 0; i < op->ninits; i++)
        FW_PUSH(r->scratch, op->operands, op->noperands, op->operands_cap, op->inits[i]);
}

static bool read_rest(st_reader *r, st_op *op) {
    bool pretty_while = st_is(op->name, op->length, "stablehlo.while") && *op->at != '"';
    if (pretty_while)
        return st_read_while(r, op);
    if (!st_op_items(r, op) || !st_trailing_types(r, op))
        return false;
    append_inits(r, op);
    return !st_word(r, "reducer") || st_read_reducer(r, op);
}

/* The results must be as many as the left side names, or nothing is named. */
static bool count_results(st_reader *r, st_op *op, const left_side *left) {
    op->nresults = op->functional ? op->nresult_types : left->total ? left->total : op->ntypes ? 1 : 0;
    if (left->total && op->nresults != left->total)
        return st_fail(r, op->at, "%.*s has %d results, but %d are named", st_shown(op->length), op->name, op->nresults,
            left->total);
    op->results = fw_alloc_array(r->scratch, (size_t)op->nresults + 1, sizeof *op->results);
    return true;
}

static bool read_operation(st_reader *r) {
    struct st_frame *frame = fresh_frame(r);
    st_op *op = &frame->op;
    left_side *left = &frame->left;
    if (r->tok.kind == ST_PERCENT && !read_left(r, left))
        return false;
    bool outer_quantized = r->saw_quantized;
    r->saw_quantized = false;
    if (!read_name(r, op) || !read_rest(r, op) || !count_results(r, op, left))
        return false;
    op->first_id = r->scope->comp->ninstrs;
    if (r->saw_quantized ? !st_decline(r, op, "on quantized values") : !check_types(r, op) || !st_build(r, op))
        return false;
    r->saw_quantized = outer_quantized;
    for (int i = 0; i < left->total; i++)
        if (!op->results[i])
            return st_fail(r, op->at, "%.*s does not have %d results", st_shown(op->length), op->name, left->total);
    ir_instr *named = op->nresults && op->results[0] && op->results[0]->id >= op->first_id ? op->results[0] : NULL;
    return st_skip_loc(r, named) && bind_results(r, left, op);
}

bool st_operation(st_reader *r) {
    if (!st_enter(r))
        return false;
    if (!read_operation(r))
        return false;
    st_leave(r);
    return true;
}
