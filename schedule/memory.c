/* The memory plan: from when to when each buffer is live, and where in the workspace it lies.
 *
 *   step   0 1 2 3 4 5
 *   a      |---|          buffers that are never live at the same step may overlap
 *   b        |-----|      a buffer touched inside and outside of a loop is live in all of it
 *   c            |---|    buffers that swap are live as long as any of them, since each may hold the others' content */
#include "program_graph.h"

#include <stdlib.h>

#define ALIGNMENT 64

static int64_t aligned(int64_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- live ranges ---- */

static void widen(sched_buffer *buffer, int first, int last)
{
    if (first < buffer->first)
        buffer->first = first;
    if (last > buffer->last)
        buffer->last = last;
}

static void unite_swapped(prog *p)
{
    sched_program *program = p->program;
    for (int i = 0; i < program->nbuffers; i++)
        for (int j = 0; j < program->nbuffers; j++) {
            sched_buffer *a = program->buffers[i], *b = program->buffers[j];
            if (a->swapped && b->swapped && a->first >= 0 && b->first >= 0 &&
                prog_place_group(p->places[i]) == prog_place_group(p->places[j]))
                widen(a, b->first, b->last);
        }
}

/* What is touched only inside a loop is written there in each iteration before it is read, so it need not outlive one. */
static void cover_loops(prog *p)
{
    for (int i = 0; i < p->program->nbuffers; i++) {
        sched_buffer *b = p->program->buffers[i];
        for (int l = 0; l < p->nloops; l++) {
            const prog_span *loop = &p->loops[l];
            bool meets = b->first >= 0 && b->first <= loop->last && b->last >= loop->first;
            bool inside = b->first >= loop->first && b->last <= loop->last;
            if (meets && !inside)
                widen(b, loop->first, loop->last);
        }
    }
}

/* ---- placement ---- */

static int by_size(const void *a, const void *b)
{
    const sched_buffer *x = *(sched_buffer *const *)a, *y = *(sched_buffer *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x->id - y->id;
}

static int by_first_use(const void *a, const void *b)
{
    const sched_buffer *x = *(sched_buffer *const *)a, *y = *(sched_buffer *const *)b;
    return x->first != y->first ? x->first - y->first : by_size(a, b);
}

static int by_offset(const void *a, const void *b)
{
    const sched_buffer *x = *(sched_buffer *const *)a, *y = *(sched_buffer *const *)b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->id - y->id;
}

static bool live_together(const sched_buffer *a, const sched_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Puts each buffer, in the given order, into the smallest gap that fits among those placed before it; without one, behind them.
 * Returns the bytes used. */
static int64_t place(sched_buffer **items, int count, sched_buffer **clash)
{
    int64_t top = 0;
    for (int i = 0; i < count; i++) {
        int n = 0;
        for (int j = 0; j < i; j++)
            if (live_together(items[i], items[j]))
                clash[n++] = items[j];
        qsort(clash, (size_t)n, sizeof *clash, by_offset);
        int64_t size = aligned(items[i]->bytes), end = 0, best = -1, best_gap = 0;
        for (int j = 0; j < n; j++) {
            int64_t gap = clash[j]->offset - end;
            if (gap >= size && (best < 0 || gap < best_gap)) {
                best = end;
                best_gap = gap;
            }
            if (clash[j]->offset + aligned(clash[j]->bytes) > end)
                end = clash[j]->offset + aligned(clash[j]->bytes);
        }
        items[i]->offset = best < 0 ? end : best;
        if (items[i]->offset + size > top)
            top = items[i]->offset + size;
    }
    return top;
}

/* Tries both orders and keeps the better. */
static void place_work(prog *p)
{
    sched_program *program = p->program;
    size_t room = (size_t)program->nbuffers + 1;
    sched_buffer **items = fw_alloc_array(p->arena, room, sizeof *items);
    sched_buffer **clash = fw_alloc_array(p->arena, room, sizeof *clash);
    int count = 0;
    for (int i = 0; i < program->nbuffers; i++)
        if (program->buffers[i]->kind == SCHED_BUF_WORK && program->buffers[i]->bytes > 0)
            items[count++] = program->buffers[i];
    qsort(items, (size_t)count, sizeof *items, by_first_use);
    int64_t by_use = place(items, count, clash);
    qsort(items, (size_t)count, sizeof *items, by_size);
    program->buffer_bytes = place(items, count, clash);
    if (by_use < program->buffer_bytes) {
        qsort(items, (size_t)count, sizeof *items, by_first_use);
        program->buffer_bytes = place(items, count, clash);
    }
}

static int64_t most_live(const prog *p)
{
    int64_t *change = fw_alloc_array(p->arena, (size_t)p->nsteps + 2, sizeof *change);
    for (int i = 0; i < p->program->nbuffers; i++) {
        const sched_buffer *b = p->program->buffers[i];
        if (b->kind != SCHED_BUF_WORK || b->first < 0)
            continue;
        change[b->first] += aligned(b->bytes);
        change[b->last + 1] -= aligned(b->bytes);
    }
    int64_t live = 0, most = 0;
    for (int i = 0; i < p->nsteps; i++) {
        live += change[i];
        if (live > most)
            most = live;
    }
    return most;
}

void prog_memory(prog *p)
{
    unite_swapped(p);
    cover_loops(p);
    place_work(p);
    p->program->live_bytes = most_live(p);
    for (int i = 0; i < p->program->nbuffers; i++)
        if (p->program->buffers[i]->kind == SCHED_BUF_CONSTANT)
            p->program->constant_bytes += p->program->buffers[i]->bytes;
}
