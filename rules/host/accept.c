/* From a proposal to an accepted kernel: is it well formed, would the kernels wait for each other, can it be built, is it proved.
 * Nothing here trusts the rule; a proposal that fails any step only leaves a record. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

bool plan_is_constant(const ir_instr *instr)
{
    return instr->op == IR_OP_CONSTANT && instr->shape->type != IR_TUPLE &&
           (ir_shape_is_scalar(instr->shape) || ir_literal_splat(instr->literal));
}

bool plan_can_be_member(const ir_instr *instr)
{
    switch (ir_op_of(instr->op)->cls) {
    case IR_ELEMENTWISE:
    case IR_INDEX:
    case IR_BITCAST_CLASS:
    case IR_DYNAMIC:
    case IR_FORWARD:
    case IR_REDUCE_CLASS:
    case IR_CONTRACTION:
    case IR_SCATTER_CLASS:
        return instr->shape->type != IR_TUPLE && instr->shape->type != IR_TOKEN;
    default:
        return instr->op == IR_OP_IOTA;
    }
}

static bool needs_buffer(const ir_instr *instr)
{
    ir_op_class cls = ir_op_of(instr->op)->cls;
    return cls == IR_REDUCE_CLASS || cls == IR_CONTRACTION;
}

/* ---- lists of instructions, ascending by id, each once ---- */

