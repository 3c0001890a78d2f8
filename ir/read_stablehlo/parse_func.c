/* Functions: func.func, pretty or generic. Each becomes a computation; calls may come before the definition. */
#include "read_stablehlo.h"

#include <string.h>

int st_func_number(st_reader *r, const char *name, size_t length) {
    int before = fw_intern_count(r->funcs), id = fw_intern_id(r->funcs, name, length);
    if (id == before) {
        st_func func = {.name = fw_intern_text(r->funcs, id)};
        FW_PUSH(r->scratch, r->func_list, r->nfuncs, r->funcs_cap, func);
    }
    return id;
}

/* ---- arguments ---- */

/* `tf.aliasing_output = 0 : i32`: the buffer of this argument may become that output. The number of outputs is not
 * known yet. */
static void alias_output(st_reader *r, const st_attr *attrs, int count, int64_t param) {
    const st_attr *output = st_find(attrs, count, "tf.aliasing_output");
    if (!output || output->kind != ST_INT || output->i < 0)
        return;
    int64_t *index = fw_alloc(r->arena, sizeof *index);
    *index = output->i;
    ir_alias alias = {.noutput = 1, .output = index, .param = param};
    ir_module *module = r->module;
    ir_alias *all = fw_alloc_array(r->arena, (size_t)module->naliases + 1, sizeof *all);
    if (module->naliases)
        memcpy(all, module->aliases, (size_t)module->naliases * sizeof *all);
    all[module->naliases++] = alias;
    module->aliases = all;
}

/* The dictionary behind an argument; *attrs and *count may be NULL. */
static bool dictionary(st_reader *r, st_attr **attrs, int *count) {
    int cap = 0;
    *attrs = NULL;
    *count = 0;
    return !st_accept(r, '{') || st_attr_dict(r, '}', attrs, count, &cap);
}

static bool argument(st_reader *r, ir_comp *comp, int64_t number, bool is_main) {
    const char *at, *name;
    size_t length;
    const ir_shape *shape;
    st_attr *attrs;
    int count;
    if (!st_param(r, &at, &name, &length, &shape) || !dictionary(r, &attrs, &count))
        return false;
    ir_instr *param = st_param_add(r, comp, at, st_resolve(r, shape, NULL));
    st_put_common(r, attrs, count, false, param);
    if (is_main)
        alias_output(r, attrs, count, number);
    return st_skip_loc(r, param) && st_bind(r, at, name, length, 1, &param);
}

/* Behind '('. Arguments without a name belong to a declaration without a body. */
static bool arguments(st_reader *r, ir_comp *comp, bool is_main) {
    st_attr *attrs;
    int count;
    for (int n = 0; r->tok.kind != ')'; n++) {
        if (n && !st_expect(r, ',', "',' or ')' in the arguments"))
            return false;
        if (r->tok.kind == ST_PERCENT ? !argument(r, comp, n, is_main) : !st_type(r) || !dictionary(r, &attrs, &count))
            return false;
    }
    st_lex_next(r);
    return true;
}

typedef struct signature {
    const ir_shape **results;
    int count, cap;
} signature;

/* Only in a list has a result attributes: behind a single one, '{' opens the body. */
static bool result(st_reader *r, signature *s, bool listed) {
    st_attr *attrs;
    int count;
    const ir_shape *shape = st_type(r);
    if (!shape || (listed && !dictionary(r, &attrs, &count)))
        return false;
    FW_PUSH(r->scratch, s->results, s->count, s->cap, shape);
    return true;
}

static bool results(st_reader *r, signature *s) {
    if (!st_accept(r, ST_ARROW))
        return true;
    if (!st_accept(r, '('))
        return result(r, s, false);
    while (r->tok.kind != ')')
        if ((s->count && !st_expect(r, ',', "',' or ')' in the results")) || !result(r, s, true))
            return false;
    st_lex_next(r);
    return true;
}

/* ---- the end of a body ---- */

