/* Composite operations are written out in plain ones, so that everything behind sees one graph of those:
 *
 *     topk                      sort with positions, slice
 *     batch-norm-*              expand_batch_norm.c
 *     map                       expand_map.c
 *     start, update, done       the operation itself, and tuples around it
 *     collectives               their operand, where one participant is all there is
 *     Sharding and the like     their operand
 *     dynamic-reshape           reshape, where the result is static
 *
 * The evaluator knows all of them as they are, and each form means the same bits. */
#include "pass.h"

#include <string.h>

/* ---- values without content ---- */

/* What the state elements of a start hold: zeros, and tokens of nothing. */
static ir_instr *zero_of(pass_edit *edit, const ir_instr *like, const ir_shape *shape) {
    static const char zero[16];
    if (shape->type == IR_TOKEN)
        return pass_place(edit, pass_new(edit, like, IR_OP_AFTER_ALL, shape, 0, NULL));
    if (shape->type == IR_TUPLE) {
        ir_instr **elems = fw_alloc_array(edit->scratch, (size_t)shape->nelems + 1, sizeof *elems);
        for (int i = 0; i < shape->nelems; i++)
            elems[i] = zero_of(edit, like, shape->elems[i]);
        return pass_place(edit, pass_new(edit, like, IR_OP_TUPLE, shape, shape->nelems, elems));
    }
    ir_instr *scalar = pass_scalar(edit, like, shape->type, zero);
    return shape->rank > 0 ? pass_broadcast(edit, like, scalar, shape, NULL) : scalar;
}

static ir_instr *become(pass_edit *edit, ir_instr *instr, ir_op op, int count, ir_instr *const *operands) {
    instr->async_op = NULL; /* it is no `X-start` any more */
    return pass_become(edit, instr, op, count, operands);
}

/* Turns a start into (first, second, zeros...). */
static ir_instr *become_started(pass_edit *edit, ir_instr *instr, ir_instr *first, ir_instr *second) {
    const ir_shape *shape = instr->shape;
    ir_instr **elems = fw_alloc_array(edit->scratch, (size_t)shape->nelems + 1, sizeof *elems);
    elems[0] = first;
    elems[1] = second;
    for (int i = 2; i < shape->nelems; i++)
        elems[i] = zero_of(edit, instr, shape->elems[i]);
    return become(edit, instr, IR_OP_TUPLE, shape->nelems, elems);
}

static ir_instr *packed(pass_edit *edit, ir_instr *instr, const ir_shape *shape) {
    return pass_place(edit, pass_new(edit, instr, IR_OP_TUPLE, shape, instr->noperands, instr->operands));
}

/* ---- collectives ---- */

static ir_instr *expand_collective(pass_edit *edit, ir_instr *instr) {
    const char *pairs = ir_attr_word(instr, IR_ATTR_SOURCE_TARGET_PAIRS);
    if (pairs && !strchr(pairs, '0')) /* nobody sends */
        return zero_of(edit, instr, instr->shape);
    if (instr->noperands == 1 && ir_shape_equal(instr->shape, instr->operands[0]->shape))
        return instr->operands[0];
    if (instr->shape->type == IR_TUPLE && instr->shape->nelems == instr->noperands)
        return become(edit, instr, IR_OP_TUPLE, instr->noperands, instr->operands);
    return NULL;
}

/* (operand, result, ...), or ((operands), (results), ...): the same twice. */
static ir_instr *expand_start(pass_edit *edit, ir_instr *instr) {
    const ir_shape *shape = instr->shape;
    if (shape->type != IR_TUPLE || shape->nelems < 2)
        return NULL;
    const ir_shape *result = shape->elems[1];
    ir_instr *value = NULL;
    if (instr->noperands == 1 && ir_shape_equal(result, instr->operands[0]->shape))
        value = instr->operands[0];
    else if (result->type == IR_TUPLE && result->nelems == instr->noperands)
        value = packed(edit, instr, result);
    if (!value || !ir_shape_equal(value->shape, result) || !ir_shape_equal(value->shape, shape->elems[0]))
        return NULL;
    return become_started(edit, instr, value, value);
}

