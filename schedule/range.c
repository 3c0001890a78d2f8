/* How much of each statement a tile needs: the image of its consumers' ranges under their reads, as a box a variable.
 * Works on the index expressions by interval arithmetic; what it cannot follow becomes the whole extent, never less. */
#include "schedule.h"

typedef struct ranger {
    fw_arena *arena;
    sched_kernel *kernel;
    const sched_stmt *consumer;
    sched_stmt *producer;
    bool first;                  /* no read of the producer was seen yet */
} ranger;

/* An interval [coef*lo + first, coef*(hi-1) + last] of loop `loop`, or constant when loop is -1. */
typedef struct interval { int loop; int64_t coef, first, last; bool whole; } interval;

static const sched_range *consumer_range(const ranger *r, int var)
{
    for (int i = 0; i < r->consumer->nvars; i++)
        if (r->consumer->vars[i].var == var)
            return &r->consumer->vars[i];
    return NULL;
}

static bool moves_with_tile(const ranger *r, const sched_range *range)
{
    return range && range->loop >= 0 && r->kernel->loops[range->loop].ntiles > 1;
}

static bool any_moving_var(const ranger *r, const sched_index *index)
{
    for (int i = 0; i < r->consumer->nvars; i++)
        if (moves_with_tile(r, &r->consumer->vars[i]) && sched_index_uses(index, r->consumer->vars[i].var))
            return true;
    return false;
}

static interval image(const ranger *r, const sched_index *index)
{
    interval result = {.loop = -1, .first = index->c, .last = index->c};
    for (int i = 0; i < index->nterms; i++) {
        const sched_term *t = &index->terms[i];
        const sched_range *range = t->atom->kind == SCHED_VAR ? consumer_range(r, t->atom->var) : NULL;
        if (moves_with_tile(r, range)) {
            if (result.loop >= 0 || t->coef < 0) {
                result.whole = true;
                return result;
            }
            result.loop = range->loop;
            result.coef = t->coef * range->coef;
            result.first += t->coef * range->first;
            result.last += t->coef * range->last;
            continue;
        }
        const sched_term one[1] = {{1, t->atom}};
        if (t->atom->kind != SCHED_VAR && any_moving_var(r, &(sched_index){.nterms = 1, .terms = one})) {
            result.whole = true;
            return result;
        }
        result.first += t->coef * (t->coef > 0 ? t->atom->min : t->atom->max);
        result.last += t->coef * (t->coef > 0 ? t->atom->max : t->atom->min);
    }
    return result;
}

static void widen(sched_range *range, const interval *need, bool first)
{
    if (need->whole || need->loop < 0) {
        range->loop = -1;
        return;
    }
    if (first) {
        range->loop = need->loop;
        range->coef = need->coef;
        range->first = need->first;
        range->last = need->last;
    } else if (range->loop != need->loop || range->coef != need->coef) {
        range->loop = -1;
    } else {
        range->first = need->first < range->first ? need->first : range->first;
        range->last = need->last > range->last ? need->last : range->last;
    }
}

/* Variables of statements that own their dims: variable i is the i-th dim that is not of size 1. */
static void see_load(void *user, const sched_value *value)
{
    ranger *r = user;
    if (value->kind != SCHED_LOAD || value->instr != r->producer->instr)
        return;
    int at = 0;
    for (int d = 0; d < value->nindex; d++) {
        if (ir_shape_size(value->instr->shape, d) == 1)
            continue;
        interval need = image(r, value->index[d]);
        widen(&r->producer->vars[at++], &need, r->first);
    }
    r->first = false;
}

static bool walks_loops(const sched_kernel *kernel, const sched_stmt *stmt)
{
    return stmt->nvars == kernel->nloops && (stmt->nvars == 0 || stmt->vars[0].var == kernel->loops[0].var);
}

static void set_size(const sched_kernel *kernel, sched_range *range)
{
    if (range->loop < 0) {
        range->coef = 1;
        range->first = range->last = 0;
        range->size = range->extent;
        return;
    }
    int64_t n = range->coef * (kernel->loops[range->loop].tile - 1) + range->last - range->first + 1;
    range->size = n < range->extent ? n : range->extent;
}

static bool produce(ranger *r, int number, const char **why)
{
    sched_kernel *k = r->kernel;
    r->producer = &k->stmts[number];
    r->first = true;
    if (!walks_loops(k, r->producer)) {
        for (int i = number + 1; i < k->nstmts; i++) {
            r->consumer = &k->stmts[i];
            sched_visit(r->arena, k, r->consumer, see_load, r);
        }
        if (r->first && !r->producer->output) {
            *why = fw_format(r->arena, "kept value %s has no reader in the kernel", r->producer->instr->name);
            return false;
        }
        for (int i = 0; r->first && i < r->producer->nvars && k->ntiles > 1; i++) {
            *why = fw_format(r->arena, "output %s does not move with the tiles of the root", r->producer->instr->name);
            return false;
        }
    }
    for (int i = 0; i < r->producer->nvars; i++)
        set_size(k, &r->producer->vars[i]);
    return true;
}

static int64_t stmt_bytes(const sched_stmt *stmt)
{
    int64_t bytes = (int64_t)ir_type_bytes(stmt->instr->shape->type);
    for (int v = 0; v < stmt->nvars; v++)
        bytes *= stmt->vars[v].size;
    return (bytes + 63) / 64 * 64;
}

/* One after the other; a contraction's tile comes last and is counted apart. */
static void place_scratch(sched_kernel *kernel)
{
    for (int i = 0; i < kernel->nstmts; i++) {
        sched_stmt *stmt = &kernel->stmts[i];
        stmt->scratch = !stmt->output;
        if (!stmt->scratch || stmt == kernel->contraction)
            continue;
        stmt->scratch_offset = kernel->scratch_bytes;
        kernel->scratch_bytes += stmt_bytes(stmt);
    }
    for (int i = 0; i < kernel->nstmts; i++)
        if (&kernel->stmts[i] == kernel->contraction && kernel->stmts[i].scratch) {
            kernel->stmts[i].scratch_offset = kernel->scratch_bytes;
            kernel->product_bytes = stmt_bytes(&kernel->stmts[i]);
        }
}

bool sched_ranges(fw_arena *arena, sched_kernel *kernel, const char **why)
{
    ranger r = {.arena = arena, .kernel = kernel};
    for (int i = kernel->nstmts - 1; i >= 0; i--)
        if (!produce(&r, i, why))
            return false;
    place_scratch(kernel);
    return true;
}
