/* Mutants of proved kernels, each of which must be refused for what was done to it; and buffers shared in place. */
#include "prove_world.h"

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
