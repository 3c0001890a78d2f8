/* Ops that run other computations as a whole: call, fusion, conditional, while. */
#include "eval.h"

/* The operands live as long as the result (see may_share in evaluate.c), which may therefore share their memory. */
static ir_literal *run(eval_frame *f, const ir_comp *comp, ir_literal *const *args) {
    fw_arena *arena = fw_arena_new();
    eval_lenders lenders = eval_lenders_of(arena, args, comp->nparams);
    ir_literal *result = eval_comp(f->arena, f->diag, comp, args, &lenders, f->depth + 1);
    fw_arena_free(arena);
    return result;
}

ir_literal *eval_call(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return run(f, ir_attr_comp(instr, IR_ATTR_TO_APPLY), operands);
}

ir_literal *eval_fusion(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return run(f, ir_attr_comp(instr, IR_ATTR_CALLS), operands);
}

/* true takes branch 0; an index out of range takes the last branch. */
ir_literal *eval_conditional(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    int64_t index = eval_index_at(operands[0], 0), count = branches ? branches->count : 2;
    if (operands[0]->shape->type == IR_PRED)
        index = !index;
    if (index < 0 || index >= count)
        index = count - 1;
    const ir_comp *comp;
    if (branches)
        comp = branches->comps[index];
    else
        comp = ir_attr_comp(instr, index == 0 ? IR_ATTR_TRUE_COMPUTATION : IR_ATTR_FALSE_COMPUTATION);
    return run(f, comp, &operands[1 + index]);
}

/* Each iteration's state has an arena of its own, which goes when the next state is there; only the first state lends.
 */
ir_literal *eval_while(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_comp *condition = ir_attr_comp(instr, IR_ATTR_CONDITION), *body = ir_attr_comp(instr, IR_ATTR_BODY);
    fw_arena *lending = fw_arena_new(), *arena = fw_arena_new();
    eval_lenders lenders = eval_lenders_of(lending, operands, 1);
    ir_literal *state = operands[0];
    for (;;) {
        fw_arena *next = fw_arena_new();
        ir_literal *go_on = eval_comp(next, f->diag, condition, &state, NULL, f->depth + 1);
        bool more = go_on && *(const unsigned char *)go_on->data;
        if (!go_on)
            state = NULL;
        else if (more)
            state = eval_comp(next, f->diag, body, &state, &lenders, f->depth + 1);
        else
            state = eval_copy_unlent(f->arena, state, &lenders);
        fw_arena_free(arena);
        arena = next;
        if (!more || !state)
            break;
    }
    fw_arena_free(arena);
    fw_arena_free(lending);
    return state;
}
