/* Random graphs of the operations that ir_simplify rewrites, evaluated before and after.
 *
 *     test_pass_random [GRAPHS [FIRST_SEED]]
 *
 * Shapes are small and full of ones, because that is where the rewrites are. Sums are of integers, so no order of a sum
 * can be told from another; floats carry NaN, infinities and both zeros. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir.h"

enum { MAX_RANK = 5, MAX_VALUES = 64, STEPS = 24, MAX_COUNT = 400 };
typedef enum { F32, S32, PRED } kind;
static const char *const kind_names[] = {"f32", "s32", "pred"};

typedef struct {
    kind type;
    int rank, dims[MAX_RANK];
} value;

typedef struct {
    fw_text text;
    uint64_t state;
    value values[MAX_VALUES];
    int count, nparams;
} graph;

static int roll(graph *g, int sides) {
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((g->state >> 33) % (uint64_t)sides);
}

static int elements(const value *v) {
    int count = 1;
    for (int i = 0; i < v->rank; i++)
        count *= v->dims[i];
    return count;
}

static void print_shape(graph *g, const value *v) {
    fw_text_printf(&g->text, "%s[", kind_names[v->type]);
    for (int i = 0; i < v->rank; i++)
        fw_text_printf(&g->text, "%s%d", i ? "," : "", v->dims[i]);
    fw_text_add(&g->text, "]");
}

/* `  v.7 = f32[2,1] `; the caller goes on with the operation. */
static int begin(graph *g, value v) {
    fw_text_printf(&g->text, "  v.%d = ", g->count);
    print_shape(g, &v);
    fw_text_add(&g->text, " ");
    g->values[g->count] = v;
    return g->count++;
}

static int pick(graph *g) {
    return g->count - 1 - roll(g, g->count < 10 || roll(g, 4) == 0 ? g->count : 10);
}

static void print_list(graph *g, const char *name, const int *list, int count) {
    fw_text_printf(&g->text, ", %s={", name);
    for (int i = 0; i < count; i++)
        fw_text_printf(&g->text, "%s%d", i ? "," : "", list[i]);
    fw_text_add(&g->text, "}");
}

static void end(graph *g) {
    fw_text_add(&g->text, "\n");
}

static void scalar_constant(graph *g, kind type) {
    static const char *const floats[] = {"0", "-0", "1", "-inf", "inf", "2.5", "nan"}, *const ints[] = {"0", "1", "-1",
                                                                                           "-2147483648", "2147483647",
                                                                                           "3", "2"};
    begin(g, (value){.type = type});
    fw_text_printf(&g->text, "constant(%s)",
        type == F32   ? floats[roll(g, 7)]
        : type == S32 ? ints[roll(g, 7)]
        : roll(g, 2)  ? "true"
                      : "false");
    end(g);
}

static void random_reshape(graph *g) {
    int x = pick(g);
    value v = g->values[x], out = {.type = v.type};
    bool merge = roll(g, 3) == 0;
    for (int i = 0; i < v.rank && out.rank < MAX_RANK; i++) {
        while (roll(g, 4) == 0 && out.rank < MAX_RANK - 1)
            out.dims[out.rank++] = 1;
        if (out.rank > 0 && (out.rank == MAX_RANK || (merge && roll(g, 2))))
            out.dims[out.rank - 1] *= v.dims[i];
        else if (v.dims[i] != 1 || roll(g, 2))
            out.dims[out.rank++] = v.dims[i];
    }
    if (elements(&out) != elements(&v))
        return;
    begin(g, out);
    fw_text_printf(&g->text, "reshape(v.%d)", x);
    end(g);
}

static void random_broadcast(graph *g) {
    int x = pick(g), map[MAX_RANK], next = 0;
    value v = g->values[x], out = {.type = v.type};
    while (next < v.rank || (out.rank < MAX_RANK && roll(g, 2))) {
        if (next < v.rank && (roll(g, 2) || MAX_RANK - out.rank <= v.rank - next)) {
            map[next] = out.rank;
            out.dims[out.rank++] = v.dims[next++];
        } else {
            out.dims[out.rank++] = 1 + roll(g, 3);
        }
    }
    if (elements(&out) > MAX_COUNT)
        return;
    begin(g, out);
    fw_text_printf(&g->text, "broadcast(v.%d)", x);
    print_list(g, "dimensions", map, v.rank);
    end(g);
}

