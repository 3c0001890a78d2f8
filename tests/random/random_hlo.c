/* A random walk over the ops of the C backend: each step draws an op and earlier values that it can take. Some steps are idioms of
 * several ops (softmax, layer norm, dense layer, attention), since those make kernels of several statements. */
#include "random_hlo.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 5, MAX_VALUES = 400, MOST_ELEMENTS = 12000, MOST_WORK = 400000 };

typedef enum { F32, F64, S32, U8, PRED, NTYPES } type;
static const char *const type_names[] = {"f32", "f64", "s32", "u8", "pred"};

typedef struct shape { type type; int rank; int dims[MAX_RANK]; } shape;
typedef struct value {
    char name[32];
    shape shape;
    double most;                 /* floats: no element is farther from 0 */
    bool exact;                  /* the same bits in every correct program */
    bool used;
} value;

/* One computation that is being written. */
typedef struct comp {
    struct graph *graph;
    FILE *out;
    char *text;
    size_t size;
    int nvalues, nparams;
    value values[MAX_VALUES];
    bool entry;
} comp;

typedef struct graph {
    uint64_t random;
    FILE *out;
    int ncomps;
} graph;

/* ---- numbers ---- */

static uint64_t next(graph *g)
{
    uint64_t z = g->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int draw(graph *g, int n)
{
    return n > 0 ? (int)(next(g) >> 33) % n : 0;
}

static int between(graph *g, int lo, int hi)
{
    return lo + draw(g, hi - lo + 1);
}

static bool chance(graph *g, int percent)
{
    return draw(g, 100) < percent;
}

static bool is_float(type t)
{
    return t == F32 || t == F64;
}

static int extent(graph *g)
{
    static const int odd[] = {1, 2, 3, 4, 7, 8, 13, 16, 17, 31, 33, 48, 64, 65, 67, 96, 128, 130, 200};
    int n = draw(g, 100);
    if (n < 2 && chance(g, 40))
        return 0;
    return n < 75 ? between(g, 1, 20) : odd[draw(g, (int)(sizeof odd / sizeof *odd))];
}

static int64_t count(const shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++)
        n *= s->dims[i];
    return n;
}

static shape scalar(type t)
{
    return (shape){.type = t};
}

static shape random_shape(graph *g, type t, int rank)
{
    shape s = {.type = t, .rank = rank};
    do {
        for (int i = 0; i < rank; i++)
            s.dims[i] = extent(g);
    } while (count(&s) > MOST_ELEMENTS);
    return s;
}

static bool same_dims(const shape *a, const shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

static bool same_shape(const shape *a, const shape *b)
{
    return a->type == b->type && same_dims(a, b);
}

static void shuffle(graph *g, int *list, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = draw(g, i + 1), t = list[i];
        list[i] = list[j];
        list[j] = t;
    }
}

/* A random subset of 0 .. n-1 in random order; returns its size. */
static int subset(graph *g, int n, int percent, int *list)
{
    int all[16], k = 0;
    for (int i = 0; i < n; i++)
        all[i] = i;
    shuffle(g, all, n);
    for (int i = 0; i < n; i++)
        if (chance(g, percent))
            list[k++] = all[i];
    return k;
}

static bool has(const int *list, int n, int x)
{
    for (int i = 0; i < n; i++)
        if (list[i] == x)
            return true;
    return false;
}