static int by_id(const void *a, const void *b)
{
    const ir_instr *x = *(ir_instr *const *)a, *y = *(ir_instr *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static bool contains(ir_instr *const *list, int count, const ir_instr *instr)
{
    for (int i = 0; i < count; i++)
        if (list[i] == instr)
            return true;
    return false;
}

static int sort_unique(ir_instr **list, int count)
{
    int n = 0;
    if (count)
        qsort(list, (size_t)count, sizeof *list, by_id);
    for (int i = 0; i < count; i++)
        if (!n || list[n - 1] != list[i])
            list[n++] = list[i];
    return n;
}

/* ---- is it well formed ---- */

typedef struct trial {
    plan_state *state;
    ir_instr *root;
    const rules_proposal *proposal;
    plan_kernel *kernel;
    bool *member;                /* by instruction id */
    const char **why;
} trial;

static bool refuse(trial *t, const char *why)
{
    *t->why = why;
    return false;
}

/* Members as given plus the root; constants are literals everywhere and need no place. */
static bool set_members(trial *t)
{
    const rules_proposal *p = t->proposal;
    plan_kernel *k = t->kernel;
    k->members = fw_alloc_array(t->state->arena, (size_t)p->nmembers + 1, sizeof *k->members);
    k->members[k->nmembers++] = t->root;
    for (int i = 0; i < p->nmembers; i++) {
        ir_instr *m = p->members[i];
        if (plan_is_constant(m))
            continue;
        if (sched_is_source(m))
            return refuse(t, fw_format(t->state->arena, "%s is a source, not a computation", m->name));
        if (!plan_can_be_member(m))
            return refuse(t, fw_format(t->state->arena, "%s (%s) cannot be a member of a kernel", m->name, ir_op_of(m->op)->name));
        k->members[k->nmembers++] = m;
    }
    k->nmembers = sort_unique(k->members, k->nmembers);
    for (int i = 0; i < k->nmembers; i++)
        t->member[k->members[i]->id] = true;
    return true;
}

/* The root first, then the others ascending. */
static bool set_outputs(trial *t)
{
    const rules_proposal *p = t->proposal;
    plan_kernel *k = t->kernel;
    k->outputs = fw_alloc_array(t->state->arena, (size_t)p->noutputs + 1, sizeof *k->outputs);
    for (int i = 0; i < p->noutputs; i++) {
        ir_instr *o = p->outputs[i];
        if (o == t->root)
            continue;
        if (!t->member[o->id])
            return refuse(t, fw_format(t->state->arena, "output %s is not a member", o->name));
        if (t->state->computed[o->id])
            return refuse(t, fw_format(t->state->arena, "output %s is computed by another kernel", o->name));
        k->outputs[1 + k->noutputs++] = o;
    }
    k->outputs[0] = t->root;
    k->noutputs = 1 + sort_unique(k->outputs + 1, k->noutputs);
    return true;
}

/* Reductions always keep their result: it cannot be composed into a reader. An output need not be kept as well. */
static bool set_keep(trial *t)
{
    const rules_proposal *p = t->proposal;
    plan_kernel *k = t->kernel;
    k->keep = fw_alloc_array(t->state->arena, (size_t)(p->nkeep + k->nmembers), sizeof *k->keep);
    for (int i = 0; i < p->nkeep; i++) {
        if (!t->member[p->keep[i]->id])
            return refuse(t, fw_format(t->state->arena, "kept %s is not a member", p->keep[i]->name));
        if (!contains(k->outputs, k->noutputs, p->keep[i]))
            k->keep[k->nkeep++] = p->keep[i];
    }
    for (int i = 0; i < k->nmembers; i++)
        if (needs_buffer(k->members[i]) && !contains(k->outputs, k->noutputs, k->members[i]) &&
            !contains(k->keep, k->nkeep, k->members[i]))
            k->keep[k->nkeep++] = k->members[i];
    k->nkeep = sort_unique(k->keep, k->nkeep);
    return true;
}

/* Every member has to be read by another one or be an output. */
static bool is_connected(trial *t)
{
    const plan_kernel *k = t->kernel;
    bool *used = fw_alloc_array(t->state->arena, (size_t)t->state->comp->ninstrs, sizeof *used);
    for (int i = 0; i < k->noutputs; i++)
        used[k->outputs[i]->id] = true;
    for (int i = k->nmembers - 1; i >= 0; i--) {
        const ir_instr *m = k->members[i];
        if (!used[m->id])
            return refuse(t, fw_format(t->state->arena, "member %s is not connected to an output", m->name));
        for (int j = 0; j < m->noperands; j++)
            used[m->operands[j]->id] = true;
    }
    return true;
}

static const char *natural_template(const plan_kernel *kernel)
{
    const char *name = "nest";
    for (int i = 0; i < kernel->nmembers; i++) {
        if (ir_op_of(kernel->members[i]->op)->cls == IR_SCATTER_CLASS)
            return "scatter";
        if (needs_buffer(kernel->members[i]))
            name = "reduce";
    }
    return name;
}

static bool set_template(trial *t)
{
    static const char *const known[] = {"nest", "reduce", "contraction", "scatter"};
    plan_kernel *k = t->kernel;
    k->template_name = t->proposal->template_name ? t->proposal->template_name : natural_template(k);
    for (int i = 0; i < FW_COUNT(known); i++)
        if (!strcmp(known[i], k->template_name)) {
            k->template_name = known[i];
            return true;
        }
    return refuse(t, fw_format(t->state->arena, "there is no template '%s'", k->template_name));
}

static const ir_instr *contraction_of(const plan_kernel *kernel)
{
    for (int i = 0; i < kernel->nmembers && !strcmp(kernel->template_name, "contraction"); i++)
        if (ir_op_of(kernel->members[i]->op)->cls == IR_CONTRACTION)
            return kernel->members[i];
    return NULL;
}

static bool set_tile(trial *t)
{
    const rules_proposal *p = t->proposal;
    plan_kernel *k = t->kernel;
    sched_loop loops[PLAN_MAX_LOOPS];
    fw_arena *arena = t->state->arena;
    if (!ir_shape_is_static(t->root->shape))
        return refuse(t, fw_format(arena, "%s has a symbolic size", t->root->name));
    int n = sched_loops(arena, t->root, contraction_of(k), loops);
    if (p->ntile > n)
        return refuse(t, fw_format(arena, "%d tile sizes for %d loops", p->ntile, n));
    for (int i = 0; i < p->ntile; i++)
        k->tile[i] = p->tile[i];
    for (int i = 0; i < p->nnamed; i++) {
        int at = 0;
        while (at < n && strcmp(loops[at].name, p->named[i].name) != 0)
            at++;
        if (at == n)
            return refuse(t, fw_format(arena, "the tile space has no loop '%s'", p->named[i].name));
        k->tile[at] = p->named[i].size;
    }
    k->ntile = n;
    for (int i = 0; i < n; i++) {
        if (k->tile[i] < 0)
            return refuse(t, fw_format(arena, "tile %lld of loop %s is negative", (long long)k->tile[i], loops[i].name));
        if (k->tile[i] >= loops[i].extent) /* the whole loop in one tile */
            k->tile[i] = 0;
    }
    return true;
}

static bool set_in_place(trial *t)
{
    ir_instr *at = t->proposal->in_place;
    plan_kernel *k = t->kernel;
    bool found = !at;
    for (int i = 0; i < k->nmembers && !found; i++)
        found = contains(k->members[i]->operands, k->members[i]->noperands, at);
    if (!found || (at && t->member[at->id]))
        return refuse(t, fw_format(t->state->arena, "in_place: %s is not read by the kernel from outside", at->name));
    if (at && !ir_shape_equal(at->shape, t->root->shape))
        return refuse(t, fw_format(t->state->arena, "in_place: %s has another shape than %s", at->name, t->root->name));
    k->in_place = at;
    return true;
}

/* The mode is a ceiling: what it does not grant is not granted, and the kernel is built without. */
static void grant(trial *t)
{
    bool strict = t->state->rules->options.numerics == RULES_STRICT;
    unsigned allow = strict ? 0 : t->proposal->allow;
    t->kernel->reassociate = allow & RULES_REASSOCIATE;
    t->kernel->contract = allow & RULES_CONTRACT;
    t->kernel->approximate = allow & RULES_APPROXIMATE;
}

/* ---- would the kernels wait for each other ---- */

/* Walks from what the kernel reads to what that is computed from, kernel by kernel. An instruction that no kernel computes yet
 * counts with all its operands. A cycle is a way back to an output of the kernel. */
bool plan_is_cyclic(plan_state *state, const plan_kernel *kernel)
{
    int walk = ++state->walk, count = 0;
    const ir_instr **stack = fw_alloc_array(state->arena, (size_t)state->comp->ninstrs + 1, sizeof *stack);
    const plan_kernel *at = kernel;
    for (;;) {
        for (int i = 0; at && i < at->schedule->ninputs; i++) {
            const ir_instr *input = at->schedule->inputs[i];
            if (contains(kernel->outputs, kernel->noutputs, input))
                return true;
            if (state->mark[input->id] != walk)
                stack[count++] = input;
            state->mark[input->id] = walk;
        }
        if (!count)
            return false;
        const ir_instr *instr = stack[--count];
        at = state->computed[instr->id];
        for (int i = 0; !at && i < instr->noperands; i++) {
            const ir_instr *operand = instr->operands[i];
            if (contains(kernel->outputs, kernel->noutputs, operand))
                return true;
            if (state->mark[operand->id] != walk)
                stack[count++] = operand;
            state->mark[operand->id] = walk;
        }
    }
}

/* ---- trying ---- */

static bool is_well_formed(trial *t)
{
    if (!set_members(t) || !set_outputs(t) || !set_keep(t) || !is_connected(t) || !set_template(t) || !set_tile(t) || !set_in_place(t))
        return false;
    grant(t);
    return true;
}

static bool build_and_prove(plan_state *state, plan_kernel *kernel, const char **why)
{
    *why = NULL;
    sched_kernel *schedule = sched_build(state->arena, kernel, why);
    if (!schedule)
        return false;
    kernel->schedule = schedule;
    if (plan_is_cyclic(state, kernel)) {
        *why = "it would wait for a kernel that waits for it";
        return false;
    }
    return sched_prove(state->prover, state->arena, schedule, why);
}

static plan_kernel *try_once(plan_state *state, ir_instr *root, const rules_rule *rule, const rules_proposal *proposal, const char **why)
{
    plan_kernel *kernel = fw_alloc(state->arena, sizeof *kernel);
    trial t = {state, root, proposal, kernel, fw_alloc_array(state->arena, (size_t)state->comp->ninstrs, sizeof(bool)), why};
    *why = NULL;
    kernel->rule = rule ? rule->name : "fallback";
    kernel->rule_file = rule ? state->rules->files[rule->file].name : NULL;
    kernel->rule_line = rule ? (proposal->line ? proposal->line : rule->line) : 0;
    kernel->why = proposal->why;
    return is_well_formed(&t) && build_and_prove(state, kernel, why) ? kernel : NULL;
}

/* The kernel once more with one more output. */
static plan_kernel *export_once(plan_state *state, ir_instr *root, const rules_proposal *proposal, const char **why)
{
    const plan_kernel *kernel = proposal->kernel;
    fw_arena *arena = state->arena;
    plan_kernel *fresh = fw_alloc(arena, sizeof *fresh);
    *why = NULL;
    if (!contains(kernel->members, kernel->nmembers, root) || state->computed[root->id]) {
        *why = "the kernel does not compute it, or stores it already";
        return NULL;
    }
    *fresh = *kernel;
    fresh->outputs = fw_alloc_array(arena, (size_t)kernel->noutputs + 1, sizeof *fresh->outputs);
    memcpy(fresh->outputs, kernel->outputs, (size_t)kernel->noutputs * sizeof *fresh->outputs);
    fresh->outputs[fresh->noutputs++] = root;
    qsort(fresh->outputs + 1, (size_t)fresh->noutputs - 1, sizeof *fresh->outputs, by_id);
    fresh->keep = fw_alloc_array(arena, (size_t)kernel->nkeep + 1, sizeof *fresh->keep);
    fresh->nkeep = 0;
    for (int i = 0; i < kernel->nkeep; i++)
        if (kernel->keep[i] != root)
            fresh->keep[fresh->nkeep++] = kernel->keep[i];
    return build_and_prove(state, fresh, why) ? fresh : NULL;
}

/* Rules may propose thousands of kernels for one that is accepted: each is tried in an arena that is thrown away, and an accepted
 * one is made once more in the plan's. The prover remembers its verdict. */
static plan_kernel *twice(plan_state *state, ir_instr *root, const rules_rule *rule, const rules_proposal *proposal, const char **why)
{
    fw_arena *lasting = state->arena;
    for (int pass = 0; pass < 2; pass++) {
        state->arena = pass ? lasting : fw_arena_new();
        plan_kernel *kernel = proposal->verdict == RULES_EXPORT ? export_once(state, root, proposal, why)
                                                                : try_once(state, root, rule, proposal, why);
        if (pass)
            return kernel;
        const char *reason = kernel ? NULL : fw_strdup(lasting, *why ? *why : "it cannot be built");
        fw_arena_free(state->arena);
        state->arena = lasting;
        *why = reason;
        if (!kernel)
            break;
    }
    return NULL;
}

plan_kernel *plan_try(plan_state *state, ir_instr *root, const rules_rule *rule, const rules_proposal *proposal, const char **why)
{
    return twice(state, root, rule, proposal, why);
}

bool plan_try_export(plan_state *state, ir_instr *root, const rules_proposal *proposal, const char **why)
{
    plan_kernel *fresh = twice(state, root, NULL, proposal, why);
    if (!fresh)
        return false;
    *proposal->kernel = *fresh;
    proposal->kernel->schedule->plan = proposal->kernel;
    return true;
}
