/* Reductions over dims of size 1, through reshapes that only add or drop ones, and of reductions.
 *
 * HLO lets the initial value take part any number of times, so an initial value that is neutral for the combiner may be
 * dropped; add counts both zeros as neutral here. Any other initial value is kept exactly once. */
#include "pass.h"

typedef struct {
    ir_op op;     /* the combiner is op(a, b) */
    bool neutral; /* the initial value changes nothing */
} combiner;

static bool combiner_of(const ir_instr *reduce, combiner *found) {
    ir_comp *comp = ir_attr_comp(reduce, IR_ATTR_TO_APPLY);
    if (reduce->noperands != 2 || !comp || !ir_comp_is_binary(comp, &found->op))
        return false;
    const ir_instr *init = reduce->operands[1];
    const void *element = pass_splat(init);
    ir_type type = init->shape->type;
    found->neutral = element && (pass_is_identity(found->op, 0, type, element) ||
                                    (found->op == IR_OP_ADD && pass_element_is(type, element, PASS_ZERO)));
    return true;
}

static const int64_t *reduced_dims(const ir_instr *instr, int *count) {
    const int64_t *dims;
    *count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    return dims;
}

static bool *reduced_mask(pass_edit *edit, const ir_instr *instr) {
    int count;
    const int64_t *dims = reduced_dims(instr, &count);
    bool *mask = fw_alloc_array(edit->scratch, (size_t)instr->operands[0]->shape->rank + 1, sizeof *mask);
    for (int i = 0; i < count; i++)
        mask[dims[i]] = true;
    return mask;
}

/* A reduction of single elements: combiner(init, x), or x itself. */
static ir_instr *reduce_ones(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    combiner combine;
    int count;
    const int64_t *dims = reduced_dims(instr, &count);
    for (int i = 0; i < count; i++)
        if (!pass_dim_is_one(x->shape->dims[dims[i]]))
            return NULL;
    if (!combiner_of(instr, &combine) || x->shape->type != instr->shape->type)
        return NULL;
    if (combine.neutral)
        return pass_become_reshape(edit, instr, x);
    ir_instr *init = instr->operands[1];
    if (instr->shape->rank > 0)
        init = pass_broadcast(edit, instr, init, instr->shape, NULL);
    ir_instr *pair[] = {init, pass_reshape(edit, instr, x, instr->shape)};
    return pass_become(edit, instr, combine.op, 2, pair);
}

/* A reduction over no elements at all is the initial value. */
static ir_instr *reduce_nothing(pass_edit *edit, ir_instr *instr) {
    const ir_shape *shape = instr->operands[0]->shape;
    int count;
    const int64_t *dims = reduced_dims(instr, &count);
    for (int i = 0; i < count; i++) {
        int64_t size;
        if (ir_dim_const(shape->dims[dims[i]], &size) && size == 0)
            return pass_become_broadcast(edit, instr, instr->operands[1], NULL);
    }
    return NULL;
}

static void set_reduced(ir_instr *reduce, ir_comp *comp, int count, const int64_t *dims) {
    pass_attr_set_ints(reduce, IR_ATTR_DIMENSIONS, count, dims);
    pass_attr_set_comp(reduce, IR_ATTR_TO_APPLY, comp);
}

static ir_instr *become_reduce(pass_edit *edit, ir_instr *instr, ir_instr *operand, int count, const int64_t *dims) {
    ir_instr *operands[] = {operand, instr->operands[1]};
    ir_comp *comp = ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    pass_become(edit, instr, IR_OP_REDUCE, 2, operands);
    set_reduced(instr, comp, count, dims);
    return instr;
}

/* reduce(reshape(y)) where the reshape only adds or drops ones: reduce y, with all its own ones, and reshape the
 * result. */
static ir_instr *reduce_reshape(pass_edit *edit, ir_instr *instr, const ir_instr *reshape) {
    ir_instr *y = reshape->operands[0];
    int *map = fw_alloc_array(edit->scratch, (size_t)reshape->shape->rank + 1, sizeof *map);
    if (!pass_unit_map(y->shape, reshape->shape, map))
        return NULL;
    const bool *mask = reduced_mask(edit, instr);
    bool *gone = fw_alloc_array(edit->scratch, (size_t)y->shape->rank + 1, sizeof *gone);
    for (int i = 0; i < y->shape->rank; i++)
        gone[i] = pass_dim_is_one(y->shape->dims[i]);
    for (int i = 0; i < reshape->shape->rank; i++)
        if (mask[i] && map[i] >= 0)
            gone[map[i]] = true;
    int64_t *dims = fw_alloc_array(edit->scratch, (size_t)y->shape->rank + 1, sizeof *dims);
    ir_dim *left = fw_alloc_array(edit->scratch, (size_t)y->shape->rank + 1, sizeof *left);
    int count = 0, rank = 0;
    for (int i = 0; i < y->shape->rank; i++) {
        if (gone[i])
            dims[count++] = i;
        else
            left[rank++] = y->shape->dims[i];
    }
    if (rank == instr->shape->rank)
        return become_reduce(edit, instr, y, count, dims);
    const ir_shape *shape = pass_shape_of(edit->comp->module, instr->shape->type, rank, left);
    ir_instr *operands[] = {y, instr->operands[1]};
    ir_instr *narrow = pass_new(edit, instr, IR_OP_REDUCE, shape, 2, operands);
    set_reduced(narrow, ir_attr_comp(instr, IR_ATTR_TO_APPLY), count, dims);
    return pass_become_reshape(edit, instr, pass_place(edit, narrow));
}

/* reduce(reduce(x)) with the same neutral initial value and combiner is one reduction. */
static ir_instr *reduce_reduce(pass_edit *edit, ir_instr *instr, const ir_instr *inner) {
    combiner outer, first;
    if (!combiner_of(instr, &outer) || !combiner_of(inner, &first) || outer.op != first.op || !outer.neutral ||
        !first.neutral || pass_uses(edit, inner) > 1 || inner->operands[0]->shape->type != instr->shape->type)
        return NULL;
    bool *gone = reduced_mask(edit, inner);
    const bool *mask = reduced_mask(edit, instr);
    int rank = inner->operands[0]->shape->rank, kept = 0, count = 0;
    int64_t *dims = fw_alloc_array(edit->scratch, (size_t)rank + 1, sizeof *dims);
    for (int i = 0; i < rank; i++) {
        if (gone[i] || mask[kept++])
            dims[count++] = i;
    }
    return become_reduce(edit, instr, inner->operands[0], count, dims);
}

ir_instr *pass_rule_reduce(pass_edit *edit, ir_instr *instr) {
    if (instr->noperands != 2 || instr->shape->type == IR_TUPLE)
        return NULL;
    ir_instr *changed = reduce_ones(edit, instr);
    if (!changed)
        changed = reduce_nothing(edit, instr);
    if (changed)
        return changed;
    const ir_instr *x = instr->operands[0];
    if (x->op == IR_OP_RESHAPE)
        return reduce_reshape(edit, instr, x);
    return x->op == IR_OP_REDUCE && x->noperands == 2 ? reduce_reduce(edit, instr, x) : NULL;
}
