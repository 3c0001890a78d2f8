/* Attributes of one instruction: set, drop, copy. Lists are replaced, never written into, because copies share them. */
#include "pass.h"

#include <string.h>

static fw_arena *arena_of(const ir_instr *instr) {
    return instr->comp->module->arena;
}

void pass_attr_drop(ir_instr *instr, ir_attr_id id) {
    int kept = 0;
    for (int i = 0; i < instr->nattrs; i++)
        if (instr->attrs[i].id != id)
            instr->attrs[kept++] = instr->attrs[i];
    instr->nattrs = kept;
}

static ir_attr *find_or_add(ir_instr *instr, ir_attr_id id) {
    for (int i = 0; i < instr->nattrs; i++)
        if (instr->attrs[i].id == id)
            return &instr->attrs[i];
    return ir_attr_add(instr, id);
}

void pass_attr_set_int(ir_instr *instr, ir_attr_id id, int64_t value) {
    find_or_add(instr, id)->i = value;
}

void pass_attr_set_ints(ir_instr *instr, ir_attr_id id, int count, const int64_t *ints) {
    int64_t *copy = fw_alloc_array(arena_of(instr), (size_t)count, sizeof *copy);
    for (int i = 0; i < count; i++)
        copy[i] = ints[i];
    ir_attr *attr = find_or_add(instr, id);
    attr->ints = copy;
    attr->count = count;
}

void pass_attr_set_comp(ir_instr *instr, ir_attr_id id, ir_comp *comp) {
    ir_comp **list = fw_alloc(arena_of(instr), sizeof *list);
    list[0] = comp;
    ir_attr *attr = find_or_add(instr, id);
    attr->comps = list;
    attr->count = 1;
}

void pass_attrs_drop_own(ir_instr *instr) {
    int kept = 0;
    for (int i = 0; i < instr->nattrs; i++)
        if (instr->attrs[i].id == IR_ATTR_METADATA)
            instr->attrs[kept++] = instr->attrs[i];
    instr->nattrs = kept;
}

void pass_attrs_copy(ir_instr *to, const ir_instr *from) {
    fw_arena *arena = arena_of(to);
    ir_attr *attrs = fw_alloc_array(arena, (size_t)from->nattrs, sizeof *attrs);
    for (int i = 0; i < from->nattrs; i++) {
        attrs[i] = from->attrs[i];
        size_t count = (size_t)attrs[i].count;
        if (attrs[i].comps) {
            attrs[i].comps = fw_alloc_array(arena, count, sizeof *attrs[i].comps);
            memcpy(attrs[i].comps, from->attrs[i].comps, count * sizeof *attrs[i].comps);
        }
        if (attrs[i].instrs) {
            attrs[i].instrs = fw_alloc_array(arena, count, sizeof *attrs[i].instrs);
            memcpy(attrs[i].instrs, from->attrs[i].instrs, count * sizeof *attrs[i].instrs);
        }
    }
    to->attrs = attrs;
    to->nattrs = from->nattrs;
}

bool pass_attr_is_note(const ir_instr *instr, ir_attr_id id) {
    switch (id) {
    case IR_ATTR_METADATA:
    case IR_ATTR_ORIGIN:
    case IR_ATTR_STATISTICS:
    case IR_ATTR_PARAMETER_REPLICATION:
        return true;
    case IR_ATTR_SHARDING:
    case IR_ATTR_BACKEND_CONFIG:
        return instr->op != IR_OP_CUSTOM_CALL;
    default:
        return false;
    }
}
