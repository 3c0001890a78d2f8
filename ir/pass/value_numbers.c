/* Which instructions compute the same, which computations are the same, and whether a pass changed a module at all. */
#include "pass.h"

static int *positions(fw_arena *scratch, int count) {
    int *ids = fw_alloc_array(scratch, (size_t)count, sizeof *ids);
    for (int i = 0; i < count; i++)
        ids[i] = i;
    return ids;
}

static uint64_t hash_comp(const pass_identity *identity, const ir_comp *comp, const int *ids) {
    uint64_t hash = (uint64_t)comp->ninstrs;
    for (int i = 0; i < comp->ninstrs; i++) {
        uint64_t one = pass_hash_instr(identity, comp->instrs[i], ids);
        hash = fw_hash64(&one, sizeof one, hash);
    }
    return hash + (uint64_t)comp->root->id;
}

static bool same_comp(const pass_identity *identity, const ir_comp *a, const ir_comp *b, const int *ids) {
    if (a->ninstrs != b->ninstrs || a->root->id != b->root->id || a->nparams != b->nparams)
        return false;
    for (int i = 0; i < a->ninstrs; i++)
        if (!pass_same_instr(identity, a->instrs[i], b->instrs[i], ids, ids))
            return false;
    return true;
}

static int largest_comp(ir_module *module) {
    int most = 0;
    for (int i = 0; i < module->ncomps; i++) {
        ir_comp_renumber(module->comps[i]);
        most = module->comps[i]->ninstrs > most ? module->comps[i]->ninstrs : most;
    }
    return most;
}

pass_identity pass_identity_of(fw_arena *scratch, ir_module *module) {
    pass_identity identity = {.comps = pass_comps_of(scratch, module)};
    identity.effects = pass_effects_of(scratch, &identity.comps);
    identity.canon = positions(scratch, module->ncomps);
    const int *ids = positions(scratch, largest_comp(module));
    size_t mask = (size_t)identity.comps.table_size - 1;
    int *table = fw_alloc_array(scratch, mask + 1, sizeof *table);
    for (int i = 0; i < module->ncomps; i++) {
        size_t slot = (size_t)hash_comp(&identity, module->comps[i], ids) & mask;
        while (table[slot] && !same_comp(&identity, module->comps[table[slot] - 1], module->comps[i], ids))
            slot = (slot + 1) & mask;
        if (!table[slot])
            table[slot] = i + 1;
        identity.canon[i] = table[slot] - 1;
    }
    return identity;
}

int *pass_value_numbers(fw_arena *scratch, const pass_identity *identity, const ir_comp *comp, const int *seed) {
    int *numbers = positions(scratch, comp->ninstrs);
    size_t size = 16;
    while (size < 2 * (size_t)comp->ninstrs)
        size *= 2;
    int *table = fw_alloc_array(scratch, size, sizeof *table);
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        if (seed && seed[i] >= 0) {
            numbers[i] = seed[i];
            continue;
        }
        if (pass_has_effect(&identity->comps, identity->effects, instr) || instr->op == IR_OP_PARAMETER)
            continue;
        size_t slot = (size_t)pass_hash_instr(identity, instr, numbers) & (size - 1);
        while (table[slot] && !pass_same_instr(identity, comp->instrs[table[slot] - 1], instr, numbers, numbers))
            slot = (slot + 1) & (size - 1);
        if (!table[slot])
            table[slot] = i + 1;
        numbers[i] = table[slot] - 1;
    }
    return numbers;
}

uint64_t pass_fingerprint(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_identity identity = {.comps = pass_comps_of(scratch, module), .canon = positions(scratch, module->ncomps)};
    const int *ids = positions(scratch, largest_comp(module));
    uint64_t hash = (uint64_t)module->ncomps;
    for (int i = 0; i < module->ncomps; i++) {
        uint64_t one = hash_comp(&identity, module->comps[i], ids);
        hash = fw_hash64(&one, sizeof one, hash);
    }
    fw_arena_free(scratch);
    return hash;
}
