/* Who checks the checker: random damage is done to built kernels, and every one that the prover still accepts is run, element by
 * element, on a machine that computes with hashes instead of numbers. A proved kernel that computes anything but the graph's values
 * is a hole in the proof.
 *
 *     test_prove_chaos [ROUNDS] [SEED] */
#include "prove_machine.h"

#include <stdlib.h>

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
