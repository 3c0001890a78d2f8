/* Sums as CUDA text: by threads, warps, blocks and columns of warps; and contractions, whose epilogues work on the sum
 * in a register. What folds with what is fixed, so a sum has the same bits in every run. */
#include "emit_cuda.h"

#include <string.h>

/* ---- which form ---- */

static int64_t tile_points(const sched_stmt *stmt)
{
    int64_t points = 1;
    for (int i = 0; i < stmt->nvars; i++)
        points = cuda_times(points, stmt->vars[i].size);
    return points;
}

static int64_t terms_of(const sched_stmt *stmt)
{
    int64_t terms = 1;
    for (int i = 0; i < stmt->nreds; i++)
        terms = cuda_times(terms, stmt->reds[i].extent);
    return terms;
}

/* May the terms be added in another order than that of the operand's elements? */
static bool may_split(const emit *e, const sched_stmt *stmt)
{
    ir_type type = stmt->instr->shape->type;
    bool ordered = ir_type_is_float(type) && (stmt->combine == IR_OP_ADD || stmt->combine == IR_OP_MULTIPLY);
    return emit_identity((emit *)e, stmt->combine, type) && (!ordered || e->kernel->plan->reassociate);
}

static int64_t best_stride(emit *e, const sched_stmt *stmt, bool reds)
{
    int64_t best = 0;
    for (int i = 0; i < (reds ? stmt->nreds : stmt->nvars); i++) {
        int var = reds ? stmt->reds[i].var : stmt->vars[i].var;
        int64_t extent = reds ? stmt->reds[i].extent : stmt->vars[i].extent,
                weight = extent > 1 ? emit_unit_stride(e, stmt, var) : 0;
        best = weight > best ? weight : best;
    }
    return best;
}

cuda_form cuda_stmt_form(emit *e, const sched_stmt *stmt, bool whole)
{
    int64_t terms = terms_of(stmt), points = whole ? cuda_points(stmt) : tile_points(stmt);
    if (stmt->kind == SCHED_SCATTER)
        return CUDA_IN_ORDER;
    if (stmt->kind == SCHED_MAP || terms < 32 || !may_split(e, stmt))
        return CUDA_POINTS;
    int64_t row = best_stride(e, stmt, true), column = best_stride(e, stmt, false);
    if (row > column || (row == column && points < 32)) {
        bool few = points < (whole ? 64 : CUDA_WARPS_A_BLOCK);
        return terms >= 2048 || (few && terms >= CUDA_THREADS) ? CUDA_BLOCKS : CUDA_WARPS;
    }
    return terms >= 64 && points < (whole ? 65536 : CUDA_THREADS) ? CUDA_COLUMNS : CUDA_POINTS;
}

/* ---- one term ---- */

static const char *acc_type(const sched_stmt *stmt)
{
    return ir_type_c(emit_type(stmt->instr->shape->type));
}

static cuda_axes red_axes(const cuda_nest *n, const sched_stmt *stmt)
{
    cuda_axes a = {0};
    for (int i = 0; i < stmt->nreds; i++)
        if (stmt->reds[i].extent != 1)
            cuda_add_axis(n->e, &a, stmt->reds[i].var, stmt->reds[i].extent);
    return a;
}

/* Terms outside the operand are left out by the innermost loop that knows it. The loads of a term come after these
 * lines, so they are never outside. A sum without a loop has its only term guarded instead: the condition comes back.
 */
static const char *skip_terms(emit *e, const sched_stmt *stmt, int outer)
{
    if (e->nlevels == outer)
        return emit_conds(e, stmt->nconds, stmt->conds);
    for (int i = 0; i < stmt->nconds; i++) {
        const char *cond = emit_cond(e, &stmt->conds[i]);
        int level = emit_index_level(e, stmt->conds[i].index);
        fw_text *out = &e->text[level <= outer ? outer + 1 : level];
        if (strcmp(cond, "1"))
            fw_text_line(out, "if (!(%s))\n%*scontinue;", cond, 4 * (out->indent + 1), "");
    }
    return "1";
}

