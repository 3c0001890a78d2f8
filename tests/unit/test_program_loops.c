/* Programs with loops and conditionals: trip counts, state in place or in turning buffers, invariants, nesting. */
#include "program_machine.h"

/* ---- loops ---- */

#define COUNT_TO(n)                                                                                                     \
    "cond {\n"                                                                                                          \
    "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"                                                              \
    "  i = s32[] get-tuple-element(p), index=0\n"                                                                       \
    "  n = s32[] constant(" n ")\n"                                                                                     \
    "  ROOT lt = pred[] compare(i, n), direction=LT\n"                                                                  \
    "}\n"

static void a_counter_that_nobody_reads_disappears(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n" COUNT_TO("10")
                       "body {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                       "  w = f32[64]{0} get-tuple-element(p), index=2\n"
                       "  one = s32[] constant(1)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  y = f32[64]{0} add(x, w)\n"
                       "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, y, w)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  x = f32[64]{0} parameter(0)\n"
                       "  w = f32[64]{0} parameter(1)\n"
                       "  z = s32[] constant(0)\n"
                       "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(z, x, w)\n"
                       "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=cond, body=body\n"
                       "  ROOT r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "}\n");
    expect_counts(f, 1, 1, 0);
    const sched_step *loop = find_step(f->program->main, SCHED_STEP_WHILE);
    assert_int_equal(loop->trip_count, 10);
    assert_ptr_equal(loop->body->steps[0].outputs[0], f->program->outputs[0]);
    assert_ptr_equal(loop->body->steps[0].inputs[1], f->program->inputs[1]);
    assert_int_equal(f->program->buffer_bytes, 0);
    done(f);
}

/* x is carried, f(x) reads it reversed, so nothing can be done in place. */
#define REVERSING_BODY(state_rest)                                                                                      \
    "body {\n"                                                                                                          \
    "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"                                                              \
    "  i = s32[] get-tuple-element(p), index=0\n"                                                                       \
    "  x = f32[64]{0} get-tuple-element(p), index=1\n"                                                                  \
    "  w = f32[64]{0} get-tuple-element(p), index=2\n"                                                                  \
    "  one = s32[] constant(1)\n"                                                                                       \
    "  i1 = s32[] add(i, one)\n"                                                                                        \
    "  y = f32[64]{0} reverse(x), dimensions={0}\n"                                                                     \
    "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, y, " state_rest ")\n"                                         \
    "}\n"
#define LOOP_ENTRY                                                                                                      \
    "ENTRY e {\n"                                                                                                       \
    "  x = f32[64]{0} parameter(0)\n"                                                                                   \
    "  w = f32[64]{0} parameter(1)\n"                                                                                   \
    "  z = s32[] constant(0)\n"                                                                                         \
    "  nx = f32[64]{0} negate(x)\n"                                                                                     \
    "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(z, nx, w)\n"                                                           \
    "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=cond, body=body\n"                                       \
    "  r = f32[64]{0} get-tuple-element(l), index=1\n"                                                                  \
    "  v = f32[64]{0} get-tuple-element(l), index=2\n"                                                                  \
    "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(r, v)\n"                                                                 \
    "}\n"

static void swapped_state_ends_in_the_output(void **state)
{
    (void)state;
    static const char *const even = "HloModule m\n" COUNT_TO("10") REVERSING_BODY("w") LOOP_ENTRY;
    static const char *const odd = "HloModule m\n" COUNT_TO("7") REVERSING_BODY("w") LOOP_ENTRY;
    static const char *const none = "HloModule m\n" COUNT_TO("0") REVERSING_BODY("w") LOOP_ENTRY;
    const char *const texts[] = {even, odd, none};
    for (int i = 0; i < 3; i++) {
        fixture *f = check(texts[i]);
        expect_counts(f, 2, 1, 1);
        assert_int_equal(f->program->buffer_bytes, 256);
        done(f);
    }
}

