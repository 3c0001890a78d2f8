/* Sums and other reductions as C loops, in the forms of reference/cpu-kernels-memory.md: lanes along a row, a row of accumulators down
 * columns, a plain loop for the rest. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

#define LANES 64                 /* fixed, so that a sum has the same order on every vector width */
#define COLUMN_BYTES 8192        /* accumulators of a column sum: all that a kernel puts on the stack */
#define UNROLL 4                 /* rows that a column sum adds at once */

static const sched_range *range_of(const sched_stmt *stmt, int var)
{
    for (int i = 0; i < stmt->nvars; i++)
        if (stmt->vars[i].var == var)
            return &stmt->vars[i];
    return NULL;
}

static const char *scalar_type(ir_type type)
{
    return ir_type_c(emit_type(type));
}

typedef struct stride { emit *e; const sched_stmt *stmt; int var; int64_t weight; } stride;

/* Elements of the array that one sum walks through: the extents of all variables that the load moves with. */
static int64_t load_weight(const stride *s, const sched_value *load)
{
    int64_t weight = 1;
    for (int v = 0; v < s->stmt->nvars + s->stmt->nreds; v++) {
        bool red = v >= s->stmt->nvars;
        int var = red ? s->stmt->reds[v - s->stmt->nvars].var : s->stmt->vars[v].var;
        int64_t extent = red ? s->stmt->reds[v - s->stmt->nvars].extent : s->stmt->vars[v].extent;
        bool uses = false;
        for (int d = 0; d < load->nindex; d++)
            uses |= sched_index_uses(load->index[d], var);
        weight *= uses && weight < INT64_MAX / (extent + 1) ? extent : 1;
    }
    return weight;
}

static void see_stride(void *user, const sched_value *value)
{
    stride *s = user;
    if (value->kind != SCHED_LOAD || !value->nindex)
        return;
    sched_space *space = s->e->kernel->space;
    const sched_index *flat = sched_const(space, 0);
    for (int d = 0; d < value->nindex; d++)
        flat = sched_add(space, sched_mul(space, flat, ir_shape_size(value->instr->shape, d)), value->index[d]);
    if (sched_index_coef(flat, s->var) == 1)
        s->weight += load_weight(s, value);
}

int64_t emit_unit_stride(emit *e, const sched_stmt *stmt, int var)
{
    stride s = {e, stmt, var, 0};
    sched_visit(e->arena, e->kernel, stmt, see_stride, &s);
    return s.weight;
}

/* A sum as a nest: outer variables, then reductions with the vector one (if any) last. */
typedef struct reduction {
    int nvars, vars[EMIT_MAX_LEVELS];    /* result variables in loop order; for columns the last one is the vector variable */
    int nreds, reds[EMIT_MAX_LEVELS];    /* reduction variables in loop order */
    int64_t red_extent[EMIT_MAX_LEVELS];
    bool column;
} reduction;

static reduction choose_form(emit *e, const sched_stmt *stmt)
{
    reduction r = {0};
    int64_t best = 0;
    int vector_var = -1, vector_red = -1;
    for (int i = stmt->nvars - 1; i >= 0; i--) {
        int64_t w = stmt->vars[i].size > 3 ? emit_unit_stride(e, stmt, stmt->vars[i].var) : 0;
        if (w > best) {
            best = w;
            vector_var = i;
        }
    }
    for (int i = stmt->nreds - 1; i >= 0; i--) {
        int64_t w = stmt->reds[i].extent > 3 ? emit_unit_stride(e, stmt, stmt->reds[i].var) : 0;
        if (w > best) {
            best = w;
            vector_red = i;
        }
    }
    r.column = vector_red < 0 && vector_var >= 0;
    for (int i = 0; i < stmt->nvars; i++)
        if (!r.column || i != vector_var)
            r.vars[r.nvars++] = stmt->vars[i].var;
    if (r.column)
        r.vars[r.nvars++] = stmt->vars[vector_var].var;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < stmt->nreds; i++) {
            if ((i == vector_red) != pass || stmt->reds[i].extent == 1)
                continue;
            r.red_extent[r.nreds] = stmt->reds[i].extent;
            r.reds[r.nreds++] = stmt->reds[i].var;
        }
    return r;
}

/* Bounds of a reduction loop. An element outside the operand is skipped; where the condition is lo <= r + rest < hi with the rest
 * known outside the loop, it becomes the loop's bounds. */
