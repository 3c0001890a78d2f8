/* A proposal as statements over a tiled space.
 *
 *   for each tile t of the root's loops                 (parallel)
 *     S0: values that later statements need, in scratch   (their box is the image of the tile)
 *     S1: ...
 *     Sn: the outputs
 *
 * Statements come from the kept members and the outputs in graph order. The range of a producer inside a tile is the union of
 * what its consumers read, as a box; isl later proves that the boxes are large enough and that nothing clashes. */
#include "schedule.h"

#include <string.h>

typedef struct build {
    fw_arena *arena;
    const plan_kernel *proposal;
    sched_kernel *kernel;
    sched_builder *values;
    const ir_instr *contraction;         /* template "contraction": its one contraction */
    bool *after;                         /* by instruction id: members that need the contraction, itself included */
    const sched_index **canonical;       /* index of the contraction's dims over the loops b, m, n */
    sched_stmt *current;                 /* the statement being checked */
    const char **why;
} build;

bool sched_is_source(const ir_instr *instr)
{
    switch (ir_op_of(instr->op)->cls) {
    case IR_LEAF:
        if (instr->op == IR_OP_IOTA)
            return false;
        return instr->op != IR_OP_CONSTANT || !(ir_shape_is_scalar(instr->shape) || ir_literal_splat(instr->literal));
    case IR_TUPLE_CLASS:
    case IR_CONTROL:
        return true;
    default:
        return false;
    }
}

/* ---- the tile space ---- */

static sched_loop loop_of(const char *name, int64_t extent)
{
    return (sched_loop){.name = name, .extent = extent, .tile = extent, .ntiles = 1, .var = -1};
}

static const char *dim_name(int position)
{
    static const char *const names[PLAN_MAX_LOOPS] = {"i", "j", "k", "l", "p", "q", "i2", "j2", "k2", "l2", "p2", "q2"};
    return names[position];
}

/* Which loop (0 b, 1 m, 2 n) each result dim of a contraction belongs to, and in how many groups its features come. */
static void contraction_roles(const ir_instr *c, int *role, int64_t *groups)
{
    *groups = 1;
    if (c->op == IR_OP_DOT) {
        const int64_t *dims;
        int nb = ir_attr_ints(c, IR_ATTR_LHS_BATCH_DIMS, &dims);
        int nc = ir_attr_ints(c, IR_ATTR_LHS_CONTRACTING_DIMS, &dims);
        int lfree = c->operands[0]->shape->rank - nb - nc;
        for (int i = 0; i < c->shape->rank; i++)
            role[i] = i < nb ? 0 : i < nb + lfree ? 1 : 2;
        return;
    }
    const ir_labels *l = ir_attr_get(c, IR_ATTR_DIM_LABELS)->labels;
    for (int i = 0; i < c->shape->rank; i++)
        role[i] = i == l->out_feature ? 2 : 1;
    *groups = ir_attr_int(c, IR_ATTR_FEATURE_GROUP_COUNT, 1) * ir_attr_int(c, IR_ATTR_BATCH_GROUP_COUNT, 1);
}

int sched_loops(fw_arena *arena, const ir_instr *root, const ir_instr *contraction, sched_loop loops[PLAN_MAX_LOOPS])
{
    int n = 0;
    if (!contraction) {
        for (int i = 0; i < root->shape->rank && n < PLAN_MAX_LOOPS; i++)
            if (ir_shape_size(root->shape, i) != 1) {
                loops[n] = loop_of(dim_name(n), ir_shape_size(root->shape, i));
                n++;
            }
        return n;
    }
    int *role = fw_alloc_array(arena, (size_t)contraction->shape->rank, sizeof *role);
    int64_t groups;
    contraction_roles(contraction, role, &groups);
    loops[0] = loop_of("b", groups);
    loops[1] = loop_of("m", 1);
    loops[2] = loop_of("n", 1);
    for (int i = 0; i < contraction->shape->rank; i++)
        loops[role[i]].extent *= ir_shape_size(contraction->shape, i);
    loops[2].extent /= groups;
    for (int i = 0; i < 3; i++)
        loops[i].tile = loops[i].extent;
    return 3;
}

static bool fail(build *b, const char *why)
{
    *b->why = why;
    return false;
}