/* leapfrog: (a, b) = (b, f(a, b)) turns two buffers where f works in place in a, three where it does not. */
static void state_moves_by_pointers(void **state)
{
    (void)state;
    static const char *const bodies[] = {"  y = f32[64]{0} subtract(x, w)\n",
        "  o = f32[64]{0} reverse(x), dimensions={0}\n  y = f32[64]{0} subtract(w, o)\n"};
    static const char *const counts[] = {COUNT_TO("2"), COUNT_TO("7"), COUNT_TO("9")};
    for (int b = 0; b < 2; b++)
        for (int n = 0; n < 3; n++) {
            fw_arena *arena = fw_arena_new();
            fixture *f = check(fw_format(arena, "HloModule m\n%s%s%s%s%s", counts[n],
                "body {\n"
                "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                "  i = s32[] get-tuple-element(p), index=0\n"
                "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                "  w = f32[64]{0} get-tuple-element(p), index=2\n"
                "  one = s32[] constant(1)\n"
                "  i1 = s32[] add(i, one)\n",
                bodies[b], "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, w, y)\n}\n", LOOP_ENTRY));
            assert_int_equal(count_steps(f->program->main, SCHED_STEP_COPY), 1);
            assert_int_equal(count_steps(f->program->main, SCHED_STEP_SWAP), 1);
            done(f);
            fw_arena_free(arena);
        }
}

static void exchange_in_a_loop(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n" COUNT_TO("5")
                       "body {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                       "  w = f32[64]{0} get-tuple-element(p), index=2\n"
                       "  one = s32[] constant(1)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, w, x)\n"
                       "}\n" LOOP_ENTRY);
    expect_counts(f, 1, 1, 1);
    assert_int_equal(f->program->buffer_bytes, 0);
    done(f);
}

/* The trip count depends on data; the counter is read by the condition and the result is copied out. */
static void a_loop_of_unknown_length(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "cond {\n"
                       "  p = (s32[], s32[], f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  n = s32[] get-tuple-element(p), index=1\n"
                       "  ROOT lt = pred[] compare(i, n), direction=LT\n"
                       "}\n"
                       "body {\n"
                       "  p = (s32[], s32[], f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  n = s32[] get-tuple-element(p), index=1\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=2\n"
                       "  one = s32[] constant(1)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  y = f32[64]{0} reverse(x), dimensions={0}\n"
                       "  y2 = f32[64]{0} add(y, y)\n"
                       "  y3 = f32[64]{0} reverse(y2), dimensions={0}\n"
                       "  ROOT t = (s32[], s32[], f32[64]{0}) tuple(i1, n, y3)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  x = f32[64]{0} parameter(0)\n"
                       "  n = s32[] parameter(1)\n"
                       "  z = s32[] constant(0)\n"
                       "  s = (s32[], s32[], f32[64]{0}) tuple(z, n, x)\n"
                       "  l = (s32[], s32[], f32[64]{0}) while(s), condition=cond, body=body\n"
                       "  ROOT r = f32[64]{0} get-tuple-element(l), index=2\n"
                       "}\n");
    const sched_step *loop = find_step(f->program->main, SCHED_STEP_WHILE);
    assert_int_equal(loop->trip_count, -1);
    assert_int_equal(loop->cond->nsteps, 1);
    assert_ptr_equal(loop->pred, loop->cond->steps[0].outputs[0]);
    /* y3 is written when x was read: the state is in out0 all the time. */
    expect_counts(f, 5, 2, 0);
    assert_int_equal(f->program->buffer_bytes, 64 + 2 * 256);
    done(f);
}

static void an_unknown_length_needs_a_copy_out(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "cond {\n"
                       "  p = (pred[], f32[64]{0}) parameter(0)\n"
                       "  ROOT go = pred[] get-tuple-element(p), index=0\n"
                       "}\n"
                       "body {\n"
                       "  p = (pred[], f32[64]{0}) parameter(0)\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                       "  no = pred[1]{0} constant({false})\n"
                       "  stop = pred[] reshape(no)\n"
                       "  y = f32[64]{0} reverse(x), dimensions={0}\n"
                       "  ROOT t = (pred[], f32[64]{0}) tuple(stop, y)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  x = f32[64]{0} parameter(0)\n"
                       "  go = pred[] parameter(1)\n"
                       "  s = (pred[], f32[64]{0}) tuple(go, x)\n"
                       "  l = (pred[], f32[64]{0}) while(s), condition=cond, body=body\n"
                       "  ROOT r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "}\n");
    const sched_step *loop = find_step(f->program->main, SCHED_STEP_WHILE);
    assert_int_equal(loop->cond->nsteps, 0);
    expect_counts(f, 2, 3, 1);
    done(f);
}

