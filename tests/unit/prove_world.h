/* What the tests of the prover share: kernels built from HLO text, and the texts. */
#ifndef PROVE_WORLD_H
#define PROVE_WORLD_H

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

static inline int setup(void **state)
{
    fw_arena *arena = fw_arena_new();
    world *w = fw_alloc(arena, sizeof *w);
    w->arena = arena;
    w->prover = sched_prover_new(arena, 0);
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    world *w = *state;
    sched_prover_free(w->prover);
    fw_arena_free(w->arena);
    return 0;
}

static inline ir_instr *find(world *w, const char *name)
{
    for (int i = 0; i < w->module->entry->ninstrs; i++)
        if (!strcmp(w->module->entry->instrs[i]->name, name))
            return w->module->entry->instrs[i];
    fail_msg("no instruction %s", name);
    return NULL;
}

static inline int split(world *w, const char *names, ir_instr **list)
{
    int n = 0;
    char *copy = fw_strdup(w->arena, names), *rest = copy;
    for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        list[n++] = find(w, name);
    return n;
}

static inline void mark(bool *needed, const ir_instr *instr)
{
    if (needed[instr->id] || sched_is_source(instr))
        return;
    needed[instr->id] = true;
    for (int i = 0; i < instr->noperands; i++)
        mark(needed, instr->operands[i]);
}

static inline void read_module(world *w, const char *text)
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
static inline sched_kernel *build(world *w, const char *outputs, const char *keep, const char *template_name, const int64_t *tile)
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

static inline void assert_proved(world *w)
{
    bool proved = sched_prove(w->prover, w->arena, w->kernel, &w->why);
    if (!proved)
        fail_msg("not proved: %s", w->why);
    assert_true(w->kernel->proved);
    assert_non_null(w->kernel->proof);
}

static inline void assert_refused(world *w, const char *obligation)
{
    w->why = NULL;
    assert_false(sched_prove(w->prover, w->arena, w->kernel, &w->why));
    assert_non_null(w->why);
    if (strncmp(w->why, obligation, strlen(obligation)))
        fail_msg("expected %s, got %s", obligation, w->why);
}

/* ---- programs ---- */

#define REGIONS \
    "max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }\n" \
    "sum { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }\n"

static const char softmax[] = "HloModule m\n" REGIONS
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

static const char columns[] = "HloModule m\n" REGIONS
    "ENTRY e {\n"
    "  x = f32[100,70]{1,0} parameter(0)\n"
    "  zero = f32[] constant(0)\n"
    "  s = f32[70]{0} reduce(x, zero), dimensions={0}, to_apply=sum\n"
    "  e = f32[70]{0} exponential(s)\n"
    "  ROOT t = (f32[70]{0}) tuple(e)\n"
    "}\n";

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

#endif