static bool set_loops(build *b)
{
    sched_kernel *k = b->kernel;
    k->loops = fw_alloc_array(b->arena, PLAN_MAX_LOOPS, sizeof *k->loops);
    k->nloops = sched_loops(b->arena, b->proposal->outputs[0], b->contraction, k->loops);
    k->ntiles = 1;
    if (b->proposal->ntile > k->nloops)
        return fail(b, fw_format(b->arena, "%d tile sizes for %d loops", b->proposal->ntile, k->nloops));
    for (int i = 0; i < k->nloops; i++) {
        sched_loop *loop = &k->loops[i];
        int64_t tile = i < b->proposal->ntile ? b->proposal->tile[i] : 0;
        if (tile < 0)
            return fail(b, fw_format(b->arena, "tile %lld of loop %s is negative", (long long)tile, loop->name));
        loop->tile = tile == 0 || tile > loop->extent ? loop->extent : tile;
        loop->ntiles = loop->tile ? (loop->extent + loop->tile - 1) / loop->tile : 0;
        loop->var = sched_var_new(k->space, loop->name, loop->extent);
        k->ntiles *= loop->ntiles;
    }
    return true;
}

/* Index of every dim of the contraction over b, m, n: dims of one loop are that loop's variable cut apart, last dim fastest. */
static void set_canonical(build *b)
{
    const ir_instr *c = b->contraction;
    sched_space *s = b->kernel->space;
    int *role = fw_alloc_array(b->arena, (size_t)c->shape->rank, sizeof *role);
    int64_t groups, inner[3] = {1, 1, 1};
    contraction_roles(c, role, &groups);
    b->canonical = fw_alloc_array(b->arena, (size_t)c->shape->rank, sizeof *b->canonical);
    for (int i = c->shape->rank - 1; i >= 0; i--) {
        int64_t n = ir_shape_size(c->shape, i);
        const sched_index *v = sched_var(s, b->kernel->loops[role[i]].var);
        if (role[i] == 2 && groups > 1) {
            const sched_index *g = sched_var(s, b->kernel->loops[0].var);
            b->canonical[i] = sched_add(s, sched_mul(s, g, n / groups), v);
            continue;
        }
        b->canonical[i] = sched_mod(s, sched_div(s, v, inner[role[i]]), n);
        inner[role[i]] *= n;
    }
}

/* ---- statements ---- */

static bool same_but_units(const ir_shape *a, const ir_shape *b)
{
    int i = 0, j = 0;
    for (;;) {
        while (i < a->rank && ir_shape_size(a, i) == 1)
            i++;
        while (j < b->rank && ir_shape_size(b, j) == 1)
            j++;
        if (i == a->rank || j == b->rank)
            return i == a->rank && j == b->rank;
        if (ir_shape_size(a, i++) != ir_shape_size(b, j++))
            return false;
    }
}

/* The statement walks the loops of the tile space; its dims are the contraction's, up to dims of size 1. */
static void canonical_vars(build *b, sched_stmt *stmt)
{
    const ir_shape *from = b->contraction->shape, *to = stmt->instr->shape;
    stmt->nvars = b->kernel->nloops;
    stmt->vars = fw_alloc_array(b->arena, (size_t)stmt->nvars, sizeof *stmt->vars);
    for (int i = 0; i < stmt->nvars; i++) {
        const sched_loop *loop = &b->kernel->loops[i];
        stmt->vars[i] = (sched_range){.var = loop->var, .extent = loop->extent, .loop = i, .coef = 1, .size = loop->tile};
    }
    for (int i = 0, j = 0; j < to->rank; j++) {
        if (ir_shape_size(to, j) == 1) {
            stmt->index[j] = sched_const(b->kernel->space, 0);
            continue;
        }
        while (ir_shape_size(from, i) == 1)
            i++;
        stmt->index[j] = b->canonical[i++];
    }
}

/* One variable a dim of `shape` whose size is not 1; dims of size 1 get the constant 0. Ranges start as the whole dim. */
static void dim_vars(build *b, sched_stmt *stmt, const ir_shape *shape, const sched_index **index)
{
    sched_space *s = b->kernel->space;
    bool root = stmt->output && !b->contraction && shape == stmt->instr->shape && same_but_units(shape, b->proposal->outputs[0]->shape);
    stmt->vars = fw_alloc_array(b->arena, (size_t)shape->rank, sizeof *stmt->vars);
    for (int i = 0; i < shape->rank; i++) {
        int64_t n = ir_shape_size(shape, i);
        index[i] = sched_const(s, 0);
        if (n == 1)
            continue;
        int at = stmt->nvars++;
        int var = root ? b->kernel->loops[at].var : sched_var_new(s, dim_name(at < PLAN_MAX_LOOPS ? at : PLAN_MAX_LOOPS - 1), n);
        stmt->vars[at] = (sched_range){.var = var, .extent = n, .loop = root ? at : -1, .coef = 1, .size = root ? b->kernel->loops[at].tile : n};
        index[i] = sched_var(s, var);
    }
}