typedef struct bounds { const char *lo, *hi; } bounds;

static bool is_bound(emit *e, const sched_cond *cond, const reduction *r, int *red)
{
    for (int i = r->nreds - 1; i >= 0; i--) {
        if (!sched_index_uses(cond->index, r->reds[i]))
            continue;
        sched_space *s = e->kernel->space;
        const sched_index *rest = sched_add(s, cond->index, sched_mul(s, sched_var(s, r->reds[i]), -1));
        *red = i;
        return cond->scale == 1 && sched_index_coef(cond->index, r->reds[i]) == 1 && !sched_index_uses(rest, r->reds[i]) &&
               !(r->column && sched_index_uses(rest, r->vars[r->nvars - 1]));
    }
    return false;
}

static bounds red_bounds(emit *e, const sched_stmt *stmt, const reduction *r, int red)
{
    sched_space *s = e->kernel->space;
    bounds b = {"0", fw_format(e->arena, "%lld", (long long)r->red_extent[red])};
    for (int i = 0; i < stmt->nconds; i++) {
        const sched_cond *cond = &stmt->conds[i];
        int which;
        if (!is_bound(e, cond, r, &which) || which != red)
            continue;
        const sched_index *to = sched_mul(s, sched_add(s, cond->index, sched_mul(s, sched_var(s, r->reds[red]), -1)), -1);
        if (to->max > 0) {
            gen_use_helper(e->model, "max_i64");
            b.lo = fw_format(e->arena, "%s_max_i64(%s, %s)", e->model->prefix, b.lo, emit_index(e, to));
        }
        if (to->min + cond->count < r->red_extent[red]) {
            gen_use_helper(e->model, "min_i64");
            b.hi = fw_format(e->arena, "%s_min_i64(%s, %s)", e->model->prefix, b.hi, emit_index(e, sched_addc(s, to, cond->count)));
        }
    }
    return b;
}

/* Skips that are no bounds, each at the loop where it is known; those that only the innermost loop knows come back. */
static const char *skip_conds(emit *e, const sched_stmt *stmt, const reduction *r, int first_red_level, int inner_level)
{
    const char *inner = "1";
    for (int i = 0; i < stmt->nconds; i++) {
        const char *cond = emit_cond(e, &stmt->conds[i]);
        int level = emit_index_level(e, stmt->conds[i].index), red;
        level = level < first_red_level ? first_red_level : level;
        if (!strcmp(cond, "1") || is_bound(e, &stmt->conds[i], r, &red))
            continue;
        if (level >= inner_level)
            inner = strcmp(inner, "1") ? fw_format(e->arena, "%s && %s", inner, cond) : cond;
        else
            fw_text_line(&e->text[level], "if (!(%s))\n%*scontinue;", cond, 4 * (e->text[level].indent + 1), "");
    }
    return inner;
}

static void add_step(emit *e, const sched_stmt *stmt, const char *acc, const char *cond, int level)
{
    fw_text *out = &e->text[level];
    bool always = !strcmp(cond, "1");
    if (!always) {
        e->guard = emit_identifier(e, "inside", level);
        e->guard_level = level;
        fw_text_line(out, "const int %s = %s;", e->guard, cond);
    }
    const char *value = emit_value(e, stmt->value), *next = emit_combine(e, stmt, acc, value, out);
    if (always)
        fw_text_line(out, "%s = %s;", acc, next);
    else
        fw_text_line(out, "%s = %s ? %s : %s;", acc, e->guard, next, acc);
    e->guard = NULL;
}

static bool may_use_lanes(const emit *e, const sched_stmt *stmt)
{
    ir_type type = stmt->instr->shape->type;
    bool ordered = ir_type_is_float(type) && (stmt->combine == IR_OP_ADD || stmt->combine == IR_OP_MULTIPLY);
    return emit_identity((emit *)e, stmt->combine, type) && (!ordered || e->kernel->plan->reassociate);
}

static const char *init_text(emit *e, const sched_stmt *stmt)
{
    if (stmt->init)
        return emit_value(e, stmt->init);
    return emit_identity(e, IR_OP_ADD, stmt->instr->shape->type);
}

static void open_vars(emit *e, const sched_stmt *stmt, const reduction *r, int count, int indent, fw_text *out)
{
    for (int i = 0; i < count; i++) {
        const sched_range *range = range_of(stmt, r->vars[i]);
        fw_text_add(out, fw_text_string(&e->text[i]));
        emit_open_loop(e, out, indent + i, r->vars[i], emit_lo(e, range), emit_hi(e, range));
    }
    fw_text_add(out, fw_text_string(&e->text[count]));
    out->indent = indent + count;
}

