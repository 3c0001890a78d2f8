/* Operations that pass a value through: barriers, copies, tokens, domains. Layouts are gone by then, so a copy copies
 * nothing, and orders between instructions without side effects mean nothing. */
#include "pass.h"

static void drop_pure_predecessors(ir_instr *instr) {
    const ir_attr *order = ir_attr_get(instr, IR_ATTR_CONTROL_PREDECESSORS);
    if (!order)
        return;
    int kept = 0;
    for (int i = 0; i < order->count; i++)
        if (pass_op_has_effect(instr) && pass_op_has_effect(order->instrs[i]))
            order->instrs[kept++] = order->instrs[i];
    if (kept == 0) {
        pass_attr_drop(instr, IR_ATTR_CONTROL_PREDECESSORS);
        return;
    }
    for (int i = 0; i < instr->nattrs; i++)
        if (instr->attrs[i].id == IR_ATTR_CONTROL_PREDECESSORS)
            instr->attrs[i].count = kept;
}

static ir_instr *rule_forward(pass_edit *edit, ir_instr *instr) {
    (void)edit;
    drop_pure_predecessors(instr);
    switch (instr->op) {
    case IR_OP_COPY:
    case IR_OP_OPT_BARRIER:
    case IR_OP_ADD_DEPENDENCY:
    case IR_OP_DOMAIN:
        return instr->operands[0];
    case IR_OP_COPY_DONE:
        return instr->operands[0]->op == IR_OP_COPY_START ? instr->operands[0]->operands[0] : NULL;
    default:
        return NULL;
    }
}

void pass_forward(ir_module *module) {
    pass_rewrite(module, rule_forward, NULL);
}
