/* Common subexpressions: of equal instructions the first stays, and of equal combiners the first is used everywhere.
 * Loop bodies and branches stay one to a user, because later phases change them for that user. */
#include "pass.h"

static ir_instr *rule_cse(pass_edit *edit, ir_instr *instr) {
    const int *numbers = edit->context;
    int number = instr->id < edit->comp->ninstrs ? numbers[instr->id] : instr->id;
    return number == instr->id ? NULL : edit->comp->instrs[number];
}

static void share_combiners(const pass_identity *identity, ir_comp *comp) {
    for (int i = 0; i < comp->ninstrs; i++) {
        ir_instr *instr = comp->instrs[i];
        if (instr->op == IR_OP_WHILE || instr->op == IR_OP_CONDITIONAL)
            continue;
        for (int a = 0; a < instr->nattrs; a++)
            for (int k = 0; instr->attrs[a].comps && k < instr->attrs[a].count; k++) {
                int position = pass_comp_position(&identity->comps, instr->attrs[a].comps[k]);
                instr->attrs[a].comps[k] = identity->comps.module->comps[identity->canon[position]];
            }
    }
}

void pass_cse(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_identity identity = pass_identity_of(scratch, module);
    for (int i = 0; i < module->ncomps; i++) {
        ir_comp *comp = module->comps[i];
        share_combiners(&identity, comp);
        pass_rewrite_comp(comp, rule_cse, pass_value_numbers(scratch, &identity, comp, NULL));
    }
    pass_drop_unused_comps(module);
    fw_arena_free(scratch);
}
