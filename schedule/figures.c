/* Cost figures of a kernel, in integers: flops, footprints of what it reads and writes, recomputed instances, its inputs. */
#include "schedule.h"

typedef struct figure {
    fw_arena *arena;
    sched_kernel *kernel;
    const sched_stmt *stmt;
    int64_t points;              /* instances of the statement, all tiles, times its reduction */
    int inputs_cap;
    int64_t *read_bytes;         /* by input */
    int read_cap;
    int64_t flops;               /* of one instance */
} figure;

/* Points that a range walks over all tiles together. */
static int64_t range_points(const sched_kernel *kernel, const sched_range *range)
{
    if (range->loop < 0)
        return range->extent;
    if (range->coef == 1 && range->first == range->last)
        return range->extent;
    int64_t all = range->size * kernel->loops[range->loop].ntiles;
    return all;
}

static int64_t stmt_points(const sched_kernel *kernel, const sched_stmt *stmt)
{
    int64_t points = 1;
    for (int i = 0; i < stmt->nvars; i++)
        points *= range_points(kernel, &stmt->vars[i]);
    for (int l = 0; l < kernel->nloops; l++) {
        bool moves = false;
        for (int i = 0; i < stmt->nvars; i++)
            moves |= stmt->vars[i].loop == l;
        points *= moves ? 1 : kernel->loops[l].ntiles;
    }
    return points;
}

/* Elements of the array that one load can touch: product of the widths of its index ranges; what a run-time index adds is not
 * a width, but then at most one element an instance is read. */
static int64_t load_elements(const figure *f, const sched_value *load)
{
    int64_t elements = 1;
    bool dynamic = false;
    for (int d = 0; d < load->nindex; d++) {
        const sched_index *e = load->index[d];
        int64_t width = e->max - e->min + 1, n = ir_shape_size(load->instr->shape, d);
        for (int t = 0; t < e->nterms; t++)
            if (e->terms[t].atom->kind == SCHED_DYN) {
                width -= e->terms[t].atom->max;
                dynamic = true;
            }
        elements *= width < 1 ? 1 : width < n ? width : n;
    }
    int64_t count = ir_shape_count(load->instr->shape);
    if (dynamic && elements < f->points)
        elements = f->points;
    return elements < count ? elements : count;
}

static void see_value(void *user, const sched_value *value)
{
    figure *f = user;
    sched_kernel *k = f->kernel;
    if (value->kind == SCHED_OP)
        f->flops += ir_op_of(value->instr->op)->cls == IR_CONTRACTION ? 1 : ir_op_of(value->instr->op)->flops;
    if (value->kind != SCHED_LOAD || sched_stmt_of(k, value->instr))
        return;
    int at = 0;
    while (at < k->ninputs && k->inputs[at] != value->instr)
        at++;
    if (at == k->ninputs) {
        int count = k->ninputs;
        FW_PUSH(f->arena, k->inputs, k->ninputs, f->inputs_cap, value->instr);
        FW_PUSH(f->arena, f->read_bytes, count, f->read_cap, 0);
    }
    int64_t bytes = load_elements(f, value) * (int64_t)ir_type_bytes(value->type);
    f->read_bytes[at] = bytes > f->read_bytes[at] ? bytes : f->read_bytes[at];
}

static void add_input(figure *f, const ir_instr *instr)
{
    sched_kernel *k = f->kernel;
    int count = k->ninputs;
    for (int i = 0; i < count; i++)
        if (k->inputs[i] == instr)
            return;
    FW_PUSH(f->arena, k->inputs, k->ninputs, f->inputs_cap, instr);
    FW_PUSH(f->arena, f->read_bytes, count, f->read_cap, 0);
}

static int64_t unit_points(const sched_stmt *stmt)
{
    int64_t points = 1;
    for (int i = 0; i < stmt->nvars; i++)
        points *= stmt->vars[i].extent;
    return points;
}

void sched_figures(fw_arena *arena, sched_kernel *kernel)
{
    figure f = {.arena = arena, .kernel = kernel};
    for (int i = 0; i < kernel->nstmts; i++) {
        sched_stmt *stmt = &kernel->stmts[i];
        int64_t points = stmt_points(kernel, stmt), reds = 1;
        for (int r = 0; r < stmt->nreds; r++)
            reds *= stmt->reds[r].extent;
        f.stmt = stmt;
        f.points = points * reds;
        f.flops = stmt->kind == SCHED_REDUCE ? 1 : 0;
        sched_visit(arena, kernel, stmt, see_value, &f);
        stmt->flops = f.flops * f.points;
        kernel->flops += stmt->flops;
        kernel->points += points;
        kernel->points_recomputed += points - unit_points(stmt) > 0 ? points - unit_points(stmt) : 0;
        if (stmt->output)
            kernel->bytes_written += unit_points(stmt) * (int64_t)ir_type_bytes(stmt->instr->shape->type);
    }
    for (int i = 0; i < kernel->ninputs; i++)
        kernel->bytes_read += f.read_bytes[i];
    if (kernel->updates)
        add_input(&f, kernel->updates);
}
