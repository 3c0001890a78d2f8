/* One statement of a kernel as CUDA text: a loop over its points that is spread over the grid or over the block, and
 * inside it the computation of one element by a thread, a warp, a block or a column of warps. See emit_cuda.h for the
 * five forms. */
#include "emit_cuda.h"

#include <string.h>

/* ---- variables ---- */

int64_t cuda_times(int64_t a, int64_t b)
{
    return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

int64_t cuda_points(const sched_stmt *stmt)
{
    int64_t points = 1;
    for (int i = 0; i < stmt->nvars; i++)
        points = cuda_times(points, stmt->vars[i].extent);
    return points;
}

static void add_axis(cuda_axes *a, const char *name, const char *lo, const char *hi, const char *size, int64_t fixed)
{
    a->at[a->count++] = (cuda_axis){name, lo, hi, size, fixed};
}

void cuda_add_axis(emit *e, cuda_axes *a, int var, int64_t extent)
{
    const char *size = fw_format(e->arena, "%lld", (long long)extent);
    add_axis(a, sched_var_name(e->kernel->space, var), NULL, size, size, extent);
}

/* A variable inside the tile at hand. */
static void add_tiled(emit *e, cuda_axes *a, const sched_range *r)
{
    const char *name = sched_var_name(e->kernel->space, r->var), *lo = emit_lo(e, r), *hi = emit_hi(e, r);
    const sched_loop *loop = r->loop >= 0 ? &e->kernel->loops[r->loop] : NULL;
    if (!loop || loop->ntiles == 1) {
        cuda_add_axis(e, a, r->var, r->extent);
        return;
    }
    bool even = r->coef == 1 && r->first == 0 && r->last == 0 && loop->extent % loop->tile == 0;
    const char *size =
        even ? fw_format(e->arena, "%lld", (long long)loop->tile) : fw_format(e->arena, "(%s - %s)", hi, lo);
    add_axis(a, name, lo, hi, size, even ? loop->tile : 0);
}

cuda_axes cuda_axes_of(const cuda_nest *n, const sched_stmt *stmt)
{
    cuda_axes a = {0};
    for (int i = 0; i < stmt->nvars; i++) {
        if (stmt->vars[i].extent == 1)
            continue;
        if (n->layout->whole)
            cuda_add_axis(n->e, &a, stmt->vars[i].var, stmt->vars[i].extent);
        else
            add_tiled(n->e, &a, &stmt->vars[i]);
    }
    return a;
}

/* Number of points of axes `from` and later, as C text. */
const char *cuda_count(const cuda_nest *n, const cuda_axes *a, int from)
{
    int64_t fixed = 1;
    const char *text = NULL;
    for (int i = from; i < a->count; i++) {
        fixed *= a->at[i].fixed ? a->at[i].fixed : 1;
        if (!a->at[i].fixed)
            text = text ? fw_format(n->e->arena, "%s * %s", text, a->at[i].size) : a->at[i].size;
    }
    if (!text)
        return fw_format(n->e->arena, "%lld", (long long)fixed);
    return fixed == 1 ? text : fw_format(n->e->arena, "%lld * %s", (long long)fixed, text);
}

bool cuda_mentions(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at++) {
        char before = at == text ? ' ' : at[-1], after = at[length];
        bool inside = (before >= '0' && before <= '9') || (before >= 'A' && before <= 'Z') || before == '_' ||
                      (before >= 'a' && before <= 'z');
        inside |= (after >= '0' && after <= '9') || (after >= 'A' && after <= 'Z') || after == '_' ||
                  (after >= 'a' && after <= 'z');
        if (!inside)
            return true;
    }
    return false;
}