static void begin_reduction(emit *e, const sched_stmt *stmt, const reduction *r, int indent)
{
    int n = 0, vars[EMIT_MAX_LEVELS], outer = r->column ? r->nvars - 1 : r->nvars;
    for (int i = 0; i < outer; i++)
        vars[n++] = r->vars[i];
    for (int i = 0; i < r->nreds; i++)
        vars[n++] = r->reds[i];
    if (r->column)
        vars[n++] = r->vars[outer];
    emit_begin(e, stmt, n, vars, indent);
}

static void open_red(emit *e, const sched_stmt *stmt, const reduction *r, int red, int indent, fw_text *out)
{
    bounds b = red_bounds(e, stmt, r, red);
    emit_open_loop(e, out, indent, r->reds[red], b.lo, b.hi);
}

/* acc = init; for reds: acc = combine(acc, value); result = acc */
static void emit_scalar_sum(emit *e, const sched_stmt *stmt, const reduction *r, int indent, fw_text *out)
{
    begin_reduction(e, stmt, r, indent);
    const char *acc = emit_identifier(e, "sum", r->nvars), *init = init_text(e, stmt);
    fw_text_line(&e->text[r->nvars], "%s %s = %s;", scalar_type(stmt->instr->shape->type), acc, init);
    add_step(e, stmt, acc, skip_conds(e, stmt, r, r->nvars + 1, e->nlevels), e->nlevels);
    open_vars(e, stmt, r, r->nvars, indent, out);
    for (int i = 0; i < r->nreds; i++) {
        open_red(e, stmt, r, i, indent + r->nvars + i, out);
        fw_text_add(out, fw_text_string(&e->text[r->nvars + i + 1]));
    }
    emit_close_loops(out, indent + r->nvars + r->nreds, indent + r->nvars);
    out->indent = indent + r->nvars;
    emit_assign(e, stmt, acc, out);
    emit_close_loops(out, indent + r->nvars, indent);
}

/* Sums along a row in LANES accumulators, element i in lane i % LANES, folded by halves at the end. */
static void emit_row_sum(emit *e, const sched_stmt *stmt, const reduction *r, int indent, fw_text *out)
{
    ir_type type = stmt->instr->shape->type;
    int last = r->nreds - 1, at = indent + r->nvars;
    int64_t n = r->red_extent[last], whole = n / LANES * LANES;
    const char *v = sched_var_name(e->kernel->space, r->reds[last]), *block = fw_format(e->arena, "%s0", v);
    begin_reduction(e, stmt, r, indent);
    const char *lanes = emit_identifier(e, "lanes", r->nvars), *init = init_text(e, stmt);
    const char *lane = fw_format(e->arena, "%s[%s - %s]", lanes, v, block);
    e->text[e->nlevels].indent++;
    add_step(e, stmt, lane, skip_conds(e, stmt, r, r->nvars + 1, e->nlevels), e->nlevels);
    open_vars(e, stmt, r, r->nvars, indent, out);
    fw_text_line(out, "%s %s[%d];", scalar_type(type), lanes, LANES);
    fw_text_line(out, "for (int l = 0; l < %d; l++)", LANES);
    fw_text_line(out, "    %s[l] = %s;", lanes, emit_identity(e, stmt->combine, type));
    for (int i = 0; i < last; i++) {
        open_red(e, stmt, r, i, at + i, out);
        fw_text_add(out, fw_text_string(&e->text[r->nvars + i + 1]));
    }
    for (int tail = 0; tail < 2; tail++) {
        if (tail ? whole == n : whole == 0)
            continue;
        out->indent = at + last;
        if (tail)
            fw_text_line(out, "{\n%*sconst int64_t %s = %lld;", 4 * (at + last + 1), "", block, (long long)whole);
        else
            fw_text_line(out, "for (int64_t %s = 0; %s < %lld; %s += %d) {", block, block, (long long)whole, block, LANES);
        emit_open_loop(e, out, at + last + 1, r->reds[last], block,
            tail ? fw_format(e->arena, "%lld", (long long)n) : fw_format(e->arena, "%s + %d", block, LANES));
        fw_text_add(out, fw_text_string(&e->text[e->nlevels]));
        emit_close_loops(out, at + last + 2, at + last);
    }
    emit_close_loops(out, at + last, at);
    out->indent = at;
    fw_text_line(out, "for (int half = %d; half > 0; half /= 2)", LANES / 2);
    fw_text_line(out, "    for (int l = 0; l < half; l++)");
    const char *a = fw_format(e->arena, "%s[l]", lanes), *b = fw_format(e->arena, "%s[l + half]", lanes);
    fw_text_line(out, "        %s = %s;", a, emit_combine(e, stmt, a, b, out));
    const char *first = fw_format(e->arena, "%s[0]", lanes);
    bool plain = !stmt->init || (stmt->init->kind == SCHED_LITERAL && !strcmp(init, emit_identity(e, stmt->combine, type)));
    emit_assign(e, stmt, plain ? first : emit_combine(e, stmt, init, first, out), out);
    emit_close_loops(out, at, indent);
}

