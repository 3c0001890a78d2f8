/* The planner: demand-driven, consumers first. What a computation returns is demanded; instructions are visited from the last to
 * the first, and a demanded one that no kernel stores yet is offered to the rules. What the accepted kernel reads is demanded in
 * turn, so nothing is computed that nobody needs, and every kernel sees which of its values others already wait for. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NESTING 64           /* loops inside loops */

typedef struct planning {
    rules_set *rules;
    fw_arena *arena;
    fw_diag *diag;
    sched_prover *prover;
    plan *plan;
} planning;

static bool plan_computation(planning *p, const ir_comp *comp, plan_comp *out, int depth);

/* ---- records ---- */

/* Bytes that need not go through memory: what the kernel computes and hands on inside, written once and read by each reader. */
static int64_t bytes_saved(const plan_kernel *kernel)
{
    int64_t saved = 0;
    for (int i = 0; i < kernel->nmembers; i++) {
        const ir_instr *m = kernel->members[i];
        int64_t bytes = ir_shape_bytes(m->shape), uses = 0;
        for (int j = i + 1; j < kernel->nmembers; j++)
            for (int k = 0; k < kernel->members[j]->noperands; k++)
                uses += kernel->members[j]->operands[k] == m;
        bool stored = false;
        for (int j = 0; j < kernel->noutputs; j++)
            stored |= kernel->outputs[j] == m;
        if (bytes > 0 && ir_op_of(m->op)->cls != IR_INDEX && ir_op_of(m->op)->cls != IR_LEAF)
            saved += bytes * (uses + (stored ? 0 : 1));
    }
    return saved;
}

void plan_record_add(plan_state *state, const ir_instr *root, const rules_rule *rule, int line, bool accepted, const char *reason,
    const plan_kernel *kernel)
{
    plan *p = state->plan;
    plan_record r = {.instr = root, .accepted = accepted, .reason = reason, .rule = rule ? rule->name : "fallback"};
    r.rule_file = rule ? state->rules->files[rule->file].name : NULL;
    r.rule_line = line ? line : rule ? rule->line : 0;
    if (kernel) {
        r.nmembers = kernel->nmembers;
        r.flops = kernel->schedule->flops;
        r.bytes_read = kernel->schedule->bytes_read;
        r.bytes_written = kernel->schedule->bytes_written;
        r.bytes_saved = bytes_saved(kernel);
    }
    FW_PUSH(state->arena, p->records, p->nrecords, p->records_cap, r);
}

/* ---- demand ---- */

static void demand_element(plan_state *state, const ir_instr *gte, bool result)
{
    const ir_instr *tuple = gte->operands[0];
    int64_t index = ir_attr_int(gte, IR_ATTR_INDEX, 0);
    if (tuple->op == IR_OP_TUPLE && index >= 0 && index < tuple->noperands)
        plan_demand(state, tuple->operands[index], result);
    else
        plan_demand(state, tuple, result);
}

void plan_demand(plan_state *state, const ir_instr *instr, bool result)
{
    if (instr->op == IR_OP_TUPLE) {
        for (int i = 0; i < instr->noperands; i++)
            plan_demand(state, instr->operands[i], result);
        return;
    }
    if (instr->op == IR_OP_GET_TUPLE_ELEMENT) {
        demand_element(state, instr, result);
        return;
    }
    if (ir_op_of(instr->op)->cls == IR_FORWARD && instr->noperands) {
        plan_demand(state, instr->operands[0], result);
        return;
    }
    if (instr->op == IR_OP_WHILE || instr->op == IR_OP_CONDITIONAL || instr->op == IR_OP_PARAMETER || instr->op == IR_OP_CONSTANT ||
        instr->shape->type == IR_TOKEN)
        return;
    state->demanded[instr->id] = true;
    state->result[instr->id] |= result;
}

/* ---- one instruction ---- */

static void commit(plan_state *state, plan_kernel *kernel)
{
    plan_comp *out = state->out;
    FW_PUSH(state->arena, out->kernels, out->nkernels, out->cap, kernel);
    for (int i = 0; i < kernel->nmembers; i++)
        state->inside[kernel->members[i]->id] = kernel;
    for (int i = 0; i < kernel->noutputs; i++) {
        state->computed[kernel->outputs[i]->id] = kernel;
        state->demanded[kernel->outputs[i]->id] = true;
        state->inside[kernel->outputs[i]->id] = NULL;
    }
    for (int i = 0; i < kernel->schedule->ninputs; i++)
        plan_demand(state, kernel->schedule->inputs[i], false);
}

