/* A scatter that overwrites one window at a known place inside the operand is a dynamic-update-slice.
 *
 * The place must be known: scatter drops a window that reaches outside, dynamic-update-slice moves it back inside. */
#include "pass.h"

static bool overwrites(const ir_instr *scatter) {
    const ir_comp *comp = ir_attr_comp(scatter, IR_ATTR_TO_APPLY);
    return comp && comp->nparams == 2 && comp->root == comp->params[1];
}

/* The window in the operand's rank: update dims in order, with 1 where a dim was inserted. */
static ir_shape window_of(pass_edit *edit, const ir_instr *scatter) {
    const ir_shape *operand = scatter->operands[0]->shape, *update = scatter->operands[2]->shape;
    const int64_t *inserted, *window;
    int ninserted = ir_attr_ints(scatter, IR_ATTR_INSERTED_WINDOW_DIMS, &inserted);
    int nwindow = ir_attr_ints(scatter, IR_ATTR_UPDATE_WINDOW_DIMS, &window);
    ir_dim *dims = fw_alloc_array(edit->scratch, (size_t)operand->rank + 1, sizeof *dims);
    int next = 0;
    for (int i = 0; i < operand->rank; i++) {
        bool is_inserted = false;
        for (int k = 0; k < ninserted; k++)
            is_inserted = is_inserted || inserted[k] == i;
        dims[i] = is_inserted || next == nwindow ? ir_dim_of(1) : update->dims[window[next++]];
    }
    return (ir_shape){.type = update->type, .rank = operand->rank, .dims = dims};
}

/* Element k of the only index vector. */
static bool index_of(const ir_instr *indices, int k, int64_t *value) {
    if (pass_splat_int(indices, value))
        return true;
    if (indices->op != IR_OP_CONSTANT || indices->literal->elided || !ir_type_is_integer(indices->shape->type))
        return false;
    const unsigned char *data = indices->literal->data;
    *value = ir_number_get_int(indices->shape->type, data + (size_t)k * ir_type_bytes(indices->shape->type));
    return true;
}

/* Start of the window in every dim; false unless all of it is known to lie inside. */
static bool starts_of(const ir_instr *scatter, const ir_shape *window, int64_t *starts) {
    const ir_shape *operand = scatter->operands[0]->shape;
    const int64_t *targets;
    int ntargets = ir_attr_ints(scatter, IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS, &targets);
    if (ntargets == 0 || ir_shape_count(scatter->operands[1]->shape) != ntargets)
        return false; /* none or several index vectors */
    for (int k = 0; k < ntargets; k++)
        if (!index_of(scatter->operands[1], k, &starts[targets[k]]))
            return false;
    for (int i = 0; i < operand->rank; i++) {
        int64_t most = ir_shape_size(operand, i) - ir_shape_size(window, i);
        if (starts[i] < 0 || starts[i] > most)
            return false;
    }
    return true;
}

static ir_instr *rule_scatter(pass_edit *edit, ir_instr *instr) {
    const int64_t *unused;
    if (instr->op != IR_OP_SCATTER || instr->noperands != 3 || !overwrites(instr) ||
        ir_attr_ints(instr, IR_ATTR_INPUT_BATCHING_DIMS, &unused) > 0)
        return NULL;
    ir_instr *x = instr->operands[0], *indices = instr->operands[1];
    if (!ir_shape_is_static(x->shape) || !ir_shape_is_static(instr->operands[2]->shape) ||
        !ir_shape_is_static(indices->shape))
        return NULL;
    ir_shape window = window_of(edit, instr);
    int64_t *starts = fw_alloc_array(edit->scratch, (size_t)x->shape->rank + 1, sizeof *starts);
    if (!starts_of(instr, &window, starts))
        return NULL;
    ir_instr **operands = fw_alloc_array(edit->scratch, (size_t)x->shape->rank + 2, sizeof *operands);
    operands[0] = x;
    operands[1] = pass_reshape(edit, instr, instr->operands[2], &window);
    for (int i = 0; i < x->shape->rank; i++) {
        int64_t element = 0;
        ir_number_set_int(indices->shape->type, &element, starts[i]);
        operands[2 + i] = pass_scalar(edit, instr, indices->shape->type, &element);
    }
    return pass_become(edit, instr, IR_OP_DYNAMIC_UPDATE_SLICE, x->shape->rank + 2, operands);
}

void pass_scatter(ir_module *module) {
    pass_rewrite(module, rule_scatter, NULL);
}
