/* The call graph: positions of computations, which of them have side effects, which nobody calls, and copies. */
#include "pass.h"

#include <string.h>

/* ---- positions ---- */

static size_t slot_of(const ir_comp *comp, int size) {
    return (size_t)(((uint64_t)(uintptr_t)comp * 0x9E3779B97F4A7C15u) >> 32) & (size_t)(size - 1);
}

pass_comps pass_comps_of(fw_arena *scratch, ir_module *module) {
    pass_comps comps = {.module = module, .count = module->ncomps, .table_size = 16};
    while (comps.table_size < 2 * comps.count)
        comps.table_size *= 2;
    comps.table = fw_alloc_array(scratch, (size_t)comps.table_size, sizeof *comps.table);
    for (int i = 0; i < comps.count; i++) {
        size_t slot = slot_of(module->comps[i], comps.table_size);
        while (comps.table[slot])
            slot = (slot + 1) & (size_t)(comps.table_size - 1);
        comps.table[slot] = i + 1;
    }
    return comps;
}

int pass_comp_position(const pass_comps *comps, const ir_comp *comp) {
    size_t slot = slot_of(comp, comps->table_size);
    while (comps->table[slot] && comps->module->comps[comps->table[slot] - 1] != comp)
        slot = (slot + 1) & (size_t)(comps->table_size - 1);
    return comps->table[slot] - 1;
}

/* ---- side effects ---- */

bool pass_op_has_effect(const ir_instr *instr) {
    switch (ir_op_of(instr->op)->cls) {
    case IR_COLLECTIVE:
        return instr->op != IR_OP_PARTITION_ID && instr->op != IR_OP_REPLICA_ID;
    case IR_HOST:
        return true;
    case IR_RANDOM:
        return instr->op != IR_OP_RNG_BIT_GENERATOR;
    case IR_OPAQUE_CLASS:
        return ir_attr_int(instr, IR_ATTR_CUSTOM_CALL_HAS_SIDE_EFFECT, 0) != 0;
    default:
        return false;
    }
}

bool pass_has_effect(const pass_comps *comps, const bool *effects, const ir_instr *instr) {
    if (pass_op_has_effect(instr))
        return true;
    for (int a = 0; a < instr->nattrs; a++)
        for (int k = 0; instr->attrs[a].comps && k < instr->attrs[a].count; k++)
            if (effects[pass_comp_position(comps, instr->attrs[a].comps[k])])
                return true;
    return false;
}

const bool *pass_effects_of(fw_arena *scratch, const pass_comps *comps) {
    bool *effects = fw_alloc_array(scratch, (size_t)comps->count, sizeof *effects);
    for (int i = 0; i < comps->count; i++) {
        const ir_comp *comp = comps->module->comps[i];
        for (int k = 0; k < comp->ninstrs && !effects[i]; k++)
            effects[i] = pass_has_effect(comps, effects, comp->instrs[k]);
    }
    return effects;
}

/* ---- unused computations ---- */

void pass_drop_unused_comps(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_comps comps = pass_comps_of(scratch, module);
    bool *used = fw_alloc_array(scratch, (size_t)comps.count, sizeof *used);
    used[pass_comp_position(&comps, module->entry)] = true;
    for (int i = comps.count - 1; i >= 0; i--) {
        const ir_comp *comp = module->comps[i];
        for (int k = 0; used[i] && k < comp->ninstrs; k++) {
            const ir_instr *instr = comp->instrs[k];
            for (int a = 0; a < instr->nattrs; a++)
                for (int c = 0; instr->attrs[a].comps && c < instr->attrs[a].count; c++)
                    used[pass_comp_position(&comps, instr->attrs[a].comps[c])] = true;
        }
    }
    int kept = 0;
    for (int i = 0; i < comps.count; i++)
        if (used[i])
            module->comps[kept++] = module->comps[i];
    module->ncomps = kept;
    fw_arena_free(scratch);
}

/* ---- copies ---- */

static ir_instr *copy_of(const ir_instr *instr, ir_comp *comp, ir_instr *const *copies) {
    fw_arena *arena = comp->module->arena;
    ir_instr *copy = fw_alloc(arena, sizeof *copy);
    *copy = *instr;
    copy->comp = comp;
    copy->operands = fw_alloc_array(arena, (size_t)instr->noperands, sizeof *copy->operands);
    for (int i = 0; i < instr->noperands; i++)
        copy->operands[i] = copies[instr->operands[i]->id];
    pass_attrs_copy(copy, instr);
    for (int a = 0; a < copy->nattrs; a++)
        for (int k = 0; copy->attrs[a].instrs && k < copy->attrs[a].count; k++)
            copy->attrs[a].instrs[k] = copies[copy->attrs[a].instrs[k]->id];
    return copy;
}

ir_comp *pass_clone_comp(ir_comp *comp, const char *name) {
    fw_arena *arena = comp->module->arena;
    ir_comp *clone = fw_alloc(arena, sizeof *clone);
    *clone = *comp;
    clone->name = name;
    clone->cap = comp->ninstrs;
    clone->instrs = fw_alloc_array(arena, (size_t)comp->ninstrs, sizeof *clone->instrs);
    clone->params = fw_alloc_array(arena, (size_t)comp->nparams, sizeof *clone->params);
    ir_comp_renumber(comp);
    for (int i = 0; i < comp->ninstrs; i++)
        clone->instrs[i] = copy_of(comp->instrs[i], clone, clone->instrs);
    for (int i = 0; i < comp->nparams; i++)
        clone->params[i] = clone->instrs[comp->params[i]->id];
    clone->root = clone->instrs[comp->root->id];
    return clone;
}

ir_instr *pass_clone_into(pass_edit *edit, const ir_comp *callee, const ir_instr *call) {
    ir_instr **copies = fw_alloc_array(edit->scratch, (size_t)callee->ninstrs, sizeof *copies);
    for (int i = 0; i < callee->ninstrs; i++) {
        const ir_instr *instr = callee->instrs[i];
        if (instr->op == IR_OP_PARAMETER) {
            copies[i] = call->operands[instr->param];
            continue;
        }
        copies[i] = copy_of(instr, edit->comp, copies);
        copies[i]->name = pass_fresh_name(edit, instr->name);
        pass_adopt(edit, copies[i]);
    }
    return copies[callee->root->id];
}
