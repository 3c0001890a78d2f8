/* Which values share a buffer, scope by scope from the inside out. The copies that remain are those of values that may not be
 * overwritten or that are wanted in two places. */
#include "program_graph.h"

/* A result has a buffer of its own: it is made in its scope, or is another element of the loop's state, and no other result is the
 * same value. */
static void copy_results(prog *p, prog_scope *scope)
{
    if (scope->owner && scope == scope->owner->cond)
        return;
    for (int i = 0; i < scope->nresults; i++) {
        if (!prog_result_needed(scope, i))
            continue;
        const prog_value *value = prog_same(scope->results[i]);
        bool own = prog_writable(scope, value);
        for (int j = 0; j < i && own; j++)
            own = !(prog_result_needed(scope, j) && prog_same(scope->results[j]) == value);
        if (!own)
            prog_insert_copy(p, scope->end, &scope->results[i]);
    }
}

/* ---- kernels that update an operand ---- */

static int input_number(const sched_kernel *kernel, const ir_instr *instr)
{
    for (int i = 0; i < kernel->ninputs; i++)
        if (kernel->inputs[i] == instr)
            return i;
    return -1;
}

typedef struct search { const ir_instr *instr; bool found; } search;

static void find_load(void *user, const sched_value *value)
{
    search *s = user;
    s->found |= value->kind == SCHED_LOAD && value->instr == s->instr;
}

static bool loads(prog *p, const sched_kernel *kernel, const ir_instr *instr)
{
    search s = {instr, false};
    for (int i = 0; i < kernel->nstmts; i++)
        sched_visit(p->arena, kernel, &kernel->stmts[i], find_load, &s);
    return s.found;
}

/* The kernel writes only part of its output: the rest comes from a copy in the same buffer. It goes on reading the original where
 * it computes with it. */
static void update_copy(prog *p, prog_node *node, int input)
{
    const sched_kernel *kernel = node->plan->schedule;
    prog_value **slot = &node->reads[input];
    if (loads(p, kernel, kernel->updates)) {
        size_t bytes = (size_t)node->nreads * sizeof *node->reads;
        node->reads = fw_grow(p->arena, node->reads, bytes, bytes + sizeof *node->reads);
        node->reads[node->nreads] = node->reads[input];
        slot = &node->reads[node->nreads++];
    }
    prog_value *copy = prog_insert_copy(p, node, slot);
    prog_place_join(p, copy, node->writes[0]);
    copy->next = node->writes[0];
    node->writes[0]->prev = copy;
}

static void share_kernel(prog *p, prog_node *node)
{
    const sched_kernel *kernel = node->plan->schedule;
    int input = input_number(kernel, kernel->updates ? kernel->updates : node->plan->in_place);
    if (input >= 0 && !prog_try_share(p, node->reads[input], node->writes[0]) && kernel->updates)
        update_copy(p, node, input);
    if (input < 0 && kernel->updates) {
        fw_error(p->diag, FW_INTERNAL, kernel->updates->loc, "%s is updated but is no input", kernel->updates->name);
        p->failed = true;
    }
}

/* ---- loops and conditionals ---- */

/* A loop's result takes the buffer of what the body carries, which takes the buffer of the initial value, or of a copy of it. */
static void share_loop(prog *p, prog_node *node)
{
    for (int i = 0; i < node->nelems; i++) {
        prog_elem *e = &node->elems[i];
        if (!prog_elem_live(e))
            continue;
        prog_place_join(p, e->carried, e->result);
        if (prog_try_share(p, prog_same(e->init), e->result))
            continue;
        prog_value *copy = prog_insert_copy(p, node, &e->init);
        if (!prog_try_share(p, copy, e->result)) {
            fw_error(p->diag, FW_INTERNAL, node->instr->loc, "state %d of %s has no buffer", i, node->instr->name);
            p->failed = true;
        }
    }
}

/* Every branch writes its results into the conditional's. */
static void share_branches(prog *p, prog_node *node)
{
    for (int b = 0; b < node->nbranches; b++) {
        prog_scope *branch = node->branches[b];
        for (int i = 0; i < node->nwrites; i++) {
            if (!node->writes[i]->needed || prog_place_join(p, node->writes[i], prog_same(branch->results[i])))
                continue;
            prog_place_join(p, node->writes[i], prog_insert_copy(p, branch->end, &branch->results[i]));
            prog_order(p, branch);
        }
    }
}

/* ---- buffers of dying values ---- */

/* Below this a buffer is not worth a proof. */
#define REUSE_BYTES 4096

static bool dies_at(const prog_value *value, const prog_node *node)
{
    for (int i = 0; i < value->nreaders; i++)
        if (value->readers[i]->kind == PROG_END || value->readers[i]->position > node->position)
            return false;
    return true;
}

/* The state of a loop keeps its own buffers, and so does what swaps. */
static bool reusable(prog *p, prog_value *value, const prog_node *node)
{
    return prog_writable(node->scope, value) && !value->next && prog_chain_head(value)->kind != PROG_CARRIED &&
           prog_place_of(p, value)->output < 0 && !prog_place_swaps(prog_place_of(p, value)) && dies_at(value, node);
}

/* A kernel whose rule asked for nothing still writes over an input that nobody reads again, where that is proved. The order is
 * settled by now, and these edges agree with it. */
static void reuse_dying(prog *p, prog_scope *scope)
{
    for (int n = 0; n < scope->norder; n++) {
        prog_node *node = scope->order[n];
        if (node->kind != PROG_KERNEL || node->nwrites != 1 || node->shares)
            continue;
        if (node->plan->in_place || node->plan->schedule->updates)
            continue;
        prog_value *fresh = node->writes[0];
        if (prog_place_of(p, fresh)->bytes < REUSE_BYTES || prog_place_swaps(prog_place_of(p, fresh)))
            continue;
        for (int i = 0; i < node->nreads; i++)
            if (reusable(p, node->reads[i], node) && prog_try_share(p, node->reads[i], fresh))
                break;
    }
}

/* ---- scopes ---- */

static void share_below(prog *p, prog_scope *scope)
{
    for (int i = 0; i < scope->nnodes; i++) {
        prog_node *node = scope->nodes[i];
        if (!node->needed)
            continue;
        if (node->cond)
            prog_share(p, node->cond);
        if (node->body)
            prog_share(p, node->body);
        for (int b = 0; b < node->nbranches; b++)
            prog_share(p, node->branches[b]);
    }
}

void prog_share(prog *p, prog_scope *scope)
{
    share_below(p, scope);
    copy_results(p, scope);
    prog_order(p, scope);
    prog_node **order = scope->order;
    int norder = scope->norder;
    for (int i = 0; i < norder; i++) {
        if (order[i]->kind == PROG_WHILE)
            share_loop(p, order[i]);
        else if (order[i]->kind == PROG_IF)
            share_branches(p, order[i]);
        else if (order[i]->kind == PROG_KERNEL)
            share_kernel(p, order[i]);
    }
    if (scope->owner && scope == scope->owner->body)
        prog_share_carried(p, scope->owner);
    if (!scope->owner)
        prog_share_outputs(p);
    prog_order(p, scope);
    reuse_dying(p, scope);
}
