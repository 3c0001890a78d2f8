/* Calls and fusions are replaced by what they call, so that later passes and the rules see one flat graph. Callees come
 * before callers in a module, so each body is flat when it is copied. */
#include "pass.h"

/* Calls of calls can double with every level. Past this many instructions in a module calls stay, and the next phase
 * reports them. */
enum { INLINE_LIMIT = 500 * 1000 };

static ir_comp *callee_of(const ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_CALL:
        return ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    case IR_OP_FUSION:
        return ir_attr_comp(instr, IR_ATTR_CALLS);
    default:
        return NULL;
    }
}

static void inherit_metadata(ir_instr *instr, const ir_instr *call) {
    const ir_attr *metadata = ir_attr_get(call, IR_ATTR_METADATA);
    if (instr->op_name || !metadata || ir_attr_get(instr, IR_ATTR_METADATA))
        return;
    *ir_attr_add(instr, IR_ATTR_METADATA) = *metadata;
    instr->op_name = call->op_name;
}

static ir_instr *rule_inline(pass_edit *edit, ir_instr *instr) {
    int *room = edit->context;
    const ir_comp *callee = callee_of(instr);
    if (!callee || callee->nparams != instr->noperands || callee->ninstrs > *room)
        return NULL;
    *room -= callee->ninstrs;
    int first = edit->nout;
    ir_instr *root = pass_clone_into(edit, callee, instr);
    for (int i = first; i < edit->nout; i++)
        inherit_metadata(edit->out[i], instr);
    return root;
}

void ir_inline_calls(ir_module *module) {
    int room = INLINE_LIMIT;
    for (int i = 0; i < module->ncomps; i++)
        room -= module->comps[i]->ninstrs < room ? module->comps[i]->ninstrs : room;
    pass_rewrite(module, rule_inline, &room);
    pass_drop_unused_comps(module);
}
