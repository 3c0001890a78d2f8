/* What one execution of an instruction costs, in additions: the `flops` column of ops.def times elements for pointwise
 * ops, multiply-adds for contractions, the body's cost for ops that call a computation. Counts saturate; sizes that are
 * symbols count with their bounds. */
#include "ir.h"

/* Computations call each other without cycles, but a chain of calls can double the work at every level: deeper than
 * this, bodies count as free. */
#define DEEPEST_CALL 12

static int64_t comp_flops(const ir_comp *comp, int depth);

static int64_t times(int64_t a, int64_t b) {
    return a <= 0 || b <= 0 ? 0 : a > INT64_MAX / b ? INT64_MAX : a * b;
}

static int64_t plus(int64_t a, int64_t b) {
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t elements(const ir_shape *shape) {
    if (shape->type == IR_TUPLE)
        return shape->nelems ? elements(shape->elems[0]) : 0;
    int64_t count = 1;
    for (int i = 0; i < shape->rank; i++)
        count = times(count, shape->dims[i].bound);
    return count;
}

static int64_t operand_elements(const ir_instr *instr, int operand) {
    return operand < instr->noperands ? elements(instr->operands[operand]->shape) : 0;
}

static int64_t body_flops(const ir_instr *instr, ir_attr_id id, int depth) {
    const ir_comp *comp = ir_attr_comp(instr, id);
    return comp ? comp_flops(comp, depth + 1) : 0;
}

static int64_t window_elements(const ir_instr *instr) {
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_WINDOW);
    int64_t count = 1;
    for (int i = 0; attr && i < attr->window->rank; i++)
        count = times(count, attr->window->dims[i].size);
    return count;
}

static int64_t dot_flops(const ir_instr *instr) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_LHS_CONTRACTING_DIMS, &dims);
    int64_t depth = 1;
    for (int i = 0; i < count && instr->noperands; i++)
        if (dims[i] >= 0 && dims[i] < instr->operands[0]->shape->rank)
            depth = times(depth, instr->operands[0]->shape->dims[dims[i]].bound);
    return times(2, times(elements(instr->shape), depth));
}

static int64_t convolution_flops(const ir_instr *instr) {
    const ir_attr *labels = ir_attr_get(instr, IR_ATTR_DIM_LABELS);
    int64_t features = 1;
    if (labels && instr->noperands > 1 && labels->labels->rhs_input >= 0 &&
        labels->labels->rhs_input < instr->operands[1]->shape->rank)
        features = instr->operands[1]->shape->dims[labels->labels->rhs_input].bound;
    return times(2, times(elements(instr->shape), times(window_elements(instr), features)));
}

static int64_t contraction_flops(const ir_instr *instr) {
    return instr->op == IR_OP_CONVOLUTION ? convolution_flops(instr) : dot_flops(instr);
}

static int64_t sort_flops(const ir_instr *instr, int depth) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    const ir_shape *shape = instr->noperands ? instr->operands[0]->shape : instr->shape;
    int64_t dim = count ? dims[0] : shape->rank - 1, levels = 0;
    int64_t row = dim >= 0 && dim < shape->rank ? shape->dims[dim].bound : 1;
    while (row > 1) {
        row = (row + 1) / 2;
        levels++;
    }
    int64_t compare = body_flops(instr, IR_ATTR_TO_APPLY, depth);
    return times(elements(shape), times(levels, compare ? compare : 1));
}

static int64_t reduce_flops(const ir_instr *instr, int depth) {
    int64_t steps = operand_elements(instr, 0);
    if (instr->op == IR_OP_REDUCE_WINDOW)
        steps = times(elements(instr->shape), window_elements(instr));
    return times(steps, body_flops(instr, IR_ATTR_TO_APPLY, depth));
}

static int64_t scatter_flops(const ir_instr *instr, int depth) {
    if (instr->op == IR_OP_SELECT_AND_SCATTER) {
        int64_t select = times(window_elements(instr), body_flops(instr, IR_ATTR_SELECT, depth));
        return times(operand_elements(instr, 1), plus(select, body_flops(instr, IR_ATTR_SCATTER, depth)));
    }
    return times(operand_elements(instr, instr->noperands - 1), body_flops(instr, IR_ATTR_TO_APPLY, depth));
}

/* The dearest branch of a conditional; one turn of a loop; the body of a call or fusion. */
static int64_t control_flops(const ir_instr *instr, int depth) {
    int64_t most = 0, sum = 0;
    for (int i = 0; i < instr->nattrs; i++)
        for (int k = 0; k < instr->attrs[i].count && instr->attrs[i].comps; k++) {
            int64_t flops = comp_flops(instr->attrs[i].comps[k], depth + 1);
            sum = plus(sum, flops);
            most = flops > most ? flops : most;
        }
    return instr->op == IR_OP_CONDITIONAL ? most : sum;
}

static int64_t instr_flops(const ir_instr *instr, int depth) {
    const ir_op_info *info = ir_op_of(instr->op);
    switch (info->cls) {
    case IR_ELEMENTWISE:
        return times(elements(instr->shape), info->flops);
    case IR_REDUCE_CLASS:
        return reduce_flops(instr, depth);
    case IR_CONTRACTION:
        return contraction_flops(instr);
    case IR_SORT_CLASS:
        return sort_flops(instr, depth);
    case IR_SCATTER_CLASS:
        return scatter_flops(instr, depth);
    case IR_MAP_CLASS:
        return times(elements(instr->shape), body_flops(instr, IR_ATTR_TO_APPLY, depth));
    case IR_SCAN_CLASS:
        return times(operand_elements(instr, 0), body_flops(instr, IR_ATTR_TO_APPLY, depth));
    case IR_CONTROL:
        return control_flops(instr, depth);
    default:
        return 0;
    }
}

static int64_t comp_flops(const ir_comp *comp, int depth) {
    int64_t sum = 0;
    for (int i = 0; depth < DEEPEST_CALL && i < comp->ninstrs; i++)
        sum = plus(sum, instr_flops(comp->instrs[i], depth));
    return sum;
}

int64_t ir_instr_flops(const ir_instr *instr) {
    return instr_flops(instr, 0);
}
