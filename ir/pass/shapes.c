/* The pass that cleans shapes: operations that only move or repeat elements, and reductions of what they moved. */
#include "pass.h"

/* An array constant whose elements are all the same is a broadcast scalar: nothing then needs to store it. */
static ir_instr *splat_constant(pass_edit *edit, ir_instr *instr) {
    if (instr->shape->type == IR_TUPLE || !ir_shape_is_static(instr->shape) || ir_shape_count(instr->shape) < 2 ||
        !pass_splat(instr))
        return NULL;
    ir_instr *scalar = pass_scalar(edit, instr, instr->shape->type, instr->literal->data);
    return pass_become_broadcast(edit, instr, scalar, NULL);
}

static ir_instr *rule_shapes(pass_edit *edit, ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_CONSTANT:
        return splat_constant(edit, instr);
    case IR_OP_RESHAPE:
        return pass_rule_reshape(edit, instr);
    case IR_OP_BROADCAST:
        return pass_rule_broadcast(edit, instr);
    case IR_OP_TRANSPOSE:
        return pass_rule_transpose(edit, instr);
    case IR_OP_SLICE:
    case IR_OP_REVERSE:
        return pass_rule_slice(edit, instr);
    case IR_OP_PAD:
        return pass_rule_pad(edit, instr);
    case IR_OP_CONCATENATE:
        return pass_rule_concatenate(edit, instr);
    case IR_OP_REDUCE:
        return pass_rule_reduce(edit, instr);
    case IR_OP_DYNAMIC_SLICE:
    case IR_OP_DYNAMIC_UPDATE_SLICE:
    case IR_OP_GET_DIMENSION_SIZE:
        return pass_rule_dynamic(edit, instr);
    default:
        return pass_lift_unit_reshape(edit, instr);
    }
}

void pass_shapes(ir_module *module) {
    pass_rewrite(module, rule_shapes, NULL);
}