static void random_transpose(graph *g) {
    int x = pick(g), perm[MAX_RANK];
    value v = g->values[x], out = v;
    for (int i = 0; i < v.rank; i++)
        perm[i] = i;
    for (int i = v.rank - 1; i > 0; i--) {
        int k = roll(g, i + 1), old = perm[i];
        perm[i] = perm[k];
        perm[k] = old;
    }
    for (int i = 0; i < v.rank; i++)
        out.dims[i] = v.dims[perm[i]];
    begin(g, out);
    fw_text_printf(&g->text, "transpose(v.%d)", x);
    print_list(g, "dimensions", perm, v.rank);
    end(g);
}

static void random_slice(graph *g) {
    int x = pick(g), start[MAX_RANK], limit[MAX_RANK], stride[MAX_RANK];
    value v = g->values[x], out = v;
    for (int i = 0; i < v.rank; i++) {
        start[i] = roll(g, 2) ? 0 : roll(g, v.dims[i] + 1);
        limit[i] = roll(g, 2) ? v.dims[i] : start[i] + roll(g, v.dims[i] - start[i] + 1);
        stride[i] = 1 + (roll(g, 3) == 0);
        out.dims[i] = (limit[i] - start[i] + stride[i] - 1) / stride[i];
    }
    begin(g, out);
    fw_text_printf(&g->text, "slice(v.%d), slice={", x);
    for (int i = 0; i < v.rank; i++)
        fw_text_printf(&g->text, "%s[%d:%d:%d]", i ? ", " : "", start[i], limit[i], stride[i]);
    fw_text_add(&g->text, "}");
    end(g);
}

static void random_pad(graph *g) {
    int x = pick(g);
    value v = g->values[x], out = v;
    int low[MAX_RANK], high[MAX_RANK], interior[MAX_RANK];
    if (v.rank == 0)
        return;
    for (int i = 0; i < v.rank; i++) {
        interior[i] = roll(g, 5) == 0;
        low[i] = roll(g, 2) ? 0 : roll(g, 4) - 1;
        high[i] = roll(g, 2) ? 0 : roll(g, 4) - 1;
        out.dims[i] = v.dims[i] + low[i] + high[i] + (v.dims[i] > 0 ? (v.dims[i] - 1) * interior[i] : 0);
        if (out.dims[i] < 0)
            return;
    }
    if (elements(&out) > MAX_COUNT)
        return;
    scalar_constant(g, v.type);
    begin(g, out);
    fw_text_printf(&g->text, "pad(v.%d, v.%d), padding=", x, g->count - 2);
    for (int i = 0; i < v.rank; i++)
        fw_text_printf(&g->text, "%s%d_%d_%d", i ? "x" : "", low[i], high[i], interior[i]);
    end(g);
}

static void random_concatenate(graph *g) {
    int x = pick(g), y = pick(g);
    value v = g->values[x], w = g->values[y], out = v;
    if (v.rank == 0)
        return;
    int d = roll(g, v.rank);
    if (w.type != v.type || w.rank != v.rank)
        w = g->values[y = x];
    for (int i = 0; i < v.rank; i++)
        if (i != d && w.dims[i] != v.dims[i])
            w = g->values[y = x];
    out.dims[d] += w.dims[d];
    if (elements(&out) > MAX_COUNT)
        return;
    begin(g, out);
    fw_text_printf(&g->text, "concatenate(v.%d, v.%d), dimensions={%d}", x, y, d);
    end(g);
}

static void random_reverse(graph *g) {
    int x = pick(g), dims[MAX_RANK], count = 0;
    for (int i = 0; i < g->values[x].rank; i++)
        if (roll(g, 2))
            dims[count++] = i;
    begin(g, g->values[x]);
    fw_text_printf(&g->text, "reverse(v.%d)", x);
    print_list(g, "dimensions", dims, count);
    end(g);
}

static void random_reduce(graph *g) {
    static const char *const combiners[3][3] = {{"fmax", "fmin", "fmax"}, {"add", "max", "sub"}, {"and", "or", "or"}};
    static const char *const inits[3][3] = {{"-inf", "inf", "1"}, {"0", "-2147483648", "5"}, {"true", "false", "true"}};
    int x = pick(g), dims[MAX_RANK], count = 0, which = roll(g, 3);
    value v = g->values[x], out = {.type = v.type};
    for (int i = 0; i < v.rank; i++) {
        if (roll(g, 2) || (v.dims[i] == 1 && roll(g, 2)))
            dims[count++] = i;
        else
            out.dims[out.rank++] = v.dims[i];
    }
    int init = begin(g, (value){.type = v.type});
    fw_text_printf(&g->text, "constant(%s)\n", inits[v.type][which]);
    begin(g, out);
    fw_text_printf(&g->text, "reduce(v.%d, v.%d), to_apply=%s", x, init, combiners[v.type][which]);
    print_list(g, "dimensions", dims, count);
    end(g);
}

