/* The order of a computation's kernels: readers after writers, and among those that could run next the one whose root comes
 * first in the graph. A kernel that updates an array in place comes after all that read the old one, where that is possible. */
#include "host.h"

#include <string.h>

typedef struct ordering {
    plan_state *state;
    plan_kernel **kernels;
    int count;
    int *number;                 /* by instruction id: 1 + position of the kernel that stores it, or 0 */
    bool *before;                /* count x count: row i must run before column j */
    int *stack;
} ordering;

static bool *edge(const ordering *o, int before, int after)
{
    return &o->before[(size_t)before * (size_t)o->count + (size_t)after];
}

/* A kernel waits for the kernels that store its inputs, and for those that its inputs depend on through loops and tuples. */
static void add_edges(ordering *o, int to)
{
    plan_state *s = o->state;
    const plan_kernel *kernel = o->kernels[to];
    int walk = ++s->walk, count = 0;
    for (int i = 0; i < kernel->schedule->ninputs; i++)
        if (s->mark[kernel->schedule->inputs[i]->id] != walk) {
            s->mark[kernel->schedule->inputs[i]->id] = walk;
            o->stack[count++] = kernel->schedule->inputs[i]->id;
        }
    while (count) {
        const ir_instr *instr = s->comp->instrs[o->stack[--count]];
        if (o->number[instr->id]) {
            *edge(o, o->number[instr->id] - 1, to) = true;
            continue;
        }
        for (int i = 0; i < instr->noperands; i++)
            if (s->mark[instr->operands[i]->id] != walk) {
                s->mark[instr->operands[i]->id] = walk;
                o->stack[count++] = instr->operands[i]->id;
            }
    }
}

/* reached[j]: kernel j runs after kernel `from`, or is it. */
static void find_later(const ordering *o, int from, bool *reached)
{
    int *stack = fw_alloc_array(o->state->arena, (size_t)o->count, sizeof *stack), count = 0;
    memset(reached, 0, (size_t)o->count);
    reached[from] = true;
    stack[count++] = from;
    while (count) {
        int at = stack[--count];
        for (int i = 0; i < o->count; i++)
            if (*edge(o, at, i) && !reached[i]) {
                reached[i] = true;
                stack[count++] = i;
            }
    }
}

static bool reads(const plan_kernel *kernel, const ir_instr *value)
{
    for (int i = 0; i < kernel->schedule->ninputs; i++)
        if (kernel->schedule->inputs[i] == value)
            return true;
    return false;
}

/* One new edge never closes a cycle: its start is not reached from its end. */
static void add_in_place_edges(ordering *o, int writer)
{
    bool *later = fw_alloc_array(o->state->arena, (size_t)o->count, sizeof *later);
    find_later(o, writer, later);
    for (int i = 0; i < o->count; i++)
        if (!later[i] && reads(o->kernels[i], o->kernels[writer]->in_place))
            *edge(o, i, writer) = true;
}

static int key_of(const plan_kernel *kernel)
{
    int key = 0;
    for (int i = 0; i < kernel->noutputs; i++)
        key = kernel->outputs[i]->id > key ? kernel->outputs[i]->id : key;
    return key;
}

/* The kernel that waits for nothing and has the smallest key; -1 when there is none. */
static int next_kernel(const ordering *o, const int *waits)
{
    int best = -1;
    for (int i = 0; i < o->count; i++)
        if (!waits[i] && (best < 0 || key_of(o->kernels[i]) < key_of(o->kernels[best])))
            best = i;
    return best;
}

/* False when kernels wait for each other, which the check of each accepted kernel excludes. */
static bool sort(const ordering *o, plan_kernel **sorted)
{
    int *waits = fw_alloc_array(o->state->arena, (size_t)o->count, sizeof *waits);
    for (int i = 0; i < o->count; i++)
        for (int j = 0; j < o->count; j++)
            waits[j] += *edge(o, i, j);
    for (int at = 0; at < o->count; at++) {
        int best = next_kernel(o, waits);
        if (best < 0)
            return false;
        sorted[at] = o->kernels[best];
        waits[best] = -1;
        for (int j = 0; j < o->count; j++)
            waits[j] -= *edge(o, best, j);
    }
    return true;
}

void plan_order(plan_state *state)
{
    plan_comp *out = state->out;
    size_t n = (size_t)out->nkernels, ninstrs = (size_t)state->comp->ninstrs;
    if (!n)
        return;
    fw_arena *lasting = state->arena;
    plan_kernel **sorted = fw_alloc_array(lasting, n, sizeof *sorted);
    state->arena = fw_arena_new();
    ordering o = {.state = state, .kernels = out->kernels, .count = out->nkernels};
    o.number = fw_alloc_array(state->arena, ninstrs, sizeof *o.number);
    o.stack = fw_alloc_array(state->arena, ninstrs + 1, sizeof *o.stack);
    o.before = fw_alloc_array(state->arena, n * n, sizeof *o.before);
    for (int i = 0; i < o.count; i++)
        for (int j = 0; j < o.kernels[i]->noutputs; j++)
            o.number[o.kernels[i]->outputs[j]->id] = i + 1;
    for (int i = 0; i < o.count; i++)
        add_edges(&o, i);
    for (int i = 0; i < o.count; i++)
        if (o.kernels[i]->in_place)
            add_in_place_edges(&o, i);
    if (sort(&o, sorted)) {
        out->kernels = sorted;
        out->cap = o.count;
    }
    fw_arena_free(state->arena);
    state->arena = lasting;
}
