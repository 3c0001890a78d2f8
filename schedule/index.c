/* Integer index expressions in normal form. Workload: a few hundred distinct expressions a kernel, built by composing access
 * records; equality must be cheap (pointers) and div/mod must vanish wherever ranges allow, since what is left is printed. */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_MIN 256

struct sched_space {
    fw_arena *arena;
    int nvars, vars_cap;
    struct { const char *name; int64_t extent; const sched_index *index; } *vars;
    int natoms, atoms_cap;
    const sched_atom **atoms;
    int ntable, table_cap;       /* open addressing, power of two */
    const sched_index **table;
    int numbers;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a % b < 0) != (b < 0));
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    return a - b * floor_div(a, b);
}

sched_space *sched_space_new(fw_arena *arena)
{
    sched_space *space = fw_alloc(arena, sizeof *space);
    space->arena = arena;
    space->table_cap = TABLE_MIN;
    space->table = fw_alloc_array(arena, TABLE_MIN, sizeof *space->table);
    return space;
}

const char *sched_var_name(const sched_space *space, int var)
{
    return space->vars[var].name;
}

int64_t sched_var_extent(const sched_space *space, int var)
{
    return space->vars[var].extent;
}

static uint64_t hash_of(int64_t c, int nterms, const sched_term *terms)
{
    uint64_t h = (uint64_t)c * 0x9e3779b97f4a7c15u + (uint64_t)nterms;
    for (int i = 0; i < nterms; i++) {
        h = (h ^ (uint64_t)terms[i].coef) * 0xff51afd7ed558ccdu;
        h = (h ^ (uint64_t)terms[i].atom->order) * 0xc4ceb9fe1a85ec53u;
        h ^= h >> 29;
    }
    return h;
}

static bool same_form(const sched_index *a, int64_t c, int nterms, const sched_term *terms)
{
    if (a->c != c || a->nterms != nterms)
        return false;
    for (int i = 0; i < nterms; i++)
        if (a->terms[i].coef != terms[i].coef || a->terms[i].atom != terms[i].atom)
            return false;
    return true;
}

static void table_insert(sched_space *space, const sched_index *index)
{
    uint64_t mask = (uint64_t)space->table_cap - 1;
    uint64_t at = hash_of(index->c, index->nterms, index->terms) & mask;
    while (space->table[at])
        at = (at + 1) & mask;
    space->table[at] = index;
    space->ntable++;
}

static void table_double(sched_space *space)
{
    const sched_index **old = space->table;
    int count = space->table_cap;
    space->table_cap *= 2;
    space->table = fw_alloc_array(space->arena, (size_t)space->table_cap, sizeof *space->table);
    space->ntable = 0;
    for (int i = 0; i < count; i++)
        if (old[i])
            table_insert(space, old[i]);
}

/* The one expression with this normal form: terms sorted, atoms distinct, no zero coefficient. */
static const sched_index *intern(sched_space *space, int64_t c, int nterms, const sched_term *terms)
{
    uint64_t mask = (uint64_t)space->table_cap - 1;
    for (uint64_t at = hash_of(c, nterms, terms) & mask; space->table[at]; at = (at + 1) & mask)
        if (same_form(space->table[at], c, nterms, terms))
            return space->table[at];
    sched_index *index = fw_alloc(space->arena, sizeof *index);
    sched_term *copy = fw_alloc_array(space->arena, (size_t)nterms, sizeof *copy);
    if (nterms)
        memcpy(copy, terms, (size_t)nterms * sizeof *copy);
    index->c = index->min = index->max = c;
    index->nterms = nterms;
    index->terms = copy;
    index->number = space->numbers++;
    for (int i = 0; i < nterms; i++) {
        int64_t k = terms[i].coef;
        index->min += k * (k > 0 ? terms[i].atom->min : terms[i].atom->max);
        index->max += k * (k > 0 ? terms[i].atom->max : terms[i].atom->min);
    }
    if (2 * space->ntable > space->table_cap)
        table_double(space);
    table_insert(space, index);
    return index;
}

/* ---- sums ---- */

typedef struct sum { int64_t c; int n; sched_term terms[64]; } sum;

static void sum_term(sum *s, int64_t coef, const sched_atom *atom)
{
    for (int i = 0; i < s->n; i++)
        if (s->terms[i].atom == atom) {
            s->terms[i].coef += coef;
            return;
        }
    if (s->n < FW_COUNT(s->terms))
        s->terms[s->n++] = (sched_term){coef, atom};
}

static void sum_index(sum *s, const sched_index *a, int64_t k)
{
    s->c += k * a->c;
    for (int i = 0; i < a->nterms; i++)
        sum_term(s, k * a->terms[i].coef, a->terms[i].atom);
}