static bool try_proposal(plan_state *state, ir_instr *root, const rules_rule *rule, const rules_proposal *p)
{
    const char *why = NULL;
    if (p->verdict == RULES_REFUSE) {
        plan_record_add(state, root, rule, p->line, false, p->why, NULL);
        return false;
    }
    if (p->verdict == RULES_EXPORT) {
        bool ok = plan_try_export(state, root, p, &why);
        plan_record_add(state, root, rule, p->line, ok, ok ? p->why : why, ok ? p->kernel : NULL);
        if (ok) {
            state->computed[root->id] = p->kernel;
            state->inside[root->id] = NULL;
        }
        return ok;
    }
    plan_kernel *kernel = plan_try(state, root, rule, p, &why);
    plan_record_add(state, root, rule, p->line, kernel != NULL, kernel ? p->why : why, kernel);
    if (kernel)
        commit(state, kernel);
    return kernel != NULL;
}

/* False only after an error that ends the planning. *done tells whether a kernel now stores the root. */
static bool ask_rules(plan_state *state, ir_instr *root, bool *done)
{
    rules_set *set = state->rules;
    for (int i = 0; i < set->nrules && !*done; i++) {
        rules_rule *rule = &set->rules[i];
        rules_answer answer;
        if (rule->failed || !rules_matches(rule, root))
            continue;
        if (!rules_ask(set, rule, root, &answer)) {
            bool skip = set->options.skip_on_error && !set->exhausted;
            host_report(set, state->diag, fw_format(state->arena, "rule \"%s\" failed", rule->name), skip);
            fw_note(state->diag, root->loc, "while it was asked about %s", root->name);
            rule->failed = true;
            if (!skip)
                return false;
            continue;
        }
        for (int j = 0; j < answer.count && !*done; j++)
            *done = try_proposal(state, root, rule, answer.proposals[j]);
    }
    return true;
}

/* ---- the fallback: a kernel for one instruction ---- */

/* Adds what only moves elements below the members; run-time indices come with their arithmetic. */
static int add_index_producers(plan_state *state, ir_instr **members, int count)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < members[i]->noperands; j++) {
            ir_instr *operand = members[i]->operands[j];
            ir_op_class cls = ir_op_of(operand->op)->cls;
            bool moves = cls == IR_INDEX || cls == IR_BITCAST_CLASS || operand->op == IR_OP_IOTA;
            if (moves && state->mark[operand->id] != state->walk) {
                state->mark[operand->id] = state->walk;
                members[count++] = operand;
            }
        }
    return count;
}

static bool fall_back(plan_state *state, ir_instr *root)
{
    const char *why = NULL, *first = NULL;
    bool may_be_member = plan_can_be_member(root);
    ir_instr **members = fw_alloc_array(state->arena, (size_t)state->comp->ninstrs, sizeof *members);
    rules_proposal p = {.verdict = RULES_FUSE, .members = members, .why = "no rule has a kernel for it"};
    members[0] = root;
    state->mark[root->id] = ++state->walk;
    if (ir_op_of(root->op)->cls == IR_SCATTER_CLASS || root->op == IR_OP_DYNAMIC_UPDATE_SLICE)
        p.in_place = plan_is_constant(root->operands[0]) ? NULL : root->operands[0];
    for (int attempt = 0; attempt < 2 && may_be_member; attempt++) {
        p.nmembers = attempt ? add_index_producers(state, members, 1) : 1;
        plan_kernel *kernel = plan_try(state, root, NULL, &p, &why);
        plan_record_add(state, root, NULL, 0, kernel != NULL, kernel ? p.why : why, kernel);
        if (kernel) {
            commit(state, kernel);
            return true;
        }
        first = first ? first : why;
        if (p.nmembers == 1 && attempt)
            break;
    }
    const char *op = ir_op_of(root->op)->name;
    if (may_be_member && first)
        fw_error(state->diag, FW_UNSUPPORTED, root->loc, "%s: this version cannot compile %s here: %s", root->name, op, first);
    else
        fw_error(state->diag, FW_UNSUPPORTED, root->loc, "%s: this version cannot compile %s", root->name, op);
    for (int i = 0; i < root->noperands; i++) /* what it reads may have the same fate, and is told of in the same run */
        plan_demand(state, root->operands[i], false);
    return false;
}

/* ---- one computation ---- */

static void mark_live(plan_state *state, const ir_comp *comp)
{
    state->live[comp->root->id] = true;
    for (int id = comp->ninstrs - 1; id >= 0; id--)
        for (int i = 0; state->live[id] && i < comp->instrs[id]->noperands; i++)
            state->live[comp->instrs[id]->operands[i]->id] = true;
}

