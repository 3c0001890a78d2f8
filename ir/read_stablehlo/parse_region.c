/* Regions: the bodies of reduce, while, case and others. Each becomes a computation. */
#include "read_stablehlo.h"

#include <string.h>

/* ---- blocks ---- */

bool st_block(st_reader *r) {
    while (r->tok.kind != '}') {
        if (r->scope->ended) {
            fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, r->tok.start), "regions of several blocks are not supported");
            return false;
        }
        if (!st_operation(r))
            return false;
    }
    st_lex_next(r);
    return true;
}

bool st_param(st_reader *r, const char **at, const char **name, size_t *length, const ir_shape **shape) {
    *at = r->tok.start;
    *name = r->tok.text;
    *length = r->tok.length;
    if (r->tok.kind != ST_PERCENT)
        return st_expected(r, "a parameter %name");
    st_lex_next(r);
    return st_expect(r, ':', "':' and the type of the parameter") && (*shape = st_type(r)) != NULL;
}

/* Parameter `number` of the region, as its scope sees it. */
static bool add_param(
    st_reader *r, const char *at, const char *name, size_t length, const ir_shape *shape, int number) {
    st_scope *scope = r->scope;
    ir_instr *value;
    shape = st_resolve(r, shape, NULL);
    if (scope->kind == ST_STATE) {
        value = st_element_in(r, scope->comp, at, scope->state, number, shape);
        scope->captures->first = number + 1;
    } else {
        value = st_param_add(r, scope->comp, at, shape);
    }
    return st_bind(r, at, name, length, 1, &value);
}

/* `^bb0(%x: type loc(..), ...):` */
static bool block_label(st_reader *r) {
    st_lex_next(r);
    if (st_accept(r, '(')) {
        for (int n = 0; r->tok.kind != ')'; n++) {
            const char *at = NULL, *name = NULL;
            size_t length = 0;
            const ir_shape *shape = NULL;
            if ((n && !st_expect(r, ',', "',' or ')' in the parameters")) ||
                !st_param(r, &at, &name, &length, &shape) || !add_param(r, at, name, length, shape, n) ||
                !st_skip_loc(r, NULL))
                return false;
        }
        st_lex_next(r);
    }
    return st_expect(r, ':', "':' behind the label");
}

/* ---- regions ---- */

static st_region *begin_region(st_reader *r, st_op *op, st_scope *scope) {
    st_region region = {.comp = ir_comp_new(r->module, NULL)};
    st_scope_kind kind = op->info ? op->info->regions : ST_STATE;
    region.comp->loc = st_loc(r, r->tok.start);
    st_push_scope(r, scope, kind, region.comp);
    if (kind == ST_STATE) {
        bool shared = op->info && op->info->op == IR_OP_WHILE && op->nregions;
        region.captures = shared ? op->regions[0].captures : fw_alloc(r->scratch, sizeof *region.captures);
        region.state = st_param_add(r, region.comp, r->tok.start, NULL);
        st_name(r, region.state, "state");
        scope->state = region.state;
        scope->captures = region.captures;
    }
    FW_PUSH(r->scratch, op->regions, op->nregions, op->regions_cap, region);
    return &op->regions[op->nregions - 1];
}

static bool end_region(st_reader *r, st_op *op, int number, const char *at) {
    st_scope *scope = r->scope;
    st_region *region = &op->regions[number];
    if (!scope->ended)
        return st_fail(r, at, "this region has no terminator such as stablehlo.return");
    region->nreturned = scope->nreturned;
    region->returned = scope->returned;
    if (scope->kind == ST_SCALARS)
        region->comp->root = scope->nreturned == 1
                                 ? scope->returned[0]
                                 : st_tuple_in(r, region->comp, at, scope->nreturned, scope->returned);
    st_pop_scope(r);
    return true;
}

static bool region_body(st_reader *r, st_op *op, int number) {
    const char *at = r->tok.start;
    return st_expect(r, '{', "'{' of a region") && (r->tok.kind != ST_CARET || block_label(r)) && st_block(r) &&
           end_region(r, op, number, at);
}

bool st_read_region(st_reader *r, st_op *op) {
    st_scope *scope = fw_alloc(r->scratch, sizeof *scope);
    int number = op->nregions;
    bool outer_quantized = r->saw_quantized;
    begin_region(r, op, scope);
    if (!region_body(r, op, number))
        return false;
    r->saw_quantized = outer_quantized;
    return true;
}

/* ---- while ---- */

typedef struct loop_names {
    struct loop_name {
        const char *at, *text;
        size_t length;
    } * items;
    int count, cap;
} loop_names;

