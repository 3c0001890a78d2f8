/* The emitted values are the graph's. The value DAG of a statement and the graph are walked together: `at` is the element of the
 * graph's instruction that the value has to compute, as a function of the instance, composed from access records alone; where the
 * walk meets a load, the emitted index has to be the same function on the whole domain that reaches it.
 *
 *   value:  GUARD(c, LOAD x[i-1], LITERAL)       graph:  pad(x, literal)       at: [i]
 *           domain ∩ c: LOAD x[i-1]                      x at [i-1], where 0 <= i-1 < n
 *           domain - c: LITERAL                          literal elsewhere
 *
 * Comparing operand by operand refuses what equal sets of elements would let pass: a - b for b - a, or the wrong start index. */
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
        isl_set_free(s->memo[i].domain);
        isl_multi_aff_free(s->memo[i].at);
    }
    isl_set_free(s->box);
    isl_multi_aff_free(s->index);
    isl_multi_aff_free(s->stored);
    isl_set_free(s->tiles);
    isl_multi_aff_free(s->lift);
}

/* ---- loads ---- */

static bool differs(proof *p, const proof_stmt *s, const sched_value *value, const ir_instr *instr)
{
    static const char *const kinds[] = {"a load", "a literal", "an index", "an operation", "a guard", "a parameter"};
    if (s->trial)
        return false;
    if (value->instr)
        return proof_fail(p, "values: %s computes %s of %s where the graph has %s", proof_instr(p, s->stmt->instr), kinds[value->kind],
            proof_instr(p, value->instr), proof_instr(p, instr));
    return proof_fail(p, "values: %s has %s where the graph has %s", proof_instr(p, s->stmt->instr), kinds[value->kind],
        proof_instr(p, instr));
}

static __isl_give isl_map *map_on(__isl_keep isl_multi_aff *at, __isl_keep isl_set *domain)
{
    return isl_map_intersect_domain(isl_map_from_multi_aff(isl_multi_aff_copy(at)), isl_set_copy(domain));
}

static void record(proof *p, proof_stmt *s, const sched_value *load, __isl_take isl_map *emitted, __isl_take isl_map *graph)
{
    for (int i = 0; i < s->nreads; i++) {
        proof_read *read = &s->reads[i];
        if (read->load != load)
            continue;
        read->emitted = isl_map_coalesce(isl_map_union(read->emitted, emitted));
        read->graph = isl_map_coalesce(isl_map_union(read->graph, graph));
        return;
    }
    int writer = -1;
    for (int i = 0; i < p->nstmts; i++)
        if (p->kernel->stmts[i].instr == load->instr)
            writer = i;
    proof_read read = {load, writer, emitted, graph};
    FW_PUSH(p->arena, s->reads, s->nreads, s->reads_cap, read);
}

/* The instances of the domain at which two functions differ; none where they are plainly the same. */
static __isl_give isl_set *clash_of(__isl_keep isl_set *domain, __isl_take isl_aff *a, __isl_take isl_aff *b)
{
    if (!proved(isl_aff_plain_is_equal(a, b)))
        return isl_set_intersect(isl_set_copy(domain), isl_aff_ne_set(a, b));
    isl_set *none = isl_set_empty(isl_aff_get_domain_space(a));
    isl_aff_free(a);
    isl_aff_free(b);
    return none;
}

static bool same_aff(__isl_keep isl_set *domain, __isl_take isl_aff *a, __isl_take isl_aff *b)
{
    isl_set *clash = clash_of(domain, a, b);
    bool same = proved(isl_set_is_empty(clash));
    isl_set_free(clash);
    return same;
}

/* The two functions agree on the domain, dim by dim. */
static bool same_function(proof *p, proof_stmt *s, const ir_instr *instr, __isl_keep isl_set *domain, __isl_keep isl_multi_aff *emitted,
    __isl_keep isl_multi_aff *graph)
{
    for (int d = 0; d < instr->shape->rank; d++) {
        isl_set *clash = clash_of(domain, isl_multi_aff_get_at(emitted, d), isl_multi_aff_get_at(graph, d));
        bool empty = proved(isl_set_is_empty(clash));
        if (!empty && !s->trial)
            proof_fail(p, "index: %s reads %s%s where the graph reads it at %s", proof_point(p, s, isl_set_copy(clash)),
                proof_instr(p, instr), proof_image(p, clash, emitted), proof_image(p, clash, graph));
        isl_set_free(clash);
        if (!empty)
            return false;
    }
    return true;
}

