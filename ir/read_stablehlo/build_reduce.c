/* Operations that apply a region to elements: reduce, reduce_window, select_and_scatter, map, sort, and top_k. */
#include "builders.h"

#include <string.h>

static bool one_region(st_reader *r, const st_op *op) {
    return op->nregions == 1 || st_fail(r, op->at, "%.*s needs one region", st_shown(op->length), op->name);
}

/* StableHLO converts values to the types of the region's parameters, HLO does not: operand i has those of parameter i.
 */
static bool promote(st_reader *r, st_op *op) {
    const ir_comp *comp = op->regions[0].comp;
    if (comp->nparams != op->noperands)
        return st_fail(r, op->at, "the region takes %d parameters for %d operands", comp->nparams, op->noperands);
    for (int i = 0; i < op->noperands; i++) {
        int n = op->noperands / 2;
        ir_instr *operand = op->operands[i];
        const ir_shape *param = comp->params[i < n ? n + i : i - n]->shape;
        if (operand->shape->type == param->type || !ir_type_bytes(param->type) || !ir_type_bytes(operand->shape->type))
            continue;
        const ir_shape *shape = ir_shape_with_type(r->arena, operand->shape, param->type);
        op->operands[i] = st_emit(r, op, IR_OP_CONVERT, shape, 1, &operand);
    }
    return true;
}

