/* Transposes around a dot become the dot's own dimension numbers.
 *
 *     transpose(dot(a, b)), swapping the two groups of free dims   ->   dot(b, a)
 *     dot(transpose(a), b), keeping the order of a's free dims     ->   dot(a, b)
 *
 * Products are the same products, and each is summed over the same contracted dims in the same order. */
#include "pass.h"

typedef struct {
    const int64_t *batch, *contracting;
    int nbatch, ncontracting, nfree;
} dot_side;

static const ir_attr_id batch_attr[] = {IR_ATTR_LHS_BATCH_DIMS, IR_ATTR_RHS_BATCH_DIMS};
static const ir_attr_id contracting_attr[] = {IR_ATTR_LHS_CONTRACTING_DIMS, IR_ATTR_RHS_CONTRACTING_DIMS};

static dot_side side_of(const ir_instr *dot, int side) {
    dot_side s;
    s.nbatch = ir_attr_ints(dot, batch_attr[side], &s.batch);
    s.ncontracting = ir_attr_ints(dot, contracting_attr[side], &s.contracting);
    s.nfree = dot->operands[side]->shape->rank - s.nbatch - s.ncontracting;
    return s;
}

/* The attributes of side `from` of `dot` for side `to` of `target`; empty lists are left out, as they may be in the
 * text. */
static void set_side(ir_instr *target, int to, const dot_side *from) {
    pass_attr_drop(target, batch_attr[to]);
    pass_attr_drop(target, contracting_attr[to]);
    if (from->nbatch > 0)
        pass_attr_set_ints(target, batch_attr[to], from->nbatch, from->batch);
    pass_attr_set_ints(target, contracting_attr[to], from->ncontracting, from->contracting);
}

/* result = batch, right free, left free? */
static bool swaps_free_dims(const int64_t *perm, int nbatch, int nleft, int nright) {
    for (int i = 0; i < nbatch; i++)
        if (perm[i] != i)
            return false;
    for (int i = 0; i < nright; i++)
        if (perm[nbatch + i] != nbatch + nleft + i)
            return false;
    for (int i = 0; i < nleft; i++)
        if (perm[nbatch + nright + i] != nbatch + i)
            return false;
    return true;
}

static void swap_precision(ir_instr *dot) {
    const ir_attr *precision = ir_attr_get(dot, IR_ATTR_OPERAND_PRECISION);
    if (!precision || precision->count != 2)
        return;
    const char **words = fw_alloc_array(dot->comp->module->arena, 2, sizeof *words);
    words[0] = precision->words[1];
    words[1] = precision->words[0];
    pass_attr_drop(dot, IR_ATTR_OPERAND_PRECISION);
    ir_attr *swapped = ir_attr_add(dot, IR_ATTR_OPERAND_PRECISION);
    swapped->words = words;
    swapped->count = 2;
}

/* The dot that goes leaves its name and place in the source to the one that computes. */
static void take_identity(ir_instr *instr, ir_instr *dot) {
    const char *name = instr->name;
    instr->name = dot->name;
    dot->name = name;
    instr->loc = dot->loc;
    instr->op_name = dot->op_name;
}

static ir_instr *transpose_of_dot(pass_edit *edit, ir_instr *instr, ir_instr *dot) {
    dot_side left = side_of(dot, 0), right = side_of(dot, 1);
    const int64_t *perm;
    ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &perm);
    if (pass_uses(edit, dot) > 1 || !swaps_free_dims(perm, left.nbatch, left.nfree, right.nfree))
        return NULL;
    ir_instr *operands[] = {dot->operands[1], dot->operands[0]};
    pass_become(edit, instr, IR_OP_DOT, 2, operands);
    pass_attrs_copy(instr, dot);
    set_side(instr, 0, &right);
    set_side(instr, 1, &left);
    swap_precision(instr);
    take_identity(instr, dot);
    return instr;
}

/* Free dims of the transposed operand in order; true if they keep that order in the operand behind. */
static bool free_dims_in_order(pass_edit *edit, const dot_side *side, const int64_t *perm, int rank) {
    bool *bound = fw_alloc_array(edit->scratch, (size_t)rank + 1, sizeof *bound);
    for (int i = 0; i < side->nbatch; i++)
        bound[side->batch[i]] = true;
    for (int i = 0; i < side->ncontracting; i++)
        bound[side->contracting[i]] = true;
    int64_t last = -1;
    for (int i = 0; i < rank; i++) {
        if (bound[i])
            continue;
        if (perm[i] < last)
            return false;
        last = perm[i];
    }
    return true;
}

static const int64_t *through(pass_edit *edit, const int64_t *dims, int count, const int64_t *perm) {
    int64_t *moved = fw_alloc_array(edit->scratch, (size_t)count + 1, sizeof *moved);
    for (int i = 0; i < count; i++)
        moved[i] = perm[dims[i]];
    return moved;
}

static ir_instr *dot_of_transpose(pass_edit *edit, ir_instr *dot, int k) {
    const ir_instr *transpose = dot->operands[k];
    dot_side side = side_of(dot, k);
    const int64_t *perm;
    int rank = ir_attr_ints(transpose, IR_ATTR_DIMENSIONS, &perm);
    if (!free_dims_in_order(edit, &side, perm, rank))
        return NULL;
    side.batch = through(edit, side.batch, side.nbatch, perm);
    side.contracting = through(edit, side.contracting, side.ncontracting, perm);
    dot->operands[k] = transpose->operands[0];
    edit->uses[dot->operands[k]->id]++;
    set_side(dot, k, &side);
    return dot;
}

static ir_instr *rule_contraction(pass_edit *edit, ir_instr *instr) {
    if (instr->op == IR_OP_TRANSPOSE && instr->operands[0]->op == IR_OP_DOT)
        return transpose_of_dot(edit, instr, instr->operands[0]);
    for (int k = 0; instr->op == IR_OP_DOT && k < 2; k++) {
        if (instr->operands[k]->op != IR_OP_TRANSPOSE)
            continue;
        ir_instr *changed = dot_of_transpose(edit, instr, k);
        if (changed)
            return changed;
    }
    return NULL;
}

void pass_contraction(ir_module *module) {
    pass_rewrite(module, rule_contraction, NULL);
}
