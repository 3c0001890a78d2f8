/* Walks over the values of a statement, each once. */
#include "schedule.h"

typedef struct walk { bool *seen; sched_visit_fn *visit; void *user; } walk;

static void visit_value(walk *w, const sched_value *value);

static void visit_index(walk *w, const sched_index *index)
{
    for (int i = 0; i < index->nterms; i++) {
        const sched_atom *atom = index->terms[i].atom;
        if (atom->kind == SCHED_DYN)
            visit_value(w, atom->value);
        else if (atom->kind != SCHED_VAR)
            visit_index(w, atom->of);
    }
}

static void visit_value(walk *w, const sched_value *value)
{
    if (!value || w->seen[value->number])
        return;
    w->seen[value->number] = true;
    for (int i = 0; i < value->nindex; i++)
        visit_index(w, value->index[i]);
    for (int i = 0; i < value->nconds; i++)
        visit_index(w, value->conds[i].index);
    for (int i = 0; i < value->nargs; i++)
        visit_value(w, value->args[i]);
    w->visit(w->user, value);
}

void sched_visit(fw_arena *scratch, const sched_kernel *kernel, const sched_stmt *stmt, sched_visit_fn *visit, void *user)
{
    walk w = {fw_alloc_array(scratch, (size_t)kernel->nvalues + 1, sizeof(bool)), visit, user};
    visit_value(&w, stmt->value);
    visit_value(&w, stmt->init);
    for (int i = 0; i < stmt->nconds; i++)
        visit_index(&w, stmt->conds[i].index);
    for (int i = 0; i < stmt->nskips; i++)
        visit_value(&w, stmt->skips[i].value);
    for (int i = 0; i < stmt->instr->shape->rank; i++)
        visit_index(&w, stmt->index[i]);
}

const sched_stmt *sched_stmt_of(const sched_kernel *kernel, const ir_instr *instr)
{
    for (int i = 0; i < kernel->nstmts; i++)
        if (kernel->stmts[i].instr == instr)
            return &kernel->stmts[i];
    return NULL;
}
