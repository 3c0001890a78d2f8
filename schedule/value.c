/* The scalar computation of one element as a DAG over index expressions. A member that gets no buffer disappears here: its
 * readers evaluate it at the index that its access relation gives. Values are hash-consed, so that what is equal is computed once. */
#include "schedule.h"

#include <string.h>

struct sched_builder {
    fw_arena *arena;
    sched_space *space;
    const plan_kernel *plan;
    int nvalues, cap;
    const sched_value **values;
    int table_size;              /* open addressing over values, power of two */
    int *table;                  /* 1 + index into values */
    const sched_accesses **accesses; /* by instruction id, made on first use */
    bool *is_buffer, *is_member; /* by instruction id */
    int nmemo, memo_size;        /* (instruction, index) -> value, so that a diamond is walked once */
    struct memo { const ir_instr *instr; const sched_index *const *index; const sched_value *value; } *memo;
    const char *error;
    int depth;
};

#define MAX_DEPTH 4000

sched_builder *sched_builder_new(fw_arena *arena, sched_space *space, const plan_kernel *plan)
{
    sched_builder *b = fw_alloc(arena, sizeof *b);
    int n = plan->outputs[0]->comp->ninstrs;
    b->arena = arena;
    b->space = space;
    b->plan = plan;
    b->table_size = 256;
    b->table = fw_alloc_array(arena, (size_t)b->table_size, sizeof *b->table);
    b->memo_size = 256;
    b->memo = fw_alloc_array(arena, (size_t)b->memo_size, sizeof *b->memo);
    b->accesses = fw_alloc_array(arena, (size_t)n, sizeof *b->accesses);
    b->is_buffer = fw_alloc_array(arena, (size_t)n, sizeof *b->is_buffer);
    b->is_member = fw_alloc_array(arena, (size_t)n, sizeof *b->is_member);
    for (int i = 0; i < plan->nmembers; i++)
        b->is_member[plan->members[i]->id] = true;
    for (int i = 0; i < plan->noutputs; i++)
        b->is_buffer[plan->outputs[i]->id] = true;
    for (int i = 0; i < plan->nkeep; i++)
        b->is_buffer[plan->keep[i]->id] = true;
    return b;
}

const char *sched_builder_error(const sched_builder *b)
{
    return b->error;
}

static void fail(sched_builder *b, const char *why)
{
    if (!b->error)
        b->error = why;
}

const sched_accesses *sched_builder_accesses(sched_builder *b, const ir_instr *instr)
{
    const char *why = NULL;
    if (!b->accesses[instr->id]) {
        b->accesses[instr->id] = sched_access_of(b->arena, instr, &why);
        if (!b->accesses[instr->id])
            fail(b, why);
    }
    return b->accesses[instr->id];
}

/* ---- hash-consing ---- */

static uint64_t hash_value(const sched_value *v)
{
    uint64_t h = (uint64_t)v->kind * 31 + (uint64_t)v->type;
    h = h * 1000003u + (uint64_t)(v->instr ? v->instr->id : 0);
    for (int i = 0; i < v->nargs; i++)
        h = h * 1000003u + (uint64_t)v->args[i]->number + 1;
    for (int i = 0; i < v->nindex; i++)
        h = h * 1000003u + (uint64_t)v->index[i]->number + 1;
    for (int i = 0; i < v->nconds; i++)
        h = h * 1000003u + (uint64_t)v->conds[i].index->number + 7 * (uint64_t)v->conds[i].count;
    return h ^ (h >> 31);
}

static bool same_conds(const sched_value *a, const sched_value *b)
{
    if (a->nconds != b->nconds)
        return false;
    for (int i = 0; i < a->nconds; i++)
        if (a->conds[i].index != b->conds[i].index || a->conds[i].count != b->conds[i].count ||
            a->conds[i].scale != b->conds[i].scale)
            return false;
    return true;
}