static const char *const trips_text = "HloModule m\n"
                                      "cond {\n"
                                      "  p = (%s[], %s[], f32[]) parameter(0)\n"
                                      "  i = %s[] get-tuple-element(p), index=0\n"
                                      "  b = %s[] get-tuple-element(p), index=1\n"
                                      "  ROOT c = pred[] compare(%s), direction=%s\n"
                                      "}\n"
                                      "body {\n"
                                      "  p = (%s[], %s[], f32[]) parameter(0)\n"
                                      "  i = %s[] get-tuple-element(p), index=0\n"
                                      "  b = %s[] get-tuple-element(p), index=1\n"
                                      "  x = f32[] get-tuple-element(p), index=2\n"
                                      "  s = %s[] constant(%d)\n"
                                      "  j = %s[] %s(i, s)\n"
                                      "  y = f32[] add(x, x)\n"
                                      "  ROOT t = (%s[], %s[], f32[]) tuple(j, b, y)\n"
                                      "}\n"
                                      "ENTRY e {\n"
                                      "  x = f32[] parameter(0)\n"
                                      "  i = %s[] constant(%d)\n"
                                      "  b = %s[] constant(%d)\n"
                                      "  s = (%s[], %s[], f32[]) tuple(i, b, x)\n"
                                      "  l = (%s[], %s[], f32[]) while(s), condition=cond, body=body\n"
                                      "  ROOT r = f32[] get-tuple-element(l), index=2\n"
                                      "}\n";

static void trip_counts(void **state)
{
    (void)state;
    static const struct {
        const char *type, *compared, *direction, *op;
        int start, bound, step, trips;
    } cases[] = {
        {"s32", "i, b", "LT", "add", 0, 10, 1, 10},
        {"s32", "i, b", "LT", "add", 0, 10, 3, 4},
        {"s32", "i, b", "LE", "add", 0, 10, 5, 3},
        {"s32", "b, i", "GT", "add", 0, 10, 1, 10},
        {"s32", "i, b", "GT", "subtract", 10, 0, 3, 4},
        {"s32", "i, b", "GE", "subtract", 10, 0, 3, 4},
        {"s32", "i, b", "NE", "add", 0, 12, 3, 4},
        {"s32", "i, b", "LT", "add", 5, 5, 1, 0},
        {"s32", "i, b", "LT", "add", 7, 5, -1, 0},
        {"s32", "i, b", "NE", "add", 4, 4, 3, 0},
        {"u8", "i, b", "LT", "add", 0, 250, 50, 5},
        {"s8", "i, b", "LT", "add", 0, 120, 50, -1},  /* 150 does not fit: the counter wraps around */
        {"u8", "i, b", "GT", "subtract", 10, 2, 3, 3},
        {"u8", "i, b", "GE", "subtract", 10, 2, 11, -1},
        {"s32", "i, b", "EQ", "add", 0, 0, 1, -1},
    };
    for (int i = 0; i < FW_COUNT(cases); i++) {
        fw_arena *arena = fw_arena_new();
        const char *t = cases[i].type;
        const char *text = fw_format(arena, trips_text, t, t, t, t, cases[i].compared, cases[i].direction, t, t, t, t, t,
            cases[i].step, t, cases[i].op, t, t, t, cases[i].start, t, cases[i].bound, t, t, t, t);
        fixture *f = check(text);
        assert_int_equal(find_step(f->program->main, SCHED_STEP_WHILE)->trip_count, cases[i].trips);
        done(f);
        fw_arena_free(arena);
    }
}

