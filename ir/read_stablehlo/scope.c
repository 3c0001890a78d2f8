/* SSA names. A region may use what is defined around it; an HLO computation sees only its parameters. So a value from
 * outside is brought in at its first use: a constant is copied, any other value becomes one more element of the state
 * tuple.
 *
 *     %0 = stablehlo.case(%i) { return %x }    =>    conditional(i, (x)), branch: p -> p#0 */
#include "read_stablehlo.h"

#include <string.h>

/* A capture is looked for among this many: finding it twice costs one tuple element, searching all is quadratic. */
#define LOOK_BACK 64

void st_push_scope(st_reader *r, st_scope *scope, st_scope_kind kind, ir_comp *comp) {
    *scope = (st_scope){.outer = r->scope, .kind = kind, .comp = comp, .first_bound = r->nbound};
    r->scope = scope;
}

void st_pop_scope(st_reader *r) {
    st_scope *scope = r->scope;
    while (r->nbound > scope->first_bound) {
        int id = r->bound[--r->nbound];
        r->bindings[id] = r->bindings[id]->outer;
    }
    r->scope = scope->outer;
}

/* ---- bindings ---- */

static int number_of(st_reader *r, const char *name, size_t length) {
    int id = fw_intern_id(r->names, name, length);
    if (id >= r->nbindings) {
        int more = r->nbindings ? 2 * r->nbindings : 256;
        r->bindings = fw_grow(
            r->scratch, r->bindings, sizeof(*r->bindings) * (size_t)r->nbindings, sizeof(*r->bindings) * (size_t)more);
        r->nbindings = more;
    }
    return id;
}

static st_binding *bind(st_reader *r, st_scope *scope, int id, int count) {
    st_binding *b = fw_alloc(r->scratch, sizeof *b);
    *b = (st_binding){r->bindings[id], scope, count, fw_alloc_array(r->scratch, (size_t)count, sizeof(ir_instr *))};
    r->bindings[id] = b;
    FW_PUSH(r->scratch, r->bound, r->nbound, r->bound_cap, id);
    return b;
}

/* A name of the text serves in HLO too, where it can be one. Names made up by the reader have a '.', so these have not.
 */
static bool is_hlo_name(const char *name, size_t length) {
    if (!st_is_letter(*name) || st_is_reserved(name, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '.' || name[i] == '$')
            return false;
    return true;
}

bool st_bind(st_reader *r, const char *at, const char *name, size_t length, int count, ir_instr *const *values) {
    int id = number_of(r, name, length);
    if (r->bindings[id] && r->bindings[id]->scope == r->scope)
        return st_fail(r, at, "a second value with the name '%%%.*s'", st_shown(length), name);
    st_binding *b = bind(r, r->scope, id, count);
    memcpy(b->values, values, (size_t)count * sizeof *values);
    if (count == 1 && strchr(values[0]->name, '.') && is_hlo_name(name, length))
        values[0]->name = fw_strndup(r->arena, name, length);
    return true;
}

/* ---- values from outside ---- */

static ir_instr *copy_constant(st_reader *r, const st_scope *scope, const ir_instr *outer) {
    ir_instr *copy = ir_comp_add(scope->comp, IR_OP_CONSTANT, NULL, outer->shape, 0, NULL);
    copy->literal = outer->literal;
    copy->loc = outer->loc;
    st_name(r, copy, "constant");
    return copy;
}

static ir_instr *capture(st_reader *r, st_scope *scope, ir_instr *outer, const char *at) {
    st_captures *c = scope->captures;
    int index = c->count - 1;
    while (index >= 0 && index > c->count - LOOK_BACK && c->outer[index] != outer)
        index--;
    if (index < 0 || c->outer[index] != outer) {
        index = c->count;
        FW_PUSH(r->scratch, c->outer, c->count, c->cap, outer);
    }
    return st_element_in(r, scope->comp, at, scope->state, c->first + index, outer->shape);
}

static ir_instr *bring_in(st_reader *r, st_scope *scope, ir_instr *outer, const char *at) {
    if (!outer)
        return NULL;
    if (outer->op == IR_OP_CONSTANT)
        return copy_constant(r, scope, outer);
    if (scope->kind == ST_STATE)
        return capture(r, scope, outer, at);
    fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, at),
        "this region uses a value from outside; computations of HLO see only their parameters");
    return NULL;
}

/* Value k of the name as `scope` sees it; `b` is its binding there or in a scope around. */
static ir_instr *seen_from(st_reader *r, st_scope *scope, int id, st_binding *b, int k, const char *at) {
    if (b->scope != scope) {
        if (!scope->outer)
            return NULL;
        if (!seen_from(r, scope->outer, id, b, k, at)) /* binds it there, so that the new binding comes behind */
            return NULL;
        b = bind(r, scope, id, b->count);
    }
    if (!b->values[k] && b->outer)
        b->values[k] = bring_in(r, scope, seen_from(r, scope->outer, id, b->outer, k, at), at);
    return b->values[k];
}

/* ---- reading ---- */

ir_instr *st_value(st_reader *r) {
    const char *at = r->tok.start, *name = r->tok.text;
    size_t length = r->tok.length;
    int k = 0;
    if (r->tok.kind != ST_PERCENT) {
        st_expected(r, "a value %name");
        return NULL;
    }
    if (*r->at == '#') {
        const char *digit = r->at + 1;
        while (st_is_digit(*digit) && k < 100000000)
            k = 10 * k + (*digit++ - '0');
        if (digit == r->at + 1) {
            st_fail(r, r->at, "expected a number behind '#'");
            return NULL;
        }
        st_lex_from(r, digit);
    } else {
        st_lex_next(r);
    }
    int id = fw_intern_find(r->names, name, length);
    st_binding *b = id < 0 || id >= r->nbindings ? NULL : r->bindings[id];
    if (!b) {
        st_fail(r, at, "no value '%%%.*s' is defined above", st_shown(length), name);
        return NULL;
    }
    if (k >= b->count) {
        st_fail(r, at, "'%%%.*s' has %d values, there is no #%d", st_shown(length), name, b->count, k);
        return NULL;
    }
    return seen_from(r, r->scope, id, b, k, at);
}
