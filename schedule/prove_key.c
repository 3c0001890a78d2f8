/* What a verdict depends on, as text: loops, statements, values, and the members of the graph with their records. Instructions are
 * numbered by first use and variables by position, so the twelve layers of a model have one key; verdicts are kept under the
 * whole text, not under its hash. */
#include "prove_internal.h"

typedef struct key {
    proof *p;
    fw_text *out;
    const sched_stmt *stmt;
    int *values;                 /* by value number: 1 + position in the text, 0 unseen */
    int nvalues;
} key;

static int number_of(proof *p, const ir_instr *instr)
{
    if (instr->comp != p->kernel->plan->outputs[0]->comp)
        return -2; /* of a region: no load, so no part of the proof */
    if (p->numbers[instr->id] < 0) {
        p->numbers[instr->id] = p->ninstrs;
        p->instrs[p->ninstrs++] = instr;
    }
    return p->numbers[instr->id];
}

static void put(key *k, int64_t v)
{
    char text[24];
    int at = FW_COUNT(text);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    text[--at] = ' ';
    do
        text[--at] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        text[--at] = '-';
    fw_text_addn(k->out, text + at, (size_t)(FW_COUNT(text) - at));
}

static void put_index(key *k, const sched_index *index);
static void put_value(key *k, const sched_value *value);

static void put_atom(key *k, const sched_atom *atom)
{
    put(k, atom->kind);
    switch (atom->kind) {
    case SCHED_VAR:
        for (int i = 0; i < k->stmt->nvars; i++)
            if (k->stmt->vars[i].var == atom->var)
                put(k, i);
        for (int i = 0; i < k->stmt->nreds; i++)
            if (k->stmt->reds[i].var == atom->var)
                put(k, k->stmt->nvars + i);
        break;
    case SCHED_DIV:
    case SCHED_MOD:
        put(k, atom->k);
        put_index(k, atom->of);
        break;
    case SCHED_DYN:
        put(k, atom->min);
        put(k, atom->max);
        put_value(k, atom->value);
        break;
    }
}

static void put_index(key *k, const sched_index *index)
{
    put(k, index->c);
    put(k, index->nterms);
    for (int i = 0; i < index->nterms; i++) {
        put(k, index->terms[i].coef);
        put_atom(k, index->terms[i].atom);
    }
}

static void put_conds(key *k, const sched_cond *conds, int nconds)
{
    put(k, nconds);
    for (int i = 0; i < nconds; i++) {
        put_index(k, conds[i].index);
        put(k, conds[i].count);
        put(k, conds[i].scale);
    }
}

static void put_value(key *k, const sched_value *value)
{
    if (!value) {
        fw_text_char(k->out, '-');
        return;
    }
    bool counted = value->number < k->p->kernel->nvalues;
    if (counted && k->values[value->number]) {
        fw_text_char(k->out, '=');
        put(k, k->values[value->number]);
        return;
    }
    if (counted)
        k->values[value->number] = ++k->nvalues;
    fw_text_char(k->out, "LCIOGP"[value->kind]);
    put(k, value->type);
    put(k, value->instr ? number_of(k->p, value->instr) : -1);
    put(k, value->nindex);
    for (int i = 0; i < value->nindex; i++)
        put_index(k, value->index[i]);
    put_conds(k, value->conds, value->nconds);
    put(k, value->nargs);
    for (int i = 0; i < value->nargs; i++)
        put_value(k, value->args[i]);
}

static void put_stmt(key *k, const sched_stmt *stmt)
{
    k->stmt = stmt;
    put(k, number_of(k->p, stmt->instr));
    const int64_t plain[] = {stmt->kind, stmt->output, stmt->scratch, stmt->scratch_offset, stmt->combine,
        stmt == k->p->kernel->contraction, stmt->after_contraction,
        stmt->region && stmt->region == ir_attr_comp(stmt->instr, IR_ATTR_TO_APPLY), stmt->nvars, stmt->nreds, stmt->nskips};
    for (int i = 0; i < FW_COUNT(plain); i++)
        put(k, plain[i]);
    for (int i = 0; i < stmt->nvars; i++) {
        const sched_range *r = &stmt->vars[i];
        const int64_t range[] = {r->extent, r->loop, r->coef, r->first, r->last, r->size};
        for (int j = 0; j < FW_COUNT(range); j++)
            put(k, range[j]);
    }
    for (int i = 0; i < stmt->nreds; i++)
        put(k, stmt->reds[i].extent);
    for (int i = 0; i < stmt->instr->shape->rank; i++)
        put_index(k, stmt->index[i]);
    put_value(k, stmt->value);
    put_value(k, stmt->init);
    put_value(k, stmt->lhs);
    put_value(k, stmt->rhs);
    put_conds(k, stmt->conds, stmt->nconds);
    put(k, stmt->ncuts);
    for (int i = 0; i < stmt->ncuts; i++) {
        put(k, stmt->cuts[i].extent);
        put_index(k, stmt->cuts[i].index);
    }
    for (int i = 0; i < stmt->nskips; i++) {
        put(k, stmt->skips[i].max);
        put_value(k, stmt->skips[i].value);
    }
}

