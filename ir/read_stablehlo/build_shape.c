/* Operations that move elements: broadcast, reshape, transpose, slices, pad, concatenate. */
#include "builders.h"

#include <string.h>

/* The one operand and the stated type; shape operands of the dynamic forms are not needed when that type is static. */
static ir_instr *moved(st_reader *r, st_op *op, ir_op hlo, int noperands) {
    const ir_shape *shape = st_result_type(r, op, 0);
    return shape ? st_emit(r, op, hlo, shape, noperands, op->operands) : NULL;
}

static bool moved_by_dims(st_reader *r, st_op *op, const char *name) {
    int count;
    int64_t *dims;
    ir_instr *instr;
    if (!st_takes(r, op, 1, 1) || !st_get_ints(r, op, name, &count, &dims) || !(instr = moved(r, op, op->info->op, 1)))
        return false;
    st_put_ints(instr, IR_ATTR_DIMENSIONS, count, dims);
    return st_give(r, op, instr);
}

bool build_transpose(st_reader *r, st_op *op) {
    return moved_by_dims(r, op, "permutation");
}

bool build_reverse(st_reader *r, st_op *op) {
    return moved_by_dims(r, op, "dimensions");
}

/* Dynamic forms with a result of static size need no shape operand. */
static bool is_dynamic(const st_op *op, const ir_shape *shape) {
    return op->noperands > 1 && !ir_shape_is_static(shape);
}

bool build_reshape(st_reader *r, st_op *op) {
    const ir_shape *shape = st_result_type(r, op, 0);
    if (!shape || !st_takes(r, op, 1, 2))
        return false;
    if (is_dynamic(op, shape))
        return st_decline(r, op, "of dynamic size");
    return st_give(r, op, st_emit(r, op, IR_OP_RESHAPE, shape, 1, op->operands));
}

/* ---- broadcasts ---- */

/* HLO does not stretch dimensions of size 1, StableHLO does. They are reshaped away:
 *     f32[1,4] -> f32[3,4], dims = [0, 1]    =>    reshape f32[4], broadcast dimensions={1} */
static ir_instr *drop_stretched(st_reader *r, st_op *op, const ir_shape *to, int *count, int64_t *dims) {
    ir_instr *operand = op->operands[0];
    const ir_shape *from = operand->shape;
    ir_dim *kept = fw_alloc_array(r->scratch, (size_t)from->rank + 1, sizeof *kept);
    int n = 0;
    for (int i = 0; i < from->rank; i++) {
        int64_t size = 0, target = 0;
        bool one = ir_dim_const(from->dims[i], &size) && size == 1;
        if (one && !(ir_dim_const(to->dims[dims[i]], &target) && target == 1))
            continue;
        dims[n] = dims[i];
        kept[n++] = from->dims[i];
    }
    *count = n;
    if (n == from->rank)
        return operand;
    return st_emit(r, op, IR_OP_RESHAPE, ir_shape_dims(r->arena, from->type, n, kept), 1, &operand);
}

bool build_broadcast_in_dim(st_reader *r, st_op *op) {
    const ir_shape *shape = st_result_type(r, op, 0);
    int count;
    int64_t *dims;
    if (!shape || !st_takes(r, op, 1, 2) || !st_get_ints(r, op, "broadcast_dimensions", &count, &dims))
        return false;
    if (is_dynamic(op, shape))
        return st_decline(r, op, "of dynamic size");
    if (count != op->operands[0]->shape->rank)
        return st_fail(r, op->at, "%d broadcast dimensions for an operand of %d", count, op->operands[0]->shape->rank);
    for (int i = 0; i < count; i++)
        if (dims[i] < 0 || dims[i] >= shape->rank)
            return st_fail(r, op->at, "the result has no dimension %lld", (long long)dims[i]);
    ir_instr *operand = drop_stretched(r, op, shape, &count, dims);
    ir_instr *instr = st_emit(r, op, IR_OP_BROADCAST, shape, 1, &operand);
    st_put_ints(instr, IR_ATTR_DIMENSIONS, count, dims);
    return st_give(r, op, instr);
}

/* New dimensions in front. */
bool build_broadcast(st_reader *r, st_op *op) {
    ir_instr *instr;
    if (!st_takes(r, op, 1, 1) || !(instr = moved(r, op, IR_OP_BROADCAST, 1)))
        return false;
    int rank = op->operands[0]->shape->rank;
    int64_t *dims = fw_alloc_array(r->arena, (size_t)rank, sizeof *dims);
    for (int i = 0; i < rank; i++)
        dims[i] = instr->shape->rank - rank + i;
    st_put_ints(instr, IR_ATTR_DIMENSIONS, rank, dims);
    return st_give(r, op, instr);
}

/* ---- slices, padding, concatenation ---- */

