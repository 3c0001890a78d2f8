/* ragged-dot: a dot in which one dimension of the left operand is cut into groups of consecutive indices. Operand 2
 * holds the sizes of the groups, once for all or for each index of the batch dimensions and of those outside.
 *
 *     a free dimension is ragged   a row meets the right operand's matrix of its group; rows behind all groups are zero
 *     a contracted one             each group gives a result of its own, in a new first dimension
 *     a batch one                  changes nothing */
#include "eval.h"

typedef struct dim_list {
    int count;
    int64_t *dims;
} dim_list;

typedef struct ragged {
    const ir_literal *lhs, *rhs, *sizes, *out;
    eval_table lhs_batch, rhs_batch, lhs_k, rhs_k, rows, columns, group; /* of the right operand */
    int64_t groups;
    int64_t outer, size,
        inner; /* the free (or contracted) indices of lhs: outside, in and inside the ragged dimension */
} ragged;

static dim_list listed(fw_arena *arena, const ir_instr *instr, ir_attr_id id) {
    const int64_t *ints;
    dim_list list = {.count = ir_attr_ints(instr, id, &ints)};
    list.dims = eval_ints(arena, list.count);
    for (int i = 0; i < list.count; i++)
        list.dims[i] = ints[i];
    return list;
}

/* The dimensions of a shape that none of three lists names. */
static dim_list others(fw_arena *arena, const ir_shape *shape, dim_list a, dim_list b, dim_list c) {
    dim_list list = {.dims = eval_ints(arena, shape->rank)};
    for (int d = 0; d < shape->rank; d++)
        if (!eval_listed(a.dims, a.count, d) && !eval_listed(b.dims, b.count, d) && !eval_listed(c.dims, c.count, d))
            list.dims[list.count++] = d;
    return list;
}

static void split_at(ragged *r, dim_list list, int64_t dim) {
    bool behind = false;
    r->outer = r->size = r->inner = 1;
    for (int i = 0; i < list.count; i++) {
        int64_t size = ir_shape_size(r->lhs->shape, (int)list.dims[i]);
        if (list.dims[i] == dim)
            behind = true, r->size = size;
        else
            *(behind ? &r->inner : &r->outer) *= size;
    }
}

/* The group of a row (or of a step of the sum) in batch b, or -1 behind the last group. */
static int64_t group_of(const ragged *r, int64_t b, int64_t number) {
    int64_t index = number / r->inner % r->size, outside = number / r->inner / r->size, end = 0;
    int64_t base = r->sizes->shape->rank > 1 ? (b * r->outer + outside) * r->groups : 0;
    for (int64_t g = 0; g < r->groups; g++) {
        end += eval_index_at(r->sizes, base + g);
        if (index < end)
            return g;
    }
    return -1;
}

static const char *element(const ir_literal *literal, int64_t offset) {
    return (const char *)literal->data + offset * (int64_t)ir_type_bytes(literal->shape->type);
}

static void row_offsets(const contraction *c, int64_t row, int64_t *offsets) {
    const int64_t *k = c->row_data;
    (void)row;
    for (int64_t i = 0; i < c->k; i++)
        offsets[i] = k[i];
}

/* One row of the result at offset `to`: row `row` of batch b of lhs times a matrix of rhs. */
static void one_row(const ragged *r, int64_t b, int64_t row, int64_t group, int64_t to, int64_t k, const int64_t *lhs_k,
    const int64_t *rhs_k) {
    static const int64_t zero = 0;
    fw_arena *arena = fw_arena_new();
    contraction c = {.m = 1, .n = r->columns.count, .k = k};
    c.lhs = element(r->lhs, r->lhs_batch.at[b] + r->rows.at[row]);
    c.rhs = element(r->rhs, r->rhs_batch.at[b] + r->group.at[group]);
    c.out = (char *)element(r->out, to);
    c.lhs_type = r->lhs->shape->type;
    c.rhs_type = r->rhs->shape->type;
    c.out_type = r->out->shape->type;
    c.row_offsets = row_offsets;
    c.row_data = lhs_k;
    c.rhs_k = rhs_k;
    c.col = r->columns.at;
    c.out_row = &zero;
    c.out_col = eval_multiples(arena, c.n, 1);
    eval_contract(&c);
    fw_arena_free(arena);
}

static void by_rows(const ragged *r, bool grouped) {
    for (int64_t b = 0; b < r->lhs_batch.count; b++)
        for (int64_t row = 0; row < r->rows.count; row++) {
            int64_t group = grouped ? group_of(r, b, row) : 0;
            if (group >= 0)
                one_row(r, b, row, group, (b * r->rows.count + row) * r->columns.count, r->lhs_k.count, r->lhs_k.at,
                    r->rhs_k.at);
        }
}

static void by_sums(const ragged *r, fw_arena *arena) {
    int64_t *lhs_k = eval_ints(arena, r->lhs_k.count), *rhs_k = eval_ints(arena, r->lhs_k.count), to = 0;
    for (int64_t g = 0; g < r->groups; g++)
        for (int64_t b = 0; b < r->lhs_batch.count; b++) {
            int64_t k = 0;
            for (int64_t i = 0; i < r->lhs_k.count; i++)
                if (group_of(r, b, i) == g) {
                    lhs_k[k] = r->lhs_k.at[i];
                    rhs_k[k++] = r->rhs_k.at[i];
                }
            for (int64_t row = 0; row < r->rows.count; row++, to += r->columns.count)
                one_row(r, b, row, 0, to, k, lhs_k, rhs_k);
        }
}

ir_literal *eval_ragged_dot(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    fw_arena *arena = fw_arena_new();
    const ir_shape *lhs = operands[0]->shape, *rhs = operands[1]->shape;
    ragged r = {.lhs = operands[0], .rhs = operands[1], .sizes = operands[2]};
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    dim_list lb = listed(arena, instr, IR_ATTR_LHS_BATCH_DIMS), rb = listed(arena, instr, IR_ATTR_RHS_BATCH_DIMS);
    dim_list lc = listed(arena, instr, IR_ATTR_LHS_CONTRACTING_DIMS);
    dim_list rc = listed(arena, instr, IR_ATTR_RHS_CONTRACTING_DIMS);
    dim_list group = listed(arena, instr, IR_ATTR_RHS_GROUP_DIMS), none = {0, NULL};
    dim_list rows = others(arena, lhs, lb, lc, none), columns = others(arena, rhs, rb, rc, group);
    int64_t dim = listed(arena, instr, IR_ATTR_LHS_RAGGED_DIMS).dims[0];
    r.out = out;
    r.groups = ir_shape_size(operands[2]->shape, operands[2]->shape->rank - 1);
    r.lhs_batch = eval_table_of(arena, lhs, lb.dims, lb.count);
    r.rhs_batch = eval_table_of(arena, rhs, rb.dims, rb.count);
    r.lhs_k = eval_table_of(arena, lhs, lc.dims, lc.count);
    r.rhs_k = eval_table_of(arena, rhs, rc.dims, rc.count);
    r.rows = eval_table_of(arena, lhs, rows.dims, rows.count);
    r.columns = eval_table_of(arena, rhs, columns.dims, columns.count);
    r.group = eval_table_of(arena, rhs, group.dims, group.count);
    bool contracted = eval_listed(lc.dims, lc.count, dim);
    split_at(&r, contracted ? lc : rows, dim);
    if (contracted)
        by_sums(&r, arena);
    else
        by_rows(&r, group.count > 0);
    fw_arena_free(arena);
    return out;
}
