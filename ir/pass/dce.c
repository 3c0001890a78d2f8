/* Dead code: an instruction stays if the root or a side effect needs it, or if it is a parameter. */
#include "pass.h"

static void mark(bool *live, ir_instr *instr, ir_instr **stack, int *depth) {
    if (!live[instr->id]) {
        live[instr->id] = true;
        stack[(*depth)++] = instr;
    }
}

static bool *live_of(const pass_comps *comps, const bool *effects, fw_arena *scratch, const ir_comp *comp) {
    bool *live = fw_alloc_array(scratch, (size_t)comp->ninstrs, sizeof *live);
    ir_instr **stack = fw_alloc_array(scratch, (size_t)comp->ninstrs, sizeof *stack);
    int depth = 0;
    mark(live, comp->root, stack, &depth);
    for (int i = 0; i < comp->ninstrs; i++)
        if (comp->instrs[i]->op == IR_OP_PARAMETER || pass_has_effect(comps, effects, comp->instrs[i]))
            mark(live, comp->instrs[i], stack, &depth);
    while (depth > 0) {
        ir_instr *instr = stack[--depth];
        for (int k = 0; k < instr->noperands; k++)
            mark(live, instr->operands[k], stack, &depth);
        for (int a = 0; a < instr->nattrs; a++)
            for (int k = 0; instr->attrs[a].instrs && k < instr->attrs[a].count; k++)
                mark(live, instr->attrs[a].instrs[k], stack, &depth);
    }
    return live;
}

bool pass_dce_comp(const pass_comps *comps, const bool *effects, fw_arena *scratch, ir_comp *comp) {
    ir_comp_renumber(comp);
    const bool *live = live_of(comps, effects, scratch, comp);
    int kept = 0, before = comp->ninstrs;
    for (int i = 0; i < before; i++)
        if (live[i])
            comp->instrs[kept++] = comp->instrs[i];
    comp->ninstrs = kept;
    ir_comp_renumber(comp);
    return kept < before;
}

void pass_dce(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_comps comps = pass_comps_of(scratch, module);
    const bool *effects = pass_effects_of(scratch, &comps);
    for (int i = 0; i < module->ncomps; i++)
        pass_dce_comp(&comps, effects, scratch, module->comps[i]);
    pass_drop_unused_comps(module);
    fw_arena_free(scratch);
}