static bool load_is(proof *p, proof_stmt *s, const sched_value *load, __isl_keep isl_set *domain, __isl_keep isl_multi_aff *at)
{
    if (load->instr == s->stmt->instr || load->nindex != load->instr->shape->rank)
        return differs(p, s, load, load->instr);
    isl_multi_aff *emitted = relation_of_indices(p, s, load->index, load->nindex);
    bool same = emitted && same_function(p, s, load->instr, domain, emitted, at);
    if (same && !s->trial)
        record(p, s, load, map_on(emitted, domain), map_on(at, domain));
    isl_multi_aff_free(emitted);
    return same;
}

/* ---- run-time indices ---- */

bool proof_value_may_be(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *at)
{
    s->trial++;
    bool same = proof_value_is(p, s, value, instr, isl_set_copy(domain), isl_multi_aff_copy(at));
    s->trial--;
    return same && (s->trial || proof_value_is(p, s, value, instr, isl_set_copy(domain), isl_multi_aff_copy(at)));
}

/* The value of a constant start, clamped as HLO does it. */
static bool constant_start(const ir_instr *instr, int64_t max, int64_t *start)
{
    while (instr->noperands == 1 && ir_op_of(instr->op)->cls == IR_INDEX)
        instr = instr->operands[0];
    if (instr->op != IR_OP_CONSTANT || !(ir_shape_is_scalar(instr->shape) || ir_literal_splat(instr->literal)))
        return false;
    int64_t c = ir_number_get_int(instr->shape->type, instr->literal->data);
    bool wrapped = c < 0 && ir_class_of(instr->shape->type) == IR_CLASS_UNSIGNED;
    *start = wrapped || c > max ? max : c < 0 ? 0 : c;
    return true;
}

__isl_give isl_aff *proof_start(proof *p, proof_stmt *s, const ir_instr *instr, int64_t max, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *at)
{
    for (int i = 0; i < s->natoms; i++)
        if (s->atoms[i]->max == max && s->atoms[i]->min == 0 && proof_value_may_be(p, s, s->atoms[i]->value, instr, domain, at)) {
            s->matched[i] = true;
            return relation_var(isl_set_get_space(s->box), s->nvars + s->nreds + i, 1);
        }
    int64_t start;
    if (constant_start(instr, max, &start))
        return relation_constant(isl_set_get_space(s->box), start);
    if (!s->trial)
        proof_fail(p, "index: no run-time index of %s is %s, clamped to %lld", proof_instr(p, s->stmt->instr), proof_instr(p, instr),
            (long long)max);
    return NULL;
}

static int64_t dynamic_max(const sched_accesses *accesses, int dynamic)
{
    for (int k = 0; k < accesses->noperands; k++)
        for (int d = 0; d < accesses->operand[k].ndims; d++)
            if (accesses->operand[k].dims[d].dyn == dynamic)
                return accesses->operand[k].dims[d].dyn_max;
    return 0;
}

/* `at` followed by the run-time values of the instruction. NULL where one has no counterpart. */
static __isl_give isl_multi_aff *with_dynamics(proof *p, proof_stmt *s, const ir_instr *instr, const sched_accesses *accesses,
    __isl_keep isl_set *domain, __isl_keep isl_multi_aff *at)
{
    isl_multi_aff *more = relation_zeros(isl_multi_aff_get_domain_space(at), accesses->ndynamic);
    for (int i = 0; i < accesses->ndynamic; i++) {
        const sched_dynamic *dynamic = &accesses->dynamic[i];
        int64_t max = dynamic_max(accesses, i);
        if (max <= 0)
            continue;
        isl_multi_aff *where = relation_of_dims(dynamic->dims, dynamic->ndims, instr->shape->rank, at);
        more = isl_multi_aff_set_at(more, i, proof_start(p, s, instr->operands[dynamic->operand], max, domain, where));
        isl_multi_aff_free(where);
    }
    return isl_multi_aff_flat_range_product(isl_multi_aff_copy(at), more);
}

/* ---- one instruction of the graph ---- */

static bool is_index_operand(const sched_accesses *accesses, int operand)
{
    for (int i = 0; i < accesses->ndynamic; i++)
        if (accesses->dynamic[i].operand == operand)
            return true;
    return false;
}

