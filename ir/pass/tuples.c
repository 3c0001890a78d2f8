/* Tuples that are only packed and unpacked. */
#include "pass.h"

/* tuple(gte(t, 0), gte(t, 1), ...) of all elements of t, or NULL. What a loop takes, carries and returns stays spelled
 * out: the loop passes change it element by element. */
static ir_instr *repacked(const ir_instr *tuple) {
    ir_instr *source = NULL;
    if (tuple == tuple->comp->root)
        return NULL;
    for (int i = 0; i < tuple->noperands; i++) {
        const ir_instr *part = tuple->operands[i];
        if (part->op != IR_OP_GET_TUPLE_ELEMENT || ir_attr_int(part, IR_ATTR_INDEX, -1) != i ||
            (source && part->operands[0] != source))
            return NULL;
        source = part->operands[0];
    }
    if (!source || source->op == IR_OP_WHILE || source->op == IR_OP_PARAMETER)
        return NULL;
    return ir_shape_equal(source->shape, tuple->shape) ? source : NULL;
}

static ir_instr *rule_tuples(pass_edit *edit, ir_instr *instr) {
    (void)edit;
    if (instr->op == IR_OP_GET_TUPLE_ELEMENT && instr->operands[0]->op == IR_OP_TUPLE)
        return instr->operands[0]->operands[ir_attr_int(instr, IR_ATTR_INDEX, 0)];
    return instr->op == IR_OP_TUPLE ? repacked(instr) : NULL;
}

void pass_tuples(ir_module *module) {
    pass_rewrite(module, rule_tuples, NULL);
}