static bool same_value(const sched_value *a, const sched_value *b)
{
    if (a->kind != b->kind || a->type != b->type || a->instr != b->instr || a->nargs != b->nargs || a->nindex != b->nindex)
        return false;
    return (!a->nargs || !memcmp(a->args, b->args, (size_t)a->nargs * sizeof *a->args)) &&
           (!a->nindex || !memcmp(a->index, b->index, (size_t)a->nindex * sizeof *a->index)) && same_conds(a, b);
}

static void table_add(sched_builder *b, int number)
{
    uint64_t mask = (uint64_t)b->table_size - 1, at = hash_value(b->values[number]) & mask;
    while (b->table[at])
        at = (at + 1) & mask;
    b->table[at] = number + 1;
}

static const sched_value *intern(sched_builder *b, sched_value want)
{
    uint64_t mask = (uint64_t)b->table_size - 1;
    for (uint64_t at = hash_value(&want) & mask; b->table[at]; at = (at + 1) & mask)
        if (same_value(b->values[b->table[at] - 1], &want))
            return b->values[b->table[at] - 1];
    sched_value *value = fw_alloc(b->arena, sizeof *value);
    *value = want;
    value->number = b->nvalues;
    FW_PUSH(b->arena, b->values, b->nvalues, b->cap, value);
    if (2 * b->nvalues > b->table_size) {
        b->table_size *= 2;
        b->table = fw_alloc_array(b->arena, (size_t)b->table_size, sizeof *b->table);
        for (int i = 0; i < b->nvalues - 1; i++)
            table_add(b, i);
    }
    table_add(b, value->number);
    return value;
}

/* ---- indices of operands ---- */

static const sched_index *dim_index(sched_builder *b, const ir_instr *instr, const sched_access_dim *dim, int nout,
    const sched_index *const *out, const sched_index *const *red)
{
    sched_space *s = b->space;
    const sched_index *e = sched_const(s, dim->c);
    for (int t = 0; t < dim->nterms; t++) {
        int var = dim->terms[t].var;
        const sched_index *v = var < nout ? out[var] : red[var - nout];
        if (dim->terms[t].div != 1)
            v = sched_div(s, v, dim->terms[t].div);
        e = sched_add(s, e, sched_mul(s, v, dim->terms[t].coef));
    }
    if (dim->div != 1)
        e = sched_div(s, e, dim->div);
    if (dim->mod)
        e = sched_mod(s, e, dim->mod);
    if (dim->dyn >= 0) {
        const sched_value *value = sched_dynamic_value(b, instr, dim->dyn, out);
        const sched_index *offset = sched_const(s, 0);
        if (value && value->kind == SCHED_LITERAL) {
            int64_t c = ir_number_get_int(value->type, value->instr->literal->data);
            offset = sched_const(s, c < 0 ? 0 : c > dim->dyn_max ? dim->dyn_max : c);
        } else if (value) {
            offset = sched_dyn(s, value, dim->dyn_max);
        }
        e = sched_add(s, e, sched_mul(s, offset, dim->dyn_sign));
    }
    return e;
}

const sched_value *sched_dynamic_value(sched_builder *b, const ir_instr *instr, int dynamic, const sched_index *const *out)
{
    const sched_accesses *acc = sched_builder_accesses(b, instr);
    if (!acc)
        return NULL;
    const sched_dynamic *d = &acc->dynamic[dynamic];
    const sched_index **index = fw_alloc_array(b->arena, (size_t)d->ndims, sizeof *index);
    for (int i = 0; i < d->ndims; i++)
        index[i] = dim_index(b, instr, &d->dims[i], instr->shape->rank, out, NULL);
    return sched_value_at(b, instr->operands[d->operand], index);
}

