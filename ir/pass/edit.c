/* One walk over a computation that replaces instructions.
 *
 *     old list   a  b  c  d          rule(c) emits n and says "use n"
 *     new list   a  b  n  d'         d' reads n; c is gone
 *
 * Operands come before users in both lists, so whatever a rule sees behind an operand is final, and a walk is linear.
 * An instruction that changes is changed in place: it keeps its name, its position in the source and its op_name. */
#include "pass.h"

#include <string.h>

enum {
    PASS_TRIES = 32, /* changes of one instruction in one walk; the next round goes on */
    PASS_DEPTH = 32  /* rules that place instructions whose rules place instructions */
};

static void track(pass_edit *edit, ir_instr *instr, int uses) {
    instr->id = edit->nforward;
    FW_PUSH(edit->scratch, edit->forward, edit->nforward, edit->forward_cap, NULL);
    FW_PUSH(edit->scratch, edit->uses, edit->nuses, edit->uses_cap, uses);
}

static ir_instr * final(const pass_edit *edit, ir_instr *instr) {
    while (edit->forward[instr->id])
        instr = edit->forward[instr->id];
    return instr;
}

int pass_uses(const pass_edit *edit, const ir_instr *instr) {
    return edit->uses[instr->id];
}

static void append(pass_edit *edit, ir_instr *instr) {
    FW_PUSH(edit->scratch, edit->out, edit->nout, edit->out_cap, instr);
}

/* The entry's result may say its layout nowhere else: then nothing may take its place that says another. */
static bool loses_layout(const pass_edit *edit, const ir_instr *instr, const ir_instr *next) {
    const ir_module *module = edit->comp->module;
    if (edit->comp != module->entry || instr != edit->comp->root || instr->shape->type == IR_TUPLE ||
        ir_shape_is_row_major(instr->shape))
        return false;
    return instr != next && (!module->header || !strstr(module->header, "entry_computation_layout"));
}

static ir_instr *visit(pass_edit *edit, ir_instr *instr) {
    for (int i = 0; i < PASS_TRIES && edit->depth <= PASS_DEPTH; i++) {
        ir_instr *next = edit->rule(edit, instr);
        if (!next || !ir_shape_equal(next->shape, instr->shape) || loses_layout(edit, instr, next))
            break;
        edit->changed = true;
        if (next != instr) {
            edit->forward[instr->id] = next;
            edit->uses[next->id] += edit->uses[instr->id];
            return next;
        }
    }
    append(edit, instr);
    return instr;
}

const char *pass_fresh_name(pass_edit *edit, const char *wanted) {
    if (!edit->names) {
        edit->names = pass_names_new(edit->scratch);
        for (int i = 0; i < edit->comp->ninstrs; i++)
            pass_names_use(edit->names, edit->comp->instrs[i]->name);
    }
    return pass_names_unique(edit->names, edit->comp->module->arena, wanted);
}

void pass_adopt(pass_edit *edit, ir_instr *instr) {
    track(edit, instr, 1);
    for (int i = 0; i < instr->noperands; i++)
        edit->uses[instr->operands[i]->id]++;
    append(edit, instr);
}

static void set_operands(pass_edit *edit, ir_instr *instr, int count, ir_instr *const *operands) {
    ir_instr **copy = fw_alloc_array(edit->comp->module->arena, (size_t)count, sizeof *copy);
    for (int i = 0; i < count; i++) {
        copy[i] = operands[i];
        edit->uses[copy[i]->id]++;
    }
    instr->operands = copy;
    instr->noperands = count;
}

ir_instr *pass_new(
    pass_edit *edit, const ir_instr *like, ir_op op, const ir_shape *shape, int count, ir_instr *const *operands) {
    ir_instr *instr = fw_alloc(edit->comp->module->arena, sizeof *instr);
    instr->op = op;
    instr->comp = edit->comp;
    instr->shape = shape;
    instr->name = pass_fresh_name(edit, fw_format(edit->scratch, "%s.1", ir_op_of(op)->name));
    instr->loc = like->loc;
    instr->op_name = like->op_name;
    track(edit, instr, 1);
    set_operands(edit, instr, count, operands);
    return instr;
}

ir_instr *pass_place(pass_edit *edit, ir_instr *instr) {
    edit->depth++;
    ir_instr *placed = visit(edit, instr);
    edit->depth--;
    return placed;
}

ir_instr *pass_become(pass_edit *edit, ir_instr *instr, ir_op op, int count, ir_instr *const *operands) {
    instr->op = op;
    instr->literal = NULL;
    pass_attrs_drop_own(instr);
    set_operands(edit, instr, count, operands);
    return instr;
}

static void start(pass_edit *edit) {
    ir_comp *comp = edit->comp;
    ir_comp_renumber(comp);
    for (int i = 0; i < comp->ninstrs; i++)
        track(edit, comp->instrs[i], 0);
    for (int i = 0; i < comp->ninstrs; i++)
        for (int k = 0; k < comp->instrs[i]->noperands; k++)
            edit->uses[comp->instrs[i]->operands[k]->id]++;
    edit->uses[comp->root->id]++;
}

/* Attributes that name instructions follow them; a name whose instruction went without a successor is dropped. */
static void forward_named(const pass_edit *edit, ir_instr *instr) {
    for (int a = 0; a < instr->nattrs; a++)
        for (int k = 0; instr->attrs[a].instrs && k < instr->attrs[a].count; k++)
            instr->attrs[a].instrs[k] = final(edit, instr->attrs[a].instrs[k]);
}

static void finish(pass_edit *edit) {
    ir_comp *comp = edit->comp;
    comp->root = final(edit, comp->root);
    for (int i = 0; i < edit->nout; i++)
        forward_named(edit, edit->out[i]);
    if (edit->nout > comp->cap) {
        comp->cap = edit->nout;
        comp->instrs = fw_alloc_array(comp->module->arena, (size_t)comp->cap, sizeof *comp->instrs);
    }
    memcpy(comp->instrs, edit->out, sizeof *comp->instrs * (size_t)edit->nout);
    comp->ninstrs = edit->nout;
    ir_comp_renumber(comp);
}

static void walk(fw_arena *scratch, ir_comp *comp, pass_rule rule, void *context) {
    pass_edit edit = {.comp = comp, .rule = rule, .context = context, .scratch = scratch};
    start(&edit);
    for (int i = 0; i < comp->ninstrs; i++) {
        ir_instr *instr = comp->instrs[i];
        for (int k = 0; k < instr->noperands; k++)
            instr->operands[k] = final(&edit, instr->operands[k]);
        visit(&edit, instr);
    }
    if (edit.changed)
        finish(&edit);
}

void pass_rewrite_comp(ir_comp *comp, pass_rule rule, void *context) {
    fw_arena *scratch = fw_arena_new();
    walk(scratch, comp, rule, context);
    fw_arena_free(scratch);
}

void pass_rewrite(ir_module *module, pass_rule rule, void *context) {
    fw_arena *scratch = fw_arena_new();
    for (int i = 0; i < module->ncomps; i++)
        walk(scratch, module->comps[i], rule, context);
    fw_arena_free(scratch);
}
