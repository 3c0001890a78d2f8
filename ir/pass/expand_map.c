/* map: a computation over scalars that only has elementwise operations is the same operations over whole arrays. */
#include "pass.h"

static bool is_scalar(const ir_shape *shape) {
    return shape->nelems == 0 && shape->rank == 0 && shape->type != IR_TOKEN;
}

static bool is_elementwise(const ir_comp *comp) {
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        bool plain = instr->op == IR_OP_PARAMETER || instr->op == IR_OP_CONSTANT ||
                     (ir_op_of(instr->op)->cls == IR_ELEMENTWISE && !ir_attr_get(instr, IR_ATTR_CONTROL_PREDECESSORS));
        if (!plain || !is_scalar(instr->shape) || (instr->literal && instr->literal->elided))
            return false;
    }
    return true;
}

static ir_instr *widened(pass_edit *edit, const ir_instr *map, const ir_instr *instr, ir_instr *const *values) {
    const ir_shape *shape = pass_shape_of(edit->comp->module, instr->shape->type, map->shape->rank, map->shape->dims);
    if (instr->op == IR_OP_PARAMETER)
        return map->operands[instr->param];
    if (instr->op == IR_OP_CONSTANT) {
        ir_instr *scalar = pass_scalar(edit, map, instr->shape->type, instr->literal->data);
        return shape->rank > 0 ? pass_broadcast(edit, map, scalar, shape, NULL) : scalar;
    }
    ir_instr **operands = fw_alloc_array(edit->scratch, (size_t)instr->noperands + 1, sizeof *operands);
    for (int i = 0; i < instr->noperands; i++)
        operands[i] = values[instr->operands[i]->id];
    ir_instr *wide = pass_new(edit, map, instr->op, shape, instr->noperands, operands);
    pass_attrs_copy(wide, instr);
    return pass_place(edit, wide);
}

ir_instr *pass_expand_map(pass_edit *edit, ir_instr *instr) {
    ir_comp *comp = ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    if (!is_elementwise(comp))
        return NULL;
    ir_comp_renumber(comp);
    ir_instr **values = fw_alloc_array(edit->scratch, (size_t)comp->ninstrs + 1, sizeof *values);
    for (int i = 0; i < comp->ninstrs; i++)
        values[i] = widened(edit, instr, comp->instrs[i], values);
    return values[comp->root->id];
}
