/* One statement of a kernel as C loops: maps and scatters; sums are in sum_c.c. Scalar text that both compilers vectorise. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SEGMENTS 8

/* ---- small text pieces ---- */

void emit_open_loop(emit *e, fw_text *out, int indent, int var, const char *lo, const char *hi)
{
    const char *v = sched_var_name(e->kernel->space, var);
    out->indent = indent;
    fw_text_line(out, "for (int64_t %s = %s; %s < %s; %s++) {", v, lo, v, hi, v);
}

void emit_close_loops(fw_text *out, int from, int to)
{
    for (int i = from - 1; i >= to; i--) {
        out->indent = i;
        fw_text_line(out, "}");
    }
}

/* ---- maps ---- */

typedef struct cuts { int var; int64_t extent; int n; int64_t at[MAX_SEGMENTS + 2]; bool many; } cuts;

static void add_cut(cuts *c, int64_t at)
{
    if (at <= 0 || at >= c->extent)
        return;
    for (int i = 0; i < c->n; i++)
        if (c->at[i] == at)
            return;
    if (c->n == MAX_SEGMENTS)
        c->many = true;
    else
        c->at[c->n++] = at;
}

static void see_conds(void *user, const sched_value *value)
{
    cuts *c = user;
    for (int i = 0; i < value->nconds; i++) {
        const sched_cond *cond = &value->conds[i];
        if (cond->scale != 1 || cond->index->nterms != 1 || sched_index_coef(cond->index, c->var) != 1)
            continue;
        add_cut(c, -cond->index->c);
        add_cut(c, cond->count - cond->index->c);
    }
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Where the conditions on the innermost variable change: the loop is cut there, so that each piece is free of them. */
static cuts find_cuts(emit *e, const sched_stmt *stmt)
{
    cuts c = {.var = -1};
    if (!stmt->nvars)
        return c;
    c.var = stmt->vars[stmt->nvars - 1].var;
    c.extent = stmt->vars[stmt->nvars - 1].extent;
    sched_visit(e->arena, e->kernel, stmt, see_conds, &c);
    if (c.many)
        c.n = 0;
    qsort(c.at, (size_t)c.n, sizeof *c.at, by_value);
    return c;
}

static const char *later(emit *e, const char *lo, int64_t bound)
{
    if (!strcmp(lo, "0") || bound == 0)
        return bound == 0 ? lo : fw_format(e->arena, "%lld", (long long)bound);
    gen_use_helper(e->model, "max_i64");
    return fw_format(e->arena, "%s_max_i64(%s, %lld)", e->model->prefix, lo, (long long)bound);
}

static const char *earlier(emit *e, const sched_range *r, const char *hi, int64_t bound)
{
    if (bound == r->extent)
        return hi;
    if (r->loop < 0 || e->kernel->loops[r->loop].ntiles == 1)
        return fw_format(e->arena, "%lld", (long long)bound);
    gen_use_helper(e->model, "min_i64");
    return fw_format(e->arena, "%s_min_i64(%s, %lld)", e->model->prefix, hi, (long long)bound);
}

static void map_piece(emit *e, const sched_stmt *stmt, int indent, int64_t from, int64_t to, fw_text *out)
{
    int n = stmt->nvars;
    const sched_range *r = &stmt->vars[n - 1];
    e->segment_var = r->var;
    e->segment_lo = from;
    e->segment_hi = to;
    emit_forget(e, n);
    const char *value = emit_expression(e, stmt->value);
    emit_assign(e, stmt, value, &e->text[n]);
    e->segment_var = -1;
    emit_open_loop(e, out, indent + n - 1, r->var, later(e, emit_lo(e, r), from), earlier(e, r, emit_hi(e, r), to));
    fw_text_add(out, fw_text_string(&e->text[n]));
    emit_close_loops(out, indent + n, indent + n - 1);
}

static void emit_map(emit *e, const sched_stmt *stmt, int indent, fw_text *out)
{
    int n = stmt->nvars, vars[EMIT_MAX_LEVELS] = {0};
    for (int i = 0; i < n; i++)
        vars[i] = stmt->vars[i].var;
    emit_begin(e, stmt, n, vars, indent);
    if (n == 0) {
        const char *value = emit_expression(e, stmt->value);
        emit_assign(e, stmt, value, &e->text[0]);
        fw_text_add(out, fw_text_string(&e->text[0]));
        return;
    }
    cuts c = find_cuts(e, stmt);
    fw_text inner;
    fw_text_init(&inner, e->arena);
    for (int i = 0; i <= c.n; i++)
        map_piece(e, stmt, indent, i ? c.at[i - 1] : 0, i < c.n ? c.at[i] : c.extent, &inner);
    for (int i = 0; i < n; i++) {
        fw_text_add(out, fw_text_string(&e->text[i]));
        if (i < n - 1)
            emit_open_loop(e, out, indent + i, vars[i], emit_lo(e, &stmt->vars[i]), emit_hi(e, &stmt->vars[i]));
    }
    fw_text_add(out, fw_text_string(&inner));
    emit_close_loops(out, indent + n - 1, indent);
}

/* ---- scatters ---- */

static void emit_scatter(emit *e, const sched_stmt *stmt, int indent, fw_text *out)
{
    int n = stmt->nvars, vars[EMIT_MAX_LEVELS] = {0};
    for (int i = 0; i < n; i++)
        vars[i] = stmt->vars[i].var;
    emit_begin(e, stmt, n, vars, indent);
    fw_text *body = &e->text[n];
    const char *skip = NULL;
    for (int i = 0; i < stmt->nskips; i++) {
        const char *v = emit_value(e, stmt->skips[i].value);
        const char *one = fw_format(e->arena, "(int64_t)%s < 0 || (int64_t)%s > %lld", emit_paren(e->arena, v, EMIT_UNARY), emit_paren(e->arena, v, EMIT_UNARY), (long long)stmt->skips[i].max);
        skip = skip ? fw_format(e->arena, "%s || %s", skip, one) : one;
    }
    const char *store = emit_store(e, stmt), *value = emit_value(e, stmt->value);
    const char *old = emit_widen(e, stmt->instr->shape->type, store);
    if (skip && n)
        fw_text_line(body, "if (%s)\n%*scontinue;", skip, 4 * (body->indent + 1), "");
    else if (skip)
        fw_text_line(body, "if (!(%s)) {", skip);
    body->indent += skip && !n;
    emit_assign(e, stmt, emit_combine(e, stmt, old, value, body), body);
    body->indent -= skip && !n;
    if (skip && !n)
        fw_text_line(body, "}");
    for (int i = 0; i < n; i++) {
        fw_text_add(out, fw_text_string(&e->text[i]));
        emit_open_loop(e, out, indent + i, vars[i], emit_lo(e, &stmt->vars[i]), emit_hi(e, &stmt->vars[i]));
    }
    fw_text_add(out, fw_text_string(&e->text[n]));
    emit_close_loops(out, indent + n, indent);
}

bool emit_stmt(emit *e, const sched_stmt *stmt, int indent, fw_text *out)
{
    if (stmt->kind == SCHED_MAP)
        emit_map(e, stmt, indent, out);
    else if (stmt->kind == SCHED_REDUCE)
        emit_sum(e, stmt, indent, out);
    else
        emit_scatter(e, stmt, indent, out);
    return true;
}
