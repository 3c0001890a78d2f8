/* Which values and nodes the results depend on, and the edges between the nodes that remain.
 *
 * Loop state that feeds only itself (the counter of a loop with a known trip count) is found dead here: an element is needed when
 * its result is, or when a needed node reads what it carries. */
#include "program_graph.h"

#include <string.h>

/* ---- what is needed ---- */

typedef struct pending {
    prog *p;
    prog_value **stack;
    int count, cap;
} pending;

static void push(pending *w, prog_value *value, const prog_node *reader)
{
    if (!value) {
        const ir_instr *at = reader && reader->instr ? reader->instr
                             : reader && reader->plan ? reader->plan->outputs[0] : NULL;
        fw_error(w->p->diag, FW_INTERNAL, at ? at->loc : (fw_loc){0}, "a value that %s reads was given no buffer by the plan",
            at ? at->name : "the result");
        w->p->failed = true;
        return;
    }
    if (!value->needed)
        FW_PUSH(w->p->arena, w->stack, w->count, w->cap, value);
}

static void need_node(pending *w, prog_node *node)
{
    if (node->needed)
        return;
    node->needed = true;
    if (node->kind == PROG_KERNEL || node->kind == PROG_COPY)
        for (int i = 0; i < node->nreads; i++)
            push(w, node->reads[i], node);
    if (node->kind == PROG_WHILE && node->cond)
        push(w, node->cond->results[0], node);
    if (node->kind == PROG_IF)
        push(w, node->selector, node);
}

static void need_value(pending *w, prog_value *value)
{
    value->needed = true;
    if (value->same) {
        push(w, value->same, NULL);
        return;
    }
    if (value->kind == PROG_CARRIED) {
        prog_node *loop = value->scope->owner;
        const prog_elem *e = &loop->elems[value->index];
        push(w, e->init, loop);
        push(w, e->update, loop);
        need_node(w, loop);
    }
    if (value->kind != PROG_MADE)
        return;
    need_node(w, value->writer);
    if (value->writer->kind == PROG_WHILE)
        push(w, value->writer->elems[value->index].carried, value->writer);
    for (int i = 0; value->writer->kind == PROG_IF && i < value->writer->nbranches; i++)
        push(w, value->writer->branches[i]->results[value->index], value->writer);
}

void prog_need(prog *p, prog_value *const *roots, int count)
{
    pending w = {.p = p};
    for (int i = 0; i < count; i++)
        push(&w, roots[i], NULL);
    while (w.count) {
        prog_value *value = w.stack[--w.count];
        if (!value->needed)
            need_value(&w, value);
    }
}

/* ---- reads and edges ---- */

static void add_reader(prog *p, prog_value *value, prog_node *node)
{
    if (value->scope != node->scope)
        return;
    for (int i = 0; i < value->nreaders; i++)
        if (value->readers[i] == node)
            return;
    FW_PUSH(p->arena, value->readers, value->nreaders, value->readers_cap, node);
    if (value->writer)
        prog_edge(p, value->writer, node);
}

int prog_times_read(const prog_node *node, const prog_value *value)
{
    int n = 0;
    for (int i = 0; i < node->nreads; i++)
        n += node->reads[i] == value;
    return n;
}

typedef struct list { int count, cap; prog_value **values; } list;

static void add(prog *p, list *l, prog_value *value)
{
    FW_PUSH(p->arena, l->values, l->count, l->cap, prog_same(value));
}

/* Results that the owner of a scope asks for: all of the entry's, updates of needed elements, needed leaves of a conditional. */
bool prog_result_needed(const prog_scope *scope, int i)
{
    const prog_node *owner = scope->owner;
    if (!owner || scope == owner->cond)
        return true;
    if (owner->kind == PROG_IF)
        return owner->writes[i]->needed;
    return owner->elems[i].carried->needed && !owner->elems[i].invariant;
}

static void collect_while(prog *p, const prog_node *node, list *l)
{
    for (int i = 0; i < node->nelems; i++)
        if (node->elems[i].carried->needed)
            add(p, l, node->elems[i].init);
}

static void collect_if(prog *p, const prog_node *node, list *l)
{
    add(p, l, node->selector);
    for (int i = 0; i < node->nbranches; i++) {
        const prog_scope *branch = node->branches[i];
        for (int j = 0; j < branch->nparams; j++)
            if (branch->params[j] && branch->params[j]->needed)
                add(p, l, branch->params[j]);
    }
}

void prog_reads(prog *p, prog_node *node)
{
    list l = {0};
    if (node->kind == PROG_KERNEL || node->kind == PROG_COPY)
        return;
    if (node->kind == PROG_WHILE)
        collect_while(p, node, &l);
    else if (node->kind == PROG_IF)
        collect_if(p, node, &l);
    else if (node->kind == PROG_END)
        for (int i = 0; i < node->scope->nresults; i++)
            if (prog_result_needed(node->scope, i))
                add(p, &l, node->scope->results[i]);
    node->nreads = l.count;
    node->reads = l.values;
}

static void link_node(prog *p, prog_node *node)
{
    if (node->kind == PROG_KERNEL || node->kind == PROG_COPY)
        for (int i = 0; i < node->nreads; i++)
            node->reads[i] = prog_same(node->reads[i]);
    else
        prog_reads(p, node);
    for (int i = 0; i < node->nreads; i++)
        add_reader(p, node->reads[i], node);
}

void prog_link(prog *p, prog_scope *scope)
{
    for (int i = 0; i < scope->nnodes; i++) {
        prog_node *node = scope->nodes[i];
        if (!node->needed)
            continue;
        link_node(p, node);
        if (node->kind == PROG_WHILE) {
            if (node->cond)
                prog_link(p, node->cond);
            prog_link(p, node->body);
        }
        for (int b = 0; b < node->nbranches; b++)
            prog_link(p, node->branches[b]);
    }
    link_node(p, scope->end);
}

/* ---- copies ---- */

static void drop_reader(prog_value *value, const prog_node *node)
{
    for (int i = 0; i < value->nreaders; i++)
        if (value->readers[i] == node) {
            value->nreaders--;
            memmove(value->readers + i, value->readers + i + 1, (size_t)(value->nreaders - i) * sizeof *value->readers);
            return;
        }
}

/* `slot` is where the user finds the value: an init, a result of its scope, an entry of a kernel's reads. The copy runs before
 * anything that was allowed to overwrite the value; that cannot close a cycle, since it waits for nothing but the value. */
prog_value *prog_insert_copy(prog *p, prog_node *user, prog_value **slot)
{
    prog_value *old = prog_same(*slot);
    prog_node *copy = prog_node_new(p, user->scope, PROG_COPY, user->key);
    prog_value *fresh = prog_value_new(p, user->scope, PROG_MADE, old->instr, old->shape);
    fresh->suffix = "_copy";
    fresh->writer = copy;
    fresh->needed = copy->needed = true;
    copy->nreads = copy->nwrites = 1;
    copy->reads = fw_alloc_array(p->arena, 1, sizeof *copy->reads);
    copy->writes = fw_alloc_array(p->arena, 1, sizeof *copy->writes);
    copy->reads[0] = old;
    copy->writes[0] = fresh;
    *slot = fresh;
    prog_reads(p, user);
    if (!prog_times_read(user, old))
        drop_reader(old, user);
    add_reader(p, old, copy);
    add_reader(p, fresh, user);
    if (old->next && old->scope == user->scope)
        prog_edge(p, copy, old->next->writer);
    return fresh;
}
