/* A machine that runs a kernel with hashes instead of numbers, and the graph evaluated by its access records the same way: equal
 * hashes mean the same operations on the same elements in the same order. Tiles run in random order, scratch is bytes, every array
 * has bounds. */
#ifndef PROVE_MACHINE_H
#define PROVE_MACHINE_H

#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef uint64_t hash;

static inline hash mix(hash a, hash b)
{
    a = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdu;
    return a ^ (a >> 29);
}

typedef struct chaos {
    fw_arena *arena;
    uint64_t random;
    const ir_comp *comp;
    const sched_kernel *kernel;
    bool *member;
    hash **memo;                 /* the graph's values, by instruction and element; 0 unknown */
    const ir_instr *shared;      /* the input in whose buffer output 0 lives, or NULL */
    hash **memory;               /* by instruction: outputs, and `shared` */
    int **stores;
    hash *scratch;               /* one entry a byte */
    int64_t env[4096];           /* variables of the space */
    const int64_t *tile;         /* the one that runs */
    const char *broken;          /* what went wrong while running */
} chaos;

static inline unsigned dice(chaos *c, unsigned n)
{
    c->random = c->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(c->random >> 33) % n;
}

/* ---- the graph, by its records ---- */

static inline hash graph_value(chaos *c, const ir_instr *instr, const int64_t *at);

static inline int64_t linear(const ir_shape *shape, const int64_t *at)
{
    int64_t n = 0;
    for (int d = 0; d < shape->rank; d++) {
        if (at[d] < 0 || at[d] >= ir_shape_size(shape, d))
            return -1;
        n = n * ir_shape_size(shape, d) + at[d];
    }
    return n;
}

static inline hash content(const ir_instr *instr, int64_t element)
{
    return mix(mix(1, (hash)instr->id), (hash)element);
}

static inline int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a % b < 0) != (b < 0));
}