static const sched_index **new_reds(build *b, sched_stmt *stmt, int count, const int64_t *extents)
{
    static const char *const names[] = {"r", "s", "u", "v", "w", "q"};
    const sched_index **red = fw_alloc_array(b->arena, (size_t)count, sizeof *red);
    stmt->nreds = count;
    stmt->reds = fw_alloc_array(b->arena, (size_t)count, sizeof *stmt->reds);
    for (int i = 0; i < count; i++) {
        stmt->reds[i].extent = extents[i];
        stmt->reds[i].var = sched_var_new(b->kernel->space, names[i < FW_COUNT(names) ? i : FW_COUNT(names) - 1], extents[i]);
        red[i] = sched_var(b->kernel->space, stmt->reds[i].var);
    }
    return red;
}

static const char *cut_name(build *b, int i, int count)
{
    static const char *const planar[] = {"ky", "kx"};
    bool convolution = b->contraction->op == IR_OP_CONVOLUTION;
    if (convolution && i == count - 1)
        return "c";
    if (convolution && count <= 3)
        return planar[i + 3 - count];
    return fw_format(b->arena, "q%d", i);
}

/* The contraction template sums over one variable k; the op's own reduction variables are pieces of it. */
static const sched_index **cut_reds(build *b, sched_stmt *stmt, int count, const int64_t *extents)
{
    sched_space *s = b->kernel->space;
    int64_t total = 1, inner = 1;
    int pieces = 0;
    for (int i = 0; i < count; i++) {
        total *= extents[i];
        pieces += extents[i] > 1;
    }
    stmt->nreds = 1;
    stmt->reds = fw_alloc(b->arena, sizeof *stmt->reds);
    stmt->reds[0].extent = total;
    stmt->reds[0].var = sched_var_new(s, "k", total);
    stmt->cuts = fw_alloc_array(b->arena, (size_t)count, sizeof *stmt->cuts);
    stmt->ncuts = count;
    const sched_index **red = fw_alloc_array(b->arena, (size_t)count, sizeof *red);
    for (int i = count - 1; i >= 0; i--) {
        red[i] = sched_mod(s, sched_div(s, sched_var(s, stmt->reds[0].var), inner), extents[i]);
        stmt->cuts[i].index = red[i];
        stmt->cuts[i].extent = extents[i];
        stmt->cuts[i].name = pieces <= 1 ? "k" : cut_name(b, i, count);
        inner *= extents[i];
    }
    return red;
}

static const sched_value *operand_value(build *b, sched_stmt *stmt, int operand, const sched_index *const *red, bool *never)
{
    sched_cond *conds;
    int nconds;
    const sched_index **at = sched_operand_index(b->values, stmt->instr, operand, stmt->index, red, &conds, &nconds, never);
    if (at && nconds) {
        stmt->conds = conds;
        stmt->nconds = nconds;
    }
    return at ? sched_value_at(b->values, stmt->instr->operands[operand], at) : NULL;
}

static bool reduce_value(build *b, sched_stmt *stmt)
{
    const ir_instr *instr = stmt->instr;
    const sched_accesses *acc = sched_builder_accesses(b->values, instr);
    if (!acc)
        return false;
    bool never;
    const sched_index **red = instr == b->contraction ? cut_reds(b, stmt, acc->operand[0].nred, acc->operand[0].red)
                                                      : new_reds(b, stmt, acc->operand[0].nred, acc->operand[0].red);
    stmt->kind = SCHED_REDUCE;
    stmt->combine = IR_OP_ADD;
    stmt->value = operand_value(b, stmt, 0, red, &never);
    if (ir_op_of(instr->op)->cls == IR_CONTRACTION) {
        stmt->lhs = stmt->value;
        stmt->rhs = stmt->lhs ? operand_value(b, stmt, 1, red, &never) : NULL;
        stmt->value = stmt->rhs ? sched_contraction_value(b->values, instr, stmt->lhs, stmt->rhs) : NULL;
        return stmt->value != NULL;
    }
    stmt->region = ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    stmt->combine = IR_NOPS;
    ir_comp_is_binary(stmt->region, &stmt->combine);
    stmt->init = stmt->value ? sched_value_at(b->values, instr->operands[1], NULL) : NULL;
    return stmt->init != NULL;
}