/* k * floor(x / k) + x mod k is x: undoes a split that a later reshape merges again. */
static bool sum_rejoin(sched_space *space, sum *s)
{
    for (int j = 0; j < s->n; j++) {
        const sched_atom *m = s->terms[j].atom;
        int64_t coef = s->terms[j].coef;
        if (m->kind != SCHED_MOD || !coef)
            continue;
        const sched_index *q = sched_div(space, m->of, m->k);
        if (q->nterms != 1 || q->c || q->terms[0].coef != 1)
            continue;
        for (int i = 0; i < s->n; i++) {
            if (s->terms[i].atom != q->terms[0].atom || s->terms[i].coef != coef * m->k)
                continue;
            s->terms[i].coef = s->terms[j].coef = 0;
            sum_index(s, m->of, coef);
            return true;
        }
    }
    return false;
}

static int by_order(const void *a, const void *b)
{
    const sched_term *x = a, *y = b;
    return (x->atom->order > y->atom->order) - (x->atom->order < y->atom->order);
}

static const sched_index *sum_done(sched_space *space, sum *s)
{
    while (sum_rejoin(space, s))
        ;
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (s->terms[i].coef)
            s->terms[n++] = s->terms[i];
    qsort(s->terms, (size_t)n, sizeof *s->terms, by_order);
    return intern(space, s->c, n, s->terms);
}

const sched_index *sched_const(sched_space *space, int64_t c)
{
    return intern(space, c, 0, NULL);
}

const sched_index *sched_add(sched_space *space, const sched_index *a, const sched_index *b)
{
    sum s = {0};
    sum_index(&s, a, 1);
    sum_index(&s, b, 1);
    return sum_done(space, &s);
}

const sched_index *sched_addc(sched_space *space, const sched_index *a, int64_t c)
{
    return intern(space, a->c + c, a->nterms, a->terms);
}

const sched_index *sched_mul(sched_space *space, const sched_index *a, int64_t k)
{
    sum s = {0};
    sum_index(&s, a, k);
    return sum_done(space, &s);
}

/* ---- atoms ---- */

static const sched_index *of_atom(sched_space *space, sched_atom want)
{
    const sched_atom *found = NULL;
    for (int i = 0; i < space->natoms && !found; i++) {
        const sched_atom *a = space->atoms[i];
        if (a->kind == want.kind && a->var == want.var && a->of == want.of && a->k == want.k && a->value == want.value &&
            a->max == want.max)
            found = a;
    }
    if (!found) {
        sched_atom *atom = fw_alloc(space->arena, sizeof *atom);
        *atom = want;
        atom->order = space->natoms;
        FW_PUSH(space->arena, space->atoms, space->natoms, space->atoms_cap, atom);
        found = atom;
    }
    sched_term term = {1, found};
    return intern(space, 0, 1, &term);
}

int sched_var_new(sched_space *space, const char *name, int64_t extent)
{
    int var = space->nvars;
    FW_PUSH(space->arena, space->vars, space->nvars, space->vars_cap, space->vars[0]);
    space->vars[var].name = fw_strdup(space->arena, name);
    space->vars[var].extent = extent;
    sched_atom atom = {.kind = SCHED_VAR, .var = var, .min = 0, .max = extent > 0 ? extent - 1 : 0};
    space->vars[var].index = extent == 1 ? sched_const(space, 0) : of_atom(space, atom);
    return var;
}

const sched_index *sched_var(sched_space *space, int var)
{
    return space->vars[var].index;
}

const sched_index *sched_dyn(sched_space *space, const sched_value *value, int64_t max)
{
    if (max <= 0)
        return sched_const(space, 0);
    return of_atom(space, (sched_atom){.kind = SCHED_DYN, .value = value, .min = 0, .max = max});
}

/* Splits a = k*q + r, q taking every term whose coefficient k divides, r's constant in [0, k). */
static void split(sched_space *space, const sched_index *a, int64_t k, const sched_index **q, const sched_index **r)
{
    sum quotient = {.c = floor_div(a->c, k)}, rest = {.c = floor_mod(a->c, k)};
    for (int i = 0; i < a->nterms; i++) {
        const sched_term *t = &a->terms[i];
        if (t->coef % k == 0)
            sum_term(&quotient, t->coef / k, t->atom);
        else
            sum_term(&rest, t->coef, t->atom);
    }
    *q = sum_done(space, &quotient);
    *r = sum_done(space, &rest);
}

/* A factor g of k such that r = g*A + small with small in [0, g): then floor(r/k) = floor(A/(k/g)). 1 when there is none. */
static int64_t common_step(sched_space *space, const sched_index *r, int64_t k, const sched_index **high, const sched_index **low)
{
    int64_t best = 1;
    for (int i = 0; i < r->nterms; i++) {
        int64_t g = llabs(r->terms[i].coef);
        if (g <= best || g >= k || k % g != 0)
            continue;
        const sched_index *q, *small;
        split(space, r, g, &q, &small);
        if (small->min >= 0 && small->max < g) {
            best = g;
            *high = q;
            *low = small;
        }
    }
    return best;
}