static int by_size(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* ---- text ---- */

static const char *shape_text(const shape *s)
{
    static char ring[8][80];
    static int at;
    char *p = ring[at++ % 8];
    int n = sprintf(p, "%s[", type_names[s->type]);
    for (int i = 0; i < s->rank; i++)
        n += sprintf(p + n, "%s%d", i ? "," : "", s->dims[i]);
    sprintf(p + n, "]");
    return p;
}

static const char *list_text(const int *list, int n)
{
    static char ring[8][160];
    static int at;
    char *p = ring[at++ % 8];
    int k = sprintf(p, "{");
    for (int i = 0; i < n; i++)
        k += sprintf(p + k, "%s%d", i ? "," : "", list[i]);
    sprintf(p + k, "}");
    return p;
}

/* Names that generated code may want for itself. */
static const char *const hard_names[] = {"i", "j", "k", "m", "n", "t", "a", "sum", "acc", "row", "rows", "lanes", "inside", "value", "args",
    "scratch", "begin", "end", "int", "double", "element", "exp", "main", "i0", "m0", "block", "panel", "x", "out0", "half", "l", "c", "ky",
    "workspace", "exec", "call", "team", "threads", "b", "r", "s", "p0", "y_tile", "max", "min", "sqrtf", "packed"};

static void take_name(comp *c, char *name)
{
    int n = c->nvalues;
    sprintf(name, "v%d", n);
    if (!chance(c->graph, 12))
        return;
    const char *wish = hard_names[draw(c->graph, (int)(sizeof hard_names / sizeof *hard_names))];
    for (int i = 0; i < n; i++)
        if (!strcmp(c->values[i].name, wish))
            return;
    strcpy(name, wish);
}

/* Adds `NAME = SHAPE <format>`; the value's number. */
static int emit(comp *c, shape s, double most, bool exact, const char *format, ...)
{
    if (c->nvalues >= MAX_VALUES)
        abort();
    value *v = &c->values[c->nvalues];
    *v = (value){.shape = s, .most = most, .exact = exact};
    take_name(c, v->name);
    fprintf(c->out, "  %s = %s ", v->name, shape_text(&s));
    va_list args;
    va_start(args, format);
    vfprintf(c->out, format, args);
    va_end(args);
    fputc('\n', c->out);
    return c->nvalues++;
}

static const char *use(comp *c, int v)
{
    c->values[v].used = true;
    return c->values[v].name;
}

static shape shape_of(const comp *c, int v)
{
    return c->values[v].shape;
}

static int parameter(comp *c, shape s)
{
    return emit(c, s, 1, true, "parameter(%d)", c->nparams++);
}

static int constant(comp *c, type t, double x)
{
    return t == PRED ? emit(c, scalar(t), 1, true, "constant(%s)", x != 0 ? "true" : "false")
                     : emit(c, scalar(t), fabs(x), true, isinf(x) ? (x > 0 ? "constant(inf)" : "constant(-inf)") : is_float(t) ? "constant(%.9g)" : "constant(%.0f)", x);
}

static int splat(comp *c, shape s, double x)
{
    int k = constant(c, s.type, x);
    return s.rank ? emit(c, s, fabs(x), true, "broadcast(%s), dimensions={}", use(c, k)) : k;
}

/* A new array: a parameter in the entry; elsewhere something made of nothing. */
static int source(comp *c, shape s)
{
    if (c->entry && c->nparams < 24)
        return parameter(c, s);
    if (s.type == PRED || !s.rank)
        return splat(c, s, is_float(s.type) ? 0.5 : 1);
    shape n = s;
    n.type = S32;
    int count = emit(c, n, 200, true, "iota(), iota_dimension=%d", draw(c->graph, s.rank));
    if (s.type == S32)
        return count;
    int x = emit(c, s, 200, true, "convert(%s)", use(c, count));
    if (!is_float(s.type))
        return x;
    int k = splat(c, s, 0.7);
    x = emit(c, s, 140, false, "multiply(%s, %s)", use(c, x), use(c, k));
    return emit(c, s, 1, false, "sine(%s)", use(c, x));
}

/* An earlier value that `fits`, the newest ones most often; -1 when there is none. */
static int find(comp *c, bool fits(const comp *c, int v, const void *what), const void *what)
{
    int fitting[MAX_VALUES], n = 0;
    for (int i = 0; i < c->nvalues; i++)
        if (fits(c, i, what))
            fitting[n++] = i;
    if (!n)
        return -1;
    int back = chance(c->graph, 60) ? draw(c->graph, n < 4 ? n : 4) : draw(c->graph, n);
    return fitting[n - 1 - back];
}

static bool fits_shape(const comp *c, int v, const void *what)
{
    return same_shape(&c->values[v].shape, what);
}

static bool fits_any(const comp *c, int v, const void *what)
{
    (void)c, (void)v, (void)what;
    return true;
}

static bool fits_array(const comp *c, int v, const void *what)
{
    (void)what;
    return c->values[v].shape.rank > 0;
}

static bool fits_float(const comp *c, int v, const void *what)
{
    (void)what;
    return is_float(c->values[v].shape.type);
}

static bool fits_float_array(const comp *c, int v, const void *what)
{
    return fits_float(c, v, what) && fits_array(c, v, what);
}

static bool fits_number_array(const comp *c, int v, const void *what)
{
    return c->values[v].shape.type != PRED && fits_array(c, v, what);
}

static double most(const comp *c, int v)
{
    return c->values[v].most;
}

static bool exact(const comp *c, int v)
{
    return c->values[v].exact || !is_float(c->values[v].shape.type);
}

/* ---- elementwise ---- */

static int unary(comp *c, const char *op, int v, double size)
{
    static const char *const keep[] = {"negate", "abs", "not", "copy"};
    bool same = false;
    for (int i = 0; i < 4; i++)
        same |= !strcmp(op, keep[i]);
    return emit(c, shape_of(c, v), size, same && exact(c, v), "%s(%s)", op, use(c, v));
}

static int binary(comp *c, const char *op, int a, int b)
{
    double x = most(c, a), y = most(c, b);
    double size = !strcmp(op, "multiply") ? x * y : op[0] == 'm' ? (x > y ? x : y) : x + y;
    bool keeps = !strcmp(op, "maximum") || !strcmp(op, "minimum") || !is_float(shape_of(c, a).type);
    return emit(c, shape_of(c, a), size, keeps && exact(c, a) && exact(c, b), "%s(%s, %s)", op, use(c, a), use(c, b));
}

static int with_constant(comp *c, const char *op, int v, double x)
{
    return binary(c, op, v, splat(c, shape_of(c, v), x));
}

/* The value scaled down until no element is farther from 0 than `limit`. */
static int small(comp *c, int v, double limit)
{
    if (!is_float(shape_of(c, v).type) || most(c, v) <= limit)
        return v;
    if (most(c, v) > 1e4 * limit || chance(c->graph, 20))
        return unary(c, "tanh", v, 1);
    return with_constant(c, "multiply", v, limit / most(c, v));
}

static int float_unary(comp *c, int v)
{
    static const struct { const char *op; double limit, most; } table[] = {{"negate", 100, -1}, {"abs", 100, -1}, {"exponential", 3, 21},
        {"exponential-minus-one", 2, 7}, {"logistic", 20, 1}, {"tanh", 20, 1}, {"sine", 6, 1}, {"cosine", 6, 1}, {"erf", 10, 1},
        {"copy", 100, -1}, {"cbrt", 0, 1}, {"sqrt", 0, 10}, {"rsqrt", 0, 2}, {"log", 0, 5}, {"log-plus-one", 0, 5}};
    int k = draw(c->graph, (int)(sizeof table / sizeof *table));
    if (table[k].limit > 0) {
        v = small(c, v, table[k].limit);
        return unary(c, table[k].op, v, table[k].most < 0 ? most(c, v) : table[k].most);
    }
    v = unary(c, "abs", small(c, v, 100), 100); /* away from the pole at 0 */
    v = with_constant(c, "add", v, 0.3);
    return unary(c, table[k].op, v, table[k].most);
}

static int any_unary(comp *c)
{
    int v = find(c, fits_any, NULL);
    type t = shape_of(c, v).type;
    if (is_float(t))
        return float_unary(c, v);
    if (t == PRED)
        return unary(c, "not", v, 1);
    static const char *const ops[] = {"not", "negate", "abs", "sign", "popcnt", "count-leading-zeros"};
    return unary(c, ops[t == U8 ? draw(c->graph, 2) * 4 : draw(c->graph, 6)], v, 1e9);
}

/* A second operand of the shape: an earlier value, a broadcast of a smaller one, or a constant. */
static int partner(comp *c, int v)
{
    shape s = shape_of(c, v);
    int way = draw(c->graph, 10), w = way < 6 ? find(c, fits_shape, &s) : -1;
    if (w >= 0 && (w != v || way < 2))
        return w;
    if (way < 8 && s.rank) {
        shape low = {.type = s.type};
        int dims[MAX_RANK], n = subset(c->graph, s.rank, 50, dims);
        qsort(dims, (size_t)n, sizeof *dims, by_size);
        low.rank = n;
        for (int i = 0; i < n; i++)
            low.dims[i] = s.dims[dims[i]];
        w = find(c, fits_shape, &low);
        if (w < 0)
            w = source(c, low);
        return emit(c, s, most(c, w), exact(c, w), "broadcast(%s), dimensions=%s", use(c, w), list_text(dims, n));
    }
    if (way < 9)
        return source(c, s);
    return splat(c, s, is_float(s.type) ? 0.25 * between(c->graph, -6, 6) : s.type == PRED ? draw(c->graph, 2) : draw(c->graph, 9));
}

static int any_binary(comp *c)
{
    graph *g = c->graph;
    int a = find(c, fits_any, NULL), b = partner(c, a);
    type t = shape_of(c, a).type;
    if (chance(g, 30)) {
        int swap = a;
        a = b;
        b = swap;
    }
    if (t == PRED) {
        static const char *const ops[] = {"and", "or", "xor"};
        return binary(c, ops[draw(g, 3)], a, b);
    }
    if (!is_float(t)) {
        static const char *const ops[] = {"add", "subtract", "multiply", "maximum", "minimum", "and", "or", "xor", "divide", "remainder",
            "shift-left", "shift-right-logical", "shift-right-arithmetic"};
        return binary(c, ops[draw(g, 13)], a, b);
    }
    if (chance(g, 15)) { /* away from the pole */
        b = with_constant(c, "add", unary(c, "abs", small(c, b, 50), 50), 0.5);
        return emit(c, shape_of(c, a), 2 * most(c, a), false, "divide(%s, %s)", use(c, a), use(c, b));
    }
    static const char *const ops[] = {"add", "subtract", "multiply", "maximum", "minimum"};
    a = small(c, a, 1000);
    b = small(c, b, 1000);
    return binary(c, ops[draw(g, 5)], a, b);
}

static int any_compare(comp *c)
{
    static const char *const directions[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
    int a = find(c, fits_any, NULL);
    if (!exact(c, a))
        a = source(c, shape_of(c, a));
    int b = partner(c, a);
    shape s = shape_of(c, a);
    if (!exact(c, b))
        b = source(c, s);
    s.type = PRED;
    return emit(c, s, 1, true, "compare(%s, %s), direction=%s", use(c, a), use(c, b), directions[draw(c->graph, 6)]);
}

static int any_select(comp *c)
{
    int a = find(c, fits_any, NULL), b = partner(c, a);
    shape p = shape_of(c, a), s = p;
    p.type = PRED;
    if (chance(c->graph, 15))
        p.rank = 0;
    int k = find(c, fits_shape, &p);
    if (k < 0 || chance(c->graph, 20))
        k = source(c, p);
    return emit(c, s, fmax(most(c, a), most(c, b)), exact(c, a) && exact(c, b), "select(%s, %s, %s)", use(c, k), use(c, a), use(c, b));
}

static int any_clamp(comp *c)
{
    int v = find(c, fits_any, NULL);
    shape s = shape_of(c, v), bound = s;
    if (chance(c->graph, 50))
        bound.rank = 0;
    if (s.type == PRED)
        return v;
    int lo = splat(c, bound, is_float(s.type) ? -0.5 : 1), hi = splat(c, bound, is_float(s.type) ? 0.75 : 5);
    return emit(c, s, 1, exact(c, v), "clamp(%s, %s, %s)", use(c, lo), use(c, v), use(c, hi));
}

static int any_convert(comp *c)
{
    graph *g = c->graph;
    int v = find(c, fits_any, NULL);
    shape s = shape_of(c, v), from = s;
    s.type = (type)draw(g, NTYPES);
    if (s.type == from.type)
        return v;
    if (is_float(from.type) && !is_float(s.type)) {
        if (!exact(c, v))
            v = source(c, from);
        v = s.type == U8 ? unary(c, "abs", small(c, v, 100), 100) : v;
        if (!exact(c, v))
            return v;
    }
    if (from.type == F32 && s.type == F64 && !exact(c, v)) /* the tolerance goes by the type of the result */
        v = source(c, from);
    double size = is_float(from.type) ? most(c, v) : 8;
    if (is_float(s.type) && (from.type == S32 || from.type == U8)) { /* keep it small */
        shape zero = scalar(from.type);
        int lo = splat(c, zero, from.type == S32 ? -8 : 0), hi = splat(c, zero, 8);
        v = emit(c, from, 8, true, "clamp(%s, %s, %s)", use(c, lo), use(c, v), use(c, hi));
    }
    return emit(c, s, size, exact(c, v), "convert(%s)", use(c, v));
}

/* ---- values that move ---- */

static int reshape_to(comp *c, int v, shape s)
{
    return emit(c, s, most(c, v), exact(c, v), "reshape(%s)", use(c, v));
}

static int any_reshape(comp *c)
{
    graph *g = c->graph;
    int v = find(c, fits_array, NULL);
    if (v < 0)
        return v;
    shape from = shape_of(c, v), to = {.type = from.type};
    int factors[64], n = 0;
    for (int i = 0; i < from.rank; i++)
        for (int x = from.dims[i], p = 2; x > 1; p++)
            while (x % p == 0 && n < 60) {
                factors[n++] = p;
                x /= p;
            }
    if (chance(g, 40))
        shuffle(g, factors, n);
    if (!count(&from)) {
        to.rank = 1;
        return reshape_to(c, v, to);
    }
    to.rank = between(g, n ? 1 : 0, 4);
    for (int i = 0; i < to.rank; i++)
        to.dims[i] = 1;
    int at = 0;
    for (int i = 0; i < n; i++) {
        while (at < to.rank - 1 && chance(g, 40))
            at++;
        to.dims[at] *= factors[i];
    }
    return reshape_to(c, v, to);
}

static int transpose(comp *c, int v)
{
    shape from = shape_of(c, v), to = from;
    int perm[MAX_RANK];
    for (int i = 0; i < from.rank; i++)
        perm[i] = i;
    shuffle(c->graph, perm, from.rank);
    for (int i = 0; i < from.rank; i++)
        to.dims[i] = from.dims[perm[i]];
    return emit(c, to, most(c, v), exact(c, v), "transpose(%s), dimensions=%s", use(c, v), list_text(perm, from.rank));
}

static int broadcast(comp *c, int v)
{
    graph *g = c->graph;
    shape from = shape_of(c, v), to = {.type = from.type};
    int dims[MAX_RANK], at = 0;
    to.rank = between(g, from.rank, from.rank < 3 ? 3 : MAX_RANK - 1);
    if (to.rank < from.rank)
        return v;
    for (int i = 0; i < to.rank; i++) {
        bool take = at < from.rank && (to.rank - i == from.rank - at || chance(g, 50));
        to.dims[i] = take ? from.dims[at] : between(g, 1, 9);
        if (take)
            dims[at++] = i;
    }
    if (count(&to) > MOST_ELEMENTS)
        return v;
    return emit(c, to, most(c, v), exact(c, v), "broadcast(%s), dimensions=%s", use(c, v), list_text(dims, from.rank));
}

static int slice(comp *c, int v)
{
    graph *g = c->graph;
    shape from = shape_of(c, v), to = from;
    char text[200];
    int n = 0;
    for (int i = 0; i < from.rank; i++) {
        int d = from.dims[i], step = chance(g, 70) ? 1 : between(g, 1, 3), lo = chance(g, 40) ? 0 : draw(g, d), hi = chance(g, 40) ? d : between(g, lo, d);
        if (hi == lo && d && !chance(g, 3)) {
            lo = 0;
            hi = d;
        }
        to.dims[i] = (hi - lo + step - 1) / step;
        n += sprintf(text + n, step > 1 ? "%s[%d:%d:%d]" : "%s[%d:%d]", i ? ", " : "", lo, hi, step);
    }
    return emit(c, to, most(c, v), exact(c, v), "slice(%s), slice={%s}", use(c, v), text);
}

static int reverse(comp *c, int v)
{
    int dims[MAX_RANK], n = subset(c->graph, shape_of(c, v).rank, 60, dims);
    return emit(c, shape_of(c, v), most(c, v), exact(c, v), "reverse(%s), dimensions=%s", use(c, v), list_text(dims, n));
}

static int pad(comp *c, int v)
{
    graph *g = c->graph;
    shape from = shape_of(c, v), to = from;
    char text[200];
    int n = 0;
    for (int i = 0; i < from.rank; i++) {
        int inner = chance(g, 20) ? between(g, 1, 2) : 0, d = from.dims[i] ? from.dims[i] + (from.dims[i] - 1) * inner : 0;
        int lo = chance(g, 50) ? between(g, -2, 3) : 0, hi = chance(g, 50) ? between(g, -2, 3) : 0;
        if (d + lo + hi < (d ? 1 : 0))
            lo = hi = 0;
        to.dims[i] = d + lo + hi;
        n += sprintf(text + n, inner ? "%s%d_%d_%d" : "%s%d_%d", i ? "x" : "", lo, hi, inner);
    }
    if (count(&to) > MOST_ELEMENTS)
        return v;
    int k = constant(c, from.type, is_float(from.type) ? 0.25 * between(g, -2, 2) : draw(g, 2));
    return emit(c, to, fmax(most(c, v), 0.5), exact(c, v), "pad(%s, %s), padding=%s", use(c, v), use(c, k), text);
}

static int concatenate(comp *c, int v)
{
    graph *g = c->graph;
    shape s = shape_of(c, v), to = s;
    int d = draw(g, s.rank), more = between(g, 1, 3), parts[4] = {v};
    double size = most(c, v);
    bool same = exact(c, v);
    for (int i = 1; i <= more; i++) {
        int w = chance(g, 60) ? find(c, fits_shape, &s) : -1;
        if (w < 0) {
            shape part = s;
            part.dims[d] = between(g, 0, 9);
            w = source(c, part);
        }
        parts[i] = w;
        to.dims[d] += shape_of(c, w).dims[d];
        size = fmax(size, most(c, w));
        same &= exact(c, w);
    }
    if (count(&to) > MOST_ELEMENTS)
        return v;
    shuffle(g, parts, more + 1);
    char text[160];
    int n = 0;
    for (int i = 0; i <= more; i++)
        n += sprintf(text + n, "%s%s", i ? ", " : "", use(c, parts[i]));
    return emit(c, to, size, same, "concatenate(%s), dimensions={%d}", text, d);
}

static int iota(comp *c)
{
    type t = chance(c->graph, 60) ? S32 : F32;
    shape s = random_shape(c->graph, t, between(c->graph, 1, 3));
    return emit(c, s, 200, true, "iota(), iota_dimension=%d", draw(c->graph, s.rank));
}

static int index_op(comp *c)
{
    int v = find(c, fits_array, NULL);
    if (v < 0)
        return v;
    switch (draw(c->graph, 7)) {
    case 0: return transpose(c, v);
    case 1: return broadcast(c, v);
    case 2: return slice(c, v);
    case 3: return reverse(c, v);
    case 4: return pad(c, v);
    case 5: return concatenate(c, v);
    default: return any_reshape(c);
    }
}

/* ---- data-dependent places ---- */

/* Integer scalars as start indices. */
static const char *starts(comp *c, int rank)
{
    static char text[200];
    int n = 0;
    shape s = scalar(S32);
    text[0] = 0;
    for (int i = 0; i < rank; i++) {
        int k = chance(c->graph, 40) ? find(c, fits_shape, &s) : -1;
        if (k < 0)
            k = chance(c->graph, 40) ? constant(c, S32, between(c->graph, -2, 6)) : source(c, s);
        n += sprintf(text + n, ", %s", use(c, k));
    }
    return text;
}

static shape part_of(graph *g, shape s)
{
    for (int i = 0; i < s.rank; i++)
        s.dims[i] = chance(g, 40) || !s.dims[i] ? s.dims[i] : between(g, 1, s.dims[i]);
    return s;
}

static int dynamic_slice(comp *c)
{
    int v = find(c, fits_array, NULL);
    if (v < 0)
        return v;
    shape s = part_of(c->graph, shape_of(c, v));
    const char *at = starts(c, s.rank);
    return emit(c, s, most(c, v), exact(c, v), "dynamic-slice(%s%s), dynamic_slice_sizes=%s", use(c, v), at, list_text(s.dims, s.rank));
}

static int dynamic_update_slice(comp *c)
{
    int v = find(c, fits_array, NULL);
    if (v < 0)
        return v;
    shape s = part_of(c->graph, shape_of(c, v));
    int u = find(c, fits_shape, &s);
    if (u < 0)
        u = source(c, s);
    const char *at = starts(c, s.rank);
    return emit(c, shape_of(c, v), fmax(most(c, v), most(c, u)), exact(c, v) && exact(c, u), "dynamic-update-slice(%s, %s%s)", use(c, v), use(c, u), at);
}

/* What gather and scatter share: windows of an array, at places that an index array names. */
typedef struct windows {
    shape array, index, slices;
    int nmap, map[MAX_RANK], ncollapsed, collapsed[MAX_RANK], nbatch, batch[MAX_RANK], noffset, offset[8], slice[MAX_RANK], vector;
} windows;

static bool choose_windows(graph *g, shape array, windows *w)
{
    *w = (windows){.array = array, .slices = {.type = array.type}, .index = {.type = S32}};
    w->nmap = subset(g, array.rank, 60, w->map);
    if (!w->nmap)
        return false;
    for (int i = 0; i < array.rank; i++) {
        bool mapped = has(w->map, w->nmap, i);
        w->slice[i] = !mapped ? array.dims[i] : chance(g, 60) ? 1 : between(g, 1, array.dims[i]);
        if (!array.dims[i])
            return false;
        if (w->slice[i] == 1 && chance(g, 70))
            w->collapsed[w->ncollapsed++] = i;
    }
    w->nbatch = between(g, 0, 2);
    for (int i = 0; i < w->nbatch; i++)
        w->batch[i] = between(g, 1, chance(g, 20) ? 70 : 7);
    int windows = array.rank - w->ncollapsed, rank = w->nbatch + windows, at[8];
    if (rank > MAX_RANK)
        return false;
    for (int i = 0; i < rank; i++)
        at[i] = i;
    if (chance(g, 50))
        shuffle(g, at, rank);
    w->noffset = windows;
    memcpy(w->offset, at + w->nbatch, (size_t)windows * sizeof *at);
    qsort(w->offset, (size_t)windows, sizeof *at, by_size);
    w->slices.rank = rank;
    int o = 0, b = 0;
    for (int i = 0, d = 0; i < rank; i++) {
        if (!has(w->offset, w->noffset, i)) {
            w->slices.dims[i] = w->batch[b++];
            continue;
        }
        while (has(w->collapsed, w->ncollapsed, d))
            d++;
        w->slices.dims[i] = w->slice[d++];
        o++;
    }
    w->vector = draw(g, w->nbatch + 1);
    bool hidden = w->nmap == 1 && chance(g, 40);
    if (hidden)
        w->vector = w->nbatch;
    b = 0;
    w->index.rank = w->nbatch + !hidden;
    for (int i = 0; i < w->index.rank; i++)
        w->index.dims[i] = i == w->vector ? w->nmap : w->batch[b++];
    return count(&w->slices) <= MOST_ELEMENTS;
}

static int gather(comp *c)
{
    windows w;
    int v = find(c, fits_array, NULL);
    if (v < 0 || !choose_windows(c->graph, shape_of(c, v), &w))
        return -1;
    int at = find(c, fits_shape, &w.index);
    if (at < 0)
        at = source(c, w.index);
    return emit(c, w.slices, most(c, v), exact(c, v),
        "gather(%s, %s), offset_dims=%s, collapsed_slice_dims=%s, start_index_map=%s, index_vector_dim=%d, slice_sizes=%s", use(c, v), use(c, at),
        list_text(w.offset, w.noffset), list_text(w.collapsed, w.ncollapsed), list_text(w.map, w.nmap), w.vector, list_text(w.slice, w.array.rank));
}

/* ---- combiners ---- */

static const char *region_name(graph *g, const char *name, type t)
{
    static char ring[4][48];
    static int at;
    char *p = ring[at++ % 4];
    sprintf(p, "%s_%s", name, type_names[t]);
    const char *n = type_names[t];
    fprintf(g->out, "%s_%d {\n  a = %s[] parameter(0)\n  b = %s[] parameter(1)\n", p, g->ncomps, n, n);
    sprintf(p + strlen(p), "_%d", g->ncomps++);
    if (!strcmp(name, "set"))
        fprintf(g->out, "  ROOT s = %s[] copy(b)\n}\n\n", n);
    else if (!strcmp(name, "product"))
        fprintf(g->out, "  m = %s[] multiply(a, b)\n  s = %s[] add(a, b)\n  ROOT r = %s[] add(s, m)\n}\n\n", n, n, n);
    else if (!strcmp(name, "softplus"))
        fprintf(g->out, "  h = %s[] maximum(a, b)\n  d = %s[] subtract(a, b)\n  m = %s[] abs(d)\n  w = %s[] negate(m)\n  e = %s[] exponential(w)\n"
            "  l = %s[] log-plus-one(e)\n  ROOT r = %s[] add(h, l)\n}\n\n", n, n, n, n, n, n, n);
    else if (!strcmp(name, "strongest"))
        fprintf(g->out, "  x = %s[] abs(a)\n  y = %s[] abs(b)\n  k = pred[] compare(x, y), direction=GE\n  ROOT r = %s[] select(k, a, b)\n}\n\n", n, n, n);
    else
        fprintf(g->out, "  ROOT s = %s[] %s(%s)\n}\n\n", n, name, chance(g, 80) ? "a, b" : "b, a");
    return p;
}

/* Draws a combiner for values of `v` and prepares them; *init is its start value. */
static const char *choose_region(comp *c, int *v, double *init, double *size, int64_t terms)
{
    graph *g = c->graph;
    type t = shape_of(c, *v).type;
    *size = most(c, *v);
    if (t == PRED) {
        bool all = chance(g, 50);
        *init = all;
        return region_name(g, all ? "and" : "or", t);
    }
    static const char *const ops[] = {"add", "add", "add", "maximum", "minimum", "multiply", "and", "or", "product", "softplus", "strongest"};
    const char *op = ops[draw(g, is_float(t) ? 11 : 9)];
    if (is_float(t) && (!strcmp(op, "and") || !strcmp(op, "or") || (!strcmp(op, "strongest") && !exact(c, *v))))
        op = "add";
    if (!strcmp(op, "add")) {
        *init = chance(g, 85) ? 0 : 2;
        *size = 2 + *size * (double)terms;
    } else if (!strcmp(op, "maximum") || !strcmp(op, "minimum")) {
        bool max = op[1] == 'a';
        *init = is_float(t) ? (chance(g, 80) ? (max ? -INFINITY : INFINITY) : 0) : t == U8 ? (max ? 0 : 255) : (max ? -2147483648.0 : 2147483647.0);
    } else if (!strcmp(op, "multiply") || !strcmp(op, "product")) {
        bool plain = op[1] == 'u';
        *init = plain;
        if (is_float(t)) {
            *v = small(c, *v, 0.5 / (double)(terms > 0 ? terms : 1));
            if (plain)
                *v = with_constant(c, "add", *v, 1);
        }
        *size = 3;
    } else if (!strcmp(op, "softplus")) {
        *v = small(c, *v, 10);
        *init = chance(g, 50) ? -30 : 0;
        *size = 20;
    } else {
        *init = !strcmp(op, "and") ? (t == U8 ? 255 : -1) : 0;
    }
    return region_name(g, op, t);
}

static bool keeps_bits(const comp *c, int v, const char *region)
{
    type t = shape_of(c, v).type;
    return !is_float(t) || (exact(c, v) && (region[0] == 'm' || region[0] == 's') && strncmp(region, "mul", 3) && strncmp(region, "soft", 4));
}

static int reduce_over(comp *c, int v, const int *dims, int n)
{
    shape from = shape_of(c, v), to = {.type = from.type};
    int64_t terms = 1;
    for (int i = 0; i < from.rank; i++)
        if (has(dims, n, i))
            terms *= from.dims[i];
        else
            to.dims[to.rank++] = from.dims[i];
    double init, size;
    const char *region = choose_region(c, &v, &init, &size, terms);
    bool same = keeps_bits(c, v, region);
    int start = constant(c, from.type, init);
    int r = emit(c, to, size, same, "reduce(%s, %s), dimensions=%s, to_apply=%s", use(c, v), use(c, start), list_text(dims, n), region);
    if (is_float(from.type) && isinf(init) && !terms)
        return with_constant(c, "minimum", with_constant(c, "maximum", r, -2), 2);
    return r;
}

static int reduce(comp *c)
{
    int v = find(c, fits_array, NULL), dims[MAX_RANK];
    if (v < 0)
        return v;
    int n = subset(c->graph, shape_of(c, v).rank, 50, dims);
    if (!n)
        dims[n++] = draw(c->graph, shape_of(c, v).rank);
    qsort(dims, (size_t)n, sizeof *dims, by_size);
    return reduce_over(c, v, dims, n);
}

typedef struct window_text { char size[80], stride[80], pad[80], base[80], dilate[80], turn[80]; } window_text;

static int windowed(graph *g, int d, int i, window_text *t, int size, bool turns)
{
    int stride = chance(g, 60) ? 1 : between(g, 1, 3), base = chance(g, 85) ? 1 : 2, dilate = chance(g, 80) ? 1 : 2;
    int lo = chance(g, 50) ? between(g, turns ? -1 : 0, 2) : 0, hi = chance(g, 50) ? between(g, turns ? -1 : 0, 2) : 0;
    int whole = (d ? (d - 1) * base + 1 : 0) + lo + hi, wide = (size - 1) * dilate + 1;
    const char *x = i ? "x" : "";
    sprintf(t->size + strlen(t->size), "%s%d", x, size);
    sprintf(t->stride + strlen(t->stride), "%s%d", x, stride);
    sprintf(t->pad + strlen(t->pad), "%s%d_%d", x, lo, hi);
    sprintf(t->base + strlen(t->base), "%s%d", x, base);
    sprintf(t->dilate + strlen(t->dilate), "%s%d", x, dilate);
    sprintf(t->turn + strlen(t->turn), "%s%d", x, turns ? chance(g, 15) : 0);
    return whole < wide ? 0 : (whole - wide) / stride + 1;
}

static const char *window_of(const window_text *t, bool turns)
{
    static char text[600];
    sprintf(text, "window={size=%s stride=%s pad=%s lhs_dilate=%s rhs_dilate=%s", t->size, t->stride, t->pad, t->base, t->dilate);
    if (turns && strchr(t->turn, '1'))
        sprintf(text + strlen(text), " rhs_reversal=%s", t->turn);
    strcat(text, "}");
    return text;
}

static int reduce_window(comp *c)
{
    graph *g = c->graph;
    int v = find(c, fits_number_array, NULL);
    if (v < 0)
        return v;
    shape s = shape_of(c, v);
    window_text t = {0};
    int64_t terms = 1;
    for (int i = 0; i < s.rank; i++) {
        int size = chance(g, 40) ? 1 : between(g, 1, 4);
        terms *= size;
        if (chance(g, 30)) { /* this dimension is left alone */
            const char *x = i ? "x" : "";
            sprintf(t.size + strlen(t.size), "%s1", x);
            sprintf(t.stride + strlen(t.stride), "%s1", x);
            sprintf(t.pad + strlen(t.pad), "%s0_0", x);
            sprintf(t.base + strlen(t.base), "%s1", x);
            sprintf(t.dilate + strlen(t.dilate), "%s1", x);
            continue;
        }
        s.dims[i] = windowed(g, s.dims[i], i, &t, size, false);
    }
    if (count(&s) * terms > MOST_WORK || count(&s) > MOST_ELEMENTS)
        return -1;
    double init, size;
    const char *region = choose_region(c, &v, &init, &size, terms);
    bool same = keeps_bits(c, v, region);
    int start = constant(c, s.type, init);
    int r = emit(c, s, size, same, "reduce-window(%s, %s), %s, to_apply=%s", use(c, v), use(c, start), window_of(&t, false), region);
    if (!isinf(init))
        return r;
    int lo = splat(c, scalar(s.type), -50), hi = splat(c, scalar(s.type), 50); /* windows of nothing but padding */
    return emit(c, s, 50, same, "clamp(%s, %s, %s)", use(c, lo), use(c, r), use(c, hi));
}

static int scatter(comp *c)
{
    graph *g = c->graph;
    windows w;
    int v = find(c, fits_number_array, NULL);
    if (v < 0 || !choose_windows(g, shape_of(c, v), &w))
        return -1;
    int at = find(c, fits_shape, &w.index);
    if (at < 0)
        at = source(c, w.index);
    static const char *const ops[] = {"add", "maximum", "set", "minimum", "multiply", "product"};
    const char *op = ops[draw(g, is_float(w.array.type) ? 4 : 6)];
    int u = find(c, fits_shape, &w.slices);
    if (u < 0)
        u = source(c, w.slices);
    v = small(c, v, 100);
    u = small(c, u, 100);
    const char *region = region_name(g, op, w.array.type);
    qsort(w.collapsed, (size_t)w.ncollapsed, sizeof *w.collapsed, by_size);
    return emit(c, w.array, op[0] == 'a' ? 100 + 20 * most(c, u) : fmax(most(c, v), most(c, u)), exact(c, v) && exact(c, u) && op[0] != 'a',
        "scatter(%s, %s, %s), update_window_dims=%s, inserted_window_dims=%s, scatter_dims_to_operand_dims=%s, index_vector_dim=%d, to_apply=%s",
        use(c, v), use(c, at), use(c, u), list_text(w.offset, w.noffset), list_text(w.collapsed, w.ncollapsed), list_text(w.map, w.nmap), w.vector,
        region);
}

/* ---- contractions ---- */

/* Work on an operand that a contraction may take into its packing. */
static int prologue(comp *c, int v)
{
    if (!is_float(shape_of(c, v).type) || chance(c->graph, 60))
        return v;
    return chance(c->graph, 50) ? binary(c, "multiply", v, small(c, partner(c, v), 2)) : float_unary(c, v);
}

static int epilogue(comp *c, int v)
{
    v = small(c, v, 50);
    for (int steps = draw(c->graph, 4); steps > 0; steps--) {
        const char *op = chance(c->graph, 50) ? "add" : "maximum";
        v = chance(c->graph, 40) ? float_unary(c, v) : binary(c, op, v, small(c, partner(c, v), 50));
    }
    return v;
}

static int dot(comp *c)
{
    graph *g = c->graph;
    int v = find(c, chance(g, 90) ? fits_float_array : fits_number_array, NULL);
    if (v < 0)
        return v;
    shape l = shape_of(c, v), r = {.type = l.type}, to = {.type = l.type};
    int role[MAX_RANK], lb[MAX_RANK], lc[MAX_RANK], rb[MAX_RANK], rc[MAX_RANK], nb = 0, nc = 0, free = between(g, 0, 2), at[8], size[8], n = 0;
    for (int i = 0; i < l.rank; i++)
        role[i] = chance(g, l.rank > 2 ? 30 : 8) ? 0 : chance(g, 50) ? 1 : 2;
    if (chance(g, 60)) {
        role[l.rank - 1] = 2;
        for (int i = 0; i < l.rank - 1; i++)
            role[i] = role[i] == 2 ? 1 : role[i];
    }
    int64_t work = 1;
    for (int i = 0; i < l.rank; i++) {
        work *= l.dims[i];
        if (role[i] == 0)
            lb[nb++] = i;
        if (role[i] == 2)
            lc[nc++] = i;
    }
    if (chance(g, 40)) {
        shuffle(g, lb, nb);
        shuffle(g, lc, nc);
    }
    while (nb + nc + free > MAX_RANK)
        free--;
    for (int i = 0; i < nb; i++)
        size[n++] = l.dims[lb[i]];
    for (int i = 0; i < nc; i++)
        size[n++] = l.dims[lc[i]];
    for (int i = 0; i < free; i++)
        work *= size[n++] = extent(g);
    if (work > MOST_WORK)
        return -1;
    for (int i = 0; i < n; i++)
        at[i] = i;
    if (chance(g, 60))
        shuffle(g, at, n);
    int place[8];
    r.rank = n;
    for (int i = 0; i < n; i++) {
        r.dims[i] = size[at[i]];
        place[at[i]] = i;
    }
    if (count(&r) > MOST_ELEMENTS)
        return -1;
    for (int i = 0; i < nb; i++) {
        rb[i] = place[i];
        to.dims[to.rank++] = l.dims[lb[i]];
    }
    int64_t terms = 1;
    for (int i = 0; i < nc; i++) {
        rc[i] = place[nb + i];
        terms *= l.dims[lc[i]];
    }
    for (int i = 0; i < l.rank; i++)
        if (role[i] == 1) {
            if (to.rank == MAX_RANK)
                return -1;
            to.dims[to.rank++] = l.dims[i];
        }
    for (int i = 0; i < n; i++)
        if (at[i] >= nb + nc) {
            if (to.rank == MAX_RANK)
                return -1;
            to.dims[to.rank++] = r.dims[i];
        }
    if (count(&to) > MOST_ELEMENTS)
        return -1;
    int w = chance(g, 30) ? find(c, fits_shape, &r) : -1;
    w = prologue(c, w < 0 ? source(c, r) : w);
    v = small(c, prologue(c, v), 20);
    w = small(c, w, 20);
    int d = emit(c, to, most(c, v) * most(c, w) * (double)terms, false,
        "dot(%s, %s), lhs_batch_dims=%s, lhs_contracting_dims=%s, rhs_batch_dims=%s, rhs_contracting_dims=%s", use(c, v), use(c, w),
        list_text(lb, nb), list_text(lc, nc), list_text(rb, nb), list_text(rc, nc));
    return is_float(l.type) && chance(g, 70) ? epilogue(c, d) : d;
}

static void label(char *text, const int *at, int n, const char *letters)
{
    for (int i = 0; i < n; i++)
        text[at[i]] = letters[i];
    text[n] = 0;
}

static int convolution(comp *c)
{
    graph *g = c->graph;
    int ns = chance(g, 70) ? 2 : chance(g, 80) ? 1 : 0, n = ns + 2, lat[5], rat[5], oat[5];
    int groups = chance(g, 30) ? between(g, 2, 4) : 1, batches = groups == 1 && chance(g, 15) ? between(g, 2, 3) : 1;
    int in = between(g, 1, chance(g, 30) ? 20 : 5), out = between(g, 1, chance(g, 30) ? 20 : 6) * groups * batches, batch = between(g, 1, 3) * batches;
    shape l = {.type = chance(g, 90) ? F32 : F64, .rank = n}, r = l, to = l;
    for (int i = 0; i < n; i++)
        lat[i] = rat[i] = oat[i] = i;
    if (chance(g, 60)) { /* b01f_01io->b01f */
        lat[1] = oat[1] = n - 1;
        rat[0] = n - 2;
        rat[1] = n - 1;
        for (int i = 0; i < ns; i++) {
            lat[i + 2] = oat[i + 2] = i + 1;
            rat[i + 2] = i;
        }
    } else if (chance(g, 60)) {
        shuffle(g, lat, n);
        shuffle(g, rat, n);
        shuffle(g, oat, n);
    }
    window_text t = {0};
    l.dims[lat[0]] = batch;
    l.dims[lat[1]] = in * groups;
    r.dims[rat[0]] = in;
    r.dims[rat[1]] = out;
    to.dims[oat[0]] = batch / batches;
    to.dims[oat[1]] = out;
    int64_t terms = in;
    for (int i = 0; i < ns; i++) {
        int size = between(g, 1, 4), d = between(g, 1, 14);
        terms *= size;
        l.dims[lat[i + 2]] = d;
        r.dims[rat[i + 2]] = size;
        to.dims[oat[i + 2]] = windowed(g, d, i, &t, size, true);
    }
    if (count(&to) * terms > MOST_WORK || count(&to) > MOST_ELEMENTS || (!count(&to) && chance(g, 90)))
        return -1;
    char lt[8], rt[8], ot[8];
    label(lt, lat, n, "bf01");
    label(rt, rat, n, "io01");
    label(ot, oat, n, "bf01");
    int v = chance(g, 50) ? find(c, fits_shape, &l) : -1, w = prologue(c, source(c, r));
    v = small(c, prologue(c, v < 0 ? source(c, l) : v), 20);
    w = small(c, w, 20);
    char more[80] = "";
    if (groups > 1)
        sprintf(more, ", feature_group_count=%d", groups);
    if (batches > 1)
        sprintf(more, ", batch_group_count=%d", batches);
    int d = ns ? emit(c, to, most(c, v) * most(c, w) * (double)terms, false, "convolution(%s, %s), %s, dim_labels=%s_%s->%s%s", use(c, v), use(c, w),
                     window_of(&t, true), lt, rt, ot, more)
               : emit(c, to, most(c, v) * most(c, w) * (double)terms, false, "convolution(%s, %s), dim_labels=%s_%s->%s%s", use(c, v), use(c, w), lt, rt, ot, more);
    return chance(g, 70) ? epilogue(c, d) : d;
}

/* ---- idioms ---- */

static int over(comp *c, int v, const char *op, double init, const int *dims, int n)
{
    shape from = shape_of(c, v), to = {.type = from.type};
    int64_t terms = 1;
    for (int i = 0; i < from.rank; i++)
        if (has(dims, n, i))
            terms *= from.dims[i];
        else
            to.dims[to.rank++] = from.dims[i];
    const char *region = region_name(c->graph, op, from.type);
    int start = constant(c, from.type, init);
    double size = op[0] == 'a' ? most(c, v) * (double)terms : most(c, v);
    return emit(c, to, size, op[0] == 'm' && exact(c, v), "reduce(%s, %s), dimensions=%s, to_apply=%s", use(c, v), use(c, start), list_text(dims, n), region);
}

/* `r`, a reduction of `v` over the dims, back in the shape of v. */
static int back(comp *c, int r, int v, const int *dims, int n)
{
    int kept[MAX_RANK], k = 0;
    shape s = shape_of(c, v);
    for (int i = 0; i < s.rank; i++)
        if (!has(dims, n, i))
            kept[k++] = i;
    if (chance(c->graph, 25)) { /* as JAX writes it: through a dimension of size 1 */
        shape ones = s;
        for (int i = 0; i < n; i++)
            ones.dims[dims[i]] = 1;
        r = reshape_to(c, r, ones);
        shape low = {.type = s.type, .rank = k};
        for (int i = 0; i < k; i++)
            low.dims[i] = s.dims[kept[i]];
        r = reshape_to(c, r, low);
    }
    return emit(c, s, most(c, r), exact(c, r), "broadcast(%s), dimensions=%s", use(c, r), list_text(kept, k));
}

static int rows(comp *c)
{
    graph *g = c->graph;
    int v = find(c, fits_float_array, NULL), dims[MAX_RANK], n;
    if (v < 0)
        return v;
    shape s = shape_of(c, v);
    dims[0] = chance(g, 60) ? s.rank - 1 : draw(g, s.rank);
    n = 1;
    if (chance(g, 20))
        n = subset(g, s.rank, 60, dims);
    int64_t terms = 1;
    for (int i = 0; i < n; i++)
        terms *= s.dims[dims[i]];
    qsort(dims, (size_t)n, sizeof *dims, by_size);
    if (!n || terms < 1 || !count(&s))
        return -1;
    v = small(c, v, 4);
    double per = 1.0 / (double)terms;
    if (chance(g, 50)) { /* softmax, log-softmax */
        int top = back(c, over(c, v, "maximum", -INFINITY, dims, n), v, dims, n);
        int d = binary(c, "subtract", v, top), e = unary(c, "exponential", d, 1), sum = over(c, e, "add", 0, dims, n);
        c->values[d].exact = false;
        if (chance(g, 30)) {
            int l = unary(c, "log", sum, 10);
            return binary(c, "subtract", d, back(c, l, v, dims, n));
        }
        int sums = back(c, sum, v, dims, n);
        return emit(c, s, 1, false, "divide(%s, %s)", use(c, e), use(c, sums));
    }
    int mean = with_constant(c, "multiply", over(c, v, "add", 0, dims, n), per), d = v;
    if (chance(g, 70))
        d = binary(c, "subtract", v, back(c, mean, v, dims, n));
    int square = binary(c, "multiply", d, d), var = with_constant(c, "multiply", over(c, square, "add", 0, dims, n), per);
    c->values[d].most = c->values[d].most > 8 ? 8 : c->values[d].most;
    int scale = unary(c, "rsqrt", with_constant(c, "add", var, 0.01), 10);
    int r = binary(c, "multiply", d, back(c, scale, v, dims, n));
    if (chance(g, 50))
        r = binary(c, "multiply", r, small(c, partner(c, r), 2));
    return chance(g, 50) ? binary(c, "add", r, small(c, partner(c, r), 2)) : r;
}

static int attention(comp *c)
{
    graph *g = c->graph;
    int b = between(g, 1, 3), q = between(g, 1, 20), k = between(g, 1, 33), d = between(g, 1, 20), last[] = {2};
    shape qs = {F32, 3, {b, q, d}}, ks = {F32, 3, {b, k, d}}, ss = {F32, 3, {b, q, k}};
    int x = source(c, qs), y = source(c, ks), z = source(c, ks);
    int s = emit(c, ss, d, false, "dot(%s, %s), lhs_batch_dims={0}, lhs_contracting_dims={2}, rhs_batch_dims={0}, rhs_contracting_dims={2}", use(c, x), use(c, y));
    s = with_constant(c, "multiply", s, 0.4);
    int top = back(c, over(c, s, "maximum", -INFINITY, last, 1), s, last, 1), e = unary(c, "exponential", binary(c, "subtract", s, top), 1);
    int sum = back(c, over(c, e, "add", 0, last, 1), e, last, 1);
    int p = emit(c, ss, 1, false, "divide(%s, %s)", use(c, e), use(c, sum));
    return emit(c, qs, 1, false, "dot(%s, %s), lhs_batch_dims={0}, lhs_contracting_dims={2}, rhs_batch_dims={0}, rhs_contracting_dims={1}", use(c, p), use(c, z));
}

/* ---- control ---- */

static int step(comp *c);

static void open_comp(comp *c, graph *g)
{
    memset(c, 0, sizeof *c);
    c->graph = g;
    c->out = open_memstream(&c->text, &c->size);
}

/* Prints the computation; the text names its root. */
static void close_comp(comp *c, const char *name, const char *root)
{
    fclose(c->out);
    fprintf(c->graph->out, "%s%s {\n%s%s}\n\n", c->entry ? "ENTRY " : "", name, c->text, root);
    free(c->text);
}

/* Some steps that end in a value of the shape with |elements| <= 1. */
static int wander(comp *c, shape s, int steps)
{
    for (int i = 0; i < steps; i++)
        step(c);
    int v = find(c, fits_shape, &s);
    return small(c, v, 1);
}

static int while_loop(comp *c)
{
    graph *g = c->graph;
    int v = find(c, fits_float_array, NULL);
    if (v < 0)
        return v;
    shape s = shape_of(c, v), i32 = scalar(S32);
    int id = g->ncomps++, other = chance(g, 50) ? find(c, fits_float_array, NULL) : -1, trips = between(g, 0, 5);
    bool known = chance(g, 50), swap = other >= 0 && same_shape(&s, &c->values[other].shape) && chance(g, 40);
    shape o = other >= 0 ? shape_of(c, other) : s;
    char tuple[200], head[64];
    int n = sprintf(tuple, "(s32[], %s, s32[]", shape_text(&s));
    sprintf(tuple + n, other >= 0 ? ", %s)" : ")", shape_text(&o));
    comp b;
    open_comp(&b, g);
    fprintf(b.out, "  state = %s parameter(0)\n", tuple);
    int i = emit(&b, i32, 8, true, "get-tuple-element(state), index=0"), x = emit(&b, s, 1, false, "get-tuple-element(state), index=1");
    int limit = emit(&b, i32, 8, true, "get-tuple-element(state), index=2"), y = other >= 0 ? emit(&b, o, 1, false, "get-tuple-element(state), index=3") : -1;
    int one = constant(&b, S32, 1), next = binary(&b, "add", i, one);
    int z = wander(&b, s, between(g, 0, 4));
    if (z == x || chance(g, 30))
        z = with_constant(&b, "multiply", binary(&b, "add", x, z), 0.5);
    char root[300];
    n = sprintf(root, "  ROOT result = %s tuple(%s, %s, %s", tuple, use(&b, next), swap && chance(g, 50) ? use(&b, y) : use(&b, z), use(&b, limit));
    sprintf(root + n, other < 0 ? ")\n" : ", %s)\n", other < 0 ? "" : swap ? use(&b, x) : use(&b, y));
    sprintf(head, "body_%d", id);
    close_comp(&b, head, root);
    if (known)
        fprintf(g->out, "cond_%d {\n  s = %s parameter(0)\n  i = s32[] get-tuple-element(s), index=0\n  n = s32[] constant(%d)\n"
            "  ROOT r = pred[] compare(i, n), direction=LT\n}\n\n", id, tuple, trips);
    else
        fprintf(g->out, "cond_%d {\n  s = %s parameter(0)\n  i = s32[] get-tuple-element(s), index=0\n  n = s32[] get-tuple-element(s), index=2\n"
            "  ROOT r = pred[] compare(i, n), direction=LT\n}\n\n", id, tuple);
    v = small(c, v, 1);
    if (other >= 0)
        other = small(c, other, 1);
    int zero = constant(c, S32, 0), end = source(c, i32);
    fprintf(c->out, "  init_%d = %s tuple(%s, %s, %s%s%s)\n", id, tuple, use(c, zero), use(c, v), use(c, end), other >= 0 ? ", " : "",
        other >= 0 ? use(c, other) : "");
    fprintf(c->out, "  loop_%d = %s while(init_%d), condition=cond_%d, body=body_%d\n", id, tuple, id, id, id);
    if (other >= 0 && chance(g, 50)) {
        char name[32];
        sprintf(name, "loop_%d", id);
        emit(c, o, 1, false, "get-tuple-element(%s), index=3", name);
    }
    if (chance(g, 30))
        emit(c, i32, 8, true, "get-tuple-element(loop_%d), index=0", id);
    return emit(c, s, 1, false, "get-tuple-element(loop_%d), index=1", id);
}

static int conditional(comp *c)
{
    graph *g = c->graph;
    int v = find(c, fits_float, NULL), id = g->ncomps++, branches = between(g, 2, 3);
    bool by_pred = branches == 2 && chance(g, 60);
    if (v < 0)
        return v;
    v = small(c, v, 1);
    shape s = shape_of(c, v);
    for (int k = 0; k < branches; k++) {
        comp b;
        char name[48], root[64];
        open_comp(&b, g);
        parameter(&b, s);
        b.values[0].exact = false;
        int z = wander(&b, s, draw(g, 4));
        sprintf(root, "  ROOT result = %s copy(%s)\n", shape_text(&s), use(&b, z));
        sprintf(name, "branch_%d_%d", id, k);
        close_comp(&b, name, root);
    }
    shape choice = scalar(by_pred ? PRED : S32);
    int which = source(c, choice), w = find(c, fits_shape, &s), x = small(c, w < 0 ? v : w, 1);
    if (by_pred)
        return emit(c, s, 1, false, "conditional(%s, %s, %s), true_computation=branch_%d_0, false_computation=branch_%d_1", use(c, which), use(c, v), use(c, x), id, id);
    if (branches == 2)
        return emit(c, s, 1, false, "conditional(%s, %s, %s), branch_computations={branch_%d_0, branch_%d_1}", use(c, which), use(c, v), use(c, x), id, id);
    return emit(c, s, 1, false, "conditional(%s, %s, %s, %s), branch_computations={branch_%d_0, branch_%d_1, branch_%d_2}", use(c, which), use(c, v),
        use(c, x), use(c, v), id, id, id);
}

/* ---- the walk ---- */

static int step(comp *c)
{
    if (c->nvalues > MAX_VALUES - 120)
        return -1;
    int k = draw(c->graph, 100);
    if (k < 14) return any_unary(c);
    if (k < 32) return any_binary(c);
    if (k < 36) return any_compare(c);
    if (k < 40) return any_select(c);
    if (k < 42) return any_clamp(c);
    if (k < 45) return any_convert(c);
    if (k < 60) return index_op(c);
    if (k < 61) return iota(c);
    if (k < 64) return dynamic_slice(c);
    if (k < 67) return dynamic_update_slice(c);
    if (k < 70) return gather(c);
    if (k < 72) return scatter(c);
    if (k < 78) return reduce(c);
    if (k < 81) return reduce_window(c);
    if (k < 87) return dot(c);
    if (k < 90) return convolution(c);
    if (k < 96) return rows(c);
    if (!c->entry) return any_binary(c);
    if (k < 97) return attention(c);
    if (k < 99) return while_loop(c);
    return conditional(c);
}

/* A few of the values that nobody reads, the last one among them, are the results. */
static void finish(comp *c)
{
    graph *g = c->graph;
    int picked[12], n = 0;
    char root[3000];
    for (int i = c->nvalues - 1; i >= 0 && n < 10; i--)
        if (i == c->nvalues - 1 || (!c->values[i].used && chance(g, 85)) || chance(g, 4))
            picked[n++] = i;
    shuffle(g, picked, n);
    if (n == 1 && chance(g, 70)) {
        shape s = shape_of(c, picked[0]);
        sprintf(root, "  ROOT result = %s copy(%s)\n", shape_text(&s), c->values[picked[0]].name);
    } else {
        int k = sprintf(root, "  ROOT result = (");
        for (int i = 0; i < n; i++) {
            shape s = shape_of(c, picked[i]);
            k += sprintf(root + k, "%s%s", i ? ", " : "", shape_text(&s));
        }
        k += sprintf(root + k, ") tuple(");
        for (int i = 0; i < n; i++)
            k += sprintf(root + k, "%s%s", i ? ", " : "", c->values[picked[i]].name);
        sprintf(root + k, ")\n");
    }
    close_comp(c, "main", root);
}

void random_hlo(uint64_t seed, FILE *out)
{
    graph g = {.random = seed * 0x9e3779b97f4a7c15u + 1, .out = out};
    comp c;
    fprintf(out, "HloModule random\n\n");
    open_comp(&c, &g);
    c.entry = true;
    int starts = between(&g, 1, 3);
    parameter(&c, random_shape(&g, F32, between(&g, 1, 3)));
    for (int i = 1; i < starts; i++) {
        type t = chance(&g, 70) ? F32 : (type)draw(&g, NTYPES);
        int rank = between(&g, 0, 3);
        parameter(&c, chance(&g, 50) ? c.values[0].shape : random_shape(&g, t, rank));
    }
    for (int steps = between(&g, 3, chance(&g, 30) ? 24 : 11); steps > 0; steps--)
        step(&c);
    finish(&c);
}