/* The accumulator of column v in the row `acc`, whose first one belongs to column lo. */
static const char *acc_element(emit *e, const char *acc, const char *v, const char *lo)
{
    return strcmp(lo, "0") ? fw_format(e->arena, "%s[%s - %s]", acc, v, lo) : fw_format(e->arena, "%s[%s]", acc, v);
}

/* The innermost reduction loop of a column sum: `copies` rows at once, each with its own scalars. */
static void column_rows(emit *e, const sched_stmt *stmt, const reduction *r, int copies, const char *acc, fw_text *scalars, fw_text *body)
{
    int last_level = e->nlevels - 1;
    emit_forget(e, r->nreds ? last_level : e->nlevels); /* without reduction loops the start value was computed there */
    const char *suffixes[] = {"", "_1", "_2", "_3"};
    for (int c = 0; c < copies; c++) {
        const char *v = r->nreds ? sched_var_name(e->kernel->space, r->reds[r->nreds - 1]) : "";
        for (int i = 0; c && i < e->kernel->nvalues; i++)
            if (e->name[i] && e->level[i] >= last_level)
                e->name[i] = NULL;
        e->npieces = 0;
        if (c)
            e->pieces[e->npieces++] = (emit_piece){sched_var(e->kernel->space, r->reds[r->nreds - 1]), fw_format(e->arena, "(%s + %d)", v, c), last_level};
        e->suffix = suffixes[c];
        add_step(e, stmt, acc, c ? "1" : skip_conds(e, stmt, r, r->nvars, e->nlevels), e->nlevels);
    }
    e->suffix = "";
    e->npieces = 0;
    *scalars = e->text[last_level];
    *body = e->text[e->nlevels];
}

static void print_column_rows(emit *e, const sched_stmt *stmt, const reduction *r, int copies, int64_t from, int64_t to,
    const char *accs, const char *jlo, const char *jhi, int indent, fw_text *out)
{
    const char *v = sched_var_name(e->kernel->space, r->vars[r->nvars - 1]);
    const char *element = acc_element(e, accs, v, jlo), *acc = copies > 1 ? emit_identifier(e, "sum", 0) : element;
    bool loop = r->nreds > 0;
    fw_text scalars, body;
    column_rows(e, stmt, r, copies, acc, &scalars, &body);
    out->indent = indent;
    if (loop) {
        const char *red = sched_var_name(e->kernel->space, r->reds[r->nreds - 1]);
        const char *step = copies > 1 ? fw_format(e->arena, " += %d", copies) : "++";
        bounds b = {fw_format(e->arena, "%lld", (long long)from), fw_format(e->arena, "%lld", (long long)to)};
        if (stmt->nconds)
            b = red_bounds(e, stmt, r, r->nreds - 1);
        fw_text_line(out, "for (int64_t %s = %s; %s < %s; %s%s) {", red, b.lo, red, b.hi, red, step);
        fw_text_add(out, fw_text_string(&scalars));
    }
    emit_open_loop(e, out, indent + loop, r->vars[r->nvars - 1], jlo, jhi);
    out->indent = indent + loop + 1;
    if (copies > 1)
        fw_text_line(out, "%s %s = %s;", scalar_type(stmt->instr->shape->type), acc, element);
    fw_text_add(out, fw_text_string(&body));
    if (copies > 1)
        fw_text_line(out, "%s = %s;", element, acc);
    emit_close_loops(out, indent + loop + 1, indent);
}

