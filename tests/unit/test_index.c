/* Index expressions: every simplification is checked against plain integer arithmetic at every point of small spaces. */
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { NVARS = 3, NODES = 40 };
static const int64_t extents[NVARS] = {6, 4, 5};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Value of an expression in normal form at one point. */
static int64_t value_of(const sched_index *index, const int64_t *point)
{
    int64_t sum = index->c;
    for (int i = 0; i < index->nterms; i++) {
        const sched_atom *atom = index->terms[i].atom;
        int64_t v;
        if (atom->kind == SCHED_VAR)
            v = point[atom->var];
        else if (atom->kind == SCHED_DIV)
            v = floor_div(value_of(atom->of, point), atom->k);
        else
            v = value_of(atom->of, point) - atom->k * floor_div(value_of(atom->of, point), atom->k);
        assert_true(v >= atom->min && v <= atom->max);
        sum += index->terms[i].coef * v;
    }
    assert_true(sum >= index->min && sum <= index->max);
    return sum;
}

typedef struct node { char op; int a, b; int64_t k; const sched_index *index; } node;

static int64_t naive(const node *nodes, int at, const int64_t *point)
{
    const node *n = &nodes[at];
    switch (n->op) {
    case 'v': return point[n->k];
    case '+': return naive(nodes, n->a, point) + naive(nodes, n->b, point);
    case 'c': return naive(nodes, n->a, point) + n->k;
    case '*': return naive(nodes, n->a, point) * n->k;
    case '/': return floor_div(naive(nodes, n->a, point), n->k);
    default: return naive(nodes, n->a, point) - n->k * floor_div(naive(nodes, n->a, point), n->k);
    }
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void grow(sched_space *space, node *nodes, int at, uint32_t *seed)
{
    node *n = &nodes[at];
    static const char ops[] = "++c**//%%";
    n->a = (int)(next(seed) % (uint32_t)at);
    n->b = (int)(next(seed) % (uint32_t)at);
    n->op = at < NVARS ? 'v' : ops[next(seed) % (sizeof ops - 1)];
    const sched_index *a = nodes[n->a].index;
    n->k = n->op == 'c' ? (int64_t)(next(seed) % 9) - 4 : n->op == '*' ? (int64_t)(next(seed) % 7) - 2 : 1 + (int64_t)(next(seed) % 8);
    if (n->op == '*' && (a->max > 1000 || a->min < -1000))
        n->k = 1;
    n->index = n->op == '+' ? sched_add(space, a, nodes[n->b].index) : n->op == 'c' ? sched_addc(space, a, n->k)
             : n->op == '*' ? sched_mul(space, a, n->k) : n->op == '/' ? sched_div(space, a, n->k) : sched_mod(space, a, n->k);
}

static void check_everywhere(const node *nodes, int count)
{
    int64_t p[NVARS];
    for (p[0] = 0; p[0] < extents[0]; p[0]++)
        for (p[1] = 0; p[1] < extents[1]; p[1]++)
            for (p[2] = 0; p[2] < extents[2]; p[2]++)
                for (int i = 0; i < count; i++)
                    assert_int_equal(value_of(nodes[i].index, p), naive(nodes, i, p));
}

static void random_expressions(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 300; round++) {
        fw_arena *arena = fw_arena_new();
        sched_space *space = sched_space_new(arena);
        node nodes[NODES];
        uint32_t seed = round;
        for (int i = 0; i < NVARS; i++)
            nodes[i] = (node){'v', 0, 0, i, sched_var(space, sched_var_new(space, "v", extents[i]))};
        for (int i = NVARS; i < NVARS + 12; i++)
            grow(space, nodes, i, &seed);
        check_everywhere(nodes, NVARS + 12);
        fw_arena_free(arena);
    }
}

static const char *text_of(fw_arena *arena, const sched_space *space, const sched_index *index)
{
    fw_text out;
    fw_text_init(&out, arena);
    sched_index_print(space, index, &out);
    return fw_text_string(&out);
}

/* What splitting and merging dims gives must vanish: these decide whether generated code holds divisions. */
static void splits_rejoin(void **state)
{
    (void)state;
    fw_arena *arena = fw_arena_new();
    sched_space *s = sched_space_new(arena);
    const sched_index *i = sched_var(s, sched_var_new(s, "i", 12)), *j = sched_var(s, sched_var_new(s, "j", 64));
    const sched_index *k = sched_var(s, sched_var_new(s, "k", 576));
    const sched_index *flat = sched_add(s, sched_mul(s, i, 64), j);
    assert_ptr_equal(sched_div(s, flat, 64), i);
    assert_ptr_equal(sched_mod(s, flat, 64), j);
    assert_ptr_equal(sched_div(s, sched_add(s, sched_mul(s, i, 128), j), 256), sched_div(s, i, 2));
    const sched_index *ky = sched_div(s, k, 192), *kx = sched_mod(s, sched_div(s, k, 64), 3), *c = sched_mod(s, k, 64);
    const sched_index *again = sched_add(s, sched_add(s, sched_mul(s, ky, 192), sched_mul(s, kx, 64)), c);
    assert_ptr_equal(again, k);
    assert_string_equal(text_of(arena, s, sched_addc(s, sched_mul(s, i, -2), 3)), "-2*i + 3");
    fw_arena_free(arena);
}

static void unit_variables_are_zero(void **state)
{
    (void)state;
    fw_arena *arena = fw_arena_new();
    sched_space *s = sched_space_new(arena);
    int64_t c = -1;
    assert_true(sched_index_is_const(sched_var(s, sched_var_new(s, "u", 1)), &c));
    assert_int_equal(c, 0);
    int v = sched_var_new(s, "v", 10);
    const sched_index *e = sched_add(s, sched_mul(s, sched_var(s, v), 3), sched_div(s, sched_var(s, v), 4));
    assert_int_equal(sched_index_coef(e, v), 3);
    assert_true(sched_index_uses(e, v));
    assert_false(sched_index_is_linear(e));
    const sched_index *at8 = sched_index_replace(s, e, v, sched_const(s, 8));
    assert_true(sched_index_is_const(at8, &c));
    assert_int_equal(c, 26);
    fw_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_expressions),
        cmocka_unit_test(splits_rejoin),
        cmocka_unit_test(unit_variables_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
