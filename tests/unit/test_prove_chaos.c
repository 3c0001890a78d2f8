/* Who checks the checker: random damage is done to built kernels, and every one that the prover still accepts is run, element by
 * element, on a machine that computes with hashes instead of numbers: tiles in random order, scratch as bytes, every array behind
 * its bounds. A proved kernel that computes anything but the graph's values is a hole in the proof.
 *
 *     test_prove_chaos [ROUNDS] [SEED] */
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef uint64_t hash;

static hash mix(hash a, hash b)
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

static unsigned dice(chaos *c, unsigned n)
{
    c->random = c->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(c->random >> 33) % n;
}

/* ---- the graph, by its records ---- */

static hash graph_value(chaos *c, const ir_instr *instr, const int64_t *at);

static int64_t linear(const ir_shape *shape, const int64_t *at)
{
    int64_t n = 0;
    for (int d = 0; d < shape->rank; d++) {
        if (at[d] < 0 || at[d] >= ir_shape_size(shape, d))
            return -1;
        n = n * ir_shape_size(shape, d) + at[d];
    }
    return n;
}

static hash content(const ir_instr *instr, int64_t element)
{
    return mix(mix(1, (hash)instr->id), (hash)element);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a % b < 0) != (b < 0));
}

static int64_t clamp_start(int64_t v, int64_t max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

static int64_t graph_start(chaos *c, const ir_instr *instr, const sched_accesses *acc, int dynamic, int64_t max, const int64_t *out)
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
static bool graph_read(chaos *c, const ir_instr *instr, const sched_accesses *acc, int operand, const int64_t *vars, int64_t *at)
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

static bool is_index_operand(const sched_accesses *acc, int operand)
{
    for (int i = 0; i < acc->ndynamic; i++)
        if (acc->dynamic[i].operand == operand)
            return true;
    return false;
}

static hash graph_pick(chaos *c, const ir_instr *instr, const sched_accesses *acc, const int64_t *at)
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

static hash graph_reduce(chaos *c, const ir_instr *instr, const sched_accesses *acc, const int64_t *at)
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

static hash graph_member(chaos *c, const ir_instr *instr, const int64_t *at)
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

static hash graph_value(chaos *c, const ir_instr *instr, const int64_t *at)
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

static void broken(chaos *c, const char *how)
{
    if (!c->broken)
        c->broken = how;
}

static hash run_value(chaos *c, const sched_value *value);

static int64_t run_index(chaos *c, const sched_index *index)
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

static bool run_conds(chaos *c, const sched_cond *conds, int nconds)
{
    for (int i = 0; i < nconds; i++) {
        int64_t v = run_index(c, conds[i].index);
        if (v < 0 || v > conds[i].scale * (conds[i].count - 1) || v % conds[i].scale)
            return false;
    }
    return true;
}

static int64_t range_start(const chaos *c, const sched_range *r)
{
    if (r->loop < 0)
        return 0;
    int64_t lo = r->coef * c->kernel->loops[r->loop].tile * c->tile[r->loop] + r->first;
    return lo < 0 ? 0 : lo;
}

static int64_t range_end(const chaos *c, const sched_range *r)
{
    if (r->loop < 0)
        return r->extent;
    const sched_loop *l = &c->kernel->loops[r->loop];
    int64_t hi = l->tile * (c->tile[r->loop] + 1) < l->extent ? l->tile * (c->tile[r->loop] + 1) : l->extent;
    int64_t end = r->coef * (hi - 1) + r->last + 1;
    return end < r->extent ? end : r->extent;
}

/* Byte of scratch where the statement keeps the element of its variables' values `at`. */
static int64_t scratch_byte(chaos *c, const sched_stmt *s, const int64_t *at)
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
static bool vars_of(chaos *c, const sched_stmt *s, const int64_t *element, int v, int64_t *at)
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

static hash load_scratch(chaos *c, const sched_stmt *s, const int64_t *element)
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

static hash run_load(chaos *c, const sched_value *value)
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

static hash run_value(chaos *c, const sched_value *value)
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

static hash run_reduce(chaos *c, const sched_stmt *s)
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

static void store(chaos *c, const sched_stmt *s, const int64_t *vars, hash value)
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

static void run_stmt(chaos *c, const sched_stmt *s, int v, int64_t *vars)
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

static void run_tiles(chaos *c)
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

static void check_output(chaos *c, const ir_instr *output)
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
static const char *run(chaos *c)
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

/* ---- kernels to damage ---- */

typedef struct sample { const char *outputs, *keep, *template_name; int64_t tile[4]; const char *in_place; } sample;

static const char text[] = "HloModule m\n"
    "max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }\n"
    "sum { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }\n"
    "ENTRY e {\n"
    "  x = f32[13,9]{1,0} parameter(0)\n"
    "  y = f32[13,9]{1,0} parameter(1)\n"
    "  k = f32[9,9]{1,0} parameter(2)\n"
    "  b = f32[9]{0} parameter(3)\n"
    "  i = s32[] parameter(4)\n"
    "  j = s32[] parameter(5)\n"
    "  u = f32[3,4]{1,0} parameter(6)\n"
    "  img = f32[2,6,7,3]{3,2,1,0} parameter(7)\n"
    "  ker = f32[3,3,3,4]{3,2,1,0} parameter(8)\n"
    "  zero = f32[] constant(0)\n"
    "  ninf = f32[] constant(-inf)\n"
    "  m = f32[13]{0} reduce(x, ninf), dimensions={1}, to_apply=max\n"
    "  mb = f32[13,9]{1,0} broadcast(m), dimensions={0}\n"
    "  d = f32[13,9]{1,0} subtract(x, mb)\n"
    "  ex = f32[13,9]{1,0} exponential(d)\n"
    "  z = f32[13]{0} reduce(ex, zero), dimensions={1}, to_apply=sum\n"
    "  zb = f32[13,9]{1,0} broadcast(z), dimensions={0}\n"
    "  soft = f32[13,9]{1,0} divide(ex, zb)\n"
    "  dot = f32[13,9]{1,0} dot(x, k), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  bb = f32[13,9]{1,0} broadcast(b), dimensions={1}\n"
    "  add = f32[13,9]{1,0} add(dot, bb)\n"
    "  res = f32[13,9]{1,0} add(add, y)\n"
    "  kt = f32[9,9]{1,0} transpose(k), dimensions={1,0}\n"
    "  sym = f32[9,9]{1,0} subtract(kt, k)\n"
    "  cat = f32[13,18]{1,0} concatenate(x, y), dimensions={1}\n"
    "  pad = f32[16,19]{1,0} pad(cat, zero), padding=1_2x-1_2\n"
    "  hole = f32[25,9]{1,0} pad(x, zero), padding=0_0_1x0_0\n"
    "  flat = f32[225]{0} reshape(hole)\n"
    "  back = f32[9,25]{1,0} reshape(flat)\n"
    "  up = f32[11,9]{1,0} slice(x), slice={[0:11], [0:9]}\n"
    "  down = f32[11,9]{1,0} slice(x), slice={[2:13], [0:9]}\n"
    "  blur = f32[11,9]{1,0} add(up, down)\n"
    "  wide = f32[13,11]{1,0} pad(blur, zero), padding=1_1x1_1\n"
    "  left = f32[13,9]{1,0} slice(wide), slice={[0:13], [0:9]}\n"
    "  right = f32[13,9]{1,0} slice(wide), slice={[0:13], [2:11]}\n"
    "  twice = f32[13,9]{1,0} multiply(left, right)\n"
    "  dus = f32[13,9]{1,0} dynamic-update-slice(x, u, i, j)\n"
    "  neg = f32[13,9]{1,0} negate(dus)\n"
    "  win = f32[3,4]{1,0} dynamic-slice(x, i, j), dynamic_slice_sizes={3,4}\n"
    "  inc = f32[3,4]{1,0} add(win, u)\n"
    "  cache = f32[13,9]{1,0} dynamic-update-slice(x, inc, i, j)\n"
    "  mix = f32[13,9]{1,0} dynamic-update-slice(y, win, j, i)\n"
    "  conv = f32[2,3,4,4]{3,2,1,0} convolution(img, ker), window={size=3x3 stride=2x2 pad=1_1x1_1}, dim_labels=b01f_01io->b01f\n"
    "  relu = f32[2,3,4,4]{3,2,1,0} exponential(conv)\n"
    "  col = f32[9]{0} reduce(ex, zero), dimensions={0}, to_apply=sum\n"
    "  half = f64[13,9]{1,0} convert(ex)\n"
    "  more = f64[13,9]{1,0} add(half, half)\n"
    "  less = f32[13,9]{1,0} convert(more)\n"
    "  it = s32[13,9]{1,0} iota(), iota_dimension=0\n"
    "  fl = f32[13,9]{1,0} convert(it)\n"
    "  sum2 = f32[13,9]{1,0} add(fl, less)\n"
    "  ROOT t = (f32[13,9]{1,0}) tuple(soft)\n"
    "}\n";

static const sample samples[] = {
    {"soft", "m ex z", "reduce", {4, 0, -1}, NULL}, {"soft", "m z", "reduce", {3, 4, -1}, NULL}, {"soft ex", "m z", "reduce", {5, 0, -1}, NULL},
    {"res", "dot", "contraction", {0, 4, 3, -1}, NULL}, {"res", "dot add", "nest", {4, 0, -1}, NULL}, {"sym", "", "nest", {2, 3, -1}, NULL},
    {"pad", "cat", "nest", {4, 5, -1}, NULL}, {"pad", "", "nest", {4, 0, -1}, NULL}, {"back", "hole", "nest", {2, 0, -1}, NULL},
    {"twice", "blur", "nest", {4, 4, -1}, NULL}, {"twice", "blur wide", "nest", {3, 0, -1}, NULL}, {"neg", "dus", "nest", {4, 3, -1}, NULL},
    {"cache", "", "nest", {-1}, "x"}, {"cache", "win", "nest", {4, 4, -1}, NULL}, {"mix", "", "nest", {-1}, "y"},
    {"relu", "conv", "contraction", {0, 5, 2, -1}, NULL}, {"relu", "conv", "nest", {1, 2, 0, -1}, NULL}, {"col", "ex m", "reduce", {2, -1}, NULL},
    {"sum2", "m half more", "nest", {3, 0, -1}, NULL}, {"sum2", "m ex half less", "nest", {0, 2, -1}, NULL},
};

static ir_instr *find(const ir_comp *comp, const char *name)
{
    for (int i = 0; i < comp->ninstrs; i++)
        if (!strcmp(comp->instrs[i]->name, name))
            return comp->instrs[i];
    return NULL;
}

static int split(chaos *c, const char *names, ir_instr **list)
{
    int n = 0;
    char *copy = fw_strdup(c->arena, names), *rest = copy;
    for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        list[n++] = find(c->comp, name);
    return n;
}

static void need(chaos *c, const ir_instr *instr)
{
    if (c->member[instr->id] || sched_is_source(instr))
        return;
    c->member[instr->id] = true;
    for (int i = 0; i < instr->noperands; i++)
        need(c, instr->operands[i]);
}

static sched_kernel *build(chaos *c, const sample *of)
{
    plan_kernel *p = fw_alloc(c->arena, sizeof *p);
    const char *why = NULL;
    size_t n = (size_t)c->comp->ninstrs;
    c->member = fw_alloc_array(c->arena, n, sizeof *c->member);
    c->memo = fw_alloc_array(c->arena, n, sizeof *c->memo);
    p->outputs = fw_alloc_array(c->arena, 8, sizeof *p->outputs);
    p->keep = fw_alloc_array(c->arena, 8, sizeof *p->keep);
    p->members = fw_alloc_array(c->arena, n, sizeof *p->members);
    p->noutputs = split(c, of->outputs, p->outputs);
    p->nkeep = split(c, of->keep, p->keep);
    p->in_place = of->in_place ? find(c->comp, of->in_place) : NULL;
    for (int i = 0; i < p->noutputs; i++)
        need(c, p->outputs[i]);
    for (size_t i = 0; i < n; i++)
        if (c->member[i])
            p->members[p->nmembers++] = c->comp->instrs[i];
    p->template_name = of->template_name;
    for (; of->tile[p->ntile] >= 0; p->ntile++)
        p->tile[p->ntile] = of->tile[p->ntile];
    sched_kernel *kernel = sched_build(c->arena, p, &why);
    if (!kernel)
        fail_msg("%s not built: %s", of->outputs, why);
    return kernel;
}

/* ---- damage ---- */

typedef struct pool { chaos *c; int n; sched_value *values[400]; } pool;

static void collect(void *user, const sched_value *value)
{
    pool *all = user;
    if (all->n < FW_COUNT(all->values))
        all->values[all->n++] = (sched_value *)value;
}

static int64_t step(chaos *c)
{
    static const int64_t steps[] = {1, -1, 1, -1, 2, -2, 3};
    return steps[dice(c, FW_COUNT(steps))];
}

static void damage_value(chaos *c, sched_kernel *k, sched_stmt *s)
{
    pool all = {.c = c};
    sched_visit(c->arena, k, s, collect, &all);
    sched_value *v = all.values[dice(c, (unsigned)all.n)], *w = all.values[dice(c, (unsigned)all.n)];
    int d = v->nindex ? (int)dice(c, (unsigned)v->nindex) : 0, e = v->nindex ? (int)dice(c, (unsigned)v->nindex) : 0;
    if (v->nconds && dice(c, 2)) {
        sched_cond *cond = (sched_cond *)&v->conds[dice(c, (unsigned)v->nconds)];
        if (dice(c, 2))
            cond->index = sched_addc(k->space, cond->index, step(c));
        else
            cond->count += step(c);
    } else if (v->nargs && dice(c, 2)) {
        int a = (int)dice(c, (unsigned)v->nargs), b = (int)dice(c, (unsigned)v->nargs);
        const sched_value *swap = v->args[a];
        v->args[a] = v->args[b];
        v->args[b] = swap;
    } else if (v->nargs && w->number < v->number) {
        v->args[dice(c, (unsigned)v->nargs)] = w;
    } else if (v->nindex && dice(c, 3)) {
        v->index[d] = sched_addc(k->space, v->index[d], step(c));
    } else if (v->nindex && dice(c, 2)) {
        v->index[d] = v->index[e];
    } else if (v->kind == SCHED_LOAD) {
        const ir_instr *other = c->comp->instrs[dice(c, (unsigned)c->comp->ninstrs)];
        if (ir_shape_same_dims(other->shape, v->instr->shape) && (sched_is_source(other) || sched_stmt_of(k, other)))
            v->instr = other;
    }
}

static void damage_range(chaos *c, sched_kernel *k, sched_range *r)
{
    switch (dice(c, 6)) {
    case 0:
        r->first += step(c);
        break;
    case 1:
        r->last += step(c);
        break;
    case 2:
        r->size += step(c);
        break;
    case 3:
        r->extent += step(c);
        break;
    case 4:
        r->coef += step(c);
        break;
    default:
        r->loop = (int)dice(c, (unsigned)k->nloops + 1) - 1;
    }
}

static void damage_tiles(chaos *c, sched_kernel *k)
{
    sched_loop *l = &k->loops[dice(c, (unsigned)k->nloops)];
    if (dice(c, 2))
        l->tile += step(c);
    else
        l->ntiles += step(c);
    if (dice(c, 4) == 0)
        return;
    k->ntiles = 1;
    for (int i = 0; i < k->nloops; i++)
        k->ntiles *= k->loops[i].ntiles;
}

static void damage(chaos *c, sched_kernel *k)
{
    sched_stmt *s = &k->stmts[dice(c, (unsigned)k->nstmts)], *t = &k->stmts[dice(c, (unsigned)k->nstmts)];
    switch (dice(c, 10)) {
    case 0:
    case 1:
        if (s->nvars)
            damage_range(c, k, &s->vars[dice(c, (unsigned)s->nvars)]);
        break;
    case 2:
        damage_tiles(c, k);
        break;
    case 3: {
        sched_stmt swap = *s;
        *s = *t;
        *t = swap;
        break;
    }
    case 4:
        s->scratch_offset = dice(c, 2) ? t->scratch_offset : s->scratch_offset + 64 * step(c);
        break;
    case 5:
        if (s->nreds && dice(c, 2))
            s->reds[dice(c, (unsigned)s->nreds)].extent += step(c);
        else if (s->nconds)
            ((sched_cond *)s->conds)[dice(c, (unsigned)s->nconds)].count += step(c);
        break;
    case 6:
        if (s->instr->shape->rank)
            s->index[0] = sched_addc(k->space, s->index[0], step(c));
        break;
    default:
        damage_value(c, k, s);
    }
}

/* ---- the test ---- */

static int rounds = 1200;
static int seed = 1;

static void test_chaos(void **state)
{
    (void)state;
    chaos *c = calloc(1, sizeof *c);
    int proved = 0, shared = 0;
    fw_arena *permanent = fw_arena_new();
    sched_prover *prover = sched_prover_new(permanent, 0);
    fw_source source = {"chaos.hlo", text, sizeof text - 1};
    c->random = (uint64_t)seed;
    c->arena = permanent;
    ir_module *module = ir_read_hlo(permanent, fw_diag_new(permanent), &source);
    assert_non_null(module);
    c->comp = module->entry;
    for (int r = 0; r < rounds; r++) {
        c->arena = fw_arena_new();
        const sample *of = &samples[r % FW_COUNT(samples)];
        sched_kernel *k = build(c, of);
        const char *why = "";
        int hits = r < FW_COUNT(samples) ? 0 : 1 + (int)dice(c, 2);
        for (int i = 0; i < hits; i++)
            damage(c, k);
        c->kernel = k;
        c->shared = NULL;
        bool holds = sched_prove(prover, c->arena, k, &why);
        if (hits == 0 && !holds)
            fail_msg("%s keep %s: %s", of->outputs, of->keep, why);
        if (holds) {
            proved++;
            if (run(c))
                fail_msg("round %d of seed %d: %s keep %s is proved, but: %s", r, seed, of->outputs, of->keep, c->broken);
            c->shared = k->ninputs ? k->inputs[dice(c, (unsigned)k->ninputs)] : NULL;
            if (c->shared && sched_prove_in_place(prover, c->arena, k, c->shared, &why)) {
                shared++;
                if (run(c))
                    fail_msg("round %d of seed %d: %s in place of %s is proved, but: %s", r, seed, of->outputs, c->shared->name, c->broken);
            }
        }
        fw_arena_free(c->arena);
    }
    print_message("%d rounds: %d proved, %d of them in place\n", rounds, proved, shared);
    assert_true(proved < rounds);
    sched_prover_free(prover);
    fw_arena_free(permanent);
    free(c);
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : rounds;
    seed = argc > 2 ? atoi(argv[2]) : seed;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chaos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