static bool finish(st_reader *r, ir_comp *comp, const signature *s, const char *at) {
    const st_scope *scope = r->scope;
    if (!scope->ended)
        return st_fail(r, at, "this function has no return");
    if (s && scope->nreturned != s->count)
        return st_fail(r, at, "this function returns %d values, its signature has %d", scope->nreturned, s->count);
    for (int i = 0; s && i < s->count; i++) {
        const ir_shape *value = scope->returned[i]->shape, *declared = s->results[i];
        if (ir_shape_is_static(value) && ir_shape_is_static(declared) && !ir_shape_equal(value, declared))
            return st_fail(r, at, "result %d of this function has another type than its signature says", i);
    }
    comp->root =
        scope->nreturned == 1 ? scope->returned[0] : st_tuple_in(r, comp, at, scope->nreturned, scope->returned);
    st_pop_scope(r);
    return true;
}

static bool define(st_reader *r, int id, ir_comp *comp, const char *at) {
    st_func *func = &r->func_list[id];
    if (func->comp) {
        st_fail(r, at, "a second function @%s", func->name);
        fw_note(r->diag, func->comp->loc, "the first one is here");
        return false;
    }
    func->comp = comp;
    comp->name = func->name;
    return true;
}

/* ---- generic form ---- */

/* `"func.func"() <{sym_name = "main", ...}> ({ ^bb0(%x: type): ... }) : () -> ()` with the name current. */
static bool generic_function(st_reader *r) {
    static const st_op_info info = {"func.func", IR_OP_CALL, NULL, ST_SCALARS};
    st_op op = {.at = r->tok.start, .name = info.name, .length = 9, .info = &info};
    st_lex_next(r);
    if (!st_op_items(r, &op) || !st_trailing_types(r, &op) || !st_skip_loc(r, NULL))
        return false;
    const char *name = st_get_text(r, &op, "sym_name"), *visibility = st_get_text(r, &op, "sym_visibility");
    if (!name)
        return st_fail(r, op.at, "this function has no sym_name");
    if (op.nregions != 1)
        return true; /* a declaration */
    int id = st_func_number(r, name, strlen(name));
    r->func_list[id].is_private = visibility && !strcmp(visibility, "private");
    return define(r, id, op.regions[0].comp, op.at);
}

/* ---- pretty form ---- */

static bool attributes(st_reader *r) {
    st_attr *attrs;
    int count;
    return !st_accept_word(r, "attributes") ||
           (r->tok.kind == '{' ? dictionary(r, &attrs, &count) : st_expected(r, "'{' of the attributes"));
}

static bool body(st_reader *r, const char *at, ir_comp *comp, bool is_main) {
    signature s = {0};
    if (!st_expect(r, '(', "'(' of the arguments") || !arguments(r, comp, is_main) || !results(r, &s) || !attributes(r))
        return false;
    if (r->tok.kind != '{') { /* a declaration */
        r->module->ncomps--;
        st_pop_scope(r);
        return true;
    }
    st_lex_next(r);
    return st_block(r) && finish(r, comp, &s, at) && st_skip_loc(r, NULL);
}

bool st_function(st_reader *r) {
    if (r->tok.kind == ST_STRING)
        return generic_function(r);
    st_lex_next(r);
    bool is_private = st_accept_word(r, "private");
    if (!is_private && !st_accept_word(r, "public"))
        st_accept_word(r, "nested");
    const char *at = r->tok.start;
    if (r->tok.kind != ST_AT)
        return st_expected(r, "the name @f of a function");
    int id = st_func_number(r, r->tok.text, r->tok.length);
    st_lex_next(r);
    st_scope *scope = fw_alloc(r->scratch, sizeof *scope);
    ir_comp *comp = ir_comp_new(r->module, NULL);
    comp->loc = st_loc(r, at);
    st_push_scope(r, scope, ST_FUNCTION, comp);
    bool outer_quantized = r->saw_quantized;
    if (!body(r, at, comp, !strcmp(r->func_list[id].name, "main")))
        return false;
    r->saw_quantized = outer_quantized;
    r->func_list[id].is_private = is_private;
    return !comp->root || define(r, id, comp, at);
}
