/* The order of a computation's kernels: readers after writers, and among those that could run next the one whose root comes
 * first in the graph. A kernel that updates an array in place comes after all that read the old one, where that is possible. */
#include "host.h"

#include <string.h>

typedef struct ordering {
    plan_state *state;
    plan_kernel **kernels;
    int count;
    bool *before;                /* count x count: row i must run before column j */
} ordering;

/* before[] of instruction-level paths: a kernel also waits for kernels that its inputs depend on through loops and tuples. */
static void add_edges(ordering *o, int to)
{
    plan_state *s = o->state;
    const plan_kernel *kernel = o->kernels[to];
    int walk = ++s->walk, count = 0;
    const ir_instr **stack = fw_alloc_array(s->arena, (size_t)s->comp->ninstrs + 1, sizeof *stack);
    for (int i = 0; i < kernel->schedule->ninputs; i++)
        if (s->mark[kernel->schedule->inputs[i]->id] != walk) {
            s->mark[kernel->schedule->inputs[i]->id] = walk;
            stack[count++] = kernel->schedule->inputs[i];
        }
    while (count) {
        const ir_instr *instr = stack[--count];
        const plan_kernel *writer = s->computed[instr->id];
        if (writer) {
            for (int i = 0; i < o->count; i++)
                o->before[i * o->count + to] |= o->kernels[i] == writer;
            continue;
        }
        for (int i = 0; i < instr->noperands; i++)
            if (s->mark[instr->operands[i]->id] != walk) {
                s->mark[instr->operands[i]->id] = walk;
                stack[count++] = instr->operands[i];
            }
    }
}

static bool reaches(const ordering *o, int from, int to, bool *seen)
{
    if (from == to)
        return true;
    seen[from] = true;
    for (int i = 0; i < o->count; i++)
        if (o->before[from * o->count + i] && !seen[i] && reaches(o, i, to, seen))
            return true;
    return false;
}

static bool reads(const plan_kernel *kernel, const ir_instr *value)
{
    for (int i = 0; i < kernel->schedule->ninputs; i++)
        if (kernel->schedule->inputs[i] == value)
            return true;
    return false;
}

static void add_in_place_edges(ordering *o, int writer)
{
    bool *seen = fw_alloc_array(o->state->arena, (size_t)o->count, sizeof *seen);
    for (int i = 0; i < o->count; i++) {
        if (i == writer || !reads(o->kernels[i], o->kernels[writer]->in_place))
            continue;
        memset(seen, 0, (size_t)o->count);
        if (!reaches(o, writer, i, seen))
            o->before[i * o->count + writer] = true;
    }
}

static bool is_ready(const ordering *o, const bool *done, int kernel)
{
    for (int i = 0; i < o->count; i++)
        if (o->before[i * o->count + kernel] && !done[i])
            return false;
    return !done[kernel];
}

static int key_of(const plan_kernel *kernel)
{
    int key = 0;
    for (int i = 0; i < kernel->noutputs; i++)
        key = kernel->outputs[i]->id > key ? kernel->outputs[i]->id : key;
    return key;
}

void plan_order(plan_state *state)
{
    plan_comp *out = state->out;
    ordering o = {state, out->kernels, out->nkernels, NULL};
    size_t n = (size_t)o.count;
    if (!n)
        return;
    o.before = fw_alloc_array(state->arena, n * n, sizeof *o.before);
    bool *done = fw_alloc_array(state->arena, n, sizeof *done);
    plan_kernel **sorted = fw_alloc_array(state->arena, n, sizeof *sorted);
    for (int i = 0; i < o.count; i++)
        add_edges(&o, i);
    for (int i = 0; i < o.count; i++)
        if (o.kernels[i]->in_place)
            add_in_place_edges(&o, i);
    for (int at = 0; at < o.count; at++) {
        int best = -1;
        for (int i = 0; i < o.count; i++)
            if (is_ready(&o, done, i) && (best < 0 || key_of(o.kernels[i]) < key_of(o.kernels[best])))
                best = i;
        if (best < 0) /* cannot happen: every kernel was checked for cycles when it was accepted */
            return;
        done[best] = true;
        sorted[at] = o.kernels[best];
    }
    out->kernels = sorted;
    out->cap = o.count;
}