/* acc = acc (+) other, where `other` is C text. */
static void combine_line(const emit *e, const sched_stmt *stmt, const char *acc, const char *other, fw_text *out)
{
    const char *next = emit_combine((emit *)e, stmt, acc, other, out);
    fw_text_line(out, "%s = %s;", acc, next);
}

/* A sum whose texts are being made: `start` and `identity` are C text, `outer` counts the variables outside of the
 * reduction. */
typedef struct sum {
    const cuda_nest *n;
    const sched_stmt *stmt;
    const char *acc, *start, *identity;
    int outer;
} sum;

static sum begin_sum(const cuda_nest *n, const sched_stmt *stmt, bool nested)
{
    emit *e = n->e;
    int vars[EMIT_MAX_LEVELS] = {0}, outer = cuda_vars(stmt, vars), count = outer;
    for (int i = 0; i < stmt->nreds; i++)
        if (stmt->reds[i].extent != 1)
            vars[count++] = stmt->reds[i].var;
    cuda_begin(n, stmt, outer, count, vars, nested);
    ir_type type = stmt->instr->shape->type;
    sum s = {n, stmt, emit_identifier(e, "acc", 1), NULL, emit_identity(e, stmt->combine, type), outer};
    s.start = stmt->init ? emit_value(e, stmt->init) : emit_identity(e, IR_OP_ADD, type);
    return s;
}

static void declare_acc(const sum *s, const char *value, fw_text *out)
{
    fw_text_line(out, "%s %s = %s;", acc_type(s->stmt), s->acc, value);
}

/* The innermost text: acc = acc (+) value. */
static void add_term(const sum *s)
{
    emit *e = s->n->e;
    const char *value = emit_value(e, s->stmt->value);
    combine_line(e, s->stmt, s->acc, value, &e->text[e->nlevels]);
}

/* A sum of one term, which may be outside the operand. */
static void single_term(const sum *s, const char *cond, fw_text *out)
{
    emit *e = s->n->e;
    bool always = !strcmp(cond, "1");
    if (!always) {
        e->guard = emit_identifier(e, "inside", 1);
        e->guard_level = e->nlevels;
        fw_text_line(&e->text[e->nlevels], "const int %s = %s;", e->guard, cond);
    }
    const char *value = emit_value(e, s->stmt->value);
    cuda_levels(e, 1, s->outer, out);
    declare_acc(s, s->start, out);
    const char *next = emit_combine(e, s->stmt, s->acc, value, out);
    if (always)
        fw_text_line(out, "%s = %s;", s->acc, next);
    else
        fw_text_line(out, "%s = %s ? %s : %s;", s->acc, e->guard, next, s->acc);
    e->guard = NULL;
}

/* One thread adds all terms in order: acc = start; for (reductions) acc = acc (+) value. */
static void thread_terms(const sum *s, fw_text *out)
{
    emit *e = s->n->e;
    cuda_axes reds = red_axes(s->n, s->stmt);
    const char *cond = skip_terms(e, s->stmt, s->outer);
    int indent = out->indent;
    if (!reds.count) {
        single_term(s, cond, out);
        return;
    }
    add_term(s);
    cuda_levels(e, 1, s->outer, out);
    declare_acc(s, s->start, out);
    for (int i = 0; i < reds.count; i++) {
        const char *v = reds.at[i].name;
        out->indent = indent + i;
        fw_text_line(out, "for (%s %s = 0; %s < %s; %s++) {", s->n->count, v, v, reds.at[i].size, v);
        fw_text_add(out, fw_text_string(&e->text[s->outer + 1 + i]));
    }
    for (int i = reds.count - 1; i >= 0; i--) {
        out->indent = indent + i;
        fw_text_line(out, "}");
    }
    out->indent = indent;
}

