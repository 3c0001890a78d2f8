/* Finding the parts of a while that loop passes rewrite.
 *
 *     init = tuple(a, b)          body:  p = parameter(0); ... gte(p, 0) ...; ROOT tuple(a', b')
 *     loop = while(init)          gte(loop, 1) ... */
#include "pass.h"

int *pass_references_of(fw_arena *scratch, const pass_comps *comps) {
    int *references = fw_alloc_array(scratch, (size_t)comps->count, sizeof *references);
    for (int i = 0; i < comps->count; i++) {
        const ir_comp *comp = comps->module->comps[i];
        for (int k = 0; k < comp->ninstrs; k++)
            for (int a = 0; a < comp->instrs[k]->nattrs; a++) {
                const ir_attr *attr = &comp->instrs[k]->attrs[a];
                for (int c = 0; attr->comps && c < attr->count; c++)
                    references[pass_comp_position(comps, attr->comps[c])]++;
            }
    }
    return references;
}

/* Collects what reads `tuple` in its computation; false if anything but a get-tuple-element does. */
static bool add_reads(fw_arena *scratch, pass_loop *loop, const ir_instr *tuple, ir_instr *const *users, int count) {
    if (tuple->comp->root == tuple)
        return false;
    for (int i = 0; i < count; i++) {
        if (users[i]->op != IR_OP_GET_TUPLE_ELEMENT)
            return false;
        FW_PUSH(scratch, loop->reads, loop->nreads, loop->reads_cap, users[i]);
    }
    return true;
}

static bool add_parameter_reads(fw_arena *scratch, pass_loop *loop, const ir_comp *comp, bool tuple_root) {
    ir_users users = ir_users_of(scratch, comp);
    if (comp->nparams != 1 || (tuple_root && (comp->root->op != IR_OP_TUPLE || users.count[comp->root->id] > 0)))
        return false;
    int id = comp->params[0]->id;
    return add_reads(scratch, loop, comp->params[0], users.users[id], users.count[id]);
}

static bool find_parts(fw_arena *scratch, const pass_comps *comps, const int *references, ir_instr *instr,
    const ir_users *users, pass_loop *loop) {
    *loop = (pass_loop){.loop = instr, .init = instr->operands[0]};
    loop->body = ir_attr_comp(instr, IR_ATTR_BODY);
    loop->condition = ir_attr_comp(instr, IR_ATTR_CONDITION);
    if (loop->init->op != IR_OP_TUPLE || references[pass_comp_position(comps, loop->body)] != 1 ||
        references[pass_comp_position(comps, loop->condition)] != 1 ||
        !add_reads(scratch, loop, instr, users->users[instr->id], users->count[instr->id]))
        return false;
    loop->noutside = loop->nreads;
    loop->count = loop->init->noperands;
    loop->update = loop->body->root;
    return add_parameter_reads(scratch, loop, loop->body, true) &&
           add_parameter_reads(scratch, loop, loop->condition, false);
}

int pass_loops_of(fw_arena *scratch, const pass_comps *comps, const int *references, ir_comp *comp, pass_loop **loops) {
    int count = 0, cap = 0;
    ir_users users = {0};
    *loops = NULL;
    for (int i = 0; i < comp->ninstrs; i++) {
        pass_loop loop;
        if (comp->instrs[i]->op != IR_OP_WHILE)
            continue;
        if (!users.count)
            users = ir_users_of(scratch, comp);
        if (find_parts(scratch, comps, references, comp->instrs[i], &users, &loop))
            FW_PUSH(scratch, *loops, count, cap, loop);
    }
    return count;
}
