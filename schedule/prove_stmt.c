/* One statement of the proof: its instances, and its whole computation against the graph's. A plain statement is one value; a
 * reduction is the elements that take part and what it starts from; an update in place also says what it leaves alone. */
#include "prove_internal.h"

#include <isl/space.h>

/* ---- instances ---- */

static void add_atoms(proof *p, proof_stmt *s, const sched_index *index)
{
    for (int i = 0; i < index->nterms; i++) {
        const sched_atom *atom = index->terms[i].atom;
        if (atom->kind == SCHED_DIV || atom->kind == SCHED_MOD)
            add_atoms(p, s, atom->of);
        bool known = atom->kind != SCHED_DYN;
        for (int a = 0; a < s->natoms && !known; a++)
            known = s->atoms[a] == atom;
        if (!known)
            FW_PUSH(p->arena, s->atoms, s->natoms, s->atoms_cap, atom);
    }
}

typedef struct collect { proof *p; proof_stmt *s; } collect;

static void value_atoms(void *user, const sched_value *value)
{
    collect *c = user;
    for (int i = 0; i < value->nindex; i++)
        add_atoms(c->p, c->s, value->index[i]);
    for (int i = 0; i < value->nconds; i++)
        add_atoms(c->p, c->s, value->conds[i].index);
}

bool proof_stmt_open(proof *p, proof_stmt *s, int number)
{
    const sched_stmt *stmt = &p->kernel->stmts[number];
    s->stmt = stmt;
    s->number = number;
    s->nvars = stmt->nvars;
    s->nreds = stmt->nreds;
    for (int i = 0; i < stmt->instr->shape->rank; i++)
        add_atoms(p, s, stmt->index[i]);
    for (int i = 0; i < stmt->nconds; i++)
        add_atoms(p, s, stmt->conds[i].index);
    collect c = {p, s};
    sched_visit(p->arena, p->kernel, stmt, value_atoms, &c);
    s->matched = fw_alloc_array(p->arena, (size_t)s->natoms, sizeof *s->matched);
    int n = s->nvars + s->nreds + s->natoms;
    int64_t *sizes = fw_alloc_array(p->arena, (size_t)n, sizeof *sizes);
    for (int i = 0; i < n; i++)
        sizes[i] = i < s->nvars             ? stmt->vars[i].extent
                   : i < s->nvars + s->nreds ? stmt->reds[i - s->nvars].extent
                                             : s->atoms[i - s->nvars - s->nreds]->max + 1;
    s->box = relation_box(p->ctx, n, sizes);
    s->index = relation_of_indices(p, s, stmt->index, stmt->instr->shape->rank);
    return s->index != NULL;
}

void proof_stmt_close(proof_stmt *s)
{
    for (int i = 0; i < s->nreads; i++) {
        isl_map_free(s->reads[i].emitted);
        isl_map_free(s->reads[i].graph);
    }
    for (int i = 0; i < s->nmemo; i++) {
        proof_domain_free(&s->memo[i].domain);
        isl_multi_aff_free(s->memo[i].at);
    }
    isl_set_free(s->box);
    isl_multi_aff_free(s->index);
    isl_multi_aff_free(s->stored);
    isl_set_free(s->tiles);
    isl_multi_aff_free(s->lift);
}

/* ---- reductions ---- */

/* The graph's reduction variable `i` of an instance: the statement's own, or piece i of the one variable k of a contraction, which
 * numbers the pieces row-major. */
static __isl_give isl_aff *reduction_var(proof_stmt *s, const sched_access *access, int i)
{
    if (!s->stmt->ncuts)
        return relation_var(isl_set_get_space(s->box), s->nvars + i, 1);
    int64_t inner = 1, outer = 1;
    for (int r = i + 1; r < access->nred; r++)
        inner *= access->red[r];
    for (int r = 0; r < i; r++)
        outer *= access->red[r];
    return relation_piece(relation_var(isl_set_get_space(s->box), s->nvars, 1), inner, outer > 1 ? access->red[i] : 0);
}

