/* Pieces of text that several generated files share. */
#include "gen.h"

#include <string.h>

bool gen_has_threads(const gen_model *model)
{
    return model->backend->host && model->options->parallel == GEN_PARALLEL_PTHREADS;
}

const char *gen_banner(const gen_model *model, const char *what)
{
    return fw_format(model->arena, "/* %s\n * Written by fusewright %s. SPDX-License-Identifier: 0BSD */", what,
        GEN_VERSION);
}

const char *gen_shape_text(fw_arena *arena, const ir_shape *shape)
{
    ir_shape plain = *shape;
    plain.layout = NULL;
    fw_text out;
    fw_text_init(&out, arena);
    ir_shape_print(&plain, &out);
    return fw_text_string(&out);
}

const char *gen_rule_place(const gen_model *model, const plan_kernel *kernel)
{
    if (!kernel || !kernel->rule_file)
        return "";
    const char *file = kernel->rule_file, *data = model->options->data;
    size_t n = strlen(data);
    if (!strncmp(file, data, n) && file[n] == '/')
        file += n + 1;
    else if (*file == '/')
        file = strrchr(file, '/') + 1; /* a pack of the user's: where it lies is nobody's business */
    return fw_format(model->arena, "%s:%d", file, kernel->rule_line);
}

const char *gen_kernel_ops(fw_arena *arena, const gen_kernel *kernel)
{
    if (kernel->step->kind == SCHED_STEP_COPY)
        return "copy";
    const plan_kernel *p = kernel->step->kernel->plan;
    fw_text out;
    fw_text_init(&out, arena);
    bool *seen = fw_alloc_array(arena, IR_NOPS, sizeof *seen);
    for (int i = 0; i < p->nmembers; i++) {
        ir_op op = p->members[i]->op;
        if (!seen[op])
            fw_text_printf(&out, "%s%s", out.size ? ", " : "", ir_op_of(op)->name);
        seen[op] = true;
    }
    return fw_text_string(&out);
}

const char *gen_kernel_comment(gen_model *model, const gen_kernel *kernel)
{
    const sched_kernel *k = kernel->step->kernel;
    fw_text out;
    fw_text_init(&out, model->arena);
    fw_text_printf(&out, "/* %s\n", gen_kernel_ops(model->arena, kernel));
    if (k->plan->why)
        fw_text_printf(&out, " * %s\n", k->plan->why);
    fw_text_printf(&out, " * Rule %s, %s. %lld flops, %lld bytes read, %lld written. */",
        k->plan->rule ? k->plan->rule : "(none)", gen_rule_place(model, k->plan), (long long)k->flops,
        (long long)k->bytes_read, (long long)k->bytes_written);
    return fw_text_string(&out);
}

int64_t gen_step_tiles(const sched_step *step)
{
    if (step->kind == SCHED_STEP_KERNEL)
        return step->kernel->ntiles;
    return step->kind == SCHED_STEP_COPY ? (step->to->bytes + GEN_COPY_TILE - 1) / GEN_COPY_TILE : 0;
}

const gen_kernel *gen_kernel_of(const gen_model *model, const sched_step *step)
{
    for (int i = 0; i < model->nkernels; i++)
        if (model->kernels[i].step == step)
            return &model->kernels[i];
    return NULL;
}

bool gen_kernel_text(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    return model->backend->kernel(model, kernel, out);
}