/* ((operands), result, state...): the computation is called where it starts. */
static ir_instr *expand_async_start(pass_edit *edit, ir_instr *instr) {
    ir_comp *comp = ir_attr_comp(instr, IR_ATTR_CALLS);
    const ir_shape *shape = instr->shape;
    if (comp->nparams != instr->noperands || shape->elems[0]->nelems != instr->noperands)
        return NULL; /* operands that are bound later */
    ir_instr *call = pass_new(edit, instr, IR_OP_CALL, comp->root->shape, instr->noperands, instr->operands);
    pass_attr_set_comp(call, IR_ATTR_TO_APPLY, comp);
    call = pass_place(edit, call);
    return become_started(edit, instr, packed(edit, instr, shape->elems[0]), call);
}

/* The value of what was started, once that has been written out. */
static ir_instr *expand_done(pass_edit *edit, ir_instr *instr) {
    ir_instr *started = instr->operands[0];
    if (ir_op_of(started->op)->cls == IR_COLLECTIVE || instr->noperands > 1)
        return NULL;
    if (instr->op == IR_OP_ALL_REDUCE_DONE || instr->op == IR_OP_ASYNC_UPDATE)
        return started;
    int element = instr->op == IR_OP_COPY_DONE ? 0 : 1;
    become(edit, instr, IR_OP_GET_TUPLE_ELEMENT, 1, &started);
    pass_attr_set_int(instr, IR_ATTR_INDEX, element);
    return instr;
}

static ir_instr *expand_alone(pass_edit *edit, ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_PARTITION_ID:
    case IR_OP_REPLICA_ID:
        return pass_become_constant(edit, instr, ir_literal_new(edit->comp->module->arena, instr->shape));
    case IR_OP_ALL_REDUCE:
    case IR_OP_ALL_REDUCE_START:
    case IR_OP_ALL_GATHER:
    case IR_OP_REDUCE_SCATTER:
    case IR_OP_ALL_TO_ALL:
    case IR_OP_COLLECTIVE_PERMUTE:
    case IR_OP_COLLECTIVE_BROADCAST:
        return expand_collective(edit, instr);
    case IR_OP_ALL_GATHER_START:
    case IR_OP_COLLECTIVE_PERMUTE_START:
    case IR_OP_COPY_START:
        return expand_start(edit, instr);
    case IR_OP_ASYNC_START:
        return expand_async_start(edit, instr);
    case IR_OP_ALL_REDUCE_DONE:
    case IR_OP_ALL_GATHER_DONE:
    case IR_OP_COLLECTIVE_PERMUTE_DONE:
    case IR_OP_COPY_DONE:
    case IR_OP_ASYNC_UPDATE:
    case IR_OP_ASYNC_DONE:
        return expand_done(edit, instr);
    default:
        return NULL;
    }
}

/* ---- topk ---- */

static bool is_topk(const ir_instr *instr) {
    return instr->op == IR_OP_TOPK ||
           (instr->op == IR_OP_CUSTOM_CALL && strcmp(ir_attr_word(instr, IR_ATTR_CUSTOM_CALL_TARGET), "TopK") == 0);
}

/* The comparator that a TopK brings along. */
static ir_comp *given_comparator(const ir_instr *instr) {
    const ir_attr *called = ir_attr_get(instr, IR_ATTR_CALLED_COMPUTATIONS);
    return called && called->count == 1 ? called->comps[0] : ir_attr_comp(instr, IR_ATTR_TO_APPLY);
}

/* Elements 0 .. k of the last dimension of element `index` of the sorted pair. */
static ir_instr *first_of(pass_edit *edit, ir_instr *instr, ir_instr *sorted, int index) {
    const ir_shape *whole = sorted->shape->elems[index], *part = instr->shape->elems[index];
    ir_instr *all = pass_new(edit, instr, IR_OP_GET_TUPLE_ELEMENT, whole, 1, &sorted);
    pass_attr_set_int(all, IR_ATTR_INDEX, index);
    all = pass_place(edit, all);
    if (ir_shape_same_dims(whole, part))
        return all;
    int64_t *ranges = fw_alloc_array(edit->scratch, 3 * (size_t)whole->rank, sizeof *ranges);
    for (int d = 0; d < whole->rank; d++) {
        ranges[3 * d + 1] = ir_shape_size(part, d);
        ranges[3 * d + 2] = 1;
    }
    ir_instr *slice = pass_new(edit, instr, IR_OP_SLICE, part, 1, &all);
    pass_attr_set_ints(slice, IR_ATTR_SLICE, 3 * whole->rank, ranges);
    return pass_place(edit, slice);
}