/* lstm in small: a state that is updated in place, a state that is replaced, and sequences that are read and written by number. */
static void a_scan(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "cond {\n"
                       "  p = (s32[], f32[1,4]{1,0}, f32[6,4]{1,0}, f32[6,4]{1,0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  n = s32[] constant(6)\n"
                       "  ROOT lt = pred[] compare(i, n), direction=LT\n"
                       "}\n"
                       "body {\n"
                       "  p = (s32[], f32[1,4]{1,0}, f32[6,4]{1,0}, f32[6,4]{1,0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  h = f32[1,4]{1,0} get-tuple-element(p), index=1\n"
                       "  hs = f32[6,4]{1,0} get-tuple-element(p), index=2\n"
                       "  xs = f32[6,4]{1,0} get-tuple-element(p), index=3\n"
                       "  z = s32[] constant(0)\n"
                       "  one = s32[] constant(1)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  x = f32[1,4]{1,0} dynamic-slice(xs, i, z), dynamic_slice_sizes={1,4}\n"
                       "  g = f32[1,4]{1,0} reverse(h), dimensions={1}\n"
                       "  h1 = f32[1,4]{1,0} add(g, x)\n"
                       "  hs1 = f32[6,4]{1,0} dynamic-update-slice(hs, h1, i, z)\n"
                       "  ROOT t = (s32[], f32[1,4]{1,0}, f32[6,4]{1,0}, f32[6,4]{1,0}) tuple(i1, h1, hs1, xs)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  xs = f32[6,4]{1,0} parameter(0)\n"
                       "  zf = f32[] constant(0)\n"
                       "  h0 = f32[1,4]{1,0} broadcast(zf), dimensions={}\n"
                       "  hs0 = f32[6,4]{1,0} broadcast(zf), dimensions={}\n"
                       "  z = s32[] constant(0)\n"
                       "  s = (s32[], f32[1,4]{1,0}, f32[6,4]{1,0}, f32[6,4]{1,0}) tuple(z, h0, hs0, xs)\n"
                       "  l = (s32[], f32[1,4]{1,0}, f32[6,4]{1,0}, f32[6,4]{1,0}) while(s), condition=cond, body=body\n"
                       "  h = f32[1,4]{1,0} get-tuple-element(l), index=1\n"
                       "  hs = f32[6,4]{1,0} get-tuple-element(l), index=2\n"
                       "  ROOT t = (f32[6,4]{1,0}, f32[1,4]{1,0}) tuple(hs, h)\n"
                       "}\n");
    expect_counts(f, 2 + 5, 1, 0);
    const sched_step *loop = find_step(f->program->main, SCHED_STEP_WHILE);
    assert_int_equal(loop->trip_count, 6);
    for (int i = 0; i < loop->body->nsteps; i++)
        if (loop->body->steps[i].kernel->updates)
            assert_ptr_equal(loop->body->steps[i].outputs[0], f->program->outputs[0]);
    done(f);
}

/* One value starts two elements and is needed after the loop: two copies. */
static void an_initial_value_with_other_uses(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n" COUNT_TO("3")
                       "body {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                       "  w = f32[64]{0} get-tuple-element(p), index=2\n"
                       "  one = s32[] constant(1)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  y = f32[64]{0} add(x, x)\n"
                       "  v = f32[64]{0} negate(w)\n"
                       "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, y, v)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  x = f32[64]{0} parameter(0)\n"
                       "  z = s32[] constant(0)\n"
                       "  a = f32[64]{0} negate(x)\n"
                       "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(z, a, a)\n"
                       "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=cond, body=body\n"
                       "  r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "  v = f32[64]{0} get-tuple-element(l), index=2\n"
                       "  b = f32[64]{0} add(r, a)\n"
                       "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(b, v)\n"
                       "}\n");
    expect_counts(f, 4, 2, 0);
    done(f);
}

static void nested_loops(void **state)
{
    (void)state;
    static const char *const inner_counts[] = {COUNT_TO("3"), COUNT_TO("4")};
    for (int n = 0; n < 2; n++) {
        fw_arena *arena = fw_arena_new();
        fixture *f = check(fw_format(arena, "HloModule m\n%s%s%s", inner_counts[n], REVERSING_BODY("w"),
            "ocond {\n"
            "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
            "  i = s32[] get-tuple-element(p), index=0\n"
            "  n = s32[] constant(5)\n"
            "  ROOT lt = pred[] compare(i, n), direction=LT\n"
            "}\n"
            "obody {\n"
            "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
            "  i = s32[] get-tuple-element(p), index=0\n"
            "  x = f32[64]{0} get-tuple-element(p), index=1\n"
            "  w = f32[64]{0} get-tuple-element(p), index=2\n"
            "  one = s32[] constant(1)\n"
            "  zero = s32[] constant(0)\n"
            "  i1 = s32[] add(i, one)\n"
            "  a = f32[64]{0} add(x, w)\n"
            "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(zero, a, w)\n"
            "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=cond, body=body\n"
            "  r = f32[64]{0} get-tuple-element(l), index=1\n"
            "  b = f32[64]{0} reverse(r), dimensions={0}\n"
            "  c = f32[64]{0} add(b, x)\n"
            "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, c, w)\n"
            "}\n"
            "ENTRY e {\n"
            "  x = f32[64]{0} parameter(0)\n"
            "  w = f32[64]{0} parameter(1)\n"
            "  z = s32[] constant(0)\n"
            "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(z, x, w)\n"
            "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=ocond, body=obody\n"
            "  r = f32[64]{0} get-tuple-element(l), index=1\n"
            "  ROOT q = f32[64]{0} negate(r)\n"
            "}\n"));
        expect_counts(f, 5, 1, 1);
        done(f);
        fw_arena_free(arena);
    }
}