/* ---- the graph ---- */

static void put_dims(key *k, const sched_access_dim *dims, int ndims)
{
    put(k, ndims);
    for (int i = 0; i < ndims; i++) {
        const int64_t plain[] = {dims[i].c, dims[i].div, dims[i].mod, dims[i].scale, dims[i].dyn, dims[i].dyn_sign, dims[i].dyn_max,
            dims[i].nterms};
        for (int j = 0; j < FW_COUNT(plain); j++)
            put(k, plain[j]);
        for (int t = 0; t < dims[i].nterms; t++) {
            put(k, dims[i].terms[t].var);
            put(k, dims[i].terms[t].coef);
            put(k, dims[i].terms[t].div);
        }
    }
}

static void put_accesses(key *k, const sched_accesses *accesses)
{
    put(k, accesses->noperands);
    for (int i = 0; i < accesses->noperands; i++) {
        const sched_access *a = &accesses->operand[i];
        put(k, a->guarded);
        put(k, a->nred);
        for (int r = 0; r < a->nred; r++)
            put(k, a->red[r]);
        put_dims(k, a->dims, a->ndims);
    }
    put(k, accesses->ndynamic);
    for (int i = 0; i < accesses->ndynamic; i++) {
        put(k, accesses->dynamic[i].operand);
        put_dims(k, accesses->dynamic[i].dims, accesses->dynamic[i].ndims);
    }
}

/* Attributes that the proof of a scatter reads itself. */
static void put_scatter(key *k, const ir_instr *instr)
{
    static const ir_attr_id lists[] = {IR_ATTR_UPDATE_WINDOW_DIMS, IR_ATTR_INSERTED_WINDOW_DIMS, IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS,
        IR_ATTR_INPUT_BATCHING_DIMS, IR_ATTR_SCATTER_INDICES_BATCHING_DIMS};
    for (int i = 0; i < FW_COUNT(lists); i++) {
        const int64_t *ints;
        int n = ir_attr_ints(instr, lists[i], &ints);
        put(k, n);
        for (int j = 0; j < n; j++)
            put(k, ints[j]);
    }
    put(k, ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0));
}

static void put_instr(key *k, const ir_instr *instr)
{
    proof *p = k->p;
    bool member = p->member[instr->id];
    fw_text_char(k->out, member ? '\n' : '\t');
    put(k, instr->op);
    put(k, instr->shape->type);
    put(k, instr->shape->rank);
    for (int d = 0; d < instr->shape->rank; d++)
        put(k, ir_shape_size(instr->shape, d));
    if (instr->op == IR_OP_CONSTANT && ir_type_is_integer(instr->shape->type) && ir_literal_splat(instr->literal))
        put(k, ir_number_get_int(instr->shape->type, instr->literal->data));
    if (!member)
        return;
    for (int i = 0; i < instr->noperands; i++)
        put(k, number_of(p, instr->operands[i]));
    const char *why;
    const sched_accesses *accesses = sched_access_of(p->arena, instr, &why);
    if (accesses)
        put_accesses(k, accesses);
    if (instr->op == IR_OP_IOTA)
        put(k, ir_attr_int(instr, IR_ATTR_IOTA_DIMENSION, 0));
    if (ir_op_of(instr->op)->cls == IR_SCATTER_CLASS)
        put_scatter(k, instr);
}

void proof_key(proof *p, fw_text *out)
{
    const sched_kernel *kernel = p->kernel;
    key k = {.p = p, .out = out};
    k.values = fw_alloc_array(p->arena, (size_t)kernel->nvalues + 1, sizeof *k.values);
    for (int i = 0; i < kernel->nloops; i++) {
        put(&k, kernel->loops[i].extent);
        put(&k, kernel->loops[i].tile);
        put(&k, kernel->loops[i].ntiles);
    }
    fw_text_char(out, '\n');
    put(&k, kernel->ntiles);
    put(&k, kernel->scratch_bytes);
    put(&k, kernel->product_bytes);
    for (int i = 0; i < kernel->nstmts; i++) {
        fw_text_char(out, '\n');
        put_stmt(&k, &kernel->stmts[i]);
    }
    fw_text_char(out, '\n');
    put(&k, kernel->updates ? number_of(p, kernel->updates) : -1);
    for (int i = 0; i < kernel->plan->noutputs; i++)
        put(&k, number_of(p, kernel->plan->outputs[i]));
    for (int i = 0; i < kernel->ninputs; i++)
        put(&k, number_of(p, kernel->inputs[i]));
    for (int i = 0; i < p->ninstrs; i++) /* grows while it runs */
        put_instr(&k, p->instrs[i]);
}