/* Plans of the computations that a loop or conditional runs, one after the other. */
static bool plan_called(planning *p, plan_state *state, const ir_instr *instr, int depth)
{
    const ir_comp *called[2] = {ir_attr_comp(instr, IR_ATTR_CONDITION), ir_attr_comp(instr, IR_ATTR_BODY)};
    ir_comp *const *comps = NULL;
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    int count = 2;
    if (instr->op == IR_OP_CONDITIONAL && branches) {
        comps = branches->comps;
        count = branches->count;
    } else if (instr->op == IR_OP_CONDITIONAL) {
        called[0] = ir_attr_comp(instr, IR_ATTR_TRUE_COMPUTATION);
        called[1] = ir_attr_comp(instr, IR_ATTR_FALSE_COMPUTATION);
    }
    plan_comp *plans = fw_alloc_array(p->arena, (size_t)(count ? count : 1), sizeof *plans);
    state->out->called[instr->id] = plans;
    bool ok = true;
    for (int i = 0; i < count; i++)
        ok &= plan_computation(p, comps ? comps[i] : called[i], &plans[i], depth + 1);
    return ok;
}

static bool visit(planning *p, plan_state *state, ir_instr *instr, int depth)
{
    if (instr->op == IR_OP_WHILE || instr->op == IR_OP_CONDITIONAL) {
        for (int i = 0; i < instr->noperands; i++)
            plan_demand(state, instr->operands[i], false);
        plan_state *outer = p->rules->state;
        bool ok = plan_called(p, state, instr, depth);
        p->rules->state = outer;
        p->rules->generation++;
        return ok;
    }
    if (!state->demanded[instr->id] || state->computed[instr->id])
        return true;
    bool done = false;
    if (!ask_rules(state, instr, &done))
        return false;
    if (!done)
        fall_back(state, instr);
    return true;
}

plan_state *plan_state_new(rules_set *rules, fw_arena *arena, fw_diag *diag, sched_prover *prover, plan *whole, const ir_comp *comp,
    plan_comp *out)
{
    plan_state *s = fw_alloc(arena, sizeof *s);
    size_t n = (size_t)comp->ninstrs;
    *s = (plan_state){.rules = rules, .arena = arena, .diag = diag, .prover = prover, .plan = whole, .comp = comp, .out = out};
    s->users = ir_users_of(arena, comp);
    s->live = fw_alloc_array(arena, n, sizeof *s->live);
    s->result = fw_alloc_array(arena, n, sizeof *s->result);
    s->demanded = fw_alloc_array(arena, n, sizeof *s->demanded);
    s->computed = fw_alloc_array(arena, n, sizeof *s->computed);
    s->inside = fw_alloc_array(arena, n, sizeof *s->inside);
    s->mark = fw_alloc_array(arena, n, sizeof *s->mark);
    out->comp = comp;
    out->called = fw_alloc_array(arena, n, sizeof *out->called);
    mark_live(s, comp);
    rules->state = s;
    rules->generation++;
    plan_demand(s, comp->root, true);
    return s;
}

/* Unsupported instructions are collected and reported at once; false only after an error that ends the planning. */
static bool plan_computation(planning *p, const ir_comp *comp, plan_comp *out, int depth)
{
    if (depth > MAX_NESTING) {
        fw_error(p->diag, FW_LIMIT, comp->loc, "loops and conditionals are nested more than %d deep", MAX_NESTING);
        return false;
    }
    plan_state *state = plan_state_new(p->rules, p->arena, p->diag, p->prover, p->plan, comp, out);
    for (int id = comp->ninstrs - 1; id >= 0; id--)
        if (state->live[id] && !visit(p, state, comp->instrs[id], depth))
            return false;
    plan_order(state);
    return true;
}

plan *rules_plan(rules_set *rules, fw_arena *arena, fw_diag *diag, const ir_module *module, sched_prover *prover)
{
    planning p = {rules, arena, diag, prover, fw_alloc(arena, sizeof(plan))};
    int errors = fw_diag_errors(diag);
    p.plan->module = module;
    p.plan->target = &rules->target;
    p.plan->entry = fw_alloc(arena, sizeof *p.plan->entry);
    for (int i = 0; i < rules->nrules; i++)
        rules->rules[i].failed = false;
    host_start(rules);
    plan_computation(&p, module->entry, p.plan->entry, 0);
    rules->state = NULL;
    rules->generation++;
    return fw_diag_errors(diag) == errors ? p.plan : NULL;
}
