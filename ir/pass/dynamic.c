/* Dynamic slices whose start is known, or cannot matter, and the size of a static dim. */
#include "pass.h"

/* Start index of dim i: the i-th scalar after the arrays, or element i of the one start vector. False if it is not
 * known. */
static bool start_of(const ir_instr *instr, int first, int rank, int i, int64_t *start) {
    const ir_instr *index = instr->operands[first + (instr->noperands - first == rank ? i : 0)];
    if (pass_splat_int(index, start))
        return true;
    if (index->op != IR_OP_CONSTANT || index->shape->rank != 1 || index->literal->elided ||
        !ir_type_is_integer(index->shape->type))
        return false;
    const unsigned char *data = index->literal->data;
    *start = ir_number_get_int(index->shape->type, data + (size_t)i * ir_type_bytes(index->shape->type));
    if (*start < 0 && ir_class_of(index->shape->type) == IR_CLASS_UNSIGNED)
        *start = INT64_MAX;
    return true;
}

/* dynamic-slice with known starts, clamped as HLO says, is a slice. */
static ir_instr *dynamic_slice(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    int rank = instr->shape->rank;
    if (!ir_shape_is_static(x->shape) || !ir_shape_is_static(instr->shape))
        return NULL;
    if (ir_shape_same_dims(x->shape, instr->shape))
        return x;
    int64_t *ranges = fw_alloc_array(edit->scratch, 3 * (size_t)rank, sizeof *ranges);
    for (int i = 0; i < rank; i++) {
        int64_t start = 0, size = ir_shape_size(instr->shape, i), most = ir_shape_size(x->shape, i) - size;
        if (most > 0 && !start_of(instr, 1, rank, i, &start))
            return NULL;
        start = start < 0 ? 0 : start > most ? most : start;
        ranges[3 * i] = start;
        ranges[3 * i + 1] = start + size;
        ranges[3 * i + 2] = 1;
    }
    pass_become(edit, instr, IR_OP_SLICE, 1, &x);
    pass_attr_set_ints(instr, IR_ATTR_SLICE, 3 * rank, ranges);
    return instr;
}

/* An update of the whole array is the update; an empty one changes nothing. */
static ir_instr *dynamic_update_slice(ir_instr *instr) {
    ir_instr *x = instr->operands[0], *update = instr->operands[1];
    if (ir_shape_same_dims(x->shape, update->shape) && ir_shape_is_static(x->shape))
        return update;
    return ir_shape_count(update->shape) == 0 ? x : NULL;
}

static ir_instr *dimension_size(pass_edit *edit, ir_instr *instr) {
    const int64_t *dims;
    int64_t size;
    if (ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims) != 1 ||
        !ir_dim_const(instr->operands[0]->shape->dims[dims[0]], &size))
        return NULL;
    ir_literal *literal = ir_literal_new(edit->comp->module->arena, instr->shape);
    ir_number_set_int(instr->shape->type, literal->data, size);
    return pass_become_constant(edit, instr, literal);
}

ir_instr *pass_rule_dynamic(pass_edit *edit, ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_DYNAMIC_SLICE:
        return dynamic_slice(edit, instr);
    case IR_OP_DYNAMIC_UPDATE_SLICE:
        return dynamic_update_slice(instr);
    case IR_OP_GET_DIMENSION_SIZE:
        return dimension_size(edit, instr);
    default:
        return NULL;
    }
}