const sched_index *sched_div(sched_space *space, const sched_index *a, int64_t k)
{
    if (k == 1)
        return a;
    const sched_index *q, *r, *high, *low;
    split(space, a, k, &q, &r);
    int64_t least = floor_div(r->min, k);
    if (least == floor_div(r->max, k))
        return sched_addc(space, q, least);
    int64_t g = common_step(space, r, k, &high, &low);
    if (g > 1)
        return sched_add(space, q, sched_div(space, high, k / g));
    if (r->nterms == 1 && r->c == 0 && r->terms[0].coef == 1 && r->terms[0].atom->kind == SCHED_DIV)
        return sched_add(space, q, sched_div(space, r->terms[0].atom->of, r->terms[0].atom->k * k));
    sched_atom atom = {.kind = SCHED_DIV, .of = r, .k = k, .min = least, .max = floor_div(r->max, k)};
    return sched_add(space, q, of_atom(space, atom));
}

const sched_index *sched_mod(sched_space *space, const sched_index *a, int64_t k)
{
    const sched_index *q, *r, *high, *low;
    if (k == 1)
        return sched_const(space, 0);
    split(space, a, k, &q, &r);
    int64_t least = floor_div(r->min, k);
    if (least == floor_div(r->max, k))
        return sched_addc(space, r, -k * least);
    int64_t g = common_step(space, r, k, &high, &low);
    if (g > 1)
        return sched_add(space, sched_mul(space, sched_mod(space, high, k / g), g), low);
    if (r->nterms == 1 && r->c == 0 && r->terms[0].coef == 1 && r->terms[0].atom->kind == SCHED_MOD &&
        r->terms[0].atom->k % k == 0)
        return sched_mod(space, r->terms[0].atom->of, k);
    return of_atom(space, (sched_atom){.kind = SCHED_MOD, .of = r, .k = k, .min = 0, .max = k - 1});
}

/* ---- questions ---- */

bool sched_index_is_const(const sched_index *a, int64_t *c)
{
    if (a->nterms)
        return false;
    *c = a->c;
    return true;
}

bool sched_index_is_linear(const sched_index *a)
{
    for (int i = 0; i < a->nterms; i++)
        if (a->terms[i].atom->kind == SCHED_DIV || a->terms[i].atom->kind == SCHED_MOD)
            return false;
    return true;
}

int64_t sched_index_coef(const sched_index *a, int var)
{
    for (int i = 0; i < a->nterms; i++)
        if (a->terms[i].atom->kind == SCHED_VAR && a->terms[i].atom->var == var)
            return a->terms[i].coef;
    return 0;
}

static bool value_uses(const sched_value *value, int var)
{
    for (int i = 0; i < value->nindex; i++)
        if (sched_index_uses(value->index[i], var))
            return true;
    for (int i = 0; i < value->nargs; i++)
        if (value_uses(value->args[i], var))
            return true;
    for (int i = 0; i < value->nconds; i++)
        if (sched_index_uses(value->conds[i].index, var))
            return true;
    return false;
}

bool sched_index_uses(const sched_index *a, int var)
{
    for (int i = 0; i < a->nterms; i++) {
        const sched_atom *atom = a->terms[i].atom;
        if (atom->kind == SCHED_VAR ? atom->var == var : atom->kind == SCHED_DYN ? value_uses(atom->value, var)
                                                                                 : sched_index_uses(atom->of, var))
            return true;
    }
    return false;
}

const sched_index *sched_index_replace(sched_space *space, const sched_index *a, int var, const sched_index *by)
{
    const sched_index *result = sched_const(space, a->c);
    for (int i = 0; i < a->nterms; i++) {
        const sched_atom *atom = a->terms[i].atom;
        const sched_term one = {1, atom};
        const sched_index *part = intern(space, 0, 1, &one);
        if (atom->kind == SCHED_VAR && atom->var == var)
            part = by;
        else if (atom->kind == SCHED_DIV)
            part = sched_div(space, sched_index_replace(space, atom->of, var, by), atom->k);
        else if (atom->kind == SCHED_MOD)
            part = sched_mod(space, sched_index_replace(space, atom->of, var, by), atom->k);
        result = sched_add(space, result, sched_mul(space, part, a->terms[i].coef));
    }
    return result;
}

static void print_atom(const sched_space *space, const sched_atom *atom, fw_text *out)
{
    if (atom->kind == SCHED_VAR) {
        fw_text_add(out, space->vars[atom->var].name);
    } else if (atom->kind == SCHED_DYN) {
        fw_text_printf(out, "clamp(v%d, %lld)", atom->value->number, (long long)atom->max);
    } else {
        fw_text_add(out, "(");
        sched_index_print(space, atom->of, out);
        fw_text_printf(out, ")%s%lld", atom->kind == SCHED_DIV ? "/" : "%", (long long)atom->k);
    }
}

void sched_index_print(const sched_space *space, const sched_index *a, fw_text *out)
{
    for (int i = 0; i < a->nterms; i++) {
        int64_t coef = a->terms[i].coef;
        fw_text_add(out, i == 0 ? (coef < 0 ? "-" : "") : (coef < 0 ? " - " : " + "));
        if (llabs(coef) != 1)
            fw_text_printf(out, "%lld*", llabs(coef));
        print_atom(space, a->terms[i].atom, out);
    }
    if (!a->nterms)
        fw_text_printf(out, "%lld", (long long)a->c);
    else if (a->c)
        fw_text_printf(out, " %c %lld", a->c < 0 ? '-' : '+', llabs((long long)a->c));
}
