/* Collectives, asynchronous pairs and tokens, as one participant on one device sees them: a collective is a copy, the
 * work of a start-done pair is done at its start, and its value comes out at the done. */
#include "eval.h"

#include <string.h>

const char *eval_problem(fw_arena *arena, const ir_instr *instr) {
    if (instr->op == IR_OP_CUSTOM_CALL)
        return eval_custom_call_problem(arena, instr);
    bool known = instr->op == IR_OP_ASYNC_UPDATE ? instr->noperands == 1 : true;
    if (!known)
        return "with operands that are bound late";
    return ir_op_of(instr->op)->cls == IR_COLLECTIVE && !ir_is_alone(instr) ? "among several participants" : NULL;
}

/* A tuple of `shape` over values that are copied. */
static ir_literal *tuple_of(eval_frame *f, const ir_shape *shape, ir_literal *const *values, int count) {
    ir_literal *out = ir_literal_new(f->arena, shape);
    ir_literal **elems = fw_alloc_array(f->arena, (size_t)shape->nelems + 1, sizeof *elems);
    for (int i = 0; i < shape->nelems; i++)
        elems[i] = i < count ? eval_copy(f->arena, values[i]) : out->elems[i];
    out->elems = elems;
    return out;
}

/* all-reduce, all-gather, reduce-scatter, all-to-all, collective-permute, collective-broadcast. */
ir_literal *eval_collective(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const char *pairs = ir_attr_word(instr, IR_ATTR_SOURCE_TARGET_PAIRS);
    if (pairs && !strchr(pairs, '0')) /* nobody sends: zeros */
        return ir_literal_new(f->arena, instr->shape);
    if (instr->shape->type == IR_TUPLE && instr->noperands == instr->shape->nelems)
        return tuple_of(f, instr->shape, operands, instr->noperands);
    if (instr->noperands != 1 || !ir_shape_equal(instr->shape, operands[0]->shape))
        return eval_fail(f, instr, "with these shapes");
    return eval_copy(f->arena, operands[0]);
}

/* (operand, result, ...) of all-gather-start and collective-permute-start, (result, operand, ...) of copy-start: the
 * same twice. Several operands are gathered into ((operands), (results)). */
ir_literal *eval_collective_start(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *both[2] = {operands[0], operands[0]};
    const ir_shape *shape = instr->shape;
    if (shape->type != IR_TUPLE || shape->nelems < 2)
        return eval_fail(f, instr, "with this result shape");
    if (shape->elems[1]->type == IR_TUPLE && shape->elems[1]->nelems == instr->noperands)
        both[0] = both[1] = tuple_of(f, shape->elems[1], operands, instr->noperands);
    else if (instr->noperands != 1 || !ir_shape_equal(shape->elems[1], operands[0]->shape))
        return eval_fail(f, instr, "with these shapes");
    return tuple_of(f, shape, both, 2);
}

/* ((operands), result, state...) */
ir_literal *eval_async_start(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_comp *comp = ir_attr_comp(instr, IR_ATTR_CALLS);
    const ir_shape *shape = instr->shape;
    if (comp->nparams != instr->noperands || shape->elems[0]->nelems != instr->noperands)
        return eval_fail(f, instr, "with operands that are bound late");
    ir_literal *pair[2];
    pair[1] = eval_comp(f->arena, f->diag, comp, operands, NULL, f->depth + 1);
    if (!pair[1])
        return NULL;
    pair[0] = tuple_of(f, shape->elems[0], operands, instr->noperands);
    return tuple_of(f, shape, pair, 2);
}

ir_literal *eval_done(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    if (instr->op == IR_OP_ALL_REDUCE_DONE || instr->op == IR_OP_ASYNC_UPDATE)
        return eval_copy(f->arena, operands[0]);
    return eval_copy(f->arena, operands[0]->elems[instr->op == IR_OP_COPY_DONE ? 0 : 1]);
}

/* partition-id and replica-id are 0, which is also all that there is to a token. */
ir_literal *eval_zero(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)operands;
    return ir_literal_new(f->arena, instr->shape);
}
