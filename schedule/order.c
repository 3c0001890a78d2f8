/* The order of a scope's nodes: edges, reachability, and the topological order nearest to the plan's own. */
#include "program_graph.h"

void prog_edge(prog *p, prog_node *before, prog_node *after)
{
    if (before == after)
        return;
    for (int i = 0; i < before->nafter; i++)
        if (before->after[i] == after)
            return;
    FW_PUSH(p->arena, before->after, before->nafter, before->after_cap, after);
}

/* Depth-first over successors; marks instead of sets, a new stamp a search. */
bool prog_reaches(prog *p, prog_node *from, const prog_node *to)
{
    unsigned stamp = ++p->stamp;
    prog_node **stack = NULL;
    int count = 0, cap = 0;
    FW_PUSH(p->arena, stack, count, cap, from);
    from->mark = stamp;
    while (count) {
        prog_node *node = stack[--count];
        if (node == to)
            return true;
        for (int i = 0; i < node->nafter; i++)
            if (node->after[i]->mark != stamp) {
                node->after[i]->mark = stamp;
                FW_PUSH(p->arena, stack, count, cap, node->after[i]);
            }
    }
    return false;
}

bool prog_may_follow(prog *p, prog_node *writer, const prog_value *value)
{
    for (int i = 0; i < value->nreaders; i++) {
        const prog_node *reader = value->readers[i];
        if (reader != writer && (reader->kind == PROG_END || prog_reaches(p, writer, reader)))
            return false;
    }
    return !value->writer || (value->writer != writer && !prog_reaches(p, writer, value->writer));
}

void prog_follow(prog *p, prog_node *writer, prog_value *value)
{
    for (int i = 0; i < value->nreaders; i++)
        prog_edge(p, value->readers[i], writer);
    if (value->writer)
        prog_edge(p, value->writer, writer);
}

/* ---- topological order ---- */

/* A heap of nodes that wait for nothing; the smallest key first, then the oldest node. */
typedef struct heap { int count; prog_node **nodes; } heap;

static bool sooner(const prog_node *a, const prog_node *b)
{
    return a->key != b->key ? a->key < b->key : a->number < b->number;
}

static void heap_push(heap *h, prog_node *node)
{
    int i = h->count++;
    while (i && sooner(node, h->nodes[(i - 1) / 2])) {
        h->nodes[i] = h->nodes[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->nodes[i] = node;
}

static prog_node *heap_pop(heap *h)
{
    prog_node *top = h->nodes[0], *last = h->nodes[--h->count];
    int i = 0;
    for (;;) {
        int child = 2 * i + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && sooner(h->nodes[child + 1], h->nodes[child]))
            child++;
        if (!sooner(h->nodes[child], last))
            break;
        h->nodes[i] = h->nodes[child];
        i = child;
    }
    h->nodes[i] = last;
    return top;
}

void prog_order(prog *p, prog_scope *scope)
{
    heap h = {0, fw_alloc_array(p->arena, (size_t)scope->nnodes + 1, sizeof(prog_node *))};
    int needed = 0;
    scope->order = fw_alloc_array(p->arena, (size_t)scope->nnodes + 1, sizeof *scope->order);
    scope->norder = 0;
    for (int i = 0; i < scope->nnodes; i++) {
        needed += scope->nodes[i]->needed;
        for (int j = 0; j < scope->nodes[i]->nafter; j++)
            scope->nodes[i]->after[j]->waits++;
    }
    for (int i = 0; i < scope->nnodes; i++)
        if (scope->nodes[i]->needed && !scope->nodes[i]->waits)
            heap_push(&h, scope->nodes[i]);
    while (h.count) {
        prog_node *node = heap_pop(&h);
        node->position = scope->norder;
        scope->order[scope->norder++] = node;
        for (int i = 0; i < node->nafter; i++)
            if (--node->after[i]->waits == 0 && node->after[i]->kind != PROG_END)
                heap_push(&h, node->after[i]);
    }
    if (scope->norder != needed) {
        fw_error(p->diag, FW_INTERNAL, scope->plan->comp->loc, "the kernels of %s wait for each other", scope->plan->comp->name);
        p->failed = true;
    }
}
