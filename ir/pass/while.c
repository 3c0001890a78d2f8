/* Loops carry only what somebody reads: equal carried elements are merged (loop_merge.c), then elements go that nothing
 * but their own update reads. Elements that never change stay; hoisting is the business of another phase. */
#include "pass.h"

typedef struct {
    const pass_comps *comps;
    const bool *effects;
    pass_loop *loops; /* of the computation that is walked, in order */
    int count, next;
} shrink_state;

typedef struct {
    const pass_loop *loop;
    bool *live; /* by element */
    bool *seen; /* by instruction of the body */
    ir_instr **stack;
    int depth;
} live_state;

static void reach(live_state *state, ir_instr *instr) {
    if (!state->seen[instr->id]) {
        state->seen[instr->id] = true;
        state->stack[state->depth++] = instr;
    }
}

static void need(live_state *state, int64_t element) {
    state->live[element] = true;
    reach(state, state->loop->update->operands[element]);
}

/* Elements that are read outside, by the condition, by a side effect, or by the update of a live element. */
static bool *live_elements(pass_edit *edit, const shrink_state *shrink, const pass_loop *loop) {
    const ir_comp *body = loop->body;
    live_state state = {.loop = loop};
    state.live = fw_alloc_array(edit->scratch, (size_t)loop->count + 1, sizeof *state.live);
    state.seen = fw_alloc_array(edit->scratch, (size_t)body->ninstrs, sizeof *state.seen);
    state.stack = fw_alloc_array(edit->scratch, (size_t)body->ninstrs, sizeof *state.stack);
    for (int i = 0; i < loop->nreads; i++)
        if (loop->reads[i]->comp != body)
            need(&state, ir_attr_int(loop->reads[i], IR_ATTR_INDEX, 0));
    for (int i = 0; i < body->ninstrs; i++)
        if (pass_has_effect(shrink->comps, shrink->effects, body->instrs[i]))
            reach(&state, body->instrs[i]);
    while (state.depth > 0) {
        ir_instr *instr = state.stack[--state.depth];
        if (instr->op == IR_OP_GET_TUPLE_ELEMENT && instr->operands[0] == body->params[0])
            need(&state, ir_attr_int(instr, IR_ATTR_INDEX, 0));
        for (int k = 0; k < instr->noperands; k++)
            reach(&state, instr->operands[k]);
    }
    return state.live;
}

static void drop_tuple_notes(ir_instr *instr) {
    pass_attr_drop(instr, IR_ATTR_SHARDING);
    pass_attr_drop(instr, IR_ATTR_PARAMETER_REPLICATION);
    pass_attr_drop(instr, IR_ATTR_BACKEND_CONFIG); /* XLA writes tuple indices into it */
}

/* Live elements of an operand list, in front; the count is known. */
static ir_instr **live_operands(fw_arena *arena, const ir_instr *tuple, const bool *live, int kept) {
    ir_instr **operands = fw_alloc_array(arena, (size_t)kept, sizeof *operands);
    for (int i = 0, next = 0; i < tuple->noperands; i++)
        if (live[i])
            operands[next++] = tuple->operands[i];
    return operands;
}

static void shrink_computations(
    pass_edit *edit, const shrink_state *shrink, const pass_loop *loop, const ir_shape *shape) {
    loop->body->params[0]->shape = loop->condition->params[0]->shape = loop->update->shape = shape;
    drop_tuple_notes(loop->body->params[0]);
    drop_tuple_notes(loop->condition->params[0]);
    drop_tuple_notes(loop->update);
    pass_dce_comp(shrink->comps, shrink->effects, edit->scratch, loop->body);
    pass_dce_comp(shrink->comps, shrink->effects, edit->scratch, loop->condition);
}

static ir_instr *shrink_loop(pass_edit *edit, const shrink_state *shrink, const pass_loop *loop) {
    fw_arena *arena = edit->comp->module->arena;
    const bool *live = live_elements(edit, shrink, loop);
    int64_t *place = fw_alloc_array(edit->scratch, (size_t)loop->count + 1, sizeof *place);
    const ir_shape **elems = fw_alloc_array(arena, (size_t)loop->count, sizeof *elems);
    int kept = 0;
    for (int i = 0; i < loop->count; i++) {
        place[i] = kept;
        if (live[i])
            elems[kept++] = loop->loop->shape->elems[i];
    }
    if (kept == loop->count || kept == 0)
        return NULL;
    const ir_shape *shape = ir_shape_tuple(arena, kept, elems);
    for (int i = 0; i < loop->nreads; i++) /* reads of dead elements go with them below */
        pass_attr_set_int(loop->reads[i], IR_ATTR_INDEX, place[ir_attr_int(loop->reads[i], IR_ATTR_INDEX, 0)]);
    loop->update->operands = live_operands(arena, loop->update, live, kept);
    loop->update->noperands = kept;
    shrink_computations(edit, shrink, loop, shape);
    ir_instr *instr = loop->loop;
    ir_instr *init = pass_place(
        edit, pass_new(edit, instr, IR_OP_TUPLE, shape, kept, live_operands(edit->scratch, loop->init, live, kept)));
    instr->operands[0] = init;
    instr->shape = shape;
    drop_tuple_notes(instr);
    return instr;
}

static ir_instr *rule_shrink(pass_edit *edit, ir_instr *instr) {
    shrink_state *shrink = edit->context;
    if (instr->op != IR_OP_WHILE || shrink->next == shrink->count || shrink->loops[shrink->next].loop != instr)
        return NULL;
    return shrink_loop(edit, shrink, &shrink->loops[shrink->next++]);
}

void pass_while(ir_module *module) {
    pass_make_loops_private(module);
    pass_merge_carried(module);
    fw_arena *scratch = fw_arena_new();
    pass_comps comps = pass_comps_of(scratch, module);
    shrink_state state = {.comps = &comps, .effects = pass_effects_of(scratch, &comps)};
    const int *references = pass_references_of(scratch, &comps);
    for (int i = 0; i < module->ncomps; i++) {
        state.next = 0;
        state.count = pass_loops_of(scratch, &comps, references, module->comps[i], &state.loops);
        if (state.count > 0)
            pass_rewrite_comp(module->comps[i], rule_shrink, &state);
    }
    fw_arena_free(scratch);
}