bool build_reduce(st_reader *r, st_op *op) {
    int count;
    int64_t *dims;
    const ir_shape *shape;
    if (!st_takes(r, op, 2, -1) || !st_get_ints(r, op, "dimensions", &count, &dims))
        return false;
    for (int i = 0; i + 1 < op->nwords && !op->nregions; i++)
        if (st_is(op->words[i].text, op->words[i].length, "applies") &&
            !st_applied(r, op, op->words[i + 1].text, op->words[i + 1].length))
            return false;
    if (!one_region(r, op) || !promote(r, op) || !(shape = st_whole_result(r, op)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_REDUCE, shape, op->noperands, op->operands);
    st_put_ints(instr, IR_ATTR_DIMENSIONS, count, dims);
    st_put_comp(instr, IR_ATTR_TO_APPLY, op->regions[0].comp);
    return st_give(r, op, instr);
}

/* ---- windows ---- */

static bool read_window(st_reader *r, st_op *op, ir_window **out) {
    static const char *const names[5] = {
        "window_dimensions", "window_strides", "base_dilations", "window_dilations", "padding"};
    int counts[5], rank = op->operands[0]->shape->rank;
    int64_t *lists[5];
    for (int i = 0; i < 5; i++) {
        if (!st_get_ints(r, op, names[i], &counts[i], &lists[i]))
            return false;
        int wanted = i == 4 ? 2 * rank : rank;
        if (counts[i] != wanted && (counts[i] || i == 0))
            return st_fail(r, op->at, "%s has %d numbers, %d are needed", names[i], counts[i], wanted);
    }
    ir_window *window = fw_alloc(r->arena, sizeof *window);
    window->rank = rank;
    window->dims = fw_alloc_array(r->arena, (size_t)rank, sizeof *window->dims);
    for (int d = 0; d < rank; d++)
        window->dims[d] = (ir_window_dim){.size = lists[0][d],
            .stride = counts[1] ? lists[1][d] : 1,
            .base_dilation = counts[2] ? lists[2][d] : 1,
            .window_dilation = counts[3] ? lists[3][d] : 1,
            .pad_low = counts[4] ? lists[4][2 * d] : 0,
            .pad_high = counts[4] ? lists[4][2 * d + 1] : 0};
    *out = window;
    return true;
}

/* Places outside of the operand have the initial value in StableHLO; HLO leaves them out. */
static bool reaches_outside(const ir_window *window) {
    for (int d = 0; d < window->rank; d++)
        if (window->dims[d].pad_low > 0 || window->dims[d].pad_high > 0 || window->dims[d].base_dilation > 1)
            return true;
    return false;
}

/* Combining the initial value any number of times changes nothing, so both languages agree. */
static bool init_can_repeat(const ir_instr *instr) {
    ir_op combiner;
    const ir_instr *init = instr->operands[instr->noperands - 1];
    ir_type type = init->shape->type;
    if (instr->noperands != 2 || !ir_comp_is_binary(ir_attr_comp(instr, IR_ATTR_TO_APPLY), &combiner))
        return false;
    if (combiner == IR_OP_MAXIMUM || combiner == IR_OP_MINIMUM || combiner == IR_OP_AND || combiner == IR_OP_OR)
        return true;
    if (init->op != IR_OP_CONSTANT || ir_class_of(type) == IR_CLASS_COMPLEX)
        return false;
    double value = ir_number_get(type, init->literal->data);
    return (combiner == IR_OP_ADD && value == 0) || (combiner == IR_OP_MULTIPLY && value == 1);
}

bool build_reduce_window(st_reader *r, st_op *op) {
    const ir_shape *shape;
    ir_window *window;
    if (!st_takes(r, op, 2, -1) || !read_window(r, op, &window) || !one_region(r, op) || !promote(r, op) ||
        !(shape = st_whole_result(r, op)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_REDUCE_WINDOW, shape, op->noperands, op->operands);
    st_put_comp(instr, IR_ATTR_TO_APPLY, op->regions[0].comp);
    if (window->rank)
        ir_attr_add(instr, IR_ATTR_WINDOW)->window = window;
    op->differs = reaches_outside(window) && !init_can_repeat(instr);
    return st_give(r, op, instr);
}

bool build_select_and_scatter(st_reader *r, st_op *op) {
    const ir_shape *shape;
    ir_window *window;
    if (!st_takes(r, op, 3, 3) || !read_window(r, op, &window) || !(shape = st_result_type(r, op, 0)))
        return false;
    if (op->nregions != 2)
        return st_fail(r, op->at, "stablehlo.select_and_scatter needs two regions");
    ir_instr *instr = st_emit(r, op, IR_OP_SELECT_AND_SCATTER, shape, 3, op->operands);
    st_put_comp(instr, IR_ATTR_SELECT, op->regions[0].comp);
    st_put_comp(instr, IR_ATTR_SCATTER, op->regions[1].comp);
    if (window->rank)
        ir_attr_add(instr, IR_ATTR_WINDOW)->window = window;
    return st_give(r, op, instr);
}

/* ---- map, sort, top_k ---- */

bool build_map(st_reader *r, st_op *op) {
    int count;
    int64_t *dims;
    const ir_shape *shape;
    if (!one_region(r, op) || !st_get_ints(r, op, "dimensions", &count, &dims) || !(shape = st_result_type(r, op, 0)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_MAP, shape, op->noperands, op->operands);
    st_put_ints(instr, IR_ATTR_DIMENSIONS, count, dims);
    st_put_comp(instr, IR_ATTR_TO_APPLY, op->regions[0].comp);
    return st_give(r, op, instr);
}

/* The dimension counts from the end where it is negative, and is the last one where it is absent. */
bool build_sort(st_reader *r, st_op *op) {
    const ir_shape *shape;
    int64_t *dim = fw_alloc(r->arena, sizeof *dim), stable;
    if (!st_takes(r, op, 1, -1) || !one_region(r, op) || !st_get_int(r, op, "dimension", -1, dim) ||
        !st_get_int(r, op, "is_stable", 0, &stable) || !(shape = st_whole_result(r, op)))
        return false;
    if (*dim < 0)
        *dim += op->operands[0]->shape->rank;
    ir_instr *instr = st_emit(r, op, IR_OP_SORT, shape, op->noperands, op->operands);
    st_put_ints(instr, IR_ATTR_DIMENSIONS, 1, dim);
    if (stable)
        st_put_int(instr, IR_ATTR_IS_STABLE, 1);
    st_put_comp(instr, IR_ATTR_TO_APPLY, op->regions[0].comp);
    return st_give(r, op, instr);
}

bool build_top_k(st_reader *r, st_op *op) {
    const ir_shape *shape;
    int64_t k, largest;
    if (!st_takes(r, op, 1, 1) || !st_get_int(r, op, "k", -1, &k) || !st_get_int(r, op, "largest", 1, &largest) ||
        !(shape = st_whole_result(r, op)))
        return false;
    if (k < 0)
        return st_fail(r, op->at, "top_k needs k");
    ir_instr *instr = st_emit(r, op, IR_OP_TOPK, shape, 1, op->operands);
    st_put_int(instr, IR_ATTR_K, k);
    st_put_int(instr, IR_ATTR_LARGEST, largest);
    return st_give(r, op, instr);
}
