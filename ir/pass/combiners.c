/* Computations over scalars that a pass needs: sums and orders, one for each type. They are made on first need and
 * entered into the module after its walk, in front of everything that calls them. */
#include "pass.h"

#include <string.h>

enum { SUM, ASCENDING, DESCENDING, KINDS };

struct pass_combiners {
    ir_module *module;
    pass_names *names; /* of computations */
    ir_comp *made[KINDS][IR_NTYPES];
    int count;
};

pass_combiners *pass_combiners_new(fw_arena *scratch, ir_module *module) {
    pass_combiners *combiners = fw_alloc(scratch, sizeof *combiners);
    combiners->module = module;
    combiners->names = pass_names_new(scratch);
    for (int i = 0; i < module->ncomps; i++)
        pass_names_use(combiners->names, module->comps[i]->name);
    return combiners;
}

/* A computation that is not in the module's list yet. */
static ir_comp *start(pass_combiners *combiners, const char *kind, ir_type type) {
    fw_arena *arena = combiners->module->arena;
    ir_comp *comp = fw_alloc(arena, sizeof *comp);
    comp->module = combiners->module;
    comp->name = pass_names_unique(combiners->names, arena, fw_format(arena, "%s_%s", kind, ir_type_name(type)));
    combiners->count++;
    return comp;
}

static ir_instr *param(ir_comp *comp, const char *name, ir_type type, int number) {
    return ir_comp_add_param(comp, name, ir_shape_array(comp->module->arena, type, 0, NULL), number);
}

static void params(ir_comp *comp, ir_type type, ir_instr *pair[2]) {
    pair[0] = param(comp, "a", type, 0);
    pair[1] = param(comp, "b", type, 1);
}

ir_comp *pass_sum(pass_combiners *combiners, ir_type type) {
    ir_comp **made = &combiners->made[SUM][type];
    if (!*made) {
        *made = start(combiners, "sum", type);
        ir_instr *pair[2];
        params(*made, type, pair);
        (*made)->root = ir_comp_add(*made, IR_OP_ADD, "sum", pair[0]->shape, 2, pair);
    }
    return *made;
}

ir_comp *pass_ordering(pass_combiners *combiners, ir_type type, bool descending) {
    ir_comp **made = &combiners->made[descending ? DESCENDING : ASCENDING][type];
    if (*made)
        return *made;
    fw_arena *arena = combiners->module->arena;
    *made = start(combiners, descending ? "descending" : "ascending", type);
    ir_instr *pair[2];
    params(*made, type, pair);
    param(*made, "place_a", IR_S32, 2);
    param(*made, "place_b", IR_S32, 3);
    ir_instr *before = ir_comp_add(*made, IR_OP_COMPARE, "before", ir_shape_array(arena, IR_PRED, 0, NULL), 2, pair);
    ir_attr_add(before, IR_ATTR_DIRECTION)->text = descending ? "GT" : "LT";
    if (ir_type_is_float(type))
        ir_attr_add(before, IR_ATTR_TYPE)->text = "TOTALORDER";
    (*made)->root = before;
    return *made;
}

void pass_combiners_list(pass_combiners *combiners) {
    ir_module *module = combiners->module;
    if (combiners->count == 0)
        return;
    ir_comp **order = fw_alloc_array(module->arena, (size_t)(combiners->count + module->ncomps), sizeof *order);
    int count = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int type = 0; type < IR_NTYPES; type++)
            if (combiners->made[kind][type])
                order[count++] = combiners->made[kind][type];
    memcpy(order + count, module->comps, (size_t)module->ncomps * sizeof *order);
    module->comps = order;
    module->ncomps += count;
    module->cap = module->ncomps;
}
