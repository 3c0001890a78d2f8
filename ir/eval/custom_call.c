/* The custom calls that have a meaning of their own (TopK, and those that only annotate), and the operations on sizes
 * of dimensions that are static after all. */
#include "eval.h"

#include <string.h>

const char *eval_custom_call_problem(fw_arena *arena, const ir_instr *instr) {
    const char *target = ir_attr_word(instr, IR_ATTR_CUSTOM_CALL_TARGET);
    if (ir_call_forwards(instr) || strcmp(target, "TopK") == 0)
        return NULL;
    return fw_format(arena, "of the target \"%s\"", target);
}

ir_literal *eval_custom_call(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    if (ir_call_forwards(instr))
        return eval_copy(f->arena, operands[0]);
    if (strcmp(ir_attr_word(instr, IR_ATTR_CUSTOM_CALL_TARGET), "TopK") == 0)
        return eval_topk(f, instr, operands);
    return eval_fail(f, instr, "of this target");
}

ir_literal *eval_get_dimension_size(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const int64_t *dims;
    ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    ir_number_set_int(instr->shape->type, out->data, ir_shape_size(operands[0]->shape, (int)dims[0]));
    return out;
}

/* Setting the size that the dimension has changes nothing; a smaller one would make it dynamic. */
ir_literal *eval_set_dimension_size(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const int64_t *dims;
    ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    if (!ir_shape_equal(instr->shape, operands[0]->shape) ||
        eval_index_at(operands[1], 0) != ir_shape_size(operands[0]->shape, (int)dims[0]))
        return eval_fail(f, instr, "to a size that is not that of its operand");
    return eval_copy(f->arena, operands[0]);
}

/* The sizes that come as operands can only be those of the static result. */
ir_literal *eval_dynamic_reshape(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    for (int d = 0; d < instr->shape->rank; d++)
        if (eval_index_at(operands[1 + d], 0) != ir_shape_size(instr->shape, d))
            return eval_fail(f, instr, "to other sizes than those of its result shape");
    return eval_view(f->arena, instr->shape, eval_copy(f->arena, operands[0]));
}
