/* The judge: kernels that must be proved, and mutants of them that must be refused. */
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- building kernels from text ---- */

typedef struct world {
    fw_arena *arena;
    sched_prover *prover;
    ir_module *module;
    plan_kernel *plan;
    sched_kernel *kernel;
    const char *why;
} world;

static int setup(void **state)
{
    fw_arena *arena = fw_arena_new();
    world *w = fw_alloc(arena, sizeof *w);
    w->arena = arena;
    w->prover = sched_prover_new(arena, 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    sched_prover_free(w->prover);
    fw_arena_free(w->arena);
    return 0;
}

static ir_instr *find(world *w, const char *name)
{
    for (int i = 0; i < w->module->entry->ninstrs; i++)
        if (!strcmp(w->module->entry->instrs[i]->name, name))
            return w->module->entry->instrs[i];
    fail_msg("no instruction %s", name);
    return NULL;
}

static int split(world *w, const char *names, ir_instr **list)
{
    int n = 0;
    char *copy = fw_strdup(w->arena, names), *rest = copy;
    for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        list[n++] = find(w, name);
    return n;
}

static void mark(bool *needed, const ir_instr *instr)
{
    if (needed[instr->id] || sched_is_source(instr))
        return;
    needed[instr->id] = true;
    for (int i = 0; i < instr->noperands; i++)
        mark(needed, instr->operands[i]);
}

static void read_module(world *w, const char *text)
{
    fw_diag *diag = fw_diag_new(w->arena);
    fw_source *source = fw_alloc(w->arena, sizeof *source);
    source->name = "test.hlo";
    source->text = text;
    source->size = strlen(text);
    w->module = ir_read_hlo(w->arena, diag, source);
    if (!w->module) {
        fw_text out;
        fw_text_init(&out, w->arena);
        fw_diag_print(diag, &out);
        fail_msg("%s", fw_text_string(&out));
    }
}

/* Members are everything that the outputs need. `tile` ends with -1. */
static sched_kernel *build(world *w, const char *outputs, const char *keep, const char *template_name, const int64_t *tile)
{
    ir_comp *comp = w->module->entry;
    plan_kernel *p = w->plan = fw_alloc(w->arena, sizeof *p);
    p->outputs = fw_alloc_array(w->arena, 8, sizeof *p->outputs);
    p->keep = fw_alloc_array(w->arena, 8, sizeof *p->keep);
    p->members = fw_alloc_array(w->arena, (size_t)comp->ninstrs, sizeof *p->members);
    p->noutputs = split(w, outputs, p->outputs);
    p->nkeep = split(w, keep, p->keep);
    bool *needed = fw_alloc_array(w->arena, (size_t)comp->ninstrs, sizeof *needed);
    for (int i = 0; i < p->noutputs; i++)
        mark(needed, p->outputs[i]);
    for (int i = 0; i < comp->ninstrs; i++)
        if (needed[i])
            p->members[p->nmembers++] = comp->instrs[i];
    p->template_name = template_name;
    while (tile[p->ntile] >= 0) {
        p->tile[p->ntile] = tile[p->ntile];
        p->ntile++;
    }
    w->kernel = sched_build(w->arena, p, &w->why);
    if (!w->kernel)
        fail_msg("not built: %s", w->why);
    return w->kernel;
}

#define TILE(...) ((const int64_t[]){__VA_ARGS__, -1})
#define WHOLE ((const int64_t[]){-1})

#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec; }
static void assert_proved(world *w)
{
    double t0 = now();
    bool proved = sched_prove(w->prover, w->arena, w->kernel, &w->why);
    print_message("  %s %d stmts: %.1f ms\n", w->plan->outputs[0]->name, w->kernel->nstmts, now() - t0);
    if (!proved)
        fail_msg("not proved: %s", w->why);
    assert_true(w->kernel->proved);
    assert_non_null(w->kernel->proof);
}

static void assert_refused(world *w, const char *obligation)
{
    w->why = NULL;
    assert_false(sched_prove(w->prover, w->arena, w->kernel, &w->why));
    assert_non_null(w->why);
    if (strncmp(w->why, obligation, strlen(obligation)))
        fail_msg("expected %s, got %s", obligation, w->why);
    print_message("  %s\n", w->why);
}

/* ---- what must be proved ---- */

static const char softmax[] = "HloModule m\n"
    "max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }\n"
    "sum { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }\n"
    "ENTRY e {\n"
    "  x = f32[129,257]{1,0} parameter(0)\n"
    "  ninf = f32[] constant(-inf)\n"
    "  zero = f32[] constant(0)\n"
    "  m = f32[129]{0} reduce(x, ninf), dimensions={1}, to_apply=max\n"
    "  mb = f32[129,257]{1,0} broadcast(m), dimensions={0}\n"
    "  d = f32[129,257]{1,0} subtract(x, mb)\n"
    "  ex = f32[129,257]{1,0} exponential(d)\n"
    "  z = f32[129]{0} reduce(ex, zero), dimensions={1}, to_apply=sum\n"
    "  zb = f32[129,257]{1,0} broadcast(z), dimensions={0}\n"
    "  ROOT out = f32[129,257]{1,0} divide(ex, zb)\n"
    "}\n";

static void test_softmax(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    build(w, "out", "m ex z", "reduce", TILE(8, 0));
    assert_proved(w);
    assert_string_equal(w->kernel->proof, "4 statements, values equal, flow equal, outputs written once, bounds hold");
    build(w, "out", "m z", "reduce", TILE(8, 100));
    assert_proved(w);
    build(w, "ex out", "m z", "reduce", TILE(8, 0));
    assert_proved(w);
}


#define REGIONS \
    "max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }\n" \
    "sum { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }\n"

static const char layer_norm[] = "HloModule m\n" REGIONS
    "ENTRY e {\n"
    "  x = f32[6,130,768]{2,1,0} parameter(0)\n"
    "  g = f32[768]{0} parameter(1)\n"
    "  zero = f32[] constant(0)\n"
    "  n = f32[] constant(768)\n"
    "  s = f32[6,130]{1,0} reduce(x, zero), dimensions={2}, to_apply=sum\n"
    "  nb = f32[6,130]{1,0} broadcast(n), dimensions={}\n"
    "  mean = f32[6,130]{1,0} divide(s, nb)\n"
    "  mb = f32[6,130,768]{2,1,0} broadcast(mean), dimensions={0,1}\n"
    "  c = f32[6,130,768]{2,1,0} subtract(x, mb)\n"
    "  sq = f32[6,130,768]{2,1,0} multiply(c, c)\n"
    "  v = f32[6,130]{1,0} reduce(sq, zero), dimensions={2}, to_apply=sum\n"
    "  r = f32[6,130]{1,0} rsqrt(v)\n"
    "  r1 = f32[6,130,1]{2,1,0} reshape(r)\n"
    "  r2 = f32[6,130]{1,0} reshape(r1)\n"
    "  rb = f32[6,130,768]{2,1,0} broadcast(r2), dimensions={0,1}\n"
    "  gb = f32[6,130,768]{2,1,0} broadcast(g), dimensions={2}\n"
    "  cr = f32[6,130,768]{2,1,0} multiply(c, rb)\n"
    "  ROOT out = f32[6,130,768]{2,1,0} multiply(cr, gb)\n"
    "}\n";

static void test_layer_norm(void **state)
{
    world *w = *state;
    read_module(w, layer_norm);
    build(w, "out", "mean s v", "reduce", TILE(1, 8, 0));
    assert_proved(w);
    build(w, "out", "s v", "reduce", TILE(1, 8, 256));
    assert_proved(w);
}

static const char moves[] = "HloModule m\n"
    "ENTRY e {\n"
    "  x = f32[40,60]{1,0} parameter(0)\n"
    "  y = f32[60,40]{1,0} parameter(1)\n"
    "  yt = f32[40,60]{1,0} transpose(y), dimensions={1,0}\n"
    "  add = f32[40,60]{1,0} add(x, yt)\n"
    "  swap = f32[40,60]{1,0} subtract(yt, x)\n"
    "  cat = f32[40,120]{1,0} concatenate(add, swap), dimensions={1}\n"
    "  half = f32[] constant(0.5)\n"
    "  pad = f32[45,121]{1,0} pad(cat, half), padding=2_3x-1_2\n"
    "  hole = f32[79,60]{1,0} pad(x, half), padding=0_0_1x0_0\n"
    "  flat = f32[4740]{0} reshape(hole)\n"
    "  cut = f32[60,79]{1,0} reshape(flat)\n"
    "  rev = f32[60,79]{1,0} reverse(cut), dimensions={0}\n"
    "  sl = f32[20,26]{1,0} slice(rev), slice={[0:60:3], [1:79:3]}\n"
    "  it = s32[20,26]{1,0} iota(), iota_dimension=1\n"
    "  fl = f32[20,26]{1,0} convert(it)\n"
    "  last = f32[20,26]{1,0} add(sl, fl)\n"
    "  ROOT t = (f32[45,121]{1,0}, f32[20,26]{1,0}) tuple(pad, last)\n"
    "}\n";

static void test_moves(void **state)
{
    world *w = *state;
    read_module(w, moves);
    build(w, "add", "", "nest", TILE(16, 16));
    assert_proved(w);
    build(w, "cat", "", "nest", TILE(8, 32));
    assert_proved(w);
    build(w, "pad", "", "nest", TILE(8, 32));
    assert_proved(w);
    build(w, "last", "", "nest", TILE(7, 0));
    assert_proved(w);
}

static const char mlp[] = "HloModule m\n"
    "ENTRY e {\n"
    "  x = f32[130,64]{1,0} parameter(0)\n"
    "  k = f32[64,100]{1,0} parameter(1)\n"
    "  b = f32[100]{0} parameter(2)\n"
    "  zero = f32[] constant(0)\n"
    "  dot = f32[130,100]{1,0} dot(x, k), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  bb = f32[130,100]{1,0} broadcast(b), dimensions={1}\n"
    "  zb = f32[130,100]{1,0} broadcast(zero), dimensions={}\n"
    "  add = f32[130,100]{1,0} add(dot, bb)\n"
    "  ROOT relu = f32[130,100]{1,0} maximum(add, zb)\n"
    "}\n";

static void test_dot(void **state)
{
    world *w = *state;
    read_module(w, mlp);
    build(w, "relu", "dot", "contraction", TILE(0, 32, 16));
    assert_proved(w);
    build(w, "dot", "", "contraction", TILE(0, 32, 16));
    assert_proved(w);
    build(w, "relu", "dot", "nest", TILE(32, 16));
    assert_proved(w);
}

static const char conv[] = "HloModule m\n" REGIONS
    "ENTRY e {\n"
    "  x = f32[2,28,30,8]{3,2,1,0} parameter(0)\n"
    "  k = f32[3,3,8,16]{3,2,1,0} parameter(1)\n"
    "  b = f32[16]{0} parameter(2)\n"
    "  conv = f32[2,14,15,16]{3,2,1,0} convolution(x, k), window={size=3x3 stride=2x2 pad=1_1x1_1}, dim_labels=b01f_01io->b01f\n"
    "  bb = f32[2,14,15,16]{3,2,1,0} broadcast(b), dimensions={3}\n"
    "  add = f32[2,14,15,16]{3,2,1,0} add(conv, bb)\n"
    "  g = f32[3,3,2,16]{3,2,1,0} parameter(3)\n"
    "  group = f32[2,28,30,16]{3,2,1,0} convolution(x, g), window={size=3x3 pad=2_2x2_2 rhs_dilate=2x2}, dim_labels=b01f_01io->b01f, feature_group_count=4\n"
    "  ninf = f32[] constant(-inf)\n"
    "  pool = f32[2,14,15,8]{3,2,1,0} reduce-window(x, ninf), window={size=1x3x3x1 stride=1x2x2x1 pad=0_0x0_1x0_1x0_0}, to_apply=max\n"
    "  ROOT t = (f32[2,14,15,16]{3,2,1,0}) tuple(add)\n"
    "}\n";

static void test_conv(void **state)
{
    world *w = *state;
    read_module(w, conv);
    build(w, "add", "conv", "contraction", TILE(0, 32, 16));
    assert_proved(w);
    build(w, "add", "conv", "nest", TILE(1, 4, 0, 0));
    assert_proved(w);
    build(w, "group", "", "contraction", TILE(0, 60, 4));
    assert_proved(w);
    build(w, "pool", "", "nest", TILE(1, 4, 0, 0));
    assert_proved(w);
}

static const char stencil[] = "HloModule m\n"
    "ENTRY e {\n"
    "  x = f32[258,258]{1,0} parameter(0)\n"
    "  a0 = f32[256,258]{1,0} slice(x), slice={[0:256], [0:258]}\n"
    "  a1 = f32[256,258]{1,0} slice(x), slice={[2:258], [0:258]}\n"
    "  a = f32[256,258]{1,0} add(a0, a1)\n"
    "  zero = f32[] constant(0)\n"
    "  p = f32[258,260]{1,0} pad(a, zero), padding=1_1x1_1\n"
    "  b0 = f32[256,256]{1,0} slice(p), slice={[0:256], [0:256]}\n"
    "  b1 = f32[256,256]{1,0} slice(p), slice={[2:258], [4:260]}\n"
    "  ROOT b = f32[256,256]{1,0} multiply(b0, b1)\n"
    "}\n";

static void test_halo(void **state)
{
    world *w = *state;
    read_module(w, stencil);
    build(w, "b", "a", "nest", TILE(32, 32));
    assert_proved(w);
    build(w, "b", "", "nest", TILE(32, 0));
    assert_proved(w);
}

static const char columns[] = "HloModule m\n" REGIONS
    "ENTRY e {\n"
    "  x = f32[100,70]{1,0} parameter(0)\n"
    "  zero = f32[] constant(0)\n"
    "  s = f32[70]{0} reduce(x, zero), dimensions={0}, to_apply=sum\n"
    "  e = f32[70]{0} exponential(s)\n"
    "  ROOT t = (f32[70]{0}) tuple(e)\n"
    "}\n";

static void test_columns(void **state)
{
    world *w = *state;
    read_module(w, columns);
    build(w, "s", "", "reduce", TILE(16));
    assert_proved(w);
    build(w, "e", "s", "reduce", TILE(16));
    assert_proved(w);
}

static const char dynamic[] = "HloModule m\n" REGIONS
    "ENTRY e {\n"
    "  x = f32[100,70]{1,0} parameter(0)\n"
    "  i = s32[] parameter(1)\n"
    "  j = s32[] parameter(2)\n"
    "  u = f32[10,70]{1,0} parameter(3)\n"
    "  zero = s32[] constant(0)\n"
    "  ds = f32[10,60]{1,0} dynamic-slice(x, i, j), dynamic_slice_sizes={10,60}\n"
    "  dus = f32[100,70]{1,0} dynamic-update-slice(x, u, i, zero)\n"
    "  neg = f32[100,70]{1,0} negate(dus)\n"
    "  idx = s32[33,1]{1,0} parameter(4)\n"
    "  take = f32[33,70]{1,0} gather(x, idx), offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1,70}\n"
    "  tt = f32[70,33]{1,0} transpose(take), dimensions={1,0}\n"
    "  us = f32[33,70]{1,0} parameter(5)\n"
    "  scat = f32[100,70]{1,0} scatter(x, idx, us), update_window_dims={1}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=sum\n"
    "  row = f32[10,70]{1,0} dynamic-slice(x, i, zero), dynamic_slice_sizes={10,70}\n"
    "  inc = f32[10,70]{1,0} add(row, u)\n"
    "  cache = f32[100,70]{1,0} dynamic-update-slice(x, inc, i, zero)\n"
    "  shift = f32[10,70]{1,0} slice(x), slice={[1:11], [0:70]}\n"
    "  bad = f32[100,70]{1,0} dynamic-update-slice(x, shift, i, zero)\n"
    "  ROOT t = (f32[10,60]{1,0}) tuple(ds)\n"
    "}\n";

static void test_dynamic(void **state)
{
    world *w = *state;
    read_module(w, dynamic);
    build(w, "ds", "", "nest", TILE(4, 16));
    assert_proved(w);
    build(w, "dus", "", "nest", TILE(4, 16));
    assert_proved(w);
    build(w, "neg", "", "nest", TILE(4, 16));
    assert_proved(w);
    build(w, "tt", "", "nest", TILE(16, 4));
    assert_proved(w);
    build(w, "scat", "", "scatter", WHOLE);
    assert_proved(w);
}

/* ---- what must be refused ---- */

static sched_stmt *stmt_of(world *w, const char *name)
{
    sched_stmt *stmt = (sched_stmt *)sched_stmt_of(w->kernel, find(w, name));
    assert_non_null(stmt);
    return stmt;
}

typedef struct { const char *array; int skip; sched_value *load; } search;

static void see_load(void *user, const sched_value *value)
{
    search *s = user;
    if (value->kind == SCHED_LOAD && !strcmp(value->instr->name, s->array) && s->skip-- == 0)
        s->load = (sched_value *)value;
}

/* The load number `skip` of `array` in a statement; values are plain memory of the test's arena, so mutants edit them. */
static sched_value *load_of(world *w, const char *stmt, const char *array, int skip)
{
    search s = {array, skip, NULL};
    sched_visit(w->arena, w->kernel, stmt_of(w, stmt), see_load, &s);
    assert_non_null(s.load);
    return s.load;
}

static void shift(world *w, sched_value *load, int dim, int64_t by)
{
    load->index[dim] = sched_addc(w->kernel->space, load->index[dim], by);
}

static void fresh_softmax(world *w)
{
    build(w, "out", "m ex z", "reduce", TILE(8, 0));
}

static void test_mutant_ranges(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    fresh_softmax(w);
    stmt_of(w, "ex")->vars[0].last--;
    assert_refused(w, "flow: z(i=7) of tile (0) needs ex(i=7, j=0) of tile (0) but finds nothing stored");
    fresh_softmax(w);
    stmt_of(w, "ex")->vars[0].first++;
    assert_refused(w, "flow");
    fresh_softmax(w);
    stmt_of(w, "out")->vars[0].last--;
    assert_refused(w, "once: out(i=7, j=0) is in no tile");
    fresh_softmax(w);
    stmt_of(w, "out")->vars[0].last++;
    assert_refused(w, "once");
    fresh_softmax(w);
    stmt_of(w, "ex")->vars[1].extent--;
    assert_refused(w, "once");
}

static void test_mutant_order(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    fresh_softmax(w);
    sched_stmt swap = w->kernel->stmts[1];
    w->kernel->stmts[1] = w->kernel->stmts[2];
    w->kernel->stmts[2] = swap;
    assert_refused(w, "flow");
}

static void test_mutant_scratch(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    fresh_softmax(w);
    stmt_of(w, "ex")->vars[1].size--;
    assert_refused(w, "bounds: ex(i=0, j=256) of tile (0) is beyond the 256 points");
    fresh_softmax(w);
    stmt_of(w, "z")->scratch_offset += 64;
    assert_refused(w, "bounds");
    fresh_softmax(w);
    w->kernel->scratch_bytes -= 64;
    assert_refused(w, "bounds");
    fresh_softmax(w);
    stmt_of(w, "ex")->scratch_offset -= 64;
    assert_refused(w, "flow");
    fresh_softmax(w);
    stmt_of(w, "z")->scratch_offset -= 64;
    assert_refused(w, "flow");
    fresh_softmax(w);
    stmt_of(w, "z")->scratch_offset = stmt_of(w, "ex")->scratch_offset;
    assert_refused(w, "flow");
    fresh_softmax(w);
    stmt_of(w, "ex")->scratch_offset = stmt_of(w, "m")->scratch_offset;
    assert_refused(w, "flow");
}

/* m is dead when z is written: one buffer for both is legal, and isl says so. */
static void test_shared_scratch(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    fresh_softmax(w);
    stmt_of(w, "z")->scratch_offset = stmt_of(w, "m")->scratch_offset;
    assert_proved(w);
}

static void test_mutant_index(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    fresh_softmax(w);
    shift(w, load_of(w, "ex", "x", 0), 0, 1);
    assert_refused(w, "index: ex(i=0, j=0) reads x[1, 0] where the graph reads it at [0, 0]");
    fresh_softmax(w);
    shift(w, load_of(w, "out", "ex", 0), 1, -1);
    assert_refused(w, "index");
    fresh_softmax(w);
    stmt_of(w, "z")->reds[0].extent--;
    assert_refused(w, "values");
    read_module(w, moves);
    build(w, "swap", "", "nest", TILE(8, 8));
    sched_value *subtract = (sched_value *)stmt_of(w, "swap")->value;
    const sched_value *first = subtract->args[0];
    subtract->args[0] = subtract->args[1];
    subtract->args[1] = first;
    assert_refused(w, "values");
    build(w, "pad", "", "nest", TILE(8, 8));
    sched_value *guard = (sched_value *)stmt_of(w, "pad")->value;
    sched_cond *cond = (sched_cond *)&guard->conds[0];
    cond->index = sched_addc(w->kernel->space, cond->index, 1);
    assert_refused(w, "values");
    read_module(w, conv);
    build(w, "add", "conv", "contraction", TILE(0, 32, 16));
    sched_stmt *c = stmt_of(w, "conv");
    ((sched_cond *)c->conds)[0].count--;
    assert_refused(w, "values");
}

static void test_mutant_tiles(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    fresh_softmax(w);
    w->kernel->loops[0].ntiles--;
    assert_refused(w, "once");
    w->kernel->ntiles--;
    assert_refused(w, "once: out(i=128, j=0) is in no tile");
    fresh_softmax(w);
    w->kernel->loops[0].tile = 16;
    assert_refused(w, "bounds");
    fresh_softmax(w);
    w->kernel->loops[0].tile = 7;
    assert_refused(w, "once");
    fresh_softmax(w);
    stmt_of(w, "out")->vars[0].loop = -1;
    stmt_of(w, "out")->vars[0].size = 129;
    assert_refused(w, "once: out(i=0, j=0) of tile (0) and out(i=0, j=0) of tile (1) store the same element");
    read_module(w, stencil);
    build(w, "b", "a", "nest", TILE(32, 32));
    stmt_of(w, "a")->output = true;
    w->plan->outputs[w->plan->noutputs++] = find(w, "a");
    assert_refused(w, "once");
    build(w, "b", "a", "nest", TILE(32, 32));
    stmt_of(w, "a")->vars[1].first++;
    assert_refused(w, "flow");
}

static void test_mutant_contraction(void **state)
{
    world *w = *state;
    read_module(w, mlp);
    build(w, "relu", "dot", "contraction", TILE(0, 32, 16));
    sched_stmt *dot = stmt_of(w, "dot");
    const sched_value *lhs = dot->lhs;
    dot->lhs = dot->rhs;
    dot->rhs = lhs;
    assert_refused(w, "values");
    build(w, "relu", "dot", "contraction", TILE(0, 32, 16));
    shift(w, load_of(w, "relu", "b", 0), 0, 1);
    assert_refused(w, "index");
    build(w, "relu", "dot", "contraction", TILE(0, 32, 16));
    stmt_of(w, "dot")->vars[2].last--;
    assert_refused(w, "flow");
}

/* ---- in place ---- */

static void prove_in_place(world *w, const char *source, const char *refused)
{
    w->why = "";
    bool proved = sched_prove_in_place(w->prover, w->arena, w->kernel, find(w, source), &w->why);
    if (proved == (refused != NULL) || (refused && strncmp(w->why, refused, strlen(refused))))
        fail_msg("in place of %s: %s", source, proved ? "proved" : w->why);
    if (refused)
        print_message("  %s\n", w->why);
}

static sched_kernel *build_update(world *w, const char *output, const char *source)
{
    build(w, output, "", "nest", WHOLE);
    plan_kernel *p = w->plan;
    p->in_place = find(w, source);
    w->kernel = sched_build(w->arena, p, &w->why);
    if (!w->kernel)
        fail_msg("not built: %s", w->why);
    return w->kernel;
}

static void test_update_in_place(void **state)
{
    world *w = *state;
    read_module(w, dynamic);
    build_update(w, "dus", "x");
    assert_ptr_equal(w->kernel->updates, find(w, "x"));
    assert_proved(w);
    prove_in_place(w, "x", NULL);
    build_update(w, "cache", "x");
    assert_proved(w);
    prove_in_place(w, "x", NULL);
    build(w, "cache", "", "nest", TILE(4, 16));
    prove_in_place(w, "x", NULL);
    build_update(w, "bad", "x");
    assert_proved(w);
    prove_in_place(w, "x", "in place");
    build(w, "bad", "", "nest", TILE(4, 16));
    prove_in_place(w, "x", "in place");
    build(w, "scat", "", "scatter", WHOLE);
    prove_in_place(w, "x", NULL);
    prove_in_place(w, "us", "in place");
    build(w, "neg", "", "nest", TILE(4, 16));
    prove_in_place(w, "x", NULL);
}

static const char shared_buffer[] = "HloModule m\n"
    "ENTRY e {\n"
    "  x = f32[64,64]{1,0} parameter(0)\n"
    "  y = f32[64,64]{1,0} parameter(1)\n"
    "  u = f32[8,8]{1,0} parameter(2)\n"
    "  v = f32[8,8]{1,0} parameter(3)\n"
    "  i = s32[] parameter(4)\n"
    "  j = s32[] parameter(5)\n"
    "  add = f32[64,64]{1,0} add(x, y)\n"
    "  xt = f32[64,64]{1,0} transpose(x), dimensions={1,0}\n"
    "  sym = f32[64,64]{1,0} add(x, xt)\n"
    "  dus = f32[64,64]{1,0} dynamic-update-slice(x, u, i, j)\n"
    "  rev = f32[64,64]{1,0} reverse(x), dimensions={0}\n"
    "  mix = f32[64,64]{1,0} add(dus, rev)\n"
    "  dus2 = f32[64,64]{1,0} dynamic-update-slice(x, v, j, i)\n"
    "  dot = f32[64,64]{1,0} dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  res = f32[64,64]{1,0} parameter(6)\n"
    "  epi = f32[64,64]{1,0} add(dot, res)\n"
    "  exp = f32[64,64]{1,0} exponential(x)\n"
    "  late = f32[64,64]{1,0} multiply(exp, x)\n"
    "  ROOT t = (f32[64,64]{1,0}) tuple(add)\n"
    "}\n";

static void test_in_place(void **state)
{
    world *w = *state;
    read_module(w, shared_buffer);
    build(w, "add", "", "nest", TILE(8, 0));
    prove_in_place(w, "x", NULL);
    prove_in_place(w, "res", "in place");
    build(w, "sym", "", "nest", TILE(8, 0));
    prove_in_place(w, "x", "in place: sym(i=0, j=1) of tile (0) reads an element of x that sym(i=1, j=0)");
    build(w, "mix", "", "nest", TILE(8, 0));
    prove_in_place(w, "x", "in place");
    build(w, "dus dus2", "", "nest", TILE(8, 0));
    assert_proved(w);
    prove_in_place(w, "x", "in place");
    build(w, "epi", "dot", "contraction", TILE(0, 16, 16));
    prove_in_place(w, "res", NULL);
    prove_in_place(w, "x", "in place");
    build(w, "late", "exp", "nest", TILE(8, 0));
    prove_in_place(w, "x", NULL);
    read_module(w, softmax);
    fresh_softmax(w);
    prove_in_place(w, "x", NULL);
    build(w, "out", "m z", "reduce", TILE(8, 100));
    prove_in_place(w, "x", "in place");
}

/* Public miscompile openxla/xla#49119: the start of one slice bound to another's. */
static void test_mutant_start(void **state)
{
    world *w = *state;
    read_module(w, shared_buffer);
    build(w, "dus", "", "nest", TILE(8, 0));
    assert_proved(w);
    build(w, "dus2", "", "nest", TILE(8, 0));
    assert_proved(w);
    sched_value *guard = (sched_value *)stmt_of(w, "dus2")->value;
    assert_int_equal(guard->kind, SCHED_GUARD);
    load_of(w, "dus2", "i", 0)->instr = find(w, "j");
    assert_refused(w, "index");
}

static void test_quota(void **state)
{
    world *w = *state;
    sched_prover *small = sched_prover_new(w->arena, 100);
    read_module(w, softmax);
    fresh_softmax(w);
    assert_false(sched_prove(small, w->arena, w->kernel, &w->why));
    assert_string_equal(w->why, "quota: not proved within 100 isl operations");
    assert_false(w->kernel->proved);
    sched_prover_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_softmax, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layer_norm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conv, setup, teardown),
        cmocka_unit_test_setup_teardown(test_halo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dynamic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_scratch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_scratch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_index, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_tiles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_contraction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_update_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutant_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quota, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
