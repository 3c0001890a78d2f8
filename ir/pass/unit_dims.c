/* Dims of size 1. Frontends write them everywhere (keepdims, broadcasting), and they say nothing: this file maps dims
 * between shapes that differ in ones only, and moves reshapes that add ones past elementwise operations towards their
 * users, where they meet the reshape or broadcast that takes the ones away again:
 *
 *     divide(reshape[n,1](a), broadcast[n,1](c))   ->   reshape[n,1](divide(a, broadcast[n](c))) */
#include "pass.h"

bool pass_dim_is_one(ir_dim dim) {
    return dim.symbol == 0 && dim.bound == 1;
}

int pass_units(const ir_shape *shape) {
    int units = 0;
    for (int i = 0; i < shape->rank; i++)
        units += pass_dim_is_one(shape->dims[i]);
    return units;
}

bool pass_unit_map(const ir_shape *from, const ir_shape *to, int *map) {
    int f = 0;
    for (int t = 0; t < to->rank; t++) {
        map[t] = -1;
        if (pass_dim_is_one(to->dims[t]))
            continue;
        while (f < from->rank && pass_dim_is_one(from->dims[f]))
            f++;
        if (f == from->rank || from->dims[f].bound != to->dims[t].bound || from->dims[f].symbol != to->dims[t].symbol)
            return false;
        map[t] = f++;
    }
    while (f < from->rank && pass_dim_is_one(from->dims[f]))
        f++;
    return f == from->rank;
}

const ir_shape *pass_squeezed(ir_module *module, const ir_shape *shape) {
    ir_dim *dims = fw_alloc_array(module->arena, (size_t)shape->rank, sizeof *dims);
    int rank = 0;
    for (int i = 0; i < shape->rank; i++)
        if (!pass_dim_is_one(shape->dims[i]))
            dims[rank++] = shape->dims[i];
    return pass_shape_of(module, shape->type, rank, dims);
}

static bool adds_ones(pass_edit *edit, const ir_instr *instr) {
    if (instr->op != IR_OP_RESHAPE || instr->operands[0]->shape->rank >= instr->shape->rank)
        return false;
    int *map = fw_alloc_array(edit->scratch, (size_t)instr->shape->rank, sizeof *map);
    return pass_unit_map(instr->operands[0]->shape, instr->shape, map);
}

/* Whether the operand can be had in the smaller shape without a reshape. */
static bool shrinks(const ir_instr *operand, const ir_shape *wide, const ir_shape *dims) {
    if (operand->shape->rank == 0 && wide->rank > 0)
        return true; /* predicate of select, bounds of clamp: scalar stays scalar */
    if (operand->op == IR_OP_RESHAPE)
        return ir_shape_same_dims(operand->operands[0]->shape, dims);
    if (operand->op == IR_OP_BROADCAST)
        return operand->operands[0]->shape->rank == 0;
    return operand->op == IR_OP_CONSTANT && pass_splat(operand) && ir_shape_count(operand->shape) == 1;
}

static ir_instr *shrink(pass_edit *edit, ir_instr *operand, const ir_shape *dims) {
    if (operand->shape->rank == 0)
        return operand;
    if (operand->op == IR_OP_RESHAPE)
        return operand->operands[0];
    ir_instr *scalar = operand->op == IR_OP_CONSTANT
                           ? pass_scalar(edit, operand, operand->shape->type, operand->literal->data)
                           : operand->operands[0];
    return dims->rank == 0 ? scalar : pass_broadcast(edit, operand, scalar, dims, NULL);
}

static ir_instr *lift(pass_edit *edit, ir_instr *instr, const ir_shape *dims) {
    ir_module *module = edit->comp->module;
    ir_instr **operands = fw_alloc_array(edit->scratch, (size_t)instr->noperands, sizeof *operands);
    for (int i = 0; i < instr->noperands; i++)
        operands[i] = shrink(edit, instr->operands[i], dims);
    const ir_shape *shape = pass_shape_of(module, instr->shape->type, dims->rank, dims->dims);
    ir_instr *small = pass_new(edit, instr, instr->op, shape, instr->noperands, operands);
    pass_attrs_copy(small, instr);
    /* The one that computes keeps the name that the user knows. */
    small->name = instr->name;
    instr->name = pass_fresh_name(edit, "reshape.1");
    return pass_become_reshape(edit, instr, pass_place(edit, small));
}

ir_instr *pass_lift_unit_reshape(pass_edit *edit, ir_instr *instr) {
    if (ir_op_of(instr->op)->cls != IR_ELEMENTWISE)
        return NULL;
    for (int i = 0; i < instr->noperands; i++) {
        const ir_instr *operand = instr->operands[i];
        if (!adds_ones(edit, operand) || !ir_shape_same_dims(operand->shape, instr->shape))
            continue;
        const ir_shape *dims = operand->operands[0]->shape;
        for (int k = 0; k < instr->noperands; k++)
            if (!shrinks(instr->operands[k], instr->shape, dims))
                return NULL;
        return lift(edit, instr, dims);
    }
    return NULL;
}
