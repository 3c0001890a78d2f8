/* Instructions that rules need again and again: reshape, broadcast, scalar constants. The pass_become_ forms keep the
 * instruction and its name; the others place a new one in front of it. */
#include "pass.h"

#include <string.h>

const ir_shape *pass_shape_of(ir_module *module, ir_type type, int rank, const ir_dim *dims) {
    return ir_shape_dims(module->arena, type, rank, dims);
}

ir_instr *pass_reshape(pass_edit *edit, const ir_instr *like, ir_instr *operand, const ir_shape *dims) {
    if (ir_shape_same_dims(operand->shape, dims))
        return operand;
    const ir_shape *shape = pass_shape_of(edit->comp->module, operand->shape->type, dims->rank, dims->dims);
    return pass_place(edit, pass_new(edit, like, IR_OP_RESHAPE, shape, 1, &operand));
}

ir_instr *pass_broadcast(
    pass_edit *edit, const ir_instr *like, ir_instr *operand, const ir_shape *dims, const int64_t *map) {
    const ir_shape *shape = pass_shape_of(edit->comp->module, operand->shape->type, dims->rank, dims->dims);
    ir_instr *instr = pass_new(edit, like, IR_OP_BROADCAST, shape, 1, &operand);
    pass_attr_set_ints(instr, IR_ATTR_DIMENSIONS, operand->shape->rank, map);
    return pass_place(edit, instr);
}

static ir_literal *scalar_literal(fw_arena *arena, ir_type type, const void *element) {
    ir_literal *literal = ir_literal_new(arena, ir_shape_array(arena, type, 0, NULL));
    memcpy(literal->data, element, ir_type_bytes(type));
    return literal;
}

ir_instr *pass_scalar(pass_edit *edit, const ir_instr *like, ir_type type, const void *element) {
    ir_literal *literal = scalar_literal(edit->comp->module->arena, type, element);
    ir_instr *instr = pass_new(edit, like, IR_OP_CONSTANT, literal->shape, 0, NULL);
    instr->literal = literal;
    return pass_place(edit, instr);
}

ir_instr *pass_become_reshape(pass_edit *edit, ir_instr *instr, ir_instr *operand) {
    return pass_become(edit, instr, IR_OP_RESHAPE, 1, &operand);
}

ir_instr *pass_become_broadcast(pass_edit *edit, ir_instr *instr, ir_instr *operand, const int64_t *map) {
    pass_become(edit, instr, IR_OP_BROADCAST, 1, &operand);
    pass_attr_set_ints(instr, IR_ATTR_DIMENSIONS, operand->shape->rank, map);
    return instr;
}

ir_instr *pass_become_constant(pass_edit *edit, ir_instr *instr, ir_literal *literal) {
    pass_become(edit, instr, IR_OP_CONSTANT, 0, NULL);
    instr->literal = literal;
    return instr;
}