/* The axes' variables from one number, the last cuda_axis fastest; only those that `body` reads. */
void cuda_decode(const cuda_nest *n, const cuda_axes *a, const char *number, const char *body, int indent, fw_text *out)
{
    fw_text line;
    fw_text_init(&line, n->e->arena);
    for (int i = 0; i < a->count; i++) {
        const cuda_axis *x = &a->at[i];
        if (!cuda_mentions(body, x->name))
            continue;
        const char *inner = cuda_count(n, a, i + 1), *text = number;
        if (strchr(inner, '*'))
            inner = fw_format(n->e->arena, "(%s)", inner);
        if (strcmp(inner, "1"))
            text = fw_format(n->e->arena, "%s / %s", text, inner);
        if (i)
            text = fw_format(n->e->arena, "%s %% %s", text, x->size);
        if (x->lo)
            text = fw_format(n->e->arena, "%s + %s", x->lo, text);
        fw_text_printf(&line, "%s%s = %s", line.size ? ", " : "", x->name, text);
    }
    out->indent = indent;
    if (line.size)
        fw_text_line(out, "const %s %s;", n->count, fw_text_string(&line));
}

/* ---- the loop over points ---- */

typedef struct spread {
    const char *start, *step, *alone;
} spread;

/* Where a worker of the form starts, how far it goes at once, and which one does a single point. */
static spread spread_of(const cuda_nest *n, cuda_form form)
{
    const char *x = n->divided ? "y" : "x", *wide = n->layout->wide ? "(int64_t)" : "";
    bool grid = n->layout->whole || n->divided;
    fw_arena *a = n->e->arena;
    const char *block = fw_format(a, "%sblockIdx.%s", wide, x), *blocks = fw_format(a, "%sgridDim.%s", wide, x);
    const char *first = fw_format(a, "blockIdx.%s == 0", x);
    switch (form) {
    case CUDA_WARPS:
        if (grid)
            return (spread){fw_format(a, "%s * %d + warp", block, CUDA_WARPS_A_BLOCK),
                fw_format(a, "%s * %d", blocks, CUDA_WARPS_A_BLOCK), fw_format(a, "if (%s && warp == 0) {", first)};
        return (spread){"warp", fw_format(a, "%d", CUDA_WARPS_A_BLOCK), "if (warp == 0) {"};
    case CUDA_BLOCKS:
        if (grid)
            return (spread){block, blocks, fw_format(a, "if (%s) {", first)};
        return (spread){"0", "1", "{"};
    case CUDA_COLUMNS:
        if (grid)
            return (spread){fw_format(a, "%s * 32", block), fw_format(a, "%s * 32", blocks), "{"};
        return (spread){"0", "32", "{"};
    default:
        if (grid)
            return (spread){fw_format(a, "%s * blockDim.x + threadIdx.x", block),
                fw_format(a, "%s * blockDim.x", blocks), fw_format(a, "if (%s && threadIdx.x == 0) {", first)};
        return (spread){"threadIdx.x", "blockDim.x", "if (threadIdx.x == 0) {"};
    }
}

/* for (counter of the form) { variables; body } */
void cuda_loop(const cuda_nest *n, const cuda_axes *a, cuda_form form, const char *body, fw_text *out)
{
    spread s = spread_of(n, form);
    const char *counter = form == CUDA_POINTS || form == CUDA_IN_ORDER ? "point" : "row", *all = cuda_count(n, a, 0);
    out->indent = n->indent;
    if (a->count == 0) {
        fw_text_line(out, "%s", s.alone);
    } else if (a->count == 1 && form != CUDA_COLUMNS) {
        const cuda_axis *x = &a->at[0];
        const char *start =
            x->lo ? !strcmp(s.start, "0") ? x->lo : fw_format(n->e->arena, "%s + %s", x->lo, s.start) : s.start;
        const char *step = strcmp(s.step, "1") ? fw_format(n->e->arena, " += %s", s.step) : "++";
        fw_text_line(out, "for (%s %s = %s; %s < %s; %s%s) {", n->count, x->name, start, x->name, x->hi, x->name, step);
    } else if (form == CUDA_COLUMNS) {
        fw_text_line(out, "for (%s first = %s; first < %s; first += %s) {", n->count, s.start, all, s.step);
        fw_text_line(out, "    const %s column = first + lane;", n->count);
        cuda_decode(n, a, "column", body, n->indent + 1, out);
    } else {
        fw_text_line(
            out, "for (%s %s = %s; %s < %s; %s += %s) {", n->count, counter, s.start, counter, all, counter, s.step);
        cuda_decode(n, a, counter, body, n->indent + 1, out);
    }
    fw_text_add(out, body);
    out->indent = n->indent;
    fw_text_line(out, "}");
}

