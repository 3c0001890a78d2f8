/* Every while gets a condition and a body of its own: rewriting one loop must not change another. Bodies come to be
 * shared when a callee with a loop is inlined twice. */
#include "pass.h"

/* Loops in shared bodies of loops in shared bodies double with every level. Past this they stay shared, and as they
 * are. */
enum { CLONE_LIMIT = 10000 };

typedef struct {
    const pass_comps *comps;
    fw_arena *scratch;
    pass_names *names; /* of computations */
    bool *claimed;     /* by position: has its one user */
    struct clones {
        ir_comp **items;
        int count, cap;
    } * clones; /* by position of the original */
    int total;
} private_state;

static void claim(private_state *state, ir_instr *loop, ir_attr_id id) {
    ir_comp *comp = ir_attr_comp(loop, id);
    int position = pass_comp_position(state->comps, comp);
    if (!state->claimed[position]) {
        state->claimed[position] = true;
        return;
    }
    if (state->total == CLONE_LIMIT)
        return;
    state->total++;
    struct clones *clones = &state->clones[position];
    ir_comp *clone = pass_clone_comp(comp, pass_names_unique(state->names, comp->module->arena, comp->name));
    FW_PUSH(state->scratch, clones->items, clones->count, clones->cap, clone);
    pass_attr_set_comp(loop, id, clone);
}

static void claim_all(private_state *state, const ir_comp *comp) {
    for (int i = 0; i < comp->ninstrs; i++) {
        if (comp->instrs[i]->op != IR_OP_WHILE)
            continue;
        claim(state, comp->instrs[i], IR_ATTR_CONDITION);
        claim(state, comp->instrs[i], IR_ATTR_BODY);
    }
}

/* Computations that something else than a while names are nobody's own. */
static void claim_for_others(private_state *state, const ir_comp *comp) {
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        for (int a = 0; instr->op != IR_OP_WHILE && a < instr->nattrs; a++)
            for (int k = 0; instr->attrs[a].comps && k < instr->attrs[a].count; k++)
                state->claimed[pass_comp_position(state->comps, instr->attrs[a].comps[k])] = true;
    }
}

/* Each copy right behind its original: after what it calls, before what calls it. */
static void list_clones(private_state *state, ir_module *module) {
    ir_comp **order = NULL;
    int count = 0, cap = 0;
    for (int i = 0; i < module->ncomps; i++) {
        FW_PUSH(module->arena, order, count, cap, module->comps[i]);
        for (int k = 0; k < state->clones[i].count; k++)
            FW_PUSH(module->arena, order, count, cap, state->clones[i].items[k]);
    }
    module->comps = order;
    module->ncomps = count;
    module->cap = cap;
}

void pass_make_loops_private(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_comps comps = pass_comps_of(scratch, module);
    private_state state = {.comps = &comps, .scratch = scratch, .names = pass_names_new(scratch)};
    state.claimed = fw_alloc_array(scratch, (size_t)comps.count, sizeof *state.claimed);
    state.clones = fw_alloc_array(scratch, (size_t)comps.count, sizeof *state.clones);
    for (int i = 0; i < comps.count; i++) {
        pass_names_use(state.names, module->comps[i]->name);
        claim_for_others(&state, module->comps[i]);
    }
    for (int i = comps.count - 1; i >= 0; i--) { /* callers first: a copied body then claims for its own loops */
        claim_all(&state, module->comps[i]);
        for (int k = 0; k < state.clones[i].count; k++)
            claim_all(&state, state.clones[i].items[k]);
    }
    if (state.total > 0)
        list_clones(&state, module);
    fw_arena_free(scratch);
}
