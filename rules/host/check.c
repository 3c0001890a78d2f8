/* `fusewright rules check PATH`: every rule is asked about every instruction of a small graph that it may be asked about, and each
 * proposal is tried as the planner would, without being committed. Then the whole graph is planned once. */
#include "host.h"

#include <string.h>

/* Two dense layers (one with a matrix, one with a vector), a softmax over rows, a mean over columns, an update of a window. */
static const char graph[] =
    "HloModule check\n"
    "max { a = f32[] parameter(0) b = f32[] parameter(1) ROOT r = f32[] maximum(a, b) }\n"
    "sum { a = f32[] parameter(0) b = f32[] parameter(1) ROOT r = f32[] add(a, b) }\n"
    "ENTRY main {\n"
    "  x = f32[64,96] parameter(0)\n"
    "  w0 = f32[96,128] parameter(1)\n"
    "  b0 = f32[128] parameter(2)\n"
    "  w1 = f32[128,40] parameter(3)\n"
    "  cache = f32[8,40] parameter(4)\n"
    "  at = s32[] parameter(5)\n"
    "  zero = f32[] constant(0)\n"
    "  low = f32[] constant(-inf)\n"
    "  count = f32[] constant(64)\n"
    "  origin = s32[] constant(0)\n"
    "  dot0 = f32[64,128] dot(x, w0), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  bias0 = f32[64,128] broadcast(b0), dimensions={1}\n"
    "  dense0 = f32[64,128] add(dot0, bias0)\n"
    "  zeros = f32[64,128] broadcast(zero), dimensions={}\n"
    "  relu0 = f32[64,128] maximum(dense0, zeros)\n"
    "  dot1 = f32[64,40] dot(relu0, w1), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  top = f32[64] reduce(dot1, low), dimensions={1}, to_apply=max\n"
    "  tops = f32[64,40] broadcast(top), dimensions={0}\n"
    "  shifted = f32[64,40] subtract(dot1, tops)\n"
    "  exps = f32[64,40] exponential(shifted)\n"
    "  total = f32[64] reduce(exps, zero), dimensions={1}, to_apply=sum\n"
    "  totals = f32[64,40] broadcast(total), dimensions={0}\n"
    "  softmax = f32[64,40] divide(exps, totals)\n"
    "  columns = f32[40] reduce(softmax, zero), dimensions={0}, to_apply=sum\n"
    "  counts = f32[40] broadcast(count), dimensions={}\n"
    "  mean = f32[40] divide(columns, counts)\n"
    "  row = f32[1,40] reshape(mean)\n"
    "  updated = f32[8,40] dynamic-update-slice(cache, row, at, origin)\n"
    "  ROOT result = (f32[64,40], f32[8,40]) tuple(softmax, updated)\n"
    "}\n";

typedef struct checking {
    rules_set *rules;
    fw_arena *arena;
    fw_diag *diag;
    sched_prover *prover;
    const ir_module *module;
    fw_text *report;
    int failures;
} checking;

typedef struct tally { int asked, silent, accepted, refused; } tally;

static void try_answer(plan_state *state, ir_instr *root, const rules_rule *rule, const rules_answer *answer, fw_text *notes, tally *t)
{
    for (int i = 0; i < answer->count; i++) {
        const rules_proposal *p = answer->proposals[i];
        const char *why = p->why;
        bool ok = p->verdict == RULES_FUSE && plan_try(state, root, rule, p, &why) != NULL;
        t->accepted += ok;
        t->refused += !ok;
        if (!ok && t->refused <= 5)
            fw_text_printf(notes, "    %s: %s\n", root->name, why);
    }
    t->silent += answer->count == 0;
}

/* Each instruction gets a fresh state: what a rule proposes must not depend on what was tried before. */
static void check_rule(checking *c, const rules_rule *rule)
{
    const ir_comp *comp = c->module->entry;
    const rules_file *file = &c->rules->files[rule->file];
    tally t = {0};
    fw_text notes;
    fw_text_init(&notes, c->arena);
    for (int id = comp->ninstrs - 1; id >= 0; id--) {
        ir_instr *root = comp->instrs[id];
        plan whole = {.module = c->module, .target = &c->rules->target};
        plan_comp out = {0};
        rules_answer answer;
        if (!rules_matches(rule, root) || !plan_can_be_member(root))
            continue;
        t.asked++;
        host_start(c->rules);
        plan_state *state = plan_state_new(c->rules, c->arena, c->diag, c->prover, &whole, comp, &out);
        state->demanded[id] = true;
        if (rules_ask(c->rules, rule, root, &answer)) {
            try_answer(state, root, rule, &answer, &notes, &t);
            continue;
        }
        const rules_failure *f = &c->rules->failure;
        c->failures++;
        fw_text_printf(c->report, "%s:%d: rule \"%s\" failed at %s: %s\n", f->file >= 0 ? c->rules->files[f->file].source->name : file->name,
            f->line, rule->name, root->name, f->message);
        return;
    }
    fw_text_printf(c->report, "%s:%d: rule \"%s\": ok, asked %d times, %d accepted, %d refused, %d without an answer\n", file->name, rule->line,
        rule->name, t.asked, t.accepted, t.refused, t.silent);
    fw_text_add(c->report, fw_text_string(&notes));
}

static void print_kernels(const plan *made, fw_text *report)
{
    fw_text_printf(report, "the graph of the check takes %d kernels\n", made->entry->nkernels);
    for (int i = 0; i < made->entry->nkernels; i++) {
        const plan_kernel *k = made->entry->kernels[i];
        fw_text_printf(report, "    %s: %s by \"%s\", %d members\n", k->outputs[0]->name, k->template_name, k->rule, k->nmembers);
    }
}

bool rules_check(fw_arena *arena, fw_diag *diag, const rules_options *options, fw_text *report)
{
    static const fw_source source = {"<check>", graph, sizeof graph - 1};
    ir_module *module = ir_read_hlo(arena, diag, &source);
    rules_set *rules = module ? rules_load(arena, diag, options) : NULL;
    if (!rules)
        return false;
    sched_prover *prover = sched_prover_new(arena, 2000000);
    checking c = {rules, arena, diag, prover, module, report, 0};
    for (int i = 0; i < rules->nrules; i++)
        check_rule(&c, &rules->rules[i]);
    plan *made = c.failures ? NULL : rules_plan(rules, arena, diag, module, prover);
    if (made)
        print_kernels(made, report);
    rules->state = NULL;
    sched_prover_free(prover);
    rules_free(rules);
    return made != NULL;
}