/* ---- texts of one point ---- */

/* Starts a statement whose values are printed at levels: 0 before the loop over points, up to `outer` once a point,
 * then one level a reduction loop. */
void cuda_begin(const cuda_nest *n, const sched_stmt *stmt, int outer, int count, const int *vars, bool nested)
{
    emit *e = n->e;
    emit_begin(e, stmt, count, vars, n->indent);
    e->text[0].indent = n->indent;
    for (int i = 1; i <= count; i++)
        e->text[i].indent = n->indent + 1 + (i > outer ? nested ? i - outer : 1 : 0);
}

void cuda_levels(emit *e, int from, int to, fw_text *out)
{
    for (int i = from; i <= to; i++)
        fw_text_add(out, fw_text_string(&e->text[i]));
}

int cuda_vars(const sched_stmt *stmt, int *vars)
{
    for (int i = 0; i < stmt->nvars; i++)
        vars[i] = stmt->vars[i].var;
    return stmt->nvars;
}

fw_text cuda_text(const cuda_nest *n, int indent)
{
    fw_text text;
    fw_text_init(&text, n->e->arena);
    text.indent = indent;
    return text;
}

bool cuda_same_points(const sched_stmt *a, const sched_stmt *b)
{
    if (a->kind != SCHED_MAP || b->kind != SCHED_MAP || a->nvars != b->nvars)
        return false;
    for (int i = 0; i < a->nvars; i++)
        if (a->vars[i].var != b->vars[i].var)
            return false;
    return true;
}

/* What follows stands in the same scope: no name may be used again there. */
void cuda_keep_names(emit *e)
{
    for (int i = 0; i < e->nidentifiers; i++)
        e->identifiers[i].level = 0;
}

/* The statement's value at one point, stored: what comes before the loop goes to `before`. */
void cuda_map_point(const cuda_nest *n, const sched_stmt *stmt, fw_text *before, fw_text *body)
{
    int vars[EMIT_MAX_LEVELS] = {0}, count = cuda_vars(stmt, vars);
    emit *e = n->e;
    cuda_begin(n, stmt, count, count, vars, false);
    const char *text = emit_expression(e, stmt->value);
    emit_store(e, stmt); /* prints what the place depends on */
    fw_text_add(before, fw_text_string(&e->text[0]));
    cuda_levels(e, 1, count, body);
    body->indent = n->indent + 1;
    emit_assign(e, stmt, text, body);
    cuda_keep_names(e);
}

void cuda_maps(cuda_nest *n, const sched_stmt *stmts, int count, fw_text *out)
{
    cuda_axes a = cuda_axes_of(n, &stmts[0]);
    fw_text before = cuda_text(n, n->indent), body = cuda_text(n, n->indent + 1);
    for (int i = 0; i < count; i++)
        cuda_map_point(n, &stmts[i], &before, &body);
    fw_text_add(out, fw_text_string(&before));
    cuda_loop(n, &a, CUDA_POINTS, fw_text_string(&body), out);
}

/* ---- scatters ---- */

/* Different values of such a variable are different elements, whatever the run-time indices are: a dim of the result is
 * the variable itself. Threads divide these; all other variables are walked in order, so that updates of one element
 * come in order. */
static bool divides(const emit *e, const sched_stmt *stmt, int var)
{
    for (int d = 0; d < stmt->instr->shape->rank; d++)
        if (stmt->index[d] == sched_var(e->kernel->space, var))
            return true;
    return false;
}

static cuda_axes scatter_axes(const cuda_nest *n, const sched_stmt *stmt, bool divided)
{
    cuda_axes a = {0};
    for (int i = 0; i < stmt->nvars; i++)
        if (stmt->vars[i].extent != 1 && divides(n->e, stmt, stmt->vars[i].var) == divided)
            cuda_add_axis(n->e, &a, stmt->vars[i].var, stmt->vars[i].extent);
    return a;
}