const sched_accesses *proof_accesses(proof *p, const ir_instr *instr)
{
    const char *why = "no access relation";
    const sched_accesses *accesses = sched_access_of(p->arena, instr, &why);
    if (!accesses)
        proof_fail(p, "values: %s: %s", proof_instr(p, instr), why);
    return accesses;
}

static bool operand_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const sched_accesses *accesses,
    int operand, __isl_take isl_set *domain, __isl_keep isl_multi_aff *at)
{
    return proof_value_is(p, s, value, instr->operands[operand], domain, relation_of(&accesses->operand[operand], at));
}

/* Ops that pass on one operand's element: the first guarded operand whose box holds it, else the one without a guard. */
static bool pick_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *result)
{
    const sched_accesses *accesses = proof_accesses(p, instr);
    isl_multi_aff *at = accesses ? with_dynamics(p, s, instr, accesses, domain, result) : NULL;
    if (!at)
        return false;
    isl_set *rest = isl_set_copy(domain);
    int other = -1;
    bool same = true;
    for (int k = 0; k < instr->noperands && same; k++) {
        const sched_access *access = &accesses->operand[k];
        if (is_index_operand(accesses, k))
            continue;
        if (!access->guarded) {
            other = k;
            continue;
        }
        isl_set *inside = relation_guard(access, instr->operands[k]->shape, at);
        isl_set *here = isl_set_intersect(isl_set_copy(rest), isl_set_copy(inside));
        rest = isl_set_coalesce(isl_set_subtract(rest, inside));
        same = operand_is(p, s, value, instr, accesses, k, here, at);
    }
    if (same && other >= 0)
        same = operand_is(p, s, value, instr, accesses, other, isl_set_copy(rest), at);
    else if (same && !proved(isl_set_is_empty(rest)))
        same = proof_fail(p, "values: no operand of %s covers %s", proof_instr(p, instr), proof_point(p, s, isl_set_copy(rest)));
    isl_set_free(rest);
    isl_multi_aff_free(at);
    return same;
}

static bool op_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *at)
{
    if (value->kind != SCHED_OP || value->instr != instr || value->nargs != instr->noperands)
        return differs(p, s, value, instr);
    const sched_accesses *accesses = proof_accesses(p, instr);
    for (int k = 0; accesses && k < instr->noperands; k++)
        if (!operand_is(p, s, value->args[k], instr, accesses, k, isl_set_copy(domain), at))
            return false;
    return accesses != NULL;
}

static bool iota_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *at)
{
    if (value->kind != SCHED_IOTA || value->instr != instr || value->nindex != 1)
        return differs(p, s, value, instr);
    isl_aff *emitted = relation_of_index(p, s, value->index[0]);
    isl_aff *graph = isl_multi_aff_get_at(at, (int)ir_attr_int(instr, IR_ATTR_IOTA_DIMENSION, 0));
    isl_set *clash = clash_of(domain, emitted, graph);
    bool same = proved(isl_set_is_empty(clash));
    if (!same && !s->trial)
        proof_fail(p, "index: %s takes a wrong index from %s", proof_point(p, s, isl_set_copy(clash)), proof_instr(p, instr));
    isl_set_free(clash);
    return same;
}

static bool value_here(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *at)
{
    if (value->kind == SCHED_LOAD && value->instr == instr)
        return load_is(p, s, value, domain, at);
    if (value->kind == SCHED_LITERAL && value->instr == instr)
        return true;
    if (!p->member[instr->id])
        return differs(p, s, value, instr);
    if (instr->op == IR_OP_IOTA)
        return iota_is(p, s, value, instr, domain, at);
    switch (ir_op_of(instr->op)->cls) {
    case IR_INDEX:
    case IR_BITCAST_CLASS:
    case IR_DYNAMIC:
        return pick_is(p, s, value, instr, domain, at);
    case IR_ELEMENTWISE:
    case IR_FORWARD:
        return op_is(p, s, value, instr, domain, at);
    default:
        return differs(p, s, value, instr);
    }
}

/* ---- the walk ---- */

static bool known(const proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_keep isl_set *domain,
    __isl_keep isl_multi_aff *at)
{
    for (int i = 0; i < s->nmemo; i++) {
        const proof_memo *m = &s->memo[i];
        if (m->value == value && m->instr == instr && proved(isl_multi_aff_plain_is_equal(m->at, at)) &&
            (proved(isl_set_plain_is_equal(m->domain, domain)) || proved(isl_set_is_subset(domain, m->domain))))
            return true;
    }
    return false;
}

