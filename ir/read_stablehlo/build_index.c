/* Gather, scatter and dynamic-slice. */
#include "builders.h"

#include <string.h>

bool build_dynamic_slice(st_reader *r, st_op *op) {
    const ir_shape *shape;
    int count;
    int64_t *sizes;
    if (!st_takes(r, op, 1, -1) || !(shape = st_result_type(r, op, 0)) ||
        !st_get_ints(r, op, "slice_sizes", &count, &sizes))
        return false;
    if (op->noperands == 1) /* a scalar has no start indices */
        return st_forward(op, op->operands[0]);
    ir_instr *instr = st_emit(r, op, IR_OP_DYNAMIC_SLICE, shape, op->noperands, op->operands);
    st_put_ints(instr, IR_ATTR_DYNAMIC_SLICE_SIZES, count, sizes);
    return st_give(r, op, instr);
}

/* A list of the dimension numbers and the attribute of HLO that keeps it. */
typedef struct numbers {
    const char *name;
    ir_attr_id id;
    bool optional; /* absent from HLO when empty */
} numbers;

static bool put_numbers(
    st_reader *r, const st_op *op, const st_attr *dims, const numbers *list, int count, ir_instr *instr) {
    for (int i = 0; i < count; i++) {
        const st_attr *attr = st_find(dims->items, dims->count, list[i].name);
        int n;
        int64_t *ints;
        if (!st_ints(r, op, attr, &n, &ints))
            return false;
        if (n || !list[i].optional)
            st_put_ints(instr, list[i].id, n, ints);
    }
    const st_attr *vector = st_find(dims->items, dims->count, "index_vector_dim");
    st_put_int(instr, IR_ATTR_INDEX_VECTOR_DIM, vector ? vector->i : 0);
    return true;
}

static const st_attr *dimension_numbers(st_reader *r, const st_op *op, const char *name) {
    const st_attr *dims = st_get(op, name);
    if (dims && dims->kind == ST_DICT)
        return dims;
    st_fail(r, dims ? dims->start : op->at, "%.*s needs its %s", st_shown(op->length), op->name, name);
    return NULL;
}

static bool put_flag(st_reader *r, const st_op *op, ir_instr *instr, const char *name, ir_attr_id id) {
    int64_t value;
    if (!st_get_int(r, op, name, 0, &value))
        return false;
    if (value)
        st_put_int(instr, id, 1);
    return true;
}

static bool gather(st_reader *r, st_op *op, int nsizes, int64_t *sizes) {
    static const numbers lists[] = {{"offset_dims", IR_ATTR_OFFSET_DIMS, false},
        {"collapsed_slice_dims", IR_ATTR_COLLAPSED_SLICE_DIMS, false},
        {"start_index_map", IR_ATTR_START_INDEX_MAP, false},
        {"operand_batching_dims", IR_ATTR_OPERAND_BATCHING_DIMS, true},
        {"start_indices_batching_dims", IR_ATTR_START_INDICES_BATCHING_DIMS, true}};
    const st_attr *dims = dimension_numbers(r, op, "dimension_numbers");
    const ir_shape *shape;
    if (!dims || !(shape = st_result_type(r, op, 0)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_GATHER, shape, 2, op->operands);
    if (!put_numbers(r, op, dims, lists, FW_COUNT(lists), instr) ||
        !put_flag(r, op, instr, "indices_are_sorted", IR_ATTR_INDICES_ARE_SORTED))
        return false;
    st_put_ints(instr, IR_ATTR_SLICE_SIZES, nsizes, sizes);
    return st_give(r, op, instr);
}

bool build_gather(st_reader *r, st_op *op) {
    int count;
    int64_t *sizes;
    return st_takes(r, op, 2, 2) && st_get_ints(r, op, "slice_sizes", &count, &sizes) && gather(r, op, count, sizes);
}

bool build_dynamic_gather(st_reader *r, st_op *op) {
    if (!st_takes(r, op, 3, 3))
        return false;
    int count;
    int64_t *sizes;
    if (!st_constant_ints(r, op->operands[2], &count, &sizes))
        return st_decline(r, op, "with computed sizes");
    return gather(r, op, count, sizes);
}

/* Both languages agree on windows of one element: it is dropped where it lies outside. HLO drops a larger window as a
 * whole, StableHLO drops only what lies outside. */
static bool has_window(const ir_instr *scatter) {
    const int64_t *window;
    int count = ir_attr_ints(scatter, IR_ATTR_UPDATE_WINDOW_DIMS, &window);
    const ir_shape *updates = scatter->operands[scatter->noperands - 1]->shape;
    int64_t size;
    for (int i = 0; i < count; i++)
        if (window[i] >= 0 && window[i] < updates->rank &&
            !(ir_dim_const(updates->dims[window[i]], &size) && size == 1))
            return true;
    return false;
}

bool build_scatter(st_reader *r, st_op *op) {
    static const numbers lists[] = {{"update_window_dims", IR_ATTR_UPDATE_WINDOW_DIMS, false},
        {"inserted_window_dims", IR_ATTR_INSERTED_WINDOW_DIMS, false},
        {"scatter_dims_to_operand_dims", IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS, false},
        {"input_batching_dims", IR_ATTR_INPUT_BATCHING_DIMS, true},
        {"scatter_indices_batching_dims", IR_ATTR_SCATTER_INDICES_BATCHING_DIMS, true}};
    const st_attr *dims = dimension_numbers(r, op, "scatter_dimension_numbers");
    const ir_shape *shape;
    if (!dims || !st_takes(r, op, 3, -1) || !(shape = st_whole_result(r, op)))
        return false;
    if (op->nregions != 1)
        return st_fail(r, op->at, "stablehlo.scatter needs one region");
    ir_instr *instr = st_emit(r, op, IR_OP_SCATTER, shape, op->noperands, op->operands);
    if (!put_numbers(r, op, dims, lists, FW_COUNT(lists), instr) ||
        !put_flag(r, op, instr, "indices_are_sorted", IR_ATTR_INDICES_ARE_SORTED) ||
        !put_flag(r, op, instr, "unique_indices", IR_ATTR_UNIQUE_INDICES))
        return false;
    st_put_comp(instr, IR_ATTR_TO_APPLY, op->regions[0].comp);
    op->differs = has_window(instr);
    return st_give(r, op, instr);
}