/* An update whose place is outside of the result is dropped. */
static const char *scatter_cond(emit *e, const sched_stmt *stmt)
{
    const char *text = NULL;
    for (int i = 0; i < stmt->nskips; i++) {
        const char *v = emit_paren(e->arena, emit_value(e, stmt->skips[i].value), EMIT_UNARY);
        const char *one =
            fw_format(e->arena, "(int64_t)%s >= 0 && (int64_t)%s <= %lld", v, v, (long long)stmt->skips[i].max);
        text = text ? fw_format(e->arena, "%s && %s", text, one) : one;
    }
    return text;
}

static int scatter_vars(const cuda_nest *n, const sched_stmt *stmt, int *vars, int *outer)
{
    int count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < stmt->nvars; i++)
            if (stmt->vars[i].extent != 1 && divides(n->e, stmt, stmt->vars[i].var) == !pass)
                vars[count++] = stmt->vars[i].var;
        *outer = pass ? *outer : count;
    }
    return count;
}

static void scatter(const cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    emit *e = n->e;
    cuda_axes a = scatter_axes(n, stmt, true), order = scatter_axes(n, stmt, false);
    int vars[EMIT_MAX_LEVELS] = {0}, outer = 0, count = scatter_vars(n, stmt, vars, &outer);
    cuda_begin(n, stmt, outer, count, vars, true);
    const char *cond = scatter_cond(e, stmt), *value = emit_value(e, stmt->value);
    const char *old = emit_widen(e, stmt->instr->shape->type, emit_store(e, stmt));
    fw_text body = cuda_text(n, n->indent + 1), update = cuda_text(n, n->indent + 1 + order.count);
    if (cond) {
        fw_text_line(&update, "if (%s) {", cond);
        update.indent++;
    }
    emit_assign(e, stmt, emit_combine(e, stmt, old, value, &update), &update);
    if (cond) {
        update.indent--;
        fw_text_line(&update, "}");
    }
    cuda_levels(e, 1, outer, &body);
    for (int i = 0; i < order.count; i++) {
        const char *v = order.at[i].name;
        body.indent = n->indent + 1 + i;
        fw_text_line(&body, "for (%s %s = 0; %s < %s; %s++) {", n->count, v, v, order.at[i].size, v);
        fw_text_add(&body, fw_text_string(&e->text[outer + 1 + i]));
    }
    fw_text_add(&body, fw_text_string(&update));
    for (int i = order.count - 1; i >= 0; i--) {
        body.indent = n->indent + 1 + i;
        fw_text_line(&body, "}");
    }
    fw_text_add(out, fw_text_string(&e->text[0]));
    cuda_loop(n, &a, CUDA_IN_ORDER, fw_text_string(&body), out);
}

/* ---- statements ---- */

int64_t cuda_stmt_blocks(emit *e, const sched_stmt *stmt)
{
    int64_t points = cuda_points(stmt), unit = CUDA_THREADS;
    switch (cuda_stmt_form(e, stmt, true)) {
    case CUDA_WARPS: unit = CUDA_WARPS_A_BLOCK; break;
    case CUDA_BLOCKS: unit = 1; break;
    case CUDA_COLUMNS: unit = 32; break;
    case CUDA_IN_ORDER:
        points = 1;
        for (int i = 0; i < stmt->nvars; i++)
            points *= divides(e, stmt, stmt->vars[i].var) ? stmt->vars[i].extent : 1;
        break;
    case CUDA_POINTS: break;
    }
    return points / unit + (points % unit != 0);
}

bool cuda_ends_in_barrier(const cuda_nest *n, const sched_stmt *stmt)
{
    cuda_form form = cuda_stmt_form(n->e, stmt, n->layout->whole);
    return form == CUDA_BLOCKS || form == CUDA_COLUMNS;
}

void cuda_stmt(cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    cuda_form form = cuda_stmt_form(n->e, stmt, n->layout->whole);
    if (stmt->kind == SCHED_MAP)
        cuda_maps(n, stmt, 1, out);
    else if (form == CUDA_IN_ORDER)
        scatter(n, stmt, out);
    else
        cuda_sum(n, stmt, form, out);
}
