/* Layouts: after this pass every array is logical row-major.
 *
 * What a layout meant for values is written out first: a bitcast keeps bytes, so between layouts it is a transpose to
 * the order of the bytes, a reshape, and a transpose back. The layouts of the entry's parameters and result are those
 * of the boundary: the module header records them, and they stay on the instructions as well where they are not
 * row-major. */
#include "pass.h"

/* Layouts that say more than an order of dims: bytes are padded or tiled, and this version cannot follow them. */
static bool is_tiled(const ir_shape *shape) {
    return shape->layout && shape->layout->suffix && shape->layout->suffix[0] == 'T';
}

/* major_to_minor[i]: the logical dim that is i-th from the outside in memory. */
static int64_t *memory_order(pass_edit *edit, const ir_shape *shape) {
    int64_t *order = fw_alloc_array(edit->scratch, (size_t)shape->rank + 1, sizeof *order);
    bool written = shape->layout && shape->layout->nminor == shape->rank;
    for (int i = 0; i < shape->rank; i++)
        order[i] = written ? shape->layout->minor_to_major[shape->rank - 1 - i] : i;
    return order;
}

static bool is_identity(const int64_t *order, int rank) {
    for (int i = 0; i < rank; i++)
        if (order[i] != i)
            return false;
    return true;
}

static const ir_shape *permuted(pass_edit *edit, const ir_shape *shape, const int64_t *order) {
    ir_dim *dims = fw_alloc_array(edit->scratch, (size_t)shape->rank + 1, sizeof *dims);
    for (int i = 0; i < shape->rank; i++)
        dims[i] = shape->dims[order[i]];
    return pass_shape_of(edit->comp->module, shape->type, shape->rank, dims);
}

static ir_instr *transposed(pass_edit *edit, const ir_instr *like, ir_instr *x, const int64_t *order) {
    if (is_identity(order, x->shape->rank))
        return x;
    ir_instr *instr = pass_new(edit, like, IR_OP_TRANSPOSE, permuted(edit, x->shape, order), 1, &x);
    pass_attr_set_ints(instr, IR_ATTR_DIMENSIONS, x->shape->rank, order);
    return pass_place(edit, instr);
}

static ir_instr *rule_bitcast(pass_edit *edit, ir_instr *instr) {
    if (instr->op != IR_OP_BITCAST)
        return NULL;
    ir_instr *x = instr->operands[0];
    int64_t count = ir_shape_count(x->shape);
    if (x->shape->type == IR_TUPLE || instr->shape->type == IR_TUPLE || is_tiled(x->shape) || is_tiled(instr->shape) ||
        count < 0 || count != ir_shape_count(instr->shape) ||
        ir_type_bits(x->shape->type) != ir_type_bits(instr->shape->type))
        return NULL;
    const int64_t *from = memory_order(edit, x->shape), *to = memory_order(edit, instr->shape);
    x = pass_reshape(edit, instr, transposed(edit, instr, x, from), permuted(edit, instr->shape, to));
    int64_t *back = fw_alloc_array(edit->scratch, (size_t)instr->shape->rank + 1, sizeof *back);
    for (int i = 0; i < instr->shape->rank; i++)
        back[to[i]] = i;
    x = transposed(edit, instr, x, back);
    return x->shape->type == instr->shape->type ? x : pass_become(edit, instr, IR_OP_BITCAST_CONVERT, 1, &x);
}

static const ir_shape *without_layout(fw_arena *arena, const ir_shape *shape) {
    if (shape->nelems == 0 && !shape->layout)
        return shape;
    ir_shape *plain = fw_alloc(arena, sizeof *plain);
    *plain = *shape;
    plain->layout = NULL;
    const ir_shape **elems = fw_alloc_array(arena, (size_t)shape->nelems, sizeof *elems);
    for (int i = 0; i < shape->nelems; i++)
        elems[i] = without_layout(arena, shape->elems[i]);
    plain->elems = elems;
    return plain;
}

static bool has_layout(const ir_shape *shape) {
    bool found = shape->layout != NULL;
    for (int i = 0; i < shape->nelems && !found; i++)
        found = has_layout(shape->elems[i]);
    return found;
}

static bool all_plain(const ir_shape *shape) {
    bool plain = shape->nelems > 0 || (ir_shape_is_row_major(shape) && !(shape->layout && shape->layout->suffix));
    for (int i = 0; i < shape->nelems && plain; i++)
        plain = all_plain(shape->elems[i]);
    return plain;
}

/* Instructions that must keep what they say: the boundary, and both sides of a bitcast that is still there. */
static bool *kept_layouts(fw_arena *scratch, const ir_comp *comp) {
    bool *kept = fw_alloc_array(scratch, (size_t)comp->ninstrs, sizeof *kept);
    bool is_entry = comp == comp->module->entry;
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        if (is_entry && (instr == comp->root || instr->op == IR_OP_PARAMETER))
            kept[i] = !all_plain(instr->shape);
        if (instr->op == IR_OP_BITCAST)
            kept[i] = kept[instr->operands[0]->id] = true;
    }
    return kept;
}

static void drop_layouts(fw_arena *scratch, ir_comp *comp) {
    ir_comp_renumber(comp);
    const bool *kept = kept_layouts(scratch, comp);
    for (int i = 0; i < comp->ninstrs; i++)
        if (!kept[i] && has_layout(comp->instrs[i]->shape))
            comp->instrs[i]->shape = without_layout(comp->module->arena, comp->instrs[i]->shape);
}

void pass_layouts(ir_module *module) {
    pass_rewrite(module, rule_bitcast, NULL);
    fw_arena *scratch = fw_arena_new();
    for (int i = 0; i < module->ncomps; i++)
        drop_layouts(scratch, module->comps[i]);
    fw_arena_free(scratch);
}
