/* The verifier's checks of called computations: parameters and results against the operands of the caller. */
#include "infer.h"

static const ir_shape *operand_shape(const infer_site *c, int i) {
    return c->instr->operands[i]->shape;
}

static bool takes(const infer_site *c, const ir_comp *comp, int count) {
    if (comp->nparams == count)
        return true;
    infer_fail(c, "the computation %%%s takes %d parameters, not %d", comp->name, comp->nparams, count);
    return false;
}

static bool param_is(const infer_site *c, const ir_comp *comp, int i, const ir_shape *expected) {
    if (infer_agrees(comp->params[i]->shape, expected))
        return true;
    infer_fail(c, "parameter %d of %%%s is %s, it must be %s", i, comp->name, infer_text(c, comp->params[i]->shape),
        infer_text(c, expected));
    return false;
}

static bool returns(const infer_site *c, const ir_comp *comp, const ir_shape *expected) {
    if (infer_agrees(comp->root->shape, expected))
        return true;
    infer_fail(c, "the computation %%%s returns %s, it must return %s", comp->name, infer_text(c, comp->root->shape),
        infer_text(c, expected));
    return false;
}

static const ir_shape *scalar(const infer_site *c, ir_type type) {
    return ir_shape_array(c->arena, type, 0, NULL);
}

/* call and fusion: the computation stands for the instruction. */
static bool check_whole(const infer_site *c, const ir_comp *comp) {
    if (!takes(c, comp, c->instr->noperands))
        return false;
    bool ok = true;
    for (int i = 0; i < comp->nparams; i++)
        ok = param_is(c, comp, i, operand_shape(c, i)) && ok;
    return returns(c, comp, c->instr->shape) && ok;
}

/* A combiner of N values: N accumulators, then N elements, all scalars; returns the accumulators. The elements of array
 * i come from operand `elements + i`, the accumulators have the type of operand `accumulators + i`. */
static bool check_combiner(const infer_site *c, const ir_comp *comp, int n, int accumulators, int elements) {
    if (!takes(c, comp, 2 * n))
        return false;
    const ir_shape **results = fw_alloc_array(c->arena, (size_t)n + 1, sizeof *results);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        results[i] = scalar(c, operand_shape(c, accumulators + i)->type);
        ok = param_is(c, comp, i, results[i]) && ok;
        ok = param_is(c, comp, n + i, scalar(c, operand_shape(c, elements + i)->type)) && ok;
    }
    return returns(c, comp,
               n == 1 && comp->root->shape->type != IR_TUPLE ? results[0] : ir_shape_tuple(c->arena, n, results)) &&
           ok;
}

static bool check_map(const infer_site *c, const ir_comp *comp) {
    if (!takes(c, comp, c->instr->noperands))
        return false;
    bool ok = true;
    for (int i = 0; i < comp->nparams; i++)
        ok = param_is(c, comp, i, scalar(c, operand_shape(c, i)->type)) && ok;
    return returns(c, comp, scalar(c, c->instr->shape->type)) && ok;
}

/* The comparator sees two elements of every operand: a0, b0, a1, b1, ... */
static bool check_comparator(const infer_site *c, const ir_comp *comp) {
    if (!takes(c, comp, 2 * c->instr->noperands))
        return false;
    bool ok = true;
    for (int i = 0; i < comp->nparams; i++)
        ok = param_is(c, comp, i, scalar(c, operand_shape(c, i / 2)->type)) && ok;
    return returns(c, comp, scalar(c, IR_PRED)) && ok;
}

static bool check_select_and_scatter(const infer_site *c) {
    const ir_comp *select = ir_attr_comp(c->instr, IR_ATTR_SELECT), *scatter = ir_attr_comp(c->instr, IR_ATTR_SCATTER);
    const ir_shape *element = scalar(c, operand_shape(c, 0)->type);
    if (!takes(c, select, 2) || !takes(c, scatter, 2))
        return false;
    bool ok = true;
    for (int i = 0; i < 2; i++) {
        ok = param_is(c, select, i, element) && ok;
        ok = param_is(c, scatter, i, element) && ok;
    }
    ok = returns(c, select, scalar(c, IR_PRED)) && ok;
    return returns(c, scatter, element) && ok;
}

static bool check_while(const infer_site *c) {
    const ir_comp *condition = ir_attr_comp(c->instr, IR_ATTR_CONDITION), *body = ir_attr_comp(c->instr, IR_ATTR_BODY);
    if (!takes(c, condition, 1) || !takes(c, body, 1))
        return false;
    bool ok = param_is(c, condition, 0, operand_shape(c, 0));
    ok = param_is(c, body, 0, operand_shape(c, 0)) && ok;
    ok = returns(c, condition, scalar(c, IR_PRED)) && ok;
    return returns(c, body, c->instr->shape) && ok;
}

static bool check_conditional(const infer_site *c) {
    const ir_instr *instr = c->instr;
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    ir_comp *two[2] = {ir_attr_comp(instr, IR_ATTR_TRUE_COMPUTATION), ir_attr_comp(instr, IR_ATTR_FALSE_COMPUTATION)};
    const ir_shape *index = operand_shape(c, 0);
    bool by_pred = index->type == IR_PRED;
    if (index->rank != 0 || (!by_pred && index->type != IR_S32)) {
        infer_fail(c, "operand 0 must be pred[] or s32[], it is %s", infer_text(c, index));
        return false;
    }
    if (branches ? two[0] || two[1] : !two[0] || !two[1] || !by_pred) {
        infer_fail(c, "needs true_computation and false_computation for pred[], or branch_computations");
        return false;
    }
    ir_comp *const *comps = branches ? branches->comps : two;
    int count = branches ? branches->count : 2;
    if (instr->noperands != count + 1 || (by_pred && count != 2)) {
        infer_fail(c, "has %d branches and %d operands for them", count, instr->noperands - 1);
        return false;
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        if (!takes(c, comps[i], 1))
            return false;
        ok = param_is(c, comps[i], 0, operand_shape(c, i + 1)) && ok;
        ok = returns(c, comps[i], instr->shape) && ok;
    }
    return ok;
}

bool verify_calls(const infer_site *c) {
    const ir_instr *instr = c->instr;
    const ir_comp *apply = ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    int n = instr->noperands / 2;
    switch (instr->op) {
    case IR_OP_CALL:
        return check_whole(c, apply);
    case IR_OP_FUSION:
        return check_whole(c, ir_attr_comp(instr, IR_ATTR_CALLS));
    case IR_OP_REDUCE:
    case IR_OP_REDUCE_WINDOW:
        return check_combiner(c, apply, n, n, 0);
    case IR_OP_SCATTER:
        return check_combiner(c, apply, n, 0, n + 1);
    case IR_OP_MAP:
        return check_map(c, apply);
    case IR_OP_SORT:
        return check_comparator(c, apply);
    case IR_OP_SELECT_AND_SCATTER:
        return check_select_and_scatter(c);
    case IR_OP_WHILE:
        return check_while(c);
    case IR_OP_CONDITIONAL:
        return check_conditional(c);
    case IR_OP_ALL_REDUCE:
    case IR_OP_ALL_REDUCE_START:
    case IR_OP_REDUCE_SCATTER:
        return takes(c, apply, 2);
    default:
        return true;
    }
}
