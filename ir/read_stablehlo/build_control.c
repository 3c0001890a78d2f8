/* Control flow, calls, returns and tuples. */
#include "builders.h"

#include <string.h>

bool build_return(st_reader *r, st_op *op) {
    r->scope->ended = true;
    r->scope->nreturned = op->noperands;
    r->scope->returned = fw_alloc_array(r->scratch, (size_t)op->noperands, sizeof *op->operands);
    if (op->noperands)
        memcpy(r->scope->returned, op->operands, (size_t)op->noperands * sizeof *op->operands);
    return true;
}

/* ---- regions with a state ---- */

/* Values from outside, behind `n` values of the operation itself, as the operand of a region. */
static ir_instr *state_of(st_reader *r, const st_op *op, const st_captures *captures, int n, ir_instr *const *values) {
    ir_instr **all = fw_alloc_array(r->scratch, (size_t)(n + captures->count) + 1, sizeof *all);
    if (n)
        memcpy(all, values, (size_t)n * sizeof *all);
    if (captures->count)
        memcpy(all + n, captures->outer, (size_t)captures->count * sizeof *all);
    return st_tuple_in(r, r->scope->comp, op->at, n + captures->count, all);
}

/* The body hands on what it captured unchanged. */
static void close_body(st_reader *r, const st_op *op, st_region *body, const ir_shape *state) {
    ir_instr **all = fw_alloc_array(r->scratch, (size_t)state->nelems + 1, sizeof *all);
    for (int i = 0; i < state->nelems; i++)
        all[i] = i < body->nreturned ? body->returned[i]
                                     : st_element_in(r, body->comp, op->at, body->state, i, state->elems[i]);
    body->comp->root = st_tuple_in(r, body->comp, op->at, state->nelems, all);
}

bool build_while(st_reader *r, st_op *op) {
    if (op->nregions != 2)
        return st_fail(r, op->at, "stablehlo.while needs two regions");
    st_region *condition = &op->regions[0], *body = &op->regions[1];
    if (condition->nreturned != 1 || body->nreturned != op->noperands ||
        (op->nresults && op->nresults != op->noperands))
        return st_fail(r, op->at, "the condition returns %d values and the body %d, for %d values of the loop",
            condition->nreturned, body->nreturned, op->noperands);
    if (condition->captures->count && condition->captures->first != op->noperands)
        return st_fail(r, op->at, "the regions take other values than the loop has");
    ir_instr *state = state_of(r, op, condition->captures, op->noperands, op->operands);
    condition->state->shape = body->state->shape = state->shape;
    condition->comp->root = condition->returned[0];
    close_body(r, op, body, state->shape);
    ir_instr *instr = st_emit(r, op, IR_OP_WHILE, state->shape, 1, &state);
    st_put_comp(instr, IR_ATTR_CONDITION, condition->comp);
    st_put_comp(instr, IR_ATTR_BODY, body->comp);
    for (int i = 0; i < op->nresults; i++)
        op->results[i] = st_element_in(r, instr->comp, op->at, instr, i, state->shape->elems[i]);
    return true;
}

/* A region without parameters of its own: its state is what it captured. */
static ir_instr *branch(st_reader *r, const st_op *op, st_region *region) {
    ir_instr *state = state_of(r, op, region->captures, 0, NULL);
    region->state->shape = state->shape;
    region->comp->root = region->nreturned == 1
                             ? region->returned[0]
                             : st_tuple_in(r, region->comp, op->at, region->nreturned, region->returned);
    return state;
}

static bool conditional(st_reader *r, st_op *op, ir_instr **out) {
    if (!st_takes(r, op, 1, 1))
        return false;
    if (!op->nregions)
        return st_fail(r, op->at, "%.*s needs its branches", st_shown(op->length), op->name);
    ir_instr **operands = fw_alloc_array(r->scratch, (size_t)op->nregions + 1, sizeof *operands);
    operands[0] = op->operands[0];
    for (int i = 0; i < op->nregions; i++) {
        if (op->regions[i].captures->first)
            return st_fail(r, op->at, "branch %d of %.*s takes parameters", i, st_shown(op->length), op->name);
        operands[i + 1] = branch(r, op, &op->regions[i]);
    }
    const ir_shape *shape = st_whole_result(r, op);
    *out = shape ? st_emit(r, op, IR_OP_CONDITIONAL, shape, op->nregions + 1, operands) : NULL;
    return shape != NULL;
}

bool build_if(st_reader *r, st_op *op) {
    ir_instr *instr;
    if (!conditional(r, op, &instr))
        return false;
    if (op->nregions != 2)
        return st_fail(r, op->at, "stablehlo.if needs two branches");
    st_put_comp(instr, IR_ATTR_TRUE_COMPUTATION, op->regions[0].comp);
    st_put_comp(instr, IR_ATTR_FALSE_COMPUTATION, op->regions[1].comp);
    return st_give(r, op, instr);
}

bool build_case(st_reader *r, st_op *op) {
    ir_instr *instr;
    if (!conditional(r, op, &instr))
        return false;
    ir_attr *attr = ir_attr_add(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    attr->count = op->nregions;
    attr->comps = fw_alloc_array(r->arena, (size_t)op->nregions, sizeof *attr->comps);
    for (int i = 0; i < op->nregions; i++)
        attr->comps[i] = op->regions[i].comp;
    return st_give(r, op, instr);
}

/* ---- calls ---- */

/* The function may come later: its computation is put in at the end of the text. */
static bool call(st_reader *r, st_op *op, const char *name, bool composite) {
    const ir_shape *shape;
    if (!name)
        return st_fail(r, op->at, "this call names no function");
    if (!(shape = st_whole_result(r, op)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_CALL, shape, op->noperands, op->operands);
    st_call pending = {instr, instr->nattrs, st_func_number(r, name, strlen(name))};
    st_put_comp(instr, IR_ATTR_TO_APPLY, NULL);
    if (composite)
        st_put_int(instr, IR_ATTR_IS_COMPOSITE, 1);
    FW_PUSH(r->scratch, r->calls, r->ncalls, r->calls_cap, pending);
    return st_give(r, op, instr);
}

bool build_call(st_reader *r, st_op *op) {
    return call(r, op, st_get_text(r, op, "callee"), false);
}

bool build_composite(st_reader *r, st_op *op) {
    return call(r, op, st_get_text(r, op, "decomposition"), true);
}

/* ---- tuples ---- */

bool build_tuple(st_reader *r, st_op *op) {
    return st_give(r, op, st_tuple_in(r, r->scope->comp, op->at, op->noperands, op->operands));
}

bool build_get_tuple_element(st_reader *r, st_op *op) {
    const ir_shape *shape;
    int64_t index;
    if (!st_takes(r, op, 1, 1) || !st_get_int(r, op, "index", 0, &index) || !(shape = st_result_type(r, op, 0)))
        return false;
    if (op->operands[0]->shape->type != IR_TUPLE || index < 0 || index >= op->operands[0]->shape->nelems)
        return st_fail(r, op->at, "the operand has no tuple element %lld", (long long)index);
    return st_give(r, op, st_element_in(r, r->scope->comp, op->at, op->operands[0], (int)index, shape));
}

bool build_barrier(st_reader *r, st_op *op) {
    if (op->noperands != op->nresults)
        return st_fail(r, op->at, "an optimization_barrier has as many results as operands");
    ir_instr *value =
        op->noperands == 1 ? op->operands[0] : st_tuple_in(r, r->scope->comp, op->at, op->noperands, op->operands);
    return st_give(r, op, st_emit(r, op, IR_OP_OPT_BARRIER, value->shape, 1, &value));
}
