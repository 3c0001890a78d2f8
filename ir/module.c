/* Modules, computations, instructions and their attributes: making them and asking them. */
#include "ir.h"

#include <string.h>

ir_module *ir_module_new(fw_arena *arena, const char *name) {
    ir_module *module = fw_alloc(arena, sizeof *module);
    module->arena = arena;
    module->name = fw_strdup(arena, name);
    module->replica_count = module->num_partitions = 1;
    return module;
}

ir_comp *ir_comp_new(ir_module *module, const char *name) {
    ir_comp *comp = fw_alloc(module->arena, sizeof *comp);
    comp->name = name ? fw_strdup(module->arena, name) : NULL;
    comp->module = module;
    FW_PUSH(module->arena, module->comps, module->ncomps, module->cap, comp);
    return comp;
}

ir_instr *ir_comp_add(
    ir_comp *comp, ir_op op, const char *name, const ir_shape *shape, int noperands, ir_instr *const *operands) {
    fw_arena *arena = comp->module->arena;
    ir_instr *instr = fw_alloc(arena, sizeof *instr);
    instr->op = op;
    instr->name = name ? fw_strdup(arena, name) : NULL;
    instr->shape = shape;
    instr->comp = comp;
    instr->id = comp->ninstrs;
    instr->noperands = noperands;
    if (noperands) {
        instr->operands = fw_alloc_array(arena, (size_t)noperands, sizeof(ir_instr *));
        memcpy(instr->operands, operands, (size_t)noperands * sizeof(ir_instr *));
    }
    FW_PUSH(arena, comp->instrs, comp->ninstrs, comp->cap, instr);
    return instr;
}

ir_instr *ir_comp_add_param(ir_comp *comp, const char *name, const ir_shape *shape, int64_t number) {
    ir_instr *instr = ir_comp_add(comp, IR_OP_PARAMETER, name, shape, 0, NULL);
    instr->param = number;
    if (number >= comp->nparams) {
        comp->params = fw_grow(comp->module->arena, comp->params, (size_t)comp->nparams * sizeof(ir_instr *),
            (size_t)(number + 1) * sizeof(ir_instr *));
        comp->nparams = (int)number + 1;
    }
    comp->params[number] = instr;
    return instr;
}

void ir_comp_renumber(ir_comp *comp) {
    for (int i = 0; i < comp->ninstrs; i++)
        comp->instrs[i]->id = i;
}

ir_attr *ir_attr_add(ir_instr *instr, ir_attr_id id) {
    size_t count = (size_t)instr->nattrs;
    if ((count & (count - 1)) == 0) /* the array is full at 0, 1, 2, 4, 8, ... */
        instr->attrs = fw_grow(instr->comp->module->arena, instr->attrs, count * sizeof(ir_attr),
            (count ? 2 * count : 1) * sizeof(ir_attr));
    ir_attr *attr = &instr->attrs[instr->nattrs++];
    *attr = (ir_attr){.id = id};
    return attr;
}

const ir_attr *ir_attr_get(const ir_instr *instr, ir_attr_id id) {
    for (int i = 0; i < instr->nattrs; i++)
        if (instr->attrs[i].id == id)
            return &instr->attrs[i];
    return NULL;
}

int64_t ir_attr_int(const ir_instr *instr, ir_attr_id id, int64_t absent) {
    const ir_attr *attr = ir_attr_get(instr, id);
    return attr ? attr->i : absent;
}

int ir_attr_ints(const ir_instr *instr, ir_attr_id id, const int64_t **ints) {
    const ir_attr *attr = ir_attr_get(instr, id);
    *ints = attr ? attr->ints : NULL;
    return attr ? attr->count : 0;
}

ir_comp *ir_attr_comp(const ir_instr *instr, ir_attr_id id) {
    const ir_attr *attr = ir_attr_get(instr, id);
    return attr && attr->count ? attr->comps[0] : NULL;
}

const char *ir_attr_word(const ir_instr *instr, ir_attr_id id) {
    const ir_attr *attr = ir_attr_get(instr, id);
    return attr ? attr->text : NULL;
}

ir_users ir_users_of(fw_arena *arena, const ir_comp *comp) {
    size_t n = (size_t)comp->ninstrs;
    ir_users users = {fw_alloc_array(arena, n, sizeof *users.count), fw_alloc_array(arena, n, sizeof *users.users)};
    int *cap = fw_alloc_array(arena, n, sizeof *cap);
    for (int i = 0; i < comp->ninstrs; i++) {
        ir_instr *user = comp->instrs[i];
        for (int k = 0; k < user->noperands; k++) {
            int id = user->operands[k]->id;
            /* Users come in order, so a repeated user is the last one listed. */
            if (!users.count[id] || users.users[id][users.count[id] - 1] != user)
                FW_PUSH(arena, users.users[id], users.count[id], cap[id], user);
        }
    }
    return users;
}

static bool is_commutative(ir_op op) {
    static const ir_op commutative[] = {
        IR_OP_ADD, IR_OP_MULTIPLY, IR_OP_MULHI, IR_OP_MAXIMUM, IR_OP_MINIMUM, IR_OP_AND, IR_OP_OR, IR_OP_XOR};
    for (int i = 0; i < FW_COUNT(commutative); i++)
        if (commutative[i] == op)
            return true;
    return false;
}

bool ir_comp_is_binary(const ir_comp *comp, ir_op *op) {
    const ir_instr *root = comp->root;
    if (!root || comp->nparams != 2 || root->noperands != 2 || ir_op_of(root->op)->cls != IR_ELEMENTWISE)
        return false;
    bool straight = root->operands[0] == comp->params[0] && root->operands[1] == comp->params[1];
    bool swapped = root->operands[0] == comp->params[1] && root->operands[1] == comp->params[0];
    if (!straight && !(swapped && is_commutative(root->op)))
        return false;
    *op = root->op;
    return true;
}

const ir_instr *ir_module_elided(const ir_module *module) {
    for (int c = 0; c < module->ncomps; c++)
        for (int i = 0; i < module->comps[c]->ninstrs; i++) {
            const ir_literal *literal = module->comps[c]->instrs[i]->literal;
            if (literal && literal->elided)
                return module->comps[c]->instrs[i];
        }
    return NULL;
}
