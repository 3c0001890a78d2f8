/* NAME_kernels.h: what the files of the generated code share: prototypes, argument structs, mathematical helpers. */
#include "gen.h"

#include <string.h>

static void member(fw_text *out, const char *qualifier, ir_type type, const char *name, const char *shape)
{
    fw_text_printf(out, "    %s%s *%s; /* %s */\n", qualifier, gen_c_type(type), name, shape);
}

static bool is_output(const gen_kernel *kernel, const char *name)
{
    int count = kernel->step->kernel->plan->noutputs;
    for (int i = 0; i < count; i++)
        if (!strcmp(kernel->outputs[i], name))
            return true;
    return false;
}

static void struct_text(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    const sched_step *step = kernel->step;
    fw_text_printf(out, "\ntypedef struct %s_%s_args {\n", model->prefix, kernel->name);
    if (step->kind == SCHED_STEP_COPY) {
        fw_text_add(out, "    const void *from;\n    void *to;\n");
    } else {
        const sched_kernel *k = step->kernel;
        for (int i = 0; i < k->ninputs; i++)
            if (!is_output(kernel, kernel->inputs[i]))
                member(out, "const ", k->inputs[i]->shape->type, kernel->inputs[i],
                    gen_shape_text(model->arena, k->inputs[i]->shape));
        for (int i = 0; i < k->plan->noutputs; i++)
            member(out, "", k->plan->outputs[i]->shape->type, kernel->outputs[i],
                gen_shape_text(model->arena, k->plan->outputs[i]->shape));
    }
    fw_text_printf(out, "} %s_%s_args;\n", model->prefix, kernel->name);
    fw_text_printf(out, "void %s_%s(const void *args, void *scratch, int64_t begin, int64_t end);\n", model->prefix, kernel->name);
}

bool gen_kernels_header(gen_model *model)
{
    fw_text math, kernels, out;
    fw_text_init(&math, model->arena);
    fw_text_init(&kernels, model->arena);
    fw_text_init(&out, model->arena);
    if (!gen_math_text(model, &math))
        return false;
    for (int i = 0; i < model->nkernels; i++)
        struct_text(model, &model->kernels[i], &kernels);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(model->arena, "%s_kernels.h: the kernels of %s, for its own files only.",
            model->prefix, model->prefix))},
        {"math", fw_text_string(&math) + strspn(fw_text_string(&math), "\n")},
        {"kernels", fw_text_string(&kernels) + strspn(fw_text_string(&kernels), "\n")},
    };
    if (!gen_fill(model, "c/MODEL_kernels.h", NULL, slots, FW_COUNT(slots), &out))
        return false;
    gen_output_add(model, fw_format(model->arena, "%s_kernels.h", model->prefix), out.data, out.size);
    return true;
}
