/* Operations that return one of their operands whatever the values are. Each rewrite is exact for NaN, infinities and
 * both zeros: x + 0.0 stays (it turns -0 into +0), x + -0.0 goes; maximum(x, -inf) goes, because maximum(NaN, -inf) is
 * NaN. */
#include "pass.h"

static bool floats_nest(ir_type small, ir_type wide) {
    switch (small) {
    case IR_F16:
    case IR_BF16:
        return wide == IR_F32 || wide == IR_F64;
    case IR_F32:
        return wide == IR_F64;
    default:
        return false;
    }
}

/* Every value of `small` survives the way to `wide` and back. */
static bool survives(ir_type small, ir_type wide) {
    if (small == IR_PRED || ir_type_is_integer(small))
        return ir_type_is_integer(wide) && ir_type_bits(wide) >= ir_type_bits(small);
    return floats_nest(small, wide);
}

static ir_instr *unary(ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    bool repeated = x->op == instr->op;
    switch (instr->op) {
    case IR_OP_NOT:
    case IR_OP_NEGATE:
        return repeated ? x->operands[0] : NULL;
    case IR_OP_ABS:
        return repeated && ir_class_of(instr->shape->type) != IR_CLASS_COMPLEX ? x : NULL;
    case IR_OP_CEIL:
    case IR_OP_FLOOR:
    case IR_OP_ROUND_AFZ:
    case IR_OP_ROUND_EVEN:
        return repeated ? x : NULL;
    case IR_OP_CONVERT:
    case IR_OP_BITCAST_CONVERT:
        if (x->shape->type == instr->shape->type)
            return x;
        if (!repeated || x->operands[0]->shape->type != instr->shape->type)
            return NULL;
        return instr->op == IR_OP_BITCAST_CONVERT || survives(instr->shape->type, x->shape->type) ? x->operands[0]
                                                                                                  : NULL;
    case IR_OP_REAL:
        return x->op == IR_OP_COMPLEX ? x->operands[0] : NULL;
    case IR_OP_IMAG:
        return x->op == IR_OP_COMPLEX ? x->operands[1] : NULL;
    default:
        return NULL;
    }
}

static ir_instr *binary(ir_instr *instr) {
    for (int side = 0; side < 2; side++) {
        const void *element = pass_splat(instr->operands[side]);
        ir_type type = instr->operands[side]->shape->type;
        if (!element || type != instr->shape->type)
            continue;
        if (pass_is_identity(instr->op, side, type, element))
            return instr->operands[1 - side];
        if (pass_is_absorbing(instr->op, type, element))
            return instr->operands[side];
    }
    bool idempotent =
        instr->op == IR_OP_MAXIMUM || instr->op == IR_OP_MINIMUM || instr->op == IR_OP_AND || instr->op == IR_OP_OR;
    return idempotent && instr->operands[0] == instr->operands[1] ? instr->operands[0] : NULL;
}

static ir_instr *select_arm(pass_edit *edit, ir_instr *instr) {
    ir_instr *pred = instr->operands[0], *yes = instr->operands[1], *no = instr->operands[2];
    if (yes == no)
        return yes;
    if (pass_splat(pred))
        return pass_splat_is(pred, PASS_ONE) ? yes : no;
    if (pred->op == IR_OP_NOT) {
        ir_instr *swapped[] = {pred->operands[0], no, yes};
        return pass_become(edit, instr, IR_OP_SELECT, 3, swapped);
    }
    if (instr->shape->type != IR_PRED || !ir_shape_same_dims(pred->shape, instr->shape))
        return NULL;
    if (pass_splat_is(yes, PASS_ONE) && pass_splat_is(no, PASS_ZERO))
        return pred;
    return pass_splat_is(yes, PASS_ZERO) && pass_splat_is(no, PASS_ONE) ? pass_become(edit, instr, IR_OP_NOT, 1, &pred)
                                                                        : NULL;
}

static ir_instr *clamp(ir_instr *instr) {
    bool free_below = pass_splat_is(instr->operands[0], PASS_LOWEST),
         free_above = pass_splat_is(instr->operands[2], PASS_HIGHEST);
    return free_below && free_above ? instr->operands[1] : NULL;
}

/* A conditional whose branch is known calls that branch; the next round inlines it. */
static ir_instr *conditional(pass_edit *edit, ir_instr *instr) {
    ir_instr *pred = instr->operands[0];
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    int64_t branch = 0;
    ir_comp *comp;
    if (pred->shape->type == IR_PRED) {
        if (!pass_splat(pred))
            return NULL;
        branch = pass_splat_is(pred, PASS_ONE) ? 0 : 1;
    } else if (!pass_splat_int(pred, &branch)) {
        return NULL;
    }
    int count = branches ? branches->count : 2;
    if (branch < 0 || branch >= count)
        branch = count - 1;
    comp = branches ? branches->comps[branch]
                    : ir_attr_comp(instr, branch == 0 ? IR_ATTR_TRUE_COMPUTATION : IR_ATTR_FALSE_COMPUTATION);
    pass_become(edit, instr, IR_OP_CALL, 1, &instr->operands[1 + branch]);
    pass_attr_set_comp(instr, IR_ATTR_TO_APPLY, comp);
    return instr;
}

static ir_instr *rule_algebra(pass_edit *edit, ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_SELECT:
        return select_arm(edit, instr);
    case IR_OP_CLAMP:
        return clamp(instr);
    case IR_OP_CONDITIONAL:
        return conditional(edit, instr);
    case IR_OP_COMPLEX: {
        const ir_instr *re = instr->operands[0], *im = instr->operands[1];
        return re->op == IR_OP_REAL && im->op == IR_OP_IMAG && re->operands[0] == im->operands[0] ? re->operands[0]
                                                                                                  : NULL;
    }
    default:
        break;
    }
    if (ir_op_of(instr->op)->cls != IR_ELEMENTWISE)
        return NULL;
    return instr->noperands == 1 ? unary(instr) : instr->noperands == 2 ? binary(instr) : NULL;
}

void pass_algebra(ir_module *module) {
    pass_rewrite(module, rule_algebra, NULL);
}