const sched_index **sched_operand_index(sched_builder *b, const ir_instr *instr, int operand, const sched_index *const *out,
    const sched_index *const *red, sched_cond **conds, int *nconds, bool *never)
{
    const sched_accesses *acc = sched_builder_accesses(b, instr);
    *nconds = 0;
    *never = false;
    if (!acc)
        return NULL;
    const sched_access *a = &acc->operand[operand];
    const sched_index **index = fw_alloc_array(b->arena, (size_t)a->ndims, sizeof *index);
    *conds = fw_alloc_array(b->arena, (size_t)a->ndims, sizeof **conds);
    for (int i = 0; i < a->ndims; i++) {
        int64_t n = ir_shape_size(instr->operands[operand]->shape, i), scale = a->dims[i].scale;
        const sched_index *e = dim_index(b, instr, &a->dims[i], a->nout, out, red);
        if (a->guarded && (e->min < 0 || e->max > scale * (n - 1) || scale > 1))
            (*conds)[(*nconds)++] = (sched_cond){e, n, scale};
        if (a->guarded && (e->max < 0 || e->min > scale * (n - 1)))
            *never = true;
        index[i] = scale > 1 ? sched_div(b->space, e, scale) : e;
    }
    return index;
}

/* ---- values ---- */

static const sched_value *load(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    const sched_index **copy = fw_alloc_array(b->arena, (size_t)instr->shape->rank, sizeof *copy);
    for (int i = 0; i < instr->shape->rank; i++)
        copy[i] = index[i];
    return intern(b, (sched_value){.kind = SCHED_LOAD, .type = instr->shape->type, .instr = instr, .nindex = instr->shape->rank, .index = copy});
}

static const sched_value *op(sched_builder *b, const ir_instr *instr, int nargs, const sched_value **args)
{
    return intern(b, (sched_value){.kind = SCHED_OP, .type = instr->shape->type, .instr = instr, .nargs = nargs, .args = args});
}

const sched_value *sched_contraction_value(sched_builder *b, const ir_instr *instr, const sched_value *lhs, const sched_value *rhs)
{
    const sched_value **args = fw_alloc_array(b->arena, 2, sizeof *args);
    args[0] = lhs;
    args[1] = rhs;
    return op(b, instr, 2, args);
}

static const sched_value *elementwise(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    const sched_value **args = fw_alloc_array(b->arena, (size_t)instr->noperands, sizeof *args);
    for (int k = 0; k < instr->noperands; k++) {
        sched_cond *conds;
        int nconds;
        bool never;
        const sched_index **at = sched_operand_index(b, instr, k, index, NULL, &conds, &nconds, &never);
        args[k] = at ? sched_value_at(b, instr->operands[k], at) : NULL;
        if (!args[k])
            return NULL;
    }
    return op(b, instr, instr->noperands, args);
}

static bool is_index_operand(const sched_accesses *acc, int operand)
{
    for (int i = 0; i < acc->ndynamic; i++)
        if (acc->dynamic[i].operand == operand)
            return true;
    return false;
}

static const sched_value *guarded(sched_builder *b, const sched_cond *conds, int nconds, const sched_value *then, const sched_value *otherwise)
{
    if (!then || !otherwise)
        return NULL;
    if (then == otherwise)
        return then;
    const sched_value **args = fw_alloc_array(b->arena, 2, sizeof *args);
    args[0] = then;
    args[1] = otherwise;
    return intern(b, (sched_value){.kind = SCHED_GUARD, .type = then->type, .nargs = 2, .args = args, .nconds = nconds, .conds = conds});
}

/* Ops that pick one operand's element: guarded operands in order where their box holds it, then the unguarded one (the last
 * guarded one where all are: a concatenation covers its result). */
static const sched_value *pick(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    const sched_accesses *acc = sched_builder_accesses(b, instr);
    if (!acc)
        return NULL;
    int last = -1;
    for (int k = 0; k < instr->noperands; k++)
        if (!is_index_operand(acc, k) && (last < 0 || !acc->operand[k].guarded || acc->operand[last].guarded))
            last = k;
    sched_cond *conds;
    int nconds;
    bool never;
    const sched_index **at = sched_operand_index(b, instr, last, index, NULL, &conds, &nconds, &never);
    const sched_value *result = at ? sched_value_at(b, instr->operands[last], at) : NULL;
    for (int k = instr->noperands - 1; k >= 0 && result; k--) {
        if (k == last || is_index_operand(acc, k) || !acc->operand[k].guarded)
            continue;
        at = sched_operand_index(b, instr, k, index, NULL, &conds, &nconds, &never);
        if (at && never)
            continue;
        const sched_value *piece = at ? sched_value_at(b, instr->operands[k], at) : NULL;
        result = nconds ? guarded(b, conds, nconds, piece, result) : piece;
    }
    return result;
}

