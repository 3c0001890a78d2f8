/* plan FILE.hlo [-v] [--rules PATH] [--target NAME] [--strict] [--module]: reads, simplifies, plans and prints how many kernels the
 * computations need; -v prints the plan and every decision, --module the simplified module. For tuning rules. */
#include "rules.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int count_kernels(const plan_comp *comp)
{
    int n = comp->nkernels;
    for (int id = 0; id < comp->comp->ninstrs; id++) {
        const ir_instr *instr = comp->comp->instrs[id];
        const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
        for (int i = 0; comp->called[id] && i < (branches ? branches->count : 2); i++)
            n += count_kernels(&comp->called[id][i]);
    }
    return n;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int finish(fw_arena *arena, fw_diag *diag)
{
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    fputs(fw_text_string(&text), stderr);
    int status = fw_diag_status(diag);
    fw_arena_free(arena);
    return status;
}

int main(int argc, char **argv)
{
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    const char *input = NULL, *packs[8];
    rules_options options = {.data = ".", .paths = packs, .numerics = RULES_DEFAULT};
    bool verbose = false, show = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v"))
            verbose = true;
        else if (!strcmp(argv[i], "--module"))
            show = true;
        else if (!strcmp(argv[i], "--strict"))
            options.numerics = RULES_STRICT;
        else if (!strcmp(argv[i], "--rules") && i + 1 < argc && options.npaths < FW_COUNT(packs))
            packs[options.npaths++] = argv[++i];
        else if (!strcmp(argv[i], "--target") && i + 1 < argc)
            options.target = argv[++i];
        else
            input = argv[i];
    }
    fw_source *source = input ? fw_file_read(arena, diag, input) : NULL;
    ir_module *module = source ? ir_read_hlo(arena, diag, source) : NULL;
    if (!module)
        return finish(arena, diag);
    ir_simplify(module);
    fw_text text;
    fw_text_init(&text, arena);
    if (show)
        ir_module_print(module, &text);
    rules_set *rules = rules_load(arena, diag, &options);
    sched_prover *prover = sched_prover_new(arena, 2000000);
    double start = seconds();
    plan *made = rules ? rules_plan(rules, arena, diag, module, prover) : NULL;
    double planned = seconds() - start;
    if (made && verbose)
        plan_print(made, &text);
    if (made) {
        int accepted = 0;
        for (int i = 0; i < made->nrecords; i++)
            accepted += made->records[i].accepted;
        sched_program *program = sched_program_build(arena, diag, prover, made);
        fw_text_printf(&text, "%s: %d kernels planned, %d steps, %d of %d proposals accepted, %.2f s\n", input, count_kernels(made->entry),
            program ? program->nkernels : -1, accepted, made->nrecords, planned);
    }
    fputs(fw_text_string(&text), stdout);
    sched_prover_free(prover);
    rules_free(rules);
    return finish(arena, diag);
}