/* Lists of one length as triples, as HLO keeps ranges and padding. */
static int64_t *triples(st_reader *r, int count, int64_t *const lists[3]) {
    int64_t *all = fw_alloc_array(r->arena, 3 * (size_t)count, sizeof *all);
    for (int i = 0; i < 3 * count; i++)
        all[i] = lists[i % 3][i / 3];
    return all;
}

static bool put_triples(
    st_reader *r, st_op *op, ir_instr *instr, ir_attr_id id, const int counts[3], int64_t *const lists[3]) {
    int rank = op->operands[0]->shape->rank;
    for (int i = 0; i < 3; i++)
        if (counts[i] != rank)
            return st_fail(r, op->at, "%.*s needs %d numbers for %d dimensions, not %d", st_shown(op->length), op->name,
                rank, rank, counts[i]);
    st_put_ints(instr, id, 3 * rank, triples(r, rank, lists));
    return st_give(r, op, instr);
}

static int64_t *all_ones(st_reader *r, int count) {
    int64_t *ones = fw_alloc_array(r->arena, (size_t)count, sizeof *ones);
    for (int i = 0; i < count; i++)
        ones[i] = 1;
    return ones;
}

static bool read_triples(st_reader *r, st_op *op, const char *const names[3], int counts[3], int64_t *lists[3]) {
    for (int i = 0; i < 3; i++)
        if (!st_get_ints(r, op, names[i], &counts[i], &lists[i]))
            return false;
    return true;
}

bool build_slice(st_reader *r, st_op *op) {
    static const char *const names[3] = {"start_indices", "limit_indices", "strides"};
    int counts[3];
    int64_t *lists[3];
    ir_instr *instr;
    if (!st_takes(r, op, 1, 1) || !read_triples(r, op, names, counts, lists) || !(instr = moved(r, op, IR_OP_SLICE, 1)))
        return false;
    if (!st_get(op, names[2])) {
        counts[2] = counts[0];
        lists[2] = all_ones(r, counts[0]);
    }
    return put_triples(r, op, instr, IR_ATTR_SLICE, counts, lists);
}

bool build_pad(st_reader *r, st_op *op) {
    static const char *const names[3] = {"edge_padding_low", "edge_padding_high", "interior_padding"};
    int counts[3];
    int64_t *lists[3];
    ir_instr *instr;
    if (!st_takes(r, op, 2, 2) || !read_triples(r, op, names, counts, lists) || !(instr = moved(r, op, IR_OP_PAD, 2)))
        return false;
    return put_triples(r, op, instr, IR_ATTR_PADDING, counts, lists);
}

/* Operands from `first` on are the lists; they have to be constants. False without an error when one is not. */
static bool constant_lists(st_reader *r, const st_op *op, int first, int counts[3], int64_t *lists[3]) {
    for (int i = 0; i < 3; i++)
        if (!st_constant_ints(r, op->operands[first + i], &counts[i], &lists[i]))
            return false;
    return true;
}

bool build_real_dynamic_slice(st_reader *r, st_op *op) {
    int counts[3];
    int64_t *lists[3];
    if (!st_takes(r, op, 4, 4))
        return false;
    if (!constant_lists(r, op, 1, counts, lists))
        return st_decline(r, op, "with computed ranges");
    ir_instr *instr = moved(r, op, IR_OP_SLICE, 1);
    return instr && put_triples(r, op, instr, IR_ATTR_SLICE, counts, lists);
}

bool build_dynamic_pad(st_reader *r, st_op *op) {
    int counts[3];
    int64_t *lists[3];
    if (!st_takes(r, op, 5, 5))
        return false;
    if (!constant_lists(r, op, 2, counts, lists))
        return st_decline(r, op, "with computed sizes");
    ir_instr *instr = moved(r, op, IR_OP_PAD, 2);
    return instr && put_triples(r, op, instr, IR_ATTR_PADDING, counts, lists);
}

static bool one_dim(st_reader *r, st_op *op, int noperands) {
    int64_t *dim = fw_alloc(r->arena, sizeof *dim);
    ir_instr *instr;
    if (!st_get_int(r, op, "dimension", 0, dim) || !(instr = moved(r, op, op->info->op, noperands)))
        return false;
    st_put_ints(instr, IR_ATTR_DIMENSIONS, 1, dim);
    return st_give(r, op, instr);
}

bool build_concatenate(st_reader *r, st_op *op) {
    return st_takes(r, op, 1, -1) && one_dim(r, op, op->noperands);
}

bool build_dimension_size(st_reader *r, st_op *op) {
    int count = op->info->op == IR_OP_GET_DIMENSION_SIZE ? 1 : 2;
    return st_takes(r, op, count, count) && one_dim(r, op, count);
}