/* The inner loop takes over what the outer one carries, so the inner swaps move the outer state. */
static void nested_loops_on_one_state(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n" COUNT_TO("3") REVERSING_BODY("w")
                       "ocond {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  n = s32[] constant(5)\n"
                       "  ROOT lt = pred[] compare(i, n), direction=LT\n"
                       "}\n"
                       "obody {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                       "  w = f32[64]{0} get-tuple-element(p), index=2\n"
                       "  one = s32[] constant(1)\n"
                       "  zero = s32[] constant(0)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(zero, x, w)\n"
                       "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=cond, body=body\n"
                       "  r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "  b = f32[64]{0} reverse(r), dimensions={0}\n"
                       "  w2 = f32[64]{0} add(w, w)\n"
                       "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, b, w2)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  x = f32[64]{0} parameter(0)\n"
                       "  w = f32[64]{0} parameter(1)\n"
                       "  z = s32[] constant(0)\n"
                       "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(z, x, w)\n"
                       "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=ocond, body=obody\n"
                       "  r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "  q = f32[64]{0} get-tuple-element(l), index=2\n"
                       "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(r, q)\n"
                       "}\n");
    expect_counts(f, 3, 3, 2);
    done(f);
}

/* ---- conditionals ---- */

static void conditional(void **state)
{
    (void)state;
    static const char *const selectors[] = {"pred[] parameter(0)", "s32[] parameter(0)"};
    static const char *const calls[] = {"true_computation=one, false_computation=two", "branch_computations={one, two}"};
    for (int i = 0; i < 2; i++) {
        fw_arena *arena = fw_arena_new();
        fixture *f = check(fw_format(arena, "HloModule m\n"
                                            "one {\n"
                                            "  p = (f32[64]{0}, f32[64]{0}) parameter(0)\n"
                                            "  a = f32[64]{0} get-tuple-element(p), index=0\n"
                                            "  b = f32[64]{0} get-tuple-element(p), index=1\n"
                                            "  c = f32[64]{0} reverse(a), dimensions={0}\n"
                                            "  d = f32[64]{0} add(c, b)\n"
                                            "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(d, b)\n"
                                            "}\n"
                                            "two {\n"
                                            "  q = f32[64]{0} parameter(0)\n"
                                            "  n = f32[64]{0} negate(q)\n"
                                            "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(n, n)\n"
                                            "}\n"
                                            "ENTRY e {\n"
                                            "  s = %s\n"
                                            "  x = f32[64]{0} parameter(1)\n"
                                            "  y = f32[64]{0} abs(x)\n"
                                            "  o = (f32[64]{0}, f32[64]{0}) tuple(x, y)\n"
                                            "  c = (f32[64]{0}, f32[64]{0}) conditional(s, o, y), %s\n"
                                            "  r = f32[64]{0} get-tuple-element(c), index=0\n"
                                            "  u = f32[64]{0} get-tuple-element(c), index=1\n"
                                            "  v = f32[64]{0} add(u, y)\n"
                                            "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(r, v)\n"
                                            "}\n",
            selectors[i], calls[i]));
        expect_counts(f, 5, 2, 0);
        const sched_step *step = find_step(f->program->main, SCHED_STEP_IF);
        assert_int_equal(step->nbranches, 2);
        assert_ptr_equal(step->pred, f->program->inputs[0]);
        assert_ptr_equal(step->branches[0]->steps[1].outputs[0], f->program->outputs[0]);
        done(f);
        fw_arena_free(arena);
    }
}