/* A vector of the type that can be broadcast along some dim of v. */
static bool vector_along(graph *g, const value *v, int *vector, int *dim) {
    for (int tries = 0; tries < 8; tries++) {
        *vector = pick(g);
        const value *w = &g->values[*vector];
        *dim = v->rank > 0 ? roll(g, v->rank) : 0;
        if (v->rank > 0 && w->type == v->type && w->rank == 1 && w->dims[0] == v->dims[*dim])
            return true;
    }
    return false;
}

/* A second operand of the shape of v: another value, or a broadcast vector or constant. */
static int partner(graph *g, int x) {
    int vector, dim;
    value v = g->values[x];
    if (roll(g, 2) && vector_along(g, &v, &vector, &dim)) {
        begin(g, v);
        fw_text_printf(&g->text, "broadcast(v.%d), dimensions={%d}\n", vector, dim);
        return g->count - 1;
    }
    for (int tries = 0; tries < 8; tries++) {
        int y = pick(g);
        value a = g->values[x], b = g->values[y];
        if (a.type == b.type && a.rank == b.rank && memcmp(a.dims, b.dims, sizeof(int) * (size_t)a.rank) == 0 && y != x)
            return y;
    }
    scalar_constant(g, g->values[x].type);
    begin(g, g->values[x]);
    fw_text_printf(&g->text, "broadcast(v.%d), dimensions={}\n", g->count - 2);
    return g->count - 1;
}

static void random_binary(graph *g) {
    static const char *const ops[3][6] = {{"add", "subtract", "maximum", "minimum", "multiply", "divide"},
        {"add", "subtract", "maximum", "minimum", "multiply", "shift-left"},
        {"and", "or", "xor", "and", "or", "maximum"}};
    int x = pick(g), y = partner(g, x);
    begin(g, g->values[x]);
    bool swap = roll(g, 2);
    fw_text_printf(&g->text, "%s(v.%d, v.%d)", ops[g->values[x].type][roll(g, 6)], swap ? y : x, swap ? x : y);
    end(g);
}

static void random_unary(graph *g) {
    int x = pick(g);
    kind type = g->values[x].type;
    begin(g, g->values[x]);
    fw_text_printf(&g->text, "%s(v.%d)", type == PRED ? "not" : roll(g, 2) ? "negate" : roll(g, 2) ? "abs" : "copy", x);
    end(g);
}

static void random_compare_select(graph *g) {
    int x = pick(g), y = partner(g, x), z = partner(g, x);
    value v = g->values[x];
    if (v.type == PRED)
        return;
    v.type = PRED;
    int p = begin(g, v);
    fw_text_printf(&g->text, "compare(v.%d, v.%d), direction=%s\n", x, y, roll(g, 2) ? "LT" : "GE");
    begin(g, g->values[x]);
    fw_text_printf(&g->text, "select(v.%d, v.%d, v.%d)", p, z, roll(g, 3) ? x : z);
    end(g);
}

static void random_convert(graph *g) {
    int x = pick(g);
    value v = g->values[x];
    v.type = (kind)roll(g, 3);
    begin(g, v);
    fw_text_printf(&g->text, "convert(v.%d)", x);
    end(g);
}

static void random_iota(graph *g) {
    value v = {.type = roll(g, 2) ? F32 : S32, .rank = 1 + roll(g, 3)};
    for (int i = 0; i < v.rank; i++)
        v.dims[i] = 1 + roll(g, 4);
    begin(g, v);
    fw_text_printf(&g->text, "iota(), iota_dimension=%d", roll(g, v.rank));
    end(g);
}