static inline int64_t clamp_start(int64_t v, int64_t max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

static inline int64_t graph_start(chaos *c, const ir_instr *instr, const sched_accesses *acc, int dynamic, int64_t max, const int64_t *out)
{
    const sched_dynamic *d = &acc->dynamic[dynamic];
    const ir_instr *operand = instr->operands[d->operand];
    int64_t at[8] = {0};
    for (int i = 0; i < d->ndims; i++) {
        at[i] = d->dims[i].c;
        for (int t = 0; t < d->dims[i].nterms; t++)
            at[i] += d->dims[i].terms[t].coef * out[d->dims[i].terms[t].var];
    }
    if (operand->op == IR_OP_CONSTANT && ir_shape_is_scalar(operand->shape))
        return clamp_start(ir_number_get_int(operand->shape->type, operand->literal->data), max);
    return (int64_t)(graph_value(c, operand, at) % (hash)(max + 1));
}

/* False where a guard says that the operand is not read. `vars`: result dims, then reductions. */
static inline bool graph_read(chaos *c, const ir_instr *instr, const sched_accesses *acc, int operand, const int64_t *vars, int64_t *at)
{
    const sched_access *a = &acc->operand[operand];
    for (int i = 0; i < a->ndims; i++) {
        const sched_access_dim *d = &a->dims[i];
        int64_t v = d->c, n = ir_shape_size(instr->operands[operand]->shape, i);
        for (int t = 0; t < d->nterms; t++)
            v += d->terms[t].coef * floor_div(vars[d->terms[t].var], d->terms[t].div);
        v = floor_div(v, d->div);
        v = d->mod ? v - d->mod * floor_div(v, d->mod) : v;
        if (d->dyn >= 0)
            v += d->dyn_sign * graph_start(c, instr, acc, d->dyn, d->dyn_max, vars);
        if (a->guarded && (v < 0 || v > d->scale * (n - 1) || v % d->scale))
            return false;
        at[i] = v / d->scale;
    }
    return true;
}

static inline bool is_index_operand(const sched_accesses *acc, int operand)
{
    for (int i = 0; i < acc->ndynamic; i++)
        if (acc->dynamic[i].operand == operand)
            return true;
    return false;
}

static inline hash graph_pick(chaos *c, const ir_instr *instr, const sched_accesses *acc, const int64_t *at)
{
    int64_t inner[8];
    int other = -1;
    for (int k = 0; k < instr->noperands; k++) {
        if (is_index_operand(acc, k))
            continue;
        if (!acc->operand[k].guarded)
            other = k;
        else if (graph_read(c, instr, acc, k, at, inner))
            return graph_value(c, instr->operands[k], inner);
    }
    assert_true(other >= 0 && graph_read(c, instr, acc, other, at, inner));
    return graph_value(c, instr->operands[other], inner);
}

static inline hash graph_reduce(chaos *c, const ir_instr *instr, const sched_accesses *acc, const int64_t *at)
{
    int64_t vars[16], inner[8], total = 1;
    bool contraction = ir_op_of(instr->op)->cls == IR_CONTRACTION;
    const sched_access *a = &acc->operand[0];
    memcpy(vars, at, (size_t)a->nout * sizeof *at);
    hash sum = contraction ? 7 : graph_value(c, instr->operands[1], NULL);
    for (int r = 0; r < a->nred; r++)
        total *= a->red[r];
    for (int64_t k = 0; k < total; k++) {
        int64_t rest = k;
        for (int r = a->nred - 1; r >= 0; r--) {
            vars[a->nout + r] = rest % a->red[r];
            rest /= a->red[r];
        }
        if (!graph_read(c, instr, acc, 0, vars, inner))
            continue;
        hash element = graph_value(c, instr->operands[0], inner);
        if (contraction) {
            graph_read(c, instr, acc, 1, vars, inner);
            element = mix(mix(11, element), graph_value(c, instr->operands[1], inner));
        }
        sum = mix(sum, element);
    }
    return sum;
}

static inline hash graph_member(chaos *c, const ir_instr *instr, const int64_t *at)
{
    const char *why;
    const sched_accesses *acc = sched_access_of(c->arena, instr, &why);
    if (instr->op == IR_OP_IOTA)
        return mix(mix(2, (hash)instr->id), (hash)at[ir_attr_int(instr, IR_ATTR_IOTA_DIMENSION, 0)]);
    switch (ir_op_of(instr->op)->cls) {
    case IR_REDUCE_CLASS:
    case IR_CONTRACTION:
        return graph_reduce(c, instr, acc, at);
    case IR_INDEX:
    case IR_DYNAMIC:
        return graph_pick(c, instr, acc, at);
    default: {
        hash h = mix(3, (hash)instr->id);
        for (int k = 0; k < instr->noperands; k++) {
            int64_t inner[8];
            graph_read(c, instr, acc, k, at, inner);
            h = mix(h, graph_value(c, instr->operands[k], inner));
        }
        return h;
    }
    }
}

static inline hash graph_value(chaos *c, const ir_instr *instr, const int64_t *at)
{
    if (instr->op == IR_OP_CONSTANT && ir_shape_is_scalar(instr->shape))
        return mix(4, (hash)instr->id);
    int64_t element = linear(instr->shape, at);
    assert_true(element >= 0);
    if (!c->member[instr->id])
        return content(instr, element);
    if (!c->memo[instr->id])
        c->memo[instr->id] = fw_alloc_array(c->arena, (size_t)ir_shape_count(instr->shape), sizeof(hash));
    hash *known = &c->memo[instr->id][element];
    if (!*known)
        *known = graph_member(c, instr, at);
    return *known;
}

/* ---- the kernel, as it would run ---- */

static inline void broken(chaos *c, const char *how)
{
    if (!c->broken)
        c->broken = how;
}

static inline hash run_value(chaos *c, const sched_value *value);

static inline int64_t run_index(chaos *c, const sched_index *index)
{
    int64_t sum = index->c;
    for (int i = 0; i < index->nterms; i++) {
        const sched_atom *a = index->terms[i].atom;
        int64_t v = 0;
        if (a->kind == SCHED_VAR)
            v = c->env[a->var];
        else if (a->kind == SCHED_DYN)
            v = (int64_t)(run_value(c, a->value) % (hash)(a->max + 1));
        else if (a->kind == SCHED_DIV)
            v = floor_div(run_index(c, a->of), a->k);
        else
            v = run_index(c, a->of) - a->k * floor_div(run_index(c, a->of), a->k);
        sum += index->terms[i].coef * v;
    }
    return sum;
}

static inline bool run_conds(chaos *c, const sched_cond *conds, int nconds)
{
    for (int i = 0; i < nconds; i++) {
        int64_t v = run_index(c, conds[i].index);
        if (v < 0 || v > conds[i].scale * (conds[i].count - 1) || v % conds[i].scale)
            return false;
    }
    return true;
}

static inline int64_t range_start(const chaos *c, const sched_range *r)
{
    if (r->loop < 0)
        return 0;
    int64_t lo = r->coef * c->kernel->loops[r->loop].tile * c->tile[r->loop] + r->first;
    return lo < 0 ? 0 : lo;
}

static inline int64_t range_end(const chaos *c, const sched_range *r)
{
    if (r->loop < 0)
        return r->extent;
    const sched_loop *l = &c->kernel->loops[r->loop];
    int64_t hi = l->tile * (c->tile[r->loop] + 1) < l->extent ? l->tile * (c->tile[r->loop] + 1) : l->extent;
    int64_t end = r->coef * (hi - 1) + r->last + 1;
    return end < r->extent ? end : r->extent;
}

/* Byte of scratch where the statement keeps the element of its variables' values `at`. */
static inline int64_t scratch_byte(chaos *c, const sched_stmt *s, const int64_t *at)
{
    int64_t n = 0;
    for (int v = 0; v < s->nvars; v++) {
        int64_t position = at[v] - range_start(c, &s->vars[v]);
        if (position < 0 || position >= s->vars[v].size)
            broken(c, "scratch position outside its box");
        n = n * s->vars[v].size + position;
    }
    int64_t bytes = (int64_t)ir_type_bytes(s->instr->shape->type), byte = s->scratch_offset + n * bytes;
    if (byte < 0 || byte + bytes > c->kernel->scratch_bytes + c->kernel->product_bytes)
        broken(c, "scratch outside its bytes");
    return c->broken ? -1 : byte;
}

/* Reading finds the variables whose element it is: by trying them all. */
static inline bool vars_of(chaos *c, const sched_stmt *s, const int64_t *element, int v, int64_t *at)
{
    if (v < s->nvars) {
        for (at[v] = 0; at[v] < s->vars[v].extent; at[v]++) {
            c->env[s->vars[v].var] = at[v];
            if (vars_of(c, s, element, v + 1, at))
                return true;
        }
        return false;
    }
    for (int d = 0; d < s->instr->shape->rank; d++)
        if (run_index(c, s->index[d]) != element[d])
            return false;
    return true;
}

static inline hash load_scratch(chaos *c, const sched_stmt *s, const int64_t *element)
{
    int64_t saved[16], at[16];
    for (int v = 0; v < s->nvars; v++)
        saved[v] = c->env[s->vars[v].var];
    bool found = vars_of(c, s, element, 0, at);
    for (int v = 0; v < s->nvars; v++)
        c->env[s->vars[v].var] = saved[v];
    int64_t byte = found ? scratch_byte(c, s, at) : -1;
    if (byte < 0) {
        broken(c, "load of scratch that is nowhere");
        return 0;
    }
    hash first = c->scratch[byte];
    for (int64_t i = 0; i < (int64_t)ir_type_bytes(s->instr->shape->type); i++)
        if (c->scratch[byte + i] != first + (hash)i)
            return mix(99, (hash)byte);
    return first;
}

static inline hash run_load(chaos *c, const sched_value *value)
{
    int64_t at[8];
    for (int d = 0; d < value->nindex; d++)
        at[d] = run_index(c, value->index[d]);
    int64_t element = linear(value->instr->shape, at);
    if (element < 0) {
        broken(c, "load outside its array");
        return 0;
    }
    const sched_stmt *s = sched_stmt_of(c->kernel, value->instr);
    if (s && s->scratch)
        return load_scratch(c, s, at);
    if (c->memory[value->instr->id])
        return c->memory[value->instr->id][element];
    return content(value->instr, element);
}

static inline hash run_value(chaos *c, const sched_value *value)
{
    switch (value->kind) {
    case SCHED_LOAD:
        return run_load(c, value);
    case SCHED_LITERAL:
        return mix(4, (hash)value->instr->id);
    case SCHED_IOTA:
        return mix(mix(2, (hash)value->instr->id), (hash)run_index(c, value->index[0]));
    case SCHED_GUARD:
        return run_value(c, value->args[run_conds(c, value->conds, value->nconds) ? 0 : 1]);
    default: {
        hash h = ir_op_of(value->instr->op)->cls == IR_CONTRACTION ? 11 : mix(3, (hash)value->instr->id);
        for (int i = 0; i < value->nargs; i++)
            h = mix(h, run_value(c, value->args[i]));
        return h;
    }
    }
}

static inline hash run_reduce(chaos *c, const sched_stmt *s)
{
    hash sum = s->init ? run_value(c, s->init) : 7;
    int64_t total = 1;
    for (int r = 0; r < s->nreds; r++)
        total *= s->reds[r].extent;
    for (int64_t k = 0; k < total; k++) {
        int64_t rest = k;
        for (int r = s->nreds - 1; r >= 0; r--) {
            c->env[s->reds[r].var] = rest % s->reds[r].extent;
            rest /= s->reds[r].extent;
        }
        if (run_conds(c, s->conds, s->nconds))
            sum = mix(sum, run_value(c, s->value));
    }
    return sum;
}

static inline void store(chaos *c, const sched_stmt *s, const int64_t *vars, hash value)
{
    if (s->scratch) {
        int64_t byte = scratch_byte(c, s, vars);
        for (int64_t i = 0; byte >= 0 && i < (int64_t)ir_type_bytes(s->instr->shape->type); i++)
            c->scratch[byte + i] = value + (hash)i;
    }
    if (!s->output)
        return;
    int64_t at[8];
    for (int d = 0; d < s->instr->shape->rank; d++)
        at[d] = run_index(c, s->index[d]);
    int64_t element = linear(s->instr->shape, at);
    if (element < 0) {
        broken(c, "store outside its array");
        return;
    }
    c->memory[s->instr->id][element] = value;
    c->stores[s->instr->id][element]++;
}

static inline void run_stmt(chaos *c, const sched_stmt *s, int v, int64_t *vars)
{
    if (c->broken)
        return;
    if (v == s->nvars) {
        for (int i = 0; i < s->nvars; i++)
            c->env[s->vars[i].var] = vars[i];
        store(c, s, vars, s->kind == SCHED_REDUCE ? run_reduce(c, s) : run_value(c, s->value));
        return;
    }
    int64_t end = range_end(c, &s->vars[v]);
    for (vars[v] = range_start(c, &s->vars[v]); vars[v] < end; vars[v]++)
        run_stmt(c, s, v + 1, vars);
}

static inline void run_tiles(chaos *c)
{
    const sched_kernel *k = c->kernel;
    int64_t *order = fw_alloc_array(c->arena, (size_t)k->ntiles + 1, sizeof *order), tile[PLAN_MAX_LOOPS], vars[16];
    for (int64_t i = 0; i < k->ntiles; i++)
        order[i] = i;
    for (int64_t i = k->ntiles - 1; i > 0; i--) {
        int64_t j = dice(c, (unsigned)i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (int64_t i = 0; i < k->ntiles && !c->broken; i++) {
        int64_t rest = order[i];
        for (int l = k->nloops - 1; l >= 0; l--) {
            tile[l] = rest % k->loops[l].ntiles;
            rest /= k->loops[l].ntiles;
        }
        c->tile = tile;
        for (int s = 0; s < k->nstmts; s++)
            run_stmt(c, &k->stmts[s], 0, vars);
    }
}

static inline void check_output(chaos *c, const ir_instr *output)
{
    int64_t at[8], n = ir_shape_count(output->shape);
    for (int64_t e = 0; e < n && !c->broken; e++) {
        int64_t rest = e;
        for (int d = output->shape->rank - 1; d >= 0; d--) {
            at[d] = rest % ir_shape_size(output->shape, d);
            rest /= ir_shape_size(output->shape, d);
        }
        if (c->memory[output->id][e] != graph_value(c, output, at))
            broken(c, "a wrong value");
        else if (c->stores[output->id][e] != 1 && !c->kernel->updates)
            broken(c, "an element that is not stored once");
    }
}

/* Runs the kernel; what it does wrong, or NULL. */
static inline const char *run(chaos *c)
{
    const sched_kernel *k = c->kernel;
    size_t n = (size_t)c->comp->ninstrs;
    c->broken = NULL;
    c->memory = fw_alloc_array(c->arena, n, sizeof *c->memory);
    c->stores = fw_alloc_array(c->arena, n, sizeof *c->stores);
    c->scratch = fw_alloc_array(c->arena, (size_t)(k->scratch_bytes + k->product_bytes) + 1, sizeof *c->scratch);
    for (int i = 0; i < k->plan->noutputs; i++) {
        const ir_instr *output = k->plan->outputs[i], *old = i == 0 ? c->shared : NULL;
        size_t count = (size_t)ir_shape_count(output->shape);
        c->memory[output->id] = fw_alloc_array(c->arena, count, sizeof(hash));
        c->stores[output->id] = fw_alloc_array(c->arena, count, sizeof(int));
        if (i == 0 && k->updates)
            old = k->updates;
        for (size_t e = 0; e < count && old; e++)
            c->memory[output->id][e] = content(old, (int64_t)e);
        if (i == 0 && c->shared)
            c->memory[c->shared->id] = c->memory[output->id];
    }
    run_tiles(c);
    for (int i = 0; i < k->plan->noutputs && !c->broken; i++)
        check_output(c, k->plan->outputs[i]);
    return c->broken;
}

#endif