/* for (term = from; term < terms; term += step) over all reduction variables as one. */
static void split_terms(const sum *s, const char *from, const char *step, fw_text *out)
{
    emit *e = s->n->e;
    cuda_axes reds = red_axes(s->n, s->stmt);
    int indent = out->indent;
    skip_terms(e, s->stmt, s->outer);
    add_term(s);
    fw_text inner = cuda_text(s->n, indent + 1);
    cuda_levels(e, s->outer + 1, e->nlevels, &inner);
    const char *text = fw_text_string(&inner), *v = reds.count == 1 ? reds.at[0].name : "term";
    fw_text_line(
        out, "for (%s %s = %s; %s < %s; %s += %s) {", s->n->count, v, from, v, cuda_count(s->n, &reds, 0), v, step);
    if (reds.count > 1)
        cuda_decode(s->n, &reds, "term", text, indent + 1, out);
    fw_text_add(out, text);
    out->indent = indent;
    fw_text_line(out, "}");
}

/* Folds the accumulators of a warp: lane i with lane i + 16, then + 8, + 4, + 2, + 1. */
static void fold_warp(const sum *s, fw_text *out)
{
    fw_text_line(out, "for (int step = 16; step > 0; step /= 2) {");
    out->indent++;
    fw_text_line(out, "const %s other = __shfl_down_sync(0xffffffff, %s, step);", acc_type(s->stmt), s->acc);
    combine_line(s->n->e, s->stmt, s->acc, "other", out);
    out->indent--;
    fw_text_line(out, "}");
}

/* Adds what the other warps left in shared memory, in the order of the warps. */
static void fold_partials(const sum *s, const char *element, fw_text *out)
{
    fw_text_line(out, "for (int w = 1; w < %d; w++) {", CUDA_WARPS_A_BLOCK);
    out->indent++;
    combine_line(s->n->e, s->stmt, s->acc, element, out);
    out->indent--;
    fw_text_line(out, "}");
}

/* Stores the folded sum; the start value is added where it is more than nothing. */
static void store_sum(const sum *s, fw_text *out)
{
    bool plain = !s->stmt->init || (s->stmt->init->kind == SCHED_LITERAL && !strcmp(s->start, s->identity));
    emit_assign(s->n->e, s->stmt, plain ? s->acc : emit_combine(s->n->e, s->stmt, s->start, s->acc, out), out);
}

static void print_sum(const sum *s, const cuda_axes *a, cuda_form form, fw_text *body, fw_text *out)
{
    fw_text_add(out, fw_text_string(&s->n->e->text[0]));
    cuda_loop(s->n, a, form, fw_text_string(body), out);
}

static void thread_sum(const cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    cuda_axes a = cuda_axes_of(n, stmt);
    sum s = begin_sum(n, stmt, true);
    fw_text body = cuda_text(n, n->indent + 1);
    thread_terms(&s, &body);
    emit_assign(n->e, stmt, s.acc, &body);
    print_sum(&s, &a, CUDA_POINTS, &body, out);
}

static void warp_sum(const cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    cuda_axes a = cuda_axes_of(n, stmt);
    sum s = begin_sum(n, stmt, false);
    fw_text body = cuda_text(n, n->indent + 1), rest = cuda_text(n, n->indent + 1);
    declare_acc(&s, s.identity, &rest);
    split_terms(&s, "lane", "32", &rest);
    fold_warp(&s, &rest);
    fw_text_line(&rest, "if (lane == 0) {");
    rest.indent++;
    store_sum(&s, &rest);
    rest.indent--;
    fw_text_line(&rest, "}");
    cuda_levels(n->e, 1, s.outer, &body);
    fw_text_add(&body, fw_text_string(&rest));
    print_sum(&s, &a, CUDA_WARPS, &body, out);
}

/* Every warp folds its part; the first thread adds the parts. The barrier at the end keeps the next row from
 * overwriting them. */