static void random_dynamic(graph *g) {
    int x = pick(g);
    value v = g->values[x], out = v;
    if (v.rank == 0)
        return;
    for (int i = 0; i < v.rank; i++)
        out.dims[i] = roll(g, 2) ? v.dims[i] : roll(g, v.dims[i] + 1);
    for (int i = 0; i < v.rank; i++) {
        begin(g, (value){.type = S32});
        fw_text_printf(&g->text, "constant(%d)\n", roll(g, 6) - 2);
    }
    int first = g->count - v.rank;
    begin(g, out);
    fw_text_printf(&g->text, "dynamic-slice(v.%d", x);
    for (int i = 0; i < v.rank; i++)
        fw_text_printf(&g->text, ", v.%d", first + i);
    fw_text_add(&g->text, ")");
    print_list(g, "dynamic_slice_sizes", out.dims, v.rank);
    fw_text_add(&g->text, "\n");
    int update = g->count - 1;
    begin(g, v);
    fw_text_printf(&g->text, "dynamic-update-slice(v.%d, v.%d", x, update);
    for (int i = 0; i < v.rank; i++)
        fw_text_printf(&g->text, ", v.%d", first + (v.rank - 1 - i));
    fw_text_add(&g->text, ")");
    end(g);
}

/* dot of an integer value with itself over some of its dims, sometimes transposed. */
static void random_dot(graph *g) {
    int x = pick(g), dims[MAX_RANK], free_dims[MAX_RANK], count = 0, nfree = 0;
    value v = g->values[x], out = {.type = v.type};
    for (int i = 0; i < v.rank; i++) {
        if (roll(g, 2))
            dims[count++] = i;
        else
            free_dims[nfree++] = v.dims[i];
    }
    if (v.type != S32 || 2 * nfree > MAX_RANK || elements(&v) > 30)
        return;
    for (int i = 0; i < 2 * nfree; i++)
        out.dims[out.rank++] = free_dims[i % nfree];
    begin(g, out);
    fw_text_printf(&g->text, "dot(v.%d, v.%d)", x, x);
    print_list(g, "lhs_contracting_dims", dims, count);
    print_list(g, "rhs_contracting_dims", dims, count);
    end(g);
}

static const char combiner_text[] =
    "fmax { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT c = f32[] maximum(a, b)\n}\n"
    "fmin { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT c = f32[] minimum(a, b)\n}\n"
    "add { a = s32[] parameter(0)\n b = s32[] parameter(1)\n ROOT c = s32[] add(a, b)\n}\n"
    "max { a = s32[] parameter(0)\n b = s32[] parameter(1)\n ROOT c = s32[] maximum(a, b)\n}\n"
    "sub { a = s32[] parameter(0)\n b = s32[] parameter(1)\n ROOT c = s32[] subtract(a, b)\n}\n"
    "and { a = pred[] parameter(0)\n b = pred[] parameter(1)\n ROOT c = pred[] and(a, b)\n}\n"
    "or { a = pred[] parameter(0)\n b = pred[] parameter(1)\n ROOT c = pred[] or(a, b)\n}\n";

typedef void (*step)(graph *g);
static const step steps[] = {random_reshape, random_reshape, random_reshape, random_broadcast, random_broadcast,
    random_transpose, random_transpose, random_slice, random_pad, random_concatenate, random_reverse, random_reduce,
    random_reduce, random_binary, random_binary, random_unary, random_compare_select, random_convert, random_iota,
    random_dynamic, random_dot};

static const char *random_text(fw_arena *arena, uint64_t seed) {
    graph *g = fw_alloc(arena, sizeof *g);
    fw_text_init(&g->text, arena);
    g->state = seed * 7919 + 13;
    fw_text_printf(&g->text, "HloModule random\n%sENTRY main {\n", combiner_text);
    for (int i = 0; i < 4; i++) {
        value v = {.type = i == 3 ? PRED : (kind)(i % 2), .rank = roll(g, 4)};
        for (int k = 0; k < v.rank; k++)
            v.dims[k] = roll(g, 3) == 0 ? 1 : 1 + roll(g, 4);
        begin(g, v);
        fw_text_printf(&g->text, "parameter(%d)\n", g->nparams++);
    }
    for (int i = 0; i < STEPS && g->count < MAX_VALUES - 8; i++)
        steps[roll(g, FW_COUNT(steps))](g);
    int first = g->count > 10 ? g->count - 10 : 0;
    fw_text_add(&g->text, "  ROOT r = (");
    for (int i = first; i < g->count; i++) {
        fw_text_add(&g->text, i > first ? ", " : "");
        print_shape(g, &g->values[i]);
    }
    fw_text_add(&g->text, ") tuple(");
    for (int i = first; i < g->count; i++)
        fw_text_printf(&g->text, "%sv.%d", i > first ? ", " : "", i);
    fw_text_add(&g->text, ")\n}\n");
    return fw_text_string(&g->text);
}