/* dynamic-update-slice in place: the statement walks the update and stores at variable + start. */
static bool window_value(build *b, sched_stmt *stmt)
{
    const ir_instr *instr = stmt->instr, *update = instr->operands[1];
    const sched_accesses *acc = sched_builder_accesses(b->values, instr);
    const sched_index **at = fw_alloc_array(b->arena, (size_t)instr->shape->rank, sizeof *at);
    if (!acc)
        return false;
    dim_vars(b, stmt, update->shape, at);
    for (int d = 0; d < instr->shape->rank; d++) {
        const sched_access_dim *dim = &acc->operand[1].dims[d];
        stmt->index[d] = at[d];
        if (dim->dyn < 0)
            continue;
        const sched_value *start = sched_dynamic_value(b->values, instr, dim->dyn, at);
        if (!start)
            return false;
        const sched_index *offset = sched_dyn(b->kernel->space, start, dim->dyn_max);
        if (start->kind == SCHED_LITERAL) {
            int64_t c = ir_number_get_int(start->type, start->instr->literal->data);
            offset = sched_const(b->kernel->space, c < 0 ? 0 : c > dim->dyn_max ? dim->dyn_max : c);
        }
        stmt->index[d] = sched_add(b->kernel->space, at[d], offset);
    }
    stmt->value = sched_value_at(b->values, update, at);
    b->kernel->updates = instr->operands[0];
    return stmt->value != NULL;
}

static bool stmt_value(build *b, sched_stmt *stmt)
{
    const ir_instr *instr = stmt->instr;
    ir_op_class cls = ir_op_of(instr->op)->cls;
    stmt->index = fw_alloc_array(b->arena, (size_t)instr->shape->rank, sizeof *stmt->index);
    if (instr->op == IR_OP_SCATTER)
        return sched_scatter_stmt(b->arena, b->kernel, b->values, stmt, b->why);
    if (instr->op == IR_OP_DYNAMIC_UPDATE_SLICE && b->proposal->in_place == instr->operands[0] && instr == b->proposal->outputs[0])
        return window_value(b, stmt);
    if (b->contraction && b->after[instr->id] && same_but_units(b->contraction->shape, instr->shape))
        canonical_vars(b, stmt);
    else
        dim_vars(b, stmt, instr->shape, stmt->index);
    if (cls == IR_REDUCE_CLASS || cls == IR_CONTRACTION)
        return reduce_value(b, stmt);
    stmt->value = sched_composed_value(b->values, instr, stmt->index);
    return stmt->value != NULL;
}

static int by_id(const void *a, const void *b)
{
    const sched_stmt *x = a, *y = b;
    return (x->instr->id > y->instr->id) - (x->instr->id < y->instr->id);
}

static void add_stmt(build *b, const ir_instr *instr, bool output)
{
    for (int i = 0; i < b->kernel->nstmts; i++)
        if (b->kernel->stmts[i].instr == instr) {
            b->kernel->stmts[i].output |= output;
            return;
        }
    b->kernel->stmts[b->kernel->nstmts++] = (sched_stmt){.instr = instr, .output = output, .combine = IR_NOPS, .scratch_offset = -1};
}

static bool set_stmts(build *b)
{
    const plan_kernel *p = b->proposal;
    b->kernel->stmts = fw_alloc_array(b->arena, (size_t)(p->noutputs + p->nkeep), sizeof *b->kernel->stmts);
    for (int i = 0; i < p->nkeep; i++)
        add_stmt(b, p->keep[i], false);
    for (int i = 0; i < p->noutputs; i++)
        add_stmt(b, p->outputs[i], true);
    for (int i = 1; i < b->kernel->nstmts; i++)
        for (int j = i; j > 0 && by_id(&b->kernel->stmts[j - 1], &b->kernel->stmts[j]) > 0; j--) {
            sched_stmt swap = b->kernel->stmts[j];
            b->kernel->stmts[j] = b->kernel->stmts[j - 1];
            b->kernel->stmts[j - 1] = swap;
        }
    for (int i = 0; i < b->kernel->nstmts; i++)
        if (!stmt_value(b, &b->kernel->stmts[i])) {
            if (!*b->why)
                *b->why = sched_builder_error(b->values);
            return false;
        }
    return true;
}