/* ---- memo ---- */

static struct memo *memo_slot(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    uint64_t h = (uint64_t)instr->id * 0x9e3779b97f4a7c15u;
    for (int i = 0; i < instr->shape->rank; i++)
        h = (h ^ (uint64_t)index[i]->number) * 0xff51afd7ed558ccdu;
    uint64_t mask = (uint64_t)b->memo_size - 1;
    for (uint64_t at = (h ^ (h >> 31)) & mask;; at = (at + 1) & mask) {
        struct memo *m = &b->memo[at];
        if (!m->instr)
            return m;
        if (m->instr == instr && (!instr->shape->rank || !memcmp(m->index, index, (size_t)instr->shape->rank * sizeof *index)))
            return m;
    }
}

static void memo_add(sched_builder *b, const ir_instr *instr, const sched_index *const *index, const sched_value *value)
{
    if (2 * (b->nmemo + 1) > b->memo_size) {
        struct memo *old = b->memo;
        int count = b->memo_size;
        b->memo_size *= 2;
        b->memo = fw_alloc_array(b->arena, (size_t)b->memo_size, sizeof *b->memo);
        for (int i = 0; i < count; i++)
            if (old[i].instr)
                *memo_slot(b, old[i].instr, old[i].index) = old[i];
    }
    size_t bytes = (size_t)instr->shape->rank * sizeof *index;
    const sched_index **copy = fw_alloc(b->arena, bytes);
    if (bytes)
        memcpy(copy, index, bytes);
    *memo_slot(b, instr, index) = (struct memo){instr, copy, value};
    b->nmemo++;
}

static const sched_value *member_value(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    switch (ir_op_of(instr->op)->cls) {
    case IR_ELEMENTWISE:
    case IR_FORWARD:
        return elementwise(b, instr, index);
    case IR_INDEX:
    case IR_BITCAST_CLASS:
    case IR_DYNAMIC:
        return pick(b, instr, index);
    case IR_REDUCE_CLASS:
    case IR_CONTRACTION:
        fail(b, fw_format(b->arena, "%s has to be kept or an output: a reduction cannot be composed into its reader", instr->name));
        return NULL;
    default:
        fail(b, fw_format(b->arena, "%s (%s) cannot be a member of a kernel", instr->name, ir_op_of(instr->op)->name));
        return NULL;
    }
}

const sched_value *sched_value_at(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    if (b->error)
        return NULL;
    if (instr->op == IR_OP_CONSTANT && (ir_shape_is_scalar(instr->shape) || ir_literal_splat(instr->literal)))
        return intern(b, (sched_value){.kind = SCHED_LITERAL, .type = instr->shape->type, .instr = instr});
    if (!b->is_member[instr->id] || b->is_buffer[instr->id])
        return load(b, instr, index);
    if (instr->op == IR_OP_IOTA) {
        const sched_index **at = fw_alloc(b->arena, sizeof *at);
        at[0] = index[ir_attr_int(instr, IR_ATTR_IOTA_DIMENSION, 0)];
        return intern(b, (sched_value){.kind = SCHED_IOTA, .type = instr->shape->type, .instr = instr, .nindex = 1, .index = at});
    }
    if (b->depth >= MAX_DEPTH) {
        fail(b, "a chain of more than 4000 composed instructions");
        return NULL;
    }
    const struct memo *known = memo_slot(b, instr, index);
    if (known->instr)
        return known->value;
    b->depth++;
    const sched_value *value = member_value(b, instr, index);
    b->depth--;
    memo_add(b, instr, index, value);
    return value;
}

const sched_value *sched_composed_value(sched_builder *b, const ir_instr *instr, const sched_index *const *index)
{
    bool buffer = b->is_buffer[instr->id];
    b->is_buffer[instr->id] = false;
    const sched_value *value = sched_value_at(b, instr, index);
    b->is_buffer[instr->id] = buffer;
    return value;
}

int sched_builder_count(const sched_builder *b)
{
    return b->nvalues;
}