/* ---- loops: integers carried and updated from each other, in two loops that share their computations ---- */

static void print_state(graph *g, int n) {
    fw_text_add(&g->text, "(s32[]");
    for (int i = 1; i < n; i++)
        fw_text_add(&g->text, ", s32[]");
    fw_text_add(&g->text, ")");
}

static void print_reads(graph *g, const char *tuple, int n) {
    for (int i = 0; i < n; i++)
        fw_text_printf(&g->text, "  %s.%d = s32[] get-tuple-element(%s), index=%d\n", tuple, i, tuple, i);
}

static void print_tuple(graph *g, const char *line, const char *const *names, const int *numbers, int n) {
    fw_text_printf(&g->text, "  %s = ", line);
    print_state(g, n);
    for (int i = 0; i < n; i++)
        fw_text_printf(&g->text, "%s%s.%d", i ? ", " : " tuple(", names[i], numbers[i]);
    fw_text_add(&g->text, ")\n");
}

static void print_loop(graph *g, const char *name, const char *init, int n) {
    fw_text_printf(&g->text, "  %s = ", name);
    print_state(g, n);
    fw_text_printf(&g->text, " while(%s), condition=until, body=again\n", init);
    print_reads(g, name, n);
}

static void print_body(graph *g, int n) {
    static const char *const ops[] = {"add", "subtract", "multiply"};
    const char *names[8];
    int numbers[8];
    fw_text_add(&g->text, "again {\n  p = ");
    print_state(g, n);
    fw_text_add(&g->text, " parameter(0)\n");
    print_reads(g, "p", n);
    fw_text_add(&g->text, "  one = s32[] constant(1)\n  u.0 = s32[] add(p.0, one)\n");
    for (int i = 1; i < n; i++) {
        int a = roll(g, 3) ? i : roll(g, n);
        if (roll(g, 2))
            fw_text_printf(&g->text, "  u.%d = s32[] add(p.%d, one)\n", i, a);
        else
            fw_text_printf(&g->text, "  u.%d = s32[] %s(p.%d, p.%d)\n", i, ops[roll(g, 3)], a, roll(g, n));
    }
    for (int i = 0; i < n; i++) {
        names[i] = i == 0 || roll(g, 4) ? "u" : "p";
        numbers[i] = i == 0 || roll(g, 4) ? i : roll(g, n);
    }
    print_tuple(g, "ROOT t", names, numbers, n);
    fw_text_add(&g->text, "}\nuntil {\n  p = ");
    print_state(g, n);
    fw_text_add(&g->text, " parameter(0)\n");
    print_reads(g, "p", n);
    fw_text_add(&g->text, "  five = s32[] constant(5)\n  ROOT lt = pred[] compare(p.0, five), direction=LT\n}\n");
}

static const char *random_loops(fw_arena *arena, uint64_t seed) {
    graph *g = fw_alloc(arena, sizeof *g);
    int n = 2 + (int)(seed % 6), numbers[8];
    const char *names[8];
    fw_text_init(&g->text, arena);
    g->state = seed * 104729 + 7;
    fw_text_add(&g->text, "HloModule loops\n");
    print_body(g, n);
    fw_text_add(
        &g->text, "ENTRY main {\n  x.0 = s32[] constant(0)\n  x.1 = s32[] parameter(0)\n  x.2 = s32[] constant(3)\n");
    for (int i = 0; i < n; i++) {
        names[i] = "x";
        numbers[i] = i == 0 || roll(g, 2) ? 0 : roll(g, 3);
    }
    print_tuple(g, "i", names, numbers, n);
    print_loop(g, "w", "i", n);
    for (int i = 1; i < n; i++) {
        names[i] = roll(g, 2) ? "w" : "x";
        numbers[i] = roll(g, names[i][0] == 'w' ? n : 3);
    }
    print_tuple(g, "j", names, numbers, n);
    print_loop(g, "z", "j", n);
    int outputs = 1 + roll(g, n);
    for (int i = 0; i < outputs; i++) {
        names[i] = roll(g, 3) ? "z" : "w";
        numbers[i] = roll(g, n);
    }
    print_tuple(g, "ROOT r", names, numbers, outputs);
    fw_text_add(&g->text, "}\n");
    return fw_text_string(&g->text);
}

/* cmocka cuts long messages. */
static void fail_with(uint64_t seed, const char *what, const char *first, const char *second) {
    fprintf(stderr, "%s\n%s\n", first, second);
    fail_msg("seed %d: %s", (int)seed, what);
}