/* Sums down columns: a row of accumulators, the reduction loops around it, so that memory is walked in order. */
static void emit_column_sum(emit *e, const sched_stmt *stmt, const reduction *r, int indent, fw_text *out)
{
    int outer = r->nvars - 1, at = indent + outer;
    const sched_range *range = range_of(stmt, r->vars[outer]);
    const char *v = sched_var_name(e->kernel->space, r->vars[outer]), *lo = emit_lo(e, range), *hi = emit_hi(e, range);
    int most = COLUMN_BYTES / (int)ir_type_bytes(emit_type(stmt->instr->shape->type));
    bool blocked = range->size > most;
    int64_t width = blocked ? most : range->size;
    begin_reduction(e, stmt, r, at - outer + blocked);
    for (int i = 0; i <= outer; i++)
        e->text[i].indent = indent + i;
    const char *accs = emit_identifier(e, "acc", outer + blocked), *init = init_text(e, stmt);
    int64_t rows = r->nreds ? r->red_extent[r->nreds - 1] : 1;
    int copies = r->nreds && !stmt->nconds && stmt->combine != IR_NOPS && rows >= 2 * UNROLL ? UNROLL : 1;
    const char *jlo = blocked ? fw_format(e->arena, "%s0", v) : lo, *jhi = blocked ? fw_format(e->arena, "%s1", v) : hi;
    if (blocked && (strcmp(lo, "0") != 0 || e->kernel->ntiles > 1)) {
        jlo = fw_format(e->arena, "%s_from", v);
        jhi = fw_format(e->arena, "%s_to", v);
    }
    int level = at + blocked, reds = r->nreds ? r->nreds - 1 : 0;
    fw_text rows_text;
    fw_text_init(&rows_text, e->arena);
    if (copies > 1)
        print_column_rows(e, stmt, r, copies, 0, rows / copies * copies, accs, jlo, jhi, level + reds, &rows_text);
    if (rows % copies || copies == 1)
        print_column_rows(e, stmt, r, 1, rows / copies * copies == rows ? 0 : rows / copies * copies, rows, accs, jlo, jhi, level + reds, &rows_text);
    open_vars(e, stmt, r, outer, indent, out);
    if (blocked) {
        gen_use_helper(e->model, "min_i64");
        fw_text_line(out, "for (int64_t %s = %s; %s < %s; %s += %d) {", jlo, lo, jlo, hi, jlo, most);
        fw_text_line(out, "    const int64_t %s = %s_min_i64(%s + %d, %s);", jhi, e->model->prefix, jlo, most, hi);
    }
    out->indent = level;
    fw_text_line(out, "%s %s[%lld];", scalar_type(stmt->instr->shape->type), accs, (long long)width);
    fw_text_line(out, "for (int64_t %s = %s; %s < %s; %s++)", v, jlo, v, jhi, v);
    fw_text_line(out, "    %s = %s;", acc_element(e, accs, v, jlo), init);
    for (int i = 0; i < reds; i++) {
        open_red(e, stmt, r, i, level + i, out);
        fw_text_add(out, fw_text_string(&e->text[outer + i + 1]));
    }
    fw_text_add(out, fw_text_string(&rows_text));
    emit_close_loops(out, level + reds, level);
    out->indent = level;
    fw_text_line(out, "for (int64_t %s = %s; %s < %s; %s++)", v, jlo, v, jhi, v);
    out->indent++;
    emit_assign(e, stmt, acc_element(e, accs, v, jlo), out);
    out->indent--;
    if (blocked)
        emit_close_loops(out, level, at);
    emit_close_loops(out, at, indent);
}

void emit_sum(emit *e, const sched_stmt *stmt, int indent, fw_text *out)
{
    reduction r = choose_form(e, stmt);
    bool block = r.column && r.nvars == 1 && e->kernel->nstmts > 1; /* so that several accumulator rows can share the stack */
    if (block) {
        out->indent = indent;
        fw_text_line(out, "{");
        emit_column_sum(e, stmt, &r, indent + 1, out);
        out->indent = indent;
        fw_text_line(out, "}");
    } else if (r.column)
        emit_column_sum(e, stmt, &r, indent, out);
    else if (r.nreds && !stmt->nconds && r.red_extent[r.nreds - 1] >= LANES && may_use_lanes(e, stmt))
        emit_row_sum(e, stmt, &r, indent, out);
    else
        emit_scalar_sum(e, stmt, &r, indent, out);
}