static void loop_in_a_branch_in_a_loop(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n" COUNT_TO("3") REVERSING_BODY("w")
                       "one {\n"
                       "  q = (f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  a = f32[64]{0} get-tuple-element(q), index=0\n"
                       "  b = f32[64]{0} get-tuple-element(q), index=1\n"
                       "  zero = s32[] constant(0)\n"
                       "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(zero, a, b)\n"
                       "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=cond, body=body\n"
                       "  ROOT r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "}\n"
                       "two {\n"
                       "  q = (f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  ROOT b = f32[64]{0} get-tuple-element(q), index=1\n"
                       "}\n"
                       "ocond {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  n = s32[] constant(4)\n"
                       "  ROOT lt = pred[] compare(i, n), direction=LT\n"
                       "}\n"
                       "obody {\n"
                       "  p = (s32[], f32[64]{0}, f32[64]{0}) parameter(0)\n"
                       "  i = s32[] get-tuple-element(p), index=0\n"
                       "  x = f32[64]{0} get-tuple-element(p), index=1\n"
                       "  w = f32[64]{0} get-tuple-element(p), index=2\n"
                       "  one = s32[] constant(1)\n"
                       "  i1 = s32[] add(i, one)\n"
                       "  o = (f32[64]{0}, f32[64]{0}) tuple(x, w)\n"
                       "  c = f32[64]{0} conditional(i, o, o), branch_computations={one, two}\n"
                       "  d = f32[64]{0} add(c, x)\n"
                       "  w1 = f32[64]{0} negate(w)\n"
                       "  ROOT t = (s32[], f32[64]{0}, f32[64]{0}) tuple(i1, d, w1)\n"
                       "}\n"
                       "ENTRY e {\n"
                       "  x = f32[64]{0} parameter(0)\n"
                       "  w = f32[64]{0} parameter(1)\n"
                       "  z = s32[] constant(0)\n"
                       "  s = (s32[], f32[64]{0}, f32[64]{0}) tuple(z, x, w)\n"
                       "  l = (s32[], f32[64]{0}, f32[64]{0}) while(s), condition=ocond, body=obody\n"
                       "  r = f32[64]{0} get-tuple-element(l), index=1\n"
                       "  ROOT q = f32[64]{0} negate(r)\n"
                       "}\n");
    assert_int_equal(count_steps(f->program->main, SCHED_STEP_IF), 1);
    done(f);
}

static void text_form(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n" COUNT_TO("2") REVERSING_BODY("w") LOOP_ENTRY);
    fw_text text;
    fw_text_init(&text, f->arena);
    sched_program_print(f->program, &text);
    assert_string_equal(fw_text_string(&text),
        "program of 3 kernels: 256 bytes of buffers, 256 at least, 0 bytes a thread, 0 bytes of constants\n"
        "buffers\n"
        "    param x: f32[64]{0}, 256 bytes, live 0..0\n"
        "    param w: f32[64]{0}, 256 bytes, live 4..4\n"
        "    output out0: f32[64]{0}, 256 bytes, live 0..3, swapped\n"
        "    output out1: f32[64]{0}, 256 bytes, live 4..4\n"
        "    work y: f32[64]{0}, 256 bytes at 0, live 0..3, swapped\n"
        "steps\n"
        "    0 nest nx(x) -> out0\n"
        "    1 while l: 2 times\n"
        "        body\n"
        "            2 nest y(out0) -> y\n"
        "            3 swap out0, y\n"
        "    4 copy w -> out1\n");
    done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_that_nobody_reads_disappears),
        cmocka_unit_test(swapped_state_ends_in_the_output),
        cmocka_unit_test(state_moves_by_pointers),
        cmocka_unit_test(exchange_in_a_loop),
        cmocka_unit_test(a_loop_of_unknown_length),
        cmocka_unit_test(an_unknown_length_needs_a_copy_out),
        cmocka_unit_test(trip_counts),
        cmocka_unit_test(a_scan),
        cmocka_unit_test(an_initial_value_with_other_uses),
        cmocka_unit_test(nested_loops),
        cmocka_unit_test(nested_loops_on_one_state),
        cmocka_unit_test(conditional),
        cmocka_unit_test(loop_in_a_branch_in_a_loop),
        cmocka_unit_test(text_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