static ir_module *parse(fw_arena *arena, uint64_t seed, const char *text) {
    fw_diag *diag = fw_diag_new(arena);
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){.name = "random", .text = text, .size = strlen(text)};
    ir_module *module = ir_read_hlo(arena, diag, source);
    if (!module || !ir_verify(diag, module)) {
        fw_text out;
        fw_text_init(&out, arena);
        fw_diag_print(diag, &out);
        fail_with(seed, "not accepted", text, fw_text_string(&out));
    }
    return module;
}

static void fill(ir_literal *literal, uint64_t seed) {
    static const double odd[] = {-0.0, 0.0, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0};
    const ir_shape *shape = literal->shape;
    for (int64_t i = 0; i < ir_shape_count(shape); i++) {
        uint64_t key[] = {seed, (uint64_t)i}, hash = fw_hash64(key, sizeof key, 1) >> 20;
        void *element = (char *)literal->data + (size_t)i * ir_type_bytes(shape->type);
        if (ir_type_is_float(shape->type))
            ir_number_set(
                shape->type, element, hash % 4 == 0 ? odd[(hash >> 8) % 5] : (double)(int64_t)(hash % 9) / 2 - 2);
        else
            ir_number_set_int(
                shape->type, element, shape->type == IR_PRED ? (int64_t)(hash & 1) : (int64_t)(hash % 7) - 3);
    }
}

static ir_literal *evaluate(fw_arena *arena, const ir_module *module, uint64_t seed) {
    const ir_comp *entry = module->entry;
    ir_literal **args = fw_alloc_array(arena, (size_t)entry->nparams, sizeof *args);
    for (int i = 0; i < entry->nparams; i++)
        fill(args[i] = ir_literal_new(arena, entry->params[i]->shape), seed + (uint64_t)i);
    return ir_evaluate(arena, fw_diag_new(arena), module, args, entry->nparams);
}

/* Bit for bit, but that any NaN is as good as another. */
static bool same(const ir_literal *a, const ir_literal *b) {
    size_t bytes = ir_type_bytes(a->shape->type);
    for (int64_t i = 0; i < ir_shape_count(a->shape); i++) {
        const char *x = (const char *)a->data + (size_t)i * bytes, *y = (const char *)b->data + (size_t)i * bytes;
        double fx = ir_number_get(a->shape->type, x), fy = ir_number_get(a->shape->type, y);
        if (memcmp(x, y, bytes) != 0 && (fx == fx || fy == fy))
            return false;
    }
    return true;
}

static void check(fw_arena *arena, uint64_t seed, const char *text) {
    ir_module *module = parse(arena, seed, text);
    ir_literal *before = evaluate(arena, module, seed);
    ir_simplify(module);
    fw_text printed;
    fw_text_init(&printed, arena);
    ir_module_print(module, &printed);
    const char *simple = fw_text_string(&printed);
    ir_literal *after = evaluate(arena, parse(arena, seed, simple), seed);
    if (!before || !after)
        fail_with(seed, "not evaluated", text, simple);
    for (int i = 0; i < before->shape->nelems; i++) {
        if (!same(after->elems[i], before->elems[i]))
            fail_with(seed, fw_format(arena, "output %d differs", i), text, simple);
    }
    ir_simplify(module);
    fw_text again;
    fw_text_init(&again, arena);
    ir_module_print(module, &again);
    if (strcmp(simple, fw_text_string(&again)) != 0)
        fail_with(seed, "simplify is not done after one call", simple, fw_text_string(&again));
}

typedef struct {
    uint64_t first, count;
} range;

static void test_random_graphs(void **state) {
    const range *seeds = *state;
    for (uint64_t seed = seeds->first; seed < seeds->first + seeds->count; seed++) {
        fw_arena *arena = fw_arena_new();
        check(arena, seed, random_text(arena, seed));
        fw_arena_free(arena);
    }
}

static void test_random_loops(void **state) {
    const range *seeds = *state;
    for (uint64_t seed = seeds->first; seed < seeds->first + seeds->count; seed++) {
        fw_arena *arena = fw_arena_new();
        check(arena, seed, random_loops(arena, seed));
        fw_arena_free(arena);
    }
}

int main(int argc, char **argv) {
    range seeds = {
        .first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, .count = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_random_graphs, &seeds), cmocka_unit_test_prestate(test_random_loops, &seeds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
