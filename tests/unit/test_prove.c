/* The judge: kernels that must be proved, and the relations that it works with. */
#include "prove_world.h"

#include "prove_internal.h"

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

static void test_layer_norm(void **state)
{
    world *w = *state;
    read_module(w, layer_norm);
    build(w, "out", "mean s v", "reduce", TILE(1, 8, 0));
    assert_proved(w);
    build(w, "out", "s v", "reduce", TILE(1, 8, 256));
    assert_proved(w);
}

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

static void test_halo(void **state)
{
    world *w = *state;
    read_module(w, stencil);
    build(w, "b", "a", "nest", TILE(32, 32));
    assert_proved(w);
    build(w, "b", "", "nest", TILE(32, 0));
    assert_proved(w);
}

static void test_columns(void **state)
{
    world *w = *state;
    read_module(w, columns);
    build(w, "s", "", "reduce", TILE(16));
    assert_proved(w);
    build(w, "e", "s", "reduce", TILE(16));
    assert_proved(w);
}

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

static const char small[] = "HloModule m\n" REGIONS
    "ENTRY e {\n"
    "  x = f32[5,0]{1,0} parameter(0)\n"
    "  y = f32[7]{0} parameter(1)\n"
    "  zero = f32[] constant(0)\n"
    "  none = f32[5]{0} reduce(x, zero), dimensions={1}, to_apply=sum\n"
    "  empty = f32[5,0]{1,0} negate(x)\n"
    "  all = f32[] reduce(y, zero), dimensions={0}, to_apply=sum\n"
    "  root = f32[] sqrt(all)\n"
    "  one = f32[1,1]{1,0} reshape(root)\n"
    "  it = s32[7]{0} iota(), iota_dimension=0\n"
    "  ROOT t = (f32[5]{0}) tuple(none)\n"
    "}\n";

/* Arrays without elements, scalars, dims of size 1. */
static void test_small(void **state)
{
    world *w = *state;
    read_module(w, small);
    build(w, "none", "", "reduce", TILE(2));
    assert_proved(w);
    build(w, "empty", "", "nest", WHOLE);
    assert_proved(w);
    build(w, "root", "all", "reduce", WHOLE);
    assert_proved(w);
    build(w, "one", "all", "reduce", WHOLE);
    assert_proved(w);
    build(w, "it", "", "nest", TILE(2));
    assert_proved(w);
}

/* A verdict is kept by structure: the names in its text are those of the kernel that asks. */
static void test_names(void **state)
{
    world *w = *state;
    read_module(w, softmax);
    build(w, "out", "m ex z", "reduce", TILE(8, 0));
    ((sched_stmt *)w->kernel->stmts)[1].vars[0].last--;
    assert_refused(w, "flow: z(i=7) of tile (0) needs ex(i=7, j=0)");
    char *renamed = fw_strdup(w->arena, softmax);
    for (char *at = renamed; (at = strstr(at, "ex = ")) || (at = strstr(renamed, "(ex")); )
        memcpy(at, *at == '(' ? "(qq" : "qq", *at == '(' ? 3 : 2);
    read_module(w, renamed);
    build(w, "out", "m qq z", "reduce", TILE(8, 0));
    ((sched_stmt *)w->kernel->stmts)[1].vars[0].last--;
    assert_refused(w, "flow: z(i=7) of tile (0) needs qq(i=7, j=0)");
}

/* ---- the relation against the record, point by point ---- */

/* The element of the operand that the record names at `in`; false where its guard says that there is none. */
static bool element_of(const sched_access *access, const ir_shape *operand, const int64_t *in, int64_t *element)
{
    for (int i = 0; i < access->ndims; i++) {
        const sched_access_dim *d = &access->dims[i];
        int64_t v = d->c;
        for (int t = 0; t < d->nterms; t++)
            v += d->terms[t].coef * (in[d->terms[t].var] / d->terms[t].div);
        v = d->div > 1 ? (v - (v % d->div + d->div) % d->div) / d->div : v;
        v = d->mod ? (v % d->mod + d->mod) % d->mod : v;
        if (d->dyn >= 0)
            v += d->dyn_sign * in[access->nout + access->nred + d->dyn];
        if (access->guarded && (v < 0 || v % d->scale || v / d->scale >= ir_shape_size(operand, i)))
            return false;
        element[i] = v / d->scale;
    }
    return true;
}

static void check_point(isl_map *map, int n, const sched_access *access, const ir_shape *operand, const int64_t *in)
{
    int64_t element[8];
    isl_map *here = isl_map_copy(map);
    for (int i = 0; i < n; i++)
        here = isl_map_fix_si(here, isl_dim_in, (unsigned)i, (int)in[i]);
    bool read = element_of(access, operand, in, element);
    assert_int_equal(isl_map_is_empty(here), read ? isl_bool_false : isl_bool_true);
    assert_int_equal(isl_map_is_single_valued(here), isl_bool_true);
    for (int i = 0; read && i < access->ndims; i++)
        here = isl_map_fix_si(here, isl_dim_out, (unsigned)i, (int)element[i]);
    assert_int_equal(isl_map_is_empty(here), read ? isl_bool_false : isl_bool_true);
    isl_map_free(here);
}

static void check_relation(world *w, isl_ctx *ctx, const char *name, int operand)
{
    const char *why;
    const ir_instr *instr = find(w, name);
    const sched_accesses *accesses = sched_access_of(w->arena, instr, &why);
    const sched_access *access = &accesses->operand[operand];
    isl_map *map = relation_map(ctx, instr, accesses, operand);
    int n = access->nout + access->nred + accesses->ndynamic;
    int64_t in[16] = {0}, size[16], count = 1;
    for (int i = 0; i < n; i++) {
        size[i] = i < access->nout ? ir_shape_size(instr->shape, i) : i < access->nout + access->nred ? access->red[i - access->nout] : 1;
        for (int d = 0; d < access->ndims; d++)
            if (access->dims[d].dyn >= 0 && access->nout + access->nred + access->dims[d].dyn == i)
                size[i] = access->dims[d].dyn_max + 1;
        count *= size[i];
    }
    for (int64_t k = 0; k < count; k += 1 + count / 500) {
        int64_t rest = k;
        for (int i = n - 1; i >= 0; i--) {
            in[i] = rest % size[i];
            rest /= size[i];
        }
        check_point(map, n, access, instr->operands[operand]->shape, in);
    }
    isl_map_free(map);
}

static void test_relation(void **state)
{
    world *w = *state;
    isl_ctx *ctx = isl_ctx_alloc();
    read_module(w, moves);
    static const char *const of_moves[] = {"yt", "cat", "pad", "hole", "flat", "cut", "rev", "sl"};
    for (int i = 0; i < FW_COUNT(of_moves); i++)
        check_relation(w, ctx, of_moves[i], 0);
    check_relation(w, ctx, "cat", 1);
    read_module(w, conv);
    check_relation(w, ctx, "conv", 0);
    check_relation(w, ctx, "conv", 1);
    check_relation(w, ctx, "group", 0);
    check_relation(w, ctx, "pool", 0);
    read_module(w, dynamic);
    check_relation(w, ctx, "ds", 0);
    check_relation(w, ctx, "dus", 1);
    check_relation(w, ctx, "take", 0);
    isl_ctx_free(ctx);
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
        cmocka_unit_test_setup_teardown(test_small, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relation, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