static void block_sum(const cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    cuda_axes a = cuda_axes_of(n, stmt);
    sum s = begin_sum(n, stmt, false);
    const char *partial = emit_identifier(n->e, "partials", 0);
    fw_text body = cuda_text(n, n->indent + 1), rest = cuda_text(n, n->indent + 1);
    declare_acc(&s, s.identity, &rest);
    split_terms(&s, "threadIdx.x", "blockDim.x", &rest);
    fold_warp(&s, &rest);
    fw_text_line(&rest, "if (lane == 0)\n%*s%s[warp] = %s;", 4 * (rest.indent + 1), "", partial, s.acc);
    fw_text_line(&rest, "__syncthreads();");
    fw_text_line(&rest, "if (threadIdx.x == 0) {");
    rest.indent++;
    fold_partials(&s, fw_format(n->e->arena, "%s[w]", partial), &rest);
    store_sum(&s, &rest);
    rest.indent--;
    fw_text_line(&rest, "}");
    fw_text_line(&rest, "__syncthreads();");
    cuda_levels(n->e, 1, s.outer, &body);
    fw_text_add(&body, fw_text_string(&rest));
    out->indent = n->indent;
    fw_text_line(out, "__shared__ %s %s[%d];", acc_type(stmt), partial, CUDA_WARPS_A_BLOCK);
    print_sum(&s, &a, CUDA_BLOCKS, &body, out);
}

/* 32 columns at a time: warp w adds rows w, w + 8, ...; then the first warp adds the eight parts of each column. */
static void column_sum(const cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    emit *e = n->e;
    cuda_axes a = cuda_axes_of(n, stmt);
    sum s = begin_sum(n, stmt, false);
    const char *partial = emit_identifier(e, "partials", 0), *columns = cuda_count(n, &a, 0),
               *step = fw_format(e->arena, "%d", CUDA_WARPS_A_BLOCK);
    fw_text body = cuda_text(n, n->indent + 1), terms = cuda_text(n, n->indent + 2);
    for (int i = 1; i <= e->nlevels; i++)
        e->text[i].indent++; /* all inside of the condition */
    split_terms(&s, "warp", step, &terms);
    declare_acc(&s, s.identity, &body);
    fw_text_line(&body, "if (column < %s) {", columns);
    cuda_levels(e, 1, s.outer, &body);
    fw_text_add(&body, fw_text_string(&terms));
    fw_text_line(&body, "}");
    fw_text_line(&body, "%s[threadIdx.x] = %s;", partial, s.acc);
    fw_text_line(&body, "__syncthreads();");
    fw_text_line(&body, "if (warp == 0 && column < %s) {", columns);
    body.indent++;
    fold_partials(&s, fw_format(e->arena, "%s[32 * w + lane]", partial), &body);
    store_sum(&s, &body);
    body.indent--;
    fw_text_line(&body, "}");
    fw_text_line(&body, "__syncthreads();");
    out->indent = n->indent;
    fw_text_line(out, "__shared__ %s %s[%d];", acc_type(stmt), partial, CUDA_THREADS);
    print_sum(&s, &a, CUDA_COLUMNS, &body, out);
}

void cuda_sum(const cuda_nest *n, const sched_stmt *stmt, cuda_form form, fw_text *out)
{
    switch (form) {
    case CUDA_WARPS: warp_sum(n, stmt, out); break;
    case CUDA_BLOCKS: block_sum(n, stmt, out); break;
    case CUDA_COLUMNS: column_sum(n, stmt, out); break;
    default: thread_sum(n, stmt, out); break;
    }
}

/* ---- contractions ---- */

void cuda_product(cuda_nest *n, const sched_stmt *core, const sched_stmt *const *epilogues, int count, fw_text *out)
{
    emit *e = n->e;
    cuda_axes a = cuda_axes_of(n, core);
    n->divided = n->layout->parts > 1;
    sum s = begin_sum(n, core, true);
    fw_text before = cuda_text(n, n->indent), body = cuda_text(n, n->indent + 1);
    thread_terms(&s, &body);
    fw_text_add(&before, fw_text_string(&e->text[0]));
    if (core->output)
        emit_assign(e, core, s.acc, &body);
    cuda_keep_names(e);
    e->leaf_instr = core->instr;
    e->leaf_text = s.acc;
    for (int i = 0; i < count; i++)
        cuda_map_point(n, epilogues[i], &before, &body);
    e->leaf_instr = NULL;
    fw_text_add(out, fw_text_string(&before));
    cuda_loop(n, &a, CUDA_POINTS, fw_text_string(&body), out);
    n->divided = false;
}