/* [index of the result..., reductions...] of an instance. */
static __isl_give isl_multi_aff *with_reductions(proof_stmt *s, const sched_access *access)
{
    isl_multi_aff *reds = relation_zeros(isl_set_get_space(s->box), access->nred);
    for (int i = 0; i < access->nred; i++)
        if (access->red[i] != 1)
            reds = isl_multi_aff_set_at(reds, i, reduction_var(s, access, i));
    return isl_multi_aff_flat_range_product(isl_multi_aff_copy(s->index), reds);
}

static bool same_cuts(proof *p, proof_stmt *s, const sched_access *access)
{
    int64_t total = 1;
    bool same = s->nreds == 1 && s->stmt->ncuts == access->nred;
    for (int i = 0; same && i < access->nred; i++) {
        total *= access->red[i];
        isl_aff *cut = relation_of_index(p, s, s->stmt->cuts[i].index), *piece = reduction_var(s, access, i);
        if (access->red[i] == 1)
            piece = isl_aff_scale_val(piece, isl_val_zero(p->ctx));
        same = proof_same(s, cut, piece) && s->stmt->cuts[i].extent == access->red[i];
    }
    return same && s->stmt->reds[0].extent == total;
}

static bool same_reductions(proof *p, proof_stmt *s, const sched_access *access)
{
    if (s->stmt->ncuts)
        return same_cuts(p, s, access);
    bool same = access->nred == s->nreds;
    for (int i = 0; same && i < s->nreds; i++)
        same = access->red[i] == s->stmt->reds[i].extent;
    return same;
}

static bool same_combiner(const sched_stmt *stmt)
{
    if (ir_op_of(stmt->instr->op)->cls == IR_CONTRACTION)
        return stmt->combine == IR_OP_ADD && !stmt->region && !stmt->init && stmt->lhs && stmt->rhs && stmt->value->kind == SCHED_OP &&
               stmt->value->instr == stmt->instr && stmt->value->nargs == 2 && stmt->value->args[0] == stmt->lhs &&
               stmt->value->args[1] == stmt->rhs;
    ir_op combine = IR_NOPS;
    ir_comp *region = ir_attr_comp(stmt->instr, IR_ATTR_TO_APPLY);
    ir_comp_is_binary(region, &combine);
    return stmt->init && stmt->region == region && (stmt->combine == combine || stmt->combine == IR_NOPS);
}

/* The elements that take part: where the graph's guards hold, the emitted conditions hold, and nowhere else. */
static bool same_skips(proof *p, proof_stmt *s, const sched_accesses *accesses, __isl_keep isl_multi_aff *at, __isl_keep isl_set *emitted)
{
    isl_set *graph = isl_set_copy(s->box);
    for (int k = 0; k < 2 && k < accesses->noperands; k++)
        if (accesses->operand[k].nred)
            graph = isl_set_intersect(graph, relation_guard(&accesses->operand[k], s->stmt->instr->operands[k]->shape, at, NULL));
    bool same = proved(isl_set_is_equal(graph, emitted));
    if (!same) {
        isl_set *clash = isl_set_subtract(isl_set_copy(graph), isl_set_copy(emitted));
        clash = isl_set_union(clash, isl_set_subtract(isl_set_copy(emitted), isl_set_copy(graph)));
        proof_fail(p, "values: %s takes part in the graph or in the kernel, but not in both", proof_point(p, s, clash));
    }
    isl_set_free(graph);
    return same;
}