static bool loop_region(st_reader *r, st_op *op, const loop_names *names) {
    st_scope *scope = fw_alloc(r->scratch, sizeof *scope);
    int number = op->nregions;
    begin_region(r, op, scope);
    scope->captures->first = names->count;
    for (int i = 0; i < names->count; i++)
        if (!add_param(r, names->items[i].at, names->items[i].text, names->items[i].length, op->operands[i]->shape, i))
            return false;
    return region_body(r, op, number);
}

/* `(%iterArg = %x, ...) : types attributes {...} cond {...} do {...}` */
bool st_read_while(st_reader *r, st_op *op) {
    loop_names names = {0};
    if (!st_expect(r, '(', "'(' of the loop's values"))
        return false;
    while (r->tok.kind != ')') {
        struct loop_name name = {r->tok.start, r->tok.text, r->tok.length};
        if (names.count && !st_expect(r, ',', "',' or ')' in the loop's values"))
            return false;
        name = (struct loop_name){r->tok.start, r->tok.text, r->tok.length};
        if (!st_expect(r, ST_PERCENT, "a name %x = ...") || !st_expect(r, '=', "'='"))
            return false;
        ir_instr *value = st_value(r);
        if (!value)
            return false;
        FW_PUSH(r->scratch, names.items, names.count, names.cap, name);
        FW_PUSH(r->scratch, op->operands, op->noperands, op->operands_cap, value);
    }
    st_lex_next(r);
    if (!st_trailing_types(r, op))
        return false;
    if (st_accept_word(r, "attributes")) {
        if (!st_expect(r, '{', "'{' of the attributes") ||
            !st_attr_dict(r, '}', &op->attrs, &op->nattrs, &op->attrs_cap))
            return false;
    }
    if (!st_accept_word(r, "cond"))
        return st_expected(r, "'cond' of the loop");
    if (!loop_region(r, op, &names))
        return false;
    return st_accept_word(r, "do") ? loop_region(r, op, &names) : st_expected(r, "'do' of the loop");
}

/* ---- reduce ---- */

/* `reducer(%a: type, %b: type) (%c: type, %d: type) {...}`: a pair for each value reduced; first all left ones are
 * parameters. */
bool st_read_reducer(st_reader *r, st_op *op) {
    st_scope *scope = fw_alloc(r->scratch, sizeof *scope);
    int number = op->nregions, pairs = op->noperands / 2, n = 0;
    struct pair {
        const char *at, *name;
        size_t length;
        const ir_shape *shape;
    };
    struct pair *params = fw_alloc_array(r->scratch, 2 * (size_t)pairs + 2, sizeof *params);
    begin_region(r, op, scope);
    st_lex_next(r);
    while (st_accept(r, '(')) {
        if (n == pairs)
            return st_fail(r, r->tok.start, "more pairs of parameters than values to reduce");
        for (int side = 0; side < 2; side++) {
            struct pair *p = &params[side * pairs + n];
            if ((side && !st_expect(r, ',', "','")) || !st_param(r, &p->at, &p->name, &p->length, &p->shape) ||
                !st_skip_loc(r, NULL))
                return false;
        }
        n++;
        if (!st_expect(r, ')', "')' behind a pair of parameters"))
            return false;
    }
    if (n != pairs)
        return st_fail(r, r->tok.start, "%d pairs of parameters for %d values to reduce", n, pairs);
    for (int i = 0; i < 2 * pairs; i++)
        if (!add_param(r, params[i].at, params[i].name, params[i].length, params[i].shape, i))
            return false;
    return region_body(r, op, number);
}

/* `applies stablehlo.add`: the region that returns this operation of its two parameters. */
bool st_applied(st_reader *r, st_op *op, const char *name, size_t length) {
    const st_op_info *info = st_op_find(r, name, length);
    st_scope *scope = fw_alloc(r->scratch, sizeof *scope);
    if (!info || ir_op_of(info->op)->cls != IR_ELEMENTWISE || ir_op_of(info->op)->most != 2 || op->noperands != 2)
        return st_fail(r, op->at, "'%.*s' cannot be applied to pairs of values", st_shown(length), name);
    st_region *region = begin_region(r, op, scope);
    const ir_shape *shape = ir_shape_array(r->arena, op->operands[1]->shape->type, 0, NULL);
    ir_instr *params[2];
    for (int i = 0; i < 2; i++) {
        params[i] = st_param_add(r, region->comp, op->at, shape);
    }
    region->comp->root = st_emit_in(r, region->comp, op->at, info->op, shape, 2, params);
    st_pop_scope(r);
    return true;
}
