/* dot: batch dimensions first, then the free ones of the left and of the right operand. */
#include "eval.h"

eval_table eval_table_of(fw_arena *arena, const ir_shape *shape, const int64_t *dims, int count) {
    int64_t *strides = eval_strides(arena, shape), *sizes = eval_ints(arena, count), *index = eval_ints(arena, count);
    eval_table table = {.count = 1};
    for (int i = 0; i < count; i++) {
        sizes[i] = ir_shape_size(shape, (int)dims[i]);
        table.count *= sizes[i];
    }
    table.at = eval_ints(arena, table.count);
    for (int64_t t = 0; t < table.count; t++) {
        for (int i = 0; i < count; i++)
            table.at[t] += index[i] * strides[dims[i]];
        eval_step(count, sizes, index);
    }
    return table;
}

/* The dimensions of an operand that are in neither list. */
static eval_table free_table(
    fw_arena *arena, const ir_shape *shape, const int64_t *a, int na, const int64_t *b, int nb) {
    int64_t *dims = eval_ints(arena, shape->rank);
    int count = 0;
    for (int d = 0; d < shape->rank; d++)
        if (!eval_listed(a, na, d) && !eval_listed(b, nb, d))
            dims[count++] = d;
    return eval_table_of(arena, shape, dims, count);
}

typedef struct left_offsets {
    const int64_t *row, *k;
} left_offsets;

static void row_offsets(const contraction *c, int64_t row, int64_t *offsets) {
    const left_offsets *left = c->row_data;
    for (int64_t k = 0; k < c->k; k++)
        offsets[k] = left->row[row] + left->k[k];
}

ir_literal *eval_dot(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *lhs = operands[0]->shape, *rhs = operands[1]->shape;
    const int64_t *lb, *rb, *lc, *rc;
    int nlb = ir_attr_ints(instr, IR_ATTR_LHS_BATCH_DIMS, &lb), nrb = ir_attr_ints(instr, IR_ATTR_RHS_BATCH_DIMS, &rb);
    int nlc = ir_attr_ints(instr, IR_ATTR_LHS_CONTRACTING_DIMS, &lc),
        nrc = ir_attr_ints(instr, IR_ATTR_RHS_CONTRACTING_DIMS, &rc);
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    eval_table lhs_batch = eval_table_of(arena, lhs, lb, nlb), rhs_batch = eval_table_of(arena, rhs, rb, nrb);
    eval_table lhs_k = eval_table_of(arena, lhs, lc, nlc), rhs_k = eval_table_of(arena, rhs, rc, nrc);
    eval_table rows = free_table(arena, lhs, lb, nlb, lc, nlc), columns = free_table(arena, rhs, rb, nrb, rc, nrc);
    left_offsets left = {rows.at, lhs_k.at};
    contraction c = {.m = rows.count,
        .n = columns.count,
        .k = lhs_k.count,
        .lhs_type = lhs->type,
        .rhs_type = rhs->type,
        .out_type = instr->shape->type,
        .row_offsets = row_offsets,
        .row_data = &left,
        .rhs_k = rhs_k.at,
        .col = columns.at};
    c.out_row = eval_multiples(arena, c.m, c.n);
    c.out_col = eval_multiples(arena, c.n, 1);
    for (int64_t b = 0; b < lhs_batch.count; b++) {
        c.lhs = (const char *)operands[0]->data + (size_t)lhs_batch.at[b] * ir_type_bytes(lhs->type);
        c.rhs = (const char *)operands[1]->data + (size_t)rhs_batch.at[b] * ir_type_bytes(rhs->type);
        c.out = (char *)out->data + (size_t)(b * c.m * c.n) * ir_type_bytes(instr->shape->type);
        eval_contract(&c);
    }
    fw_arena_free(arena);
    return out;
}
