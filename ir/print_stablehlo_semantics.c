/* Where XLA and the StableHLO specification mean different things by the same operation (reference/hlo-semantics.md,
 * sections 5 and 6). The printed text carries fusewright.semantics = "xla" there. */
#include "print_stablehlo.h"

#include <string.h>

static bool has_holes(const ir_window *window) {
    for (int i = 0; window && i < window->rank; i++) {
        const ir_window_dim *dim = &window->dims[i];
        if (dim->pad_low || dim->pad_high || dim->base_dilation != 1)
            return true;
    }
    return false;
}

/* XLA skips the padded places, StableHLO combines the initial value once more for each: the same where that changes
 * nothing. */
static bool init_can_repeat(const ir_instr *instr) {
    ir_op op;
    const ir_instr *init = instr->operands[instr->noperands - 1];
    if (instr->noperands != 2 || !ir_comp_is_binary(ir_attr_comp(instr, IR_ATTR_TO_APPLY), &op))
        return false;
    if (op == IR_OP_MAXIMUM || op == IR_OP_MINIMUM || op == IR_OP_AND || op == IR_OP_OR)
        return true;
    if (init->op != IR_OP_CONSTANT || (op != IR_OP_ADD && op != IR_OP_MULTIPLY))
        return false;
    if (ir_class_of(init->shape->type) == IR_CLASS_COMPLEX)
        return false;
    return ir_number_get(init->shape->type, init->literal->data) == (op == IR_OP_MULTIPLY);
}

static bool has_int(const ir_instr *instr, ir_attr_id id, int64_t value) {
    const int64_t *ints;
    int count = ir_attr_ints(instr, id, &ints);
    for (int i = 0; i < count; i++)
        if (ints[i] == value)
            return true;
    return false;
}

/* XLA drops a window that lies partly outside, StableHLO only the elements that do. */
static bool window_can_stick_out(const ir_instr *instr) {
    const ir_shape *operand = instr->operands[0]->shape, *updates = instr->operands[instr->noperands - 1]->shape;
    const int64_t *window_dims;
    int next = 0, count = ir_attr_ints(instr, IR_ATTR_UPDATE_WINDOW_DIMS, &window_dims);
    for (int d = 0; d < operand->rank; d++) {
        if (has_int(instr, IR_ATTR_INSERTED_WINDOW_DIMS, d) || has_int(instr, IR_ATTR_INPUT_BATCHING_DIMS, d))
            continue;
        ir_dim size = next < count ? updates->dims[window_dims[next]] : ir_dim_of(0);
        next++;
        if (has_int(instr, IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS, d) && (size.symbol || size.bound != 1))
            return true;
    }
    return false;
}

/* A module that came from StableHLO says so on the instruction. */
static bool is_stablehlo_already(const ir_instr *instr) {
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_FRONTEND_ATTRIBUTES);
    return attr && strstr(attr->text, "fusewright.semantics=\"stablehlo\"");
}

bool shlo_differs(const ir_instr *instr) {
    if (is_stablehlo_already(instr))
        return false;
    if (instr->op == IR_OP_SCATTER)
        return window_can_stick_out(instr);
    const ir_attr *window = ir_attr_get(instr, IR_ATTR_WINDOW);
    return instr->op == IR_OP_REDUCE_WINDOW && window && has_holes(window->window) && !init_can_repeat(instr);
}