static bool reduction(proof *p, proof_stmt *s)
{
    const sched_stmt *stmt = s->stmt;
    ir_op_class cls = ir_op_of(stmt->instr->op)->cls;
    const sched_accesses *accesses = proof_accesses(p, stmt->instr);
    if (!accesses)
        return false;
    if ((cls != IR_REDUCE_CLASS && cls != IR_CONTRACTION) || accesses->noperands != 2 ||
        !same_reductions(p, s, &accesses->operand[0]) || !same_combiner(stmt))
        return proof_fail(p, "values: %s does not reduce as the graph does", proof_instr(p, stmt->instr));
    isl_multi_aff *at = with_reductions(s, &accesses->operand[0]);
    isl_set *domain = isl_set_intersect(isl_set_copy(s->box), relation_of_conds(p, s, stmt->conds, stmt->nconds));
    bool same = same_skips(p, s, accesses, at, domain);
    if (same && stmt->lhs)
        same = proof_operand_is(p, s, stmt->lhs, stmt->instr, accesses, 0, proof_domain_of(isl_set_copy(domain)), at) &&
               proof_operand_is(p, s, stmt->rhs, stmt->instr, accesses, 1, proof_domain_of(isl_set_copy(domain)), at);
    else if (same)
        same = proof_operand_is(p, s, stmt->value, stmt->instr, accesses, 0, proof_domain_of(isl_set_copy(domain)), at) &&
               proof_operand_is(p, s, stmt->init, stmt->instr, accesses, 1, proof_domain_of(isl_set_copy(s->box)), at);
    isl_set_free(domain);
    isl_multi_aff_free(at);
    return same;
}

/* ---- updates in place ---- */

/* A kernel that stores only an update: what each instance is for is an element of the update, and outside the window the result
 * is operand 0 at the same place, which the buffer already holds. */
static bool updated(proof *p, proof_stmt *s)
{
    const ir_instr *instr = s->stmt->instr;
    const sched_accesses *accesses = proof_accesses(p, instr);
    if (!accesses)
        return false;
    isl_multi_aff *same = relation_identity(p->ctx, instr->shape->rank);
    isl_multi_aff *read = relation_of(&accesses->operand[0], same);
    bool kept = s->stmt->output && p->kernel->updates == instr->operands[0] && !accesses->operand[0].guarded &&
                proved(isl_multi_aff_plain_is_equal(same, read));
    isl_multi_aff_free(same);
    isl_multi_aff_free(read);
    if (!kept)
        return proof_fail(p, "values: %s does not update %s in place", proof_instr(p, instr), proof_instr(p, p->kernel->updates));
    if (s->stmt->kind == SCHED_SCATTER)
        return true;
    if (ir_op_of(instr->op)->cls != IR_DYNAMIC || accesses->noperands < 2 || !accesses->operand[1].guarded)
        return proof_fail(p, "values: %s has no window to update", proof_instr(p, instr));
    proof_domain all = proof_domain_of(isl_set_copy(s->box));
    bool *missing;
    isl_multi_aff *at = proof_with_dynamics(p, s, instr, accesses, &all, s->index, &missing);
    for (int d = 0; d < accesses->operand[1].ndims; d++)
        if (accesses->operand[1].dims[d].dyn >= 0 && missing[accesses->operand[1].dims[d].dyn])
            at = isl_multi_aff_free(at);
    s->stored = at ? relation_of(&accesses->operand[1], at) : NULL;
    s->stored_shape = instr->operands[1]->shape;
    isl_multi_aff_free(at);
    proof_domain_free(&all);
    return s->stored || proof_fail(p, "index: %s stores at another run-time index", proof_instr(p, instr));
}

bool proof_values(proof *p, proof_stmt *s)
{
    const sched_stmt *stmt = s->stmt;
    bool same = false;
    if (stmt->kind == SCHED_SCATTER)
        same = proof_scatter(p, s);
    else if (stmt->kind == SCHED_REDUCE)
        same = reduction(p, s);
    else
        same = proof_value_is(p, s, stmt->value, stmt->instr, proof_domain_of(isl_set_copy(s->box)), isl_multi_aff_copy(s->index));
    bool none = isl_set_is_empty(s->box) == isl_bool_true; /* no instance, no index: nothing was matched */
    for (int i = 0; same && !none && i < s->natoms; i++)
        if (!s->matched[i])
            same = proof_fail(p, "index: %s uses a run-time index that the graph does not have", proof_instr(p, stmt->instr));
    if (!same)
        return proof_fail(p, "values: %s is not the graph's", proof_instr(p, stmt->instr));
    if (p->kernel->updates && stmt->instr == p->kernel->plan->outputs[0])
        return updated(p, s);
    s->stored = isl_multi_aff_copy(s->index);
    s->stored_shape = stmt->instr->shape;
    return true;
}