/* A stable sort of the elements with their positions. */
static ir_instr *expand_topk(pass_edit *edit, ir_instr *instr) {
    fw_arena *arena = edit->comp->module->arena;
    ir_instr *x = instr->operands[0];
    int64_t last = x->shape->rank - 1;
    ir_comp *comp = given_comparator(instr);
    if (!ir_shape_is_static(x->shape) || (comp && comp->nparams != 4))
        return NULL;
    if (!comp)
        comp = pass_ordering(edit->context, x->shape->type, ir_attr_int(instr, IR_ATTR_LARGEST, 1) != 0);
    const ir_shape *places = pass_shape_of(edit->comp->module, IR_S32, x->shape->rank, x->shape->dims);
    ir_instr *pair[2] = {x, pass_new(edit, instr, IR_OP_IOTA, places, 0, NULL)};
    pass_attr_set_int(pair[1], IR_ATTR_IOTA_DIMENSION, last);
    pair[1] = pass_place(edit, pair[1]);
    const ir_shape *both[2] = {x->shape, places};
    ir_instr *sort = pass_new(edit, instr, IR_OP_SORT, ir_shape_tuple(arena, 2, both), 2, pair);
    pass_attr_set_ints(sort, IR_ATTR_DIMENSIONS, 1, &last);
    pass_attr_set_int(sort, IR_ATTR_IS_STABLE, 1);
    pass_attr_set_comp(sort, IR_ATTR_TO_APPLY, comp);
    sort = pass_place(edit, sort);
    ir_instr *results[2];
    for (int i = 0; i < 2; i++)
        results[i] = first_of(edit, instr, sort, i);
    return become(edit, instr, IR_OP_TUPLE, 2, results);
}

/* ---- sizes ---- */

static ir_instr *expand_size(pass_edit *edit, ir_instr *instr) {
    const int64_t *dims;
    int64_t size, given;
    if (instr->op == IR_OP_DYNAMIC_RESHAPE)
        return ir_shape_is_static(instr->shape) && ir_shape_is_static(instr->operands[0]->shape)
                   ? pass_become_reshape(edit, instr, instr->operands[0])
                   : NULL;
    if (ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims) != 1 ||
        !ir_dim_const(instr->operands[0]->shape->dims[dims[0]], &size))
        return NULL;
    return pass_splat_int(instr->operands[1], &given) && given == size ? instr->operands[0] : NULL;
}

/* ---- the pass ---- */

static ir_instr *rule_expand(pass_edit *edit, ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_BATCH_NORM_TRAINING:
    case IR_OP_BATCH_NORM_INFERENCE:
    case IR_OP_BATCH_NORM_GRAD:
        return pass_expand_batch_norm(edit, instr);
    case IR_OP_MAP:
        return pass_expand_map(edit, instr);
    case IR_OP_TOPK:
        return expand_topk(edit, instr);
    case IR_OP_CUSTOM_CALL:
        if (ir_call_forwards(instr))
            return instr->operands[0];
        return is_topk(instr) ? expand_topk(edit, instr) : NULL;
    case IR_OP_DYNAMIC_RESHAPE:
    case IR_OP_SET_DIMENSION_SIZE:
        return expand_size(edit, instr);
    default:
        return ir_op_of(instr->op)->cls == IR_COLLECTIVE && ir_is_alone(instr) ? expand_alone(edit, instr) : NULL;
    }
}

void pass_expand(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_combiners *combiners = pass_combiners_new(scratch, module);
    pass_rewrite(module, rule_expand, combiners);
    pass_combiners_list(combiners);
    fw_arena_free(scratch);
}