bool proof_value_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, __isl_take isl_set *domain,
    __isl_take isl_multi_aff *at)
{
    bool same = false;
    if (value->kind == SCHED_GUARD) {
        isl_set *conds = relation_of_conds(p, s, value->conds, value->nconds);
        isl_set *inside = isl_set_intersect(isl_set_copy(domain), isl_set_copy(conds));
        isl_set *outside = isl_set_coalesce(isl_set_subtract(domain, conds));
        same = proof_value_is(p, s, value->args[0], instr, inside, isl_multi_aff_copy(at)) &&
               proof_value_is(p, s, value->args[1], instr, isl_set_copy(outside), isl_multi_aff_copy(at));
        isl_set_free(outside);
        isl_multi_aff_free(at);
        return same;
    }
    if (proved(isl_set_is_empty(domain)) || (!s->trial && known(s, value, instr, domain, at)))
        same = true;
    else if (value_here(p, s, value, instr, domain, at)) {
        same = true;
        if (!s->trial) {
            proof_memo memo = {value, instr, isl_set_copy(domain), isl_multi_aff_copy(at)};
            FW_PUSH(p->arena, s->memo, s->nmemo, s->memo_cap, memo);
        }
    }
    isl_set_free(domain);
    isl_multi_aff_free(at);
    return same;
}

/* ---- statements ---- */

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
        same = same_aff(s->box, cut, piece) && s->stmt->cuts[i].extent == access->red[i];
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
            graph = isl_set_intersect(graph, relation_guard(&accesses->operand[k], s->stmt->instr->operands[k]->shape, at));
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
    if ((cls != IR_REDUCE_CLASS && cls != IR_CONTRACTION) || accesses->noperands != 2 || !same_reductions(p, s, &accesses->operand[0]) || !same_combiner(stmt))
        return proof_fail(p, "values: %s does not reduce as the graph does", proof_instr(p, stmt->instr));
    isl_multi_aff *at = with_reductions(s, &accesses->operand[0]);
    isl_set *domain = isl_set_intersect(isl_set_copy(s->box), relation_of_conds(p, s, stmt->conds, stmt->nconds));
    bool same = same_skips(p, s, accesses, at, domain);
    if (same && stmt->lhs)
        same = operand_is(p, s, stmt->lhs, stmt->instr, accesses, 0, isl_set_copy(domain), at) &&
               operand_is(p, s, stmt->rhs, stmt->instr, accesses, 1, isl_set_copy(domain), at);
    else if (same)
        same = operand_is(p, s, stmt->value, stmt->instr, accesses, 0, isl_set_copy(domain), at) &&
               operand_is(p, s, stmt->init, stmt->instr, accesses, 1, isl_set_copy(s->box), at);
    isl_set_free(domain);
    isl_multi_aff_free(at);
    return same;
}

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
    bool kept = p->nstmts == 1 && s->stmt->output && p->kernel->updates == instr->operands[0] && !accesses->operand[0].guarded &&
                proved(isl_multi_aff_plain_is_equal(same, read));
    isl_multi_aff_free(same);
    isl_multi_aff_free(read);
    if (!kept)
        return proof_fail(p, "values: %s does not update %s in place", proof_instr(p, instr), proof_instr(p, p->kernel->updates));
    if (s->stmt->kind == SCHED_SCATTER)
        return true;
    if (ir_op_of(instr->op)->cls != IR_DYNAMIC || accesses->noperands < 2 || !accesses->operand[1].guarded)
        return proof_fail(p, "values: %s has no window to update", proof_instr(p, instr));
    isl_multi_aff *at = with_dynamics(p, s, instr, accesses, s->box, s->index);
    s->stored = at ? relation_of(&accesses->operand[1], at) : NULL;
    s->stored_shape = instr->operands[1]->shape;
    isl_multi_aff_free(at);
    return s->stored != NULL;
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
        same = proof_value_is(p, s, stmt->value, stmt->instr, isl_set_copy(s->box), isl_multi_aff_copy(s->index));
    for (int i = 0; same && i < s->natoms; i++)
        if (!s->matched[i])
            same = proof_fail(p, "index: %s uses a run-time index that the graph does not have", proof_instr(p, stmt->instr));
    if (!same)
        return proof_fail(p, "values: %s is not the graph's", proof_instr(p, stmt->instr));
    if (p->kernel->updates)
        return updated(p, s);
    s->stored = isl_multi_aff_copy(s->index);
    s->stored_shape = stmt->instr->shape;
    return true;
}