static void mark_after(build *b)
{
    const plan_kernel *p = b->proposal;
    b->after = fw_alloc_array(b->arena, (size_t)b->contraction->comp->ninstrs, sizeof *b->after);
    b->after[b->contraction->id] = true;
    for (int i = 0; i < p->nmembers; i++)
        for (int k = 0; k < p->members[i]->noperands; k++)
            b->after[p->members[i]->id] |= b->after[p->members[i]->operands[k]->id];
}

static bool has_elements(const ir_shape *shape)
{
    return ir_shape_count(shape) != 0;
}

static bool find_contraction(build *b)
{
    const plan_kernel *p = b->proposal;
    if (strcmp(p->template_name, "contraction") != 0)
        return true;
    for (int i = 0; i < p->nmembers; i++)
        if (ir_op_of(p->members[i]->op)->cls == IR_CONTRACTION) {
            if (b->contraction)
                return fail(b, "two contractions in one kernel");
            b->contraction = p->members[i];
        }
    if (!b->contraction)
        return fail(b, "template contraction without a dot or convolution");
    if (!has_elements(b->contraction->shape) || !has_elements(b->contraction->operands[0]->shape))
        return fail(b, "a contraction of arrays without elements");
    const char *why = NULL;
    if (!sched_access_of(b->arena, b->contraction, &why))
        return fail(b, why);
    if (!same_but_units(b->contraction->shape, p->outputs[0]->shape))
        return fail(b, "the epilogue's shape is not the contraction's");
    mark_after(b);
    return true;
}

/* What follows the contraction runs on each finished register tile: it has to read the product, and all that is computed from it, at
 * its own place. */
static void check_aligned(void *user, const sched_value *value)
{
    build *b = user;
    if (value->kind != SCHED_LOAD)
        return;
    const sched_stmt *source = sched_stmt_of(b->kernel, value->instr);
    if (!source || !source->after_contraction)
        return;
    b->current->after_contraction = true;
    for (int i = 0; i < value->nindex; i++)
        if (value->index[i] != source->index[i])
            *b->why = "the epilogue reads the contraction at another place than its own";
}

static bool aligned(build *b)
{
    sched_kernel *k = b->kernel;
    if (!b->contraction)
        return true;
    k->contraction = sched_stmt_of(k, b->contraction);
    if (!k->contraction)
        return fail(b, "the contraction has to be kept or an output");
    for (int i = 0; i < k->nstmts && !*b->why; i++) {
        b->current = &k->stmts[i];
        b->current->after_contraction = b->current == k->contraction;
        sched_visit(b->arena, k, b->current, check_aligned, b);
        bool pointwise = b->current->kind == SCHED_MAP && same_but_units(b->current->instr->shape, b->contraction->shape);
        if (b->current->after_contraction && b->current != k->contraction && !pointwise)
            return fail(b, "only pointwise values can follow a contraction in its kernel");
    }
    return !*b->why;
}

sched_kernel *sched_build(fw_arena *arena, const plan_kernel *proposal, const char **why)
{
    sched_kernel *kernel = fw_alloc(arena, sizeof *kernel);
    build b = {.arena = arena, .proposal = proposal, .kernel = kernel, .why = why};
    *why = NULL;
    kernel->plan = proposal;
    kernel->space = sched_space_new(arena);
    for (int i = 0; i < proposal->nmembers; i++)
        if (!ir_shape_is_static(proposal->members[i]->shape)) {
            fail(&b, fw_format(arena, "%s has a symbolic size", proposal->members[i]->name));
            return NULL;
        }
    if (!find_contraction(&b) || !set_loops(&b))
        return NULL;
    b.values = sched_builder_new(arena, kernel->space, proposal);
    if (b.contraction)
        set_canonical(&b);
    if (!set_stmts(&b))
        return NULL;
    if (kernel->updates && kernel->nstmts > 1) {
        fail(&b, "a kernel that writes a part of an array does nothing else");
        return NULL;
    }
    kernel->nvalues = sched_builder_count(b.values);
    if (!aligned(&b) || !sched_ranges(arena, kernel, why))
        return NULL;
    sched_figures(arena, kernel);
    return kernel;
}
