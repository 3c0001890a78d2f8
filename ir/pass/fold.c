/* Constant folding, by the evaluator, of what stays small: elementwise operations on repeated scalars, and elementwise
 * and index operations on constants of up to 64 elements. Large constants and iota stay as they are: they cost nothing
 * to describe and much to store. */
#include "pass.h"

#include <string.h>

enum { FOLD_ELEMENTS = 64 };

static ir_literal *repeated(fw_arena *arena, const ir_shape *shape, const void *element) {
    ir_literal *literal = ir_literal_new(arena, shape);
    size_t bytes = ir_type_bytes(shape->type);
    int64_t count = ir_shape_count(shape);
    for (int64_t i = 0; i < count; i++)
        memcpy((unsigned char *)literal->data + (size_t)i * bytes, element, bytes);
    return literal;
}

/* A constant operand in the computation that is evaluated. */
static ir_instr *stand_in(fw_arena *scratch, ir_comp *comp, ir_literal *literal) {
    ir_instr *constant = fw_alloc(scratch, sizeof *constant);
    constant->op = IR_OP_CONSTANT;
    constant->name = "constant";
    constant->comp = comp;
    constant->shape = literal->shape;
    constant->literal = literal;
    return constant;
}

/* Runs `instr` with the given result shape on literals. NULL if the evaluator cannot. */
static ir_literal *evaluate(
    pass_edit *edit, const ir_instr *instr, const ir_shape *shape, ir_literal *const *literals) {
    fw_arena *scratch = edit->scratch;
    int count = instr->noperands;
    ir_comp *comp = fw_alloc(scratch, sizeof *comp);
    ir_instr *copy = fw_alloc(scratch, sizeof *copy);
    *copy = *instr;
    copy->comp = comp;
    copy->shape = shape;
    copy->operands = fw_alloc_array(scratch, (size_t)count + 1, sizeof *copy->operands);
    *comp = (ir_comp){.name = "fold", .module = edit->comp->module, .root = copy, .cap = count + 1};
    comp->instrs = fw_alloc_array(scratch, (size_t)count + 1, sizeof *comp->instrs);
    for (int i = 0; i < count; i++)
        comp->instrs[comp->ninstrs++] = copy->operands[i] = stand_in(scratch, comp, literals[i]);
    comp->instrs[comp->ninstrs++] = copy;
    ir_comp_renumber(comp);
    const ir_literal *result = ir_evaluate_comp(scratch, fw_diag_new(scratch), comp, NULL, 0);
    if (!result)
        return NULL;
    ir_literal *kept = ir_literal_new(edit->comp->module->arena, shape);
    memcpy(kept->data, result->data, (size_t)ir_shape_bytes(shape));
    return kept;
}

static bool same_dims_everywhere(const ir_instr *instr) {
    for (int i = 0; i < instr->noperands; i++)
        if (instr->operands[i]->shape->rank > 0 && !ir_shape_same_dims(instr->operands[i]->shape, instr->shape))
            return false; /* bitcast-convert between widths */
    return true;
}

/* All operands repeat one element: compute one element and repeat that. */
static ir_instr *fold_splat(pass_edit *edit, ir_instr *instr) {
    ir_module *module = edit->comp->module;
    ir_literal **literals = fw_alloc_array(edit->scratch, (size_t)instr->noperands, sizeof *literals);
    if (!same_dims_everywhere(instr))
        return NULL;
    for (int i = 0; i < instr->noperands; i++) {
        const void *element = pass_splat(instr->operands[i]);
        if (!element)
            return NULL;
        literals[i] =
            repeated(edit->scratch, ir_shape_array(edit->scratch, instr->operands[i]->shape->type, 0, NULL), element);
    }
    const ir_shape *scalar_shape = ir_shape_array(module->arena, instr->shape->type, 0, NULL);
    ir_literal *result = evaluate(edit, instr, scalar_shape, literals);
    if (!result)
        return NULL;
    if (instr->shape->rank == 0)
        return pass_become_constant(edit, instr, result);
    return pass_become_broadcast(edit, instr, pass_scalar(edit, instr, instr->shape->type, result->data), NULL);
}

/* The values of a small constant or repeated constant, or NULL. */
static ir_literal *small_values(fw_arena *scratch, const ir_instr *instr) {
    int64_t count = instr->shape->type == IR_TUPLE ? -1 : ir_shape_count(instr->shape);
    if (count < 0 || count > FOLD_ELEMENTS)
        return NULL;
    if (instr->op == IR_OP_CONSTANT)
        return instr->literal->elided ? NULL : instr->literal;
    const void *element = pass_splat(instr);
    return element ? repeated(scratch, instr->shape, element) : NULL;
}

static ir_instr *fold_small(pass_edit *edit, ir_instr *instr) {
    ir_literal **literals = fw_alloc_array(edit->scratch, (size_t)instr->noperands, sizeof *literals);
    int64_t count = ir_shape_count(instr->shape);
    if (count < 0 || count > FOLD_ELEMENTS)
        return NULL;
    for (int i = 0; i < instr->noperands; i++)
        if (!(literals[i] = small_values(edit->scratch, instr->operands[i])))
            return NULL;
    ir_literal *result = evaluate(edit, instr, instr->shape, literals);
    return result ? pass_become_constant(edit, instr, result) : NULL;
}

static ir_instr *rule_fold(pass_edit *edit, ir_instr *instr) {
    const ir_op_info *info = ir_op_of(instr->op);
    if (instr->noperands == 0 || instr->shape->type == IR_TUPLE || strcmp(info->eval, "none") == 0)
        return NULL;
    ir_instr *folded = info->cls == IR_ELEMENTWISE ? fold_splat(edit, instr) : NULL;
    if (folded || instr->op == IR_OP_BROADCAST)
        return folded;
    bool foldable = info->cls == IR_ELEMENTWISE || info->cls == IR_INDEX || info->cls == IR_DYNAMIC;
    return foldable ? fold_small(edit, instr) : NULL;
}

void pass_fold(ir_module *module) {
    pass_rewrite(module, rule_fold, NULL);
}
