/* NAME_kernels.h: what the files of the generated code share: prototypes, argument structs, mathematical helpers. */
#include "gen.h"

#include <string.h>

static void member(gen_model *model, fw_text *out, const char *qualifier, const ir_shape *shape, const char *name)
{
    fw_text_printf(out, "    %s%s *%s; /* %s */\n", qualifier, gen_c_type(shape->type), name,
        gen_shape_text(model->arena, shape));
}

static bool is_output(const gen_kernel *kernel, const char *name)
{
    int count = kernel->step->kernel->plan->noutputs;
    for (int i = 0; i < count; i++)
        if (!strcmp(kernel->outputs[i], name))
            return true;
    return false;
}

void gen_declare_c(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    const sched_step *step = kernel->step;
    fw_text_printf(out, "\ntypedef struct %s_%s_args {\n", model->prefix, kernel->name);
    if (step->kind == SCHED_STEP_COPY) {
        fw_text_add(out, "    const void *from;\n    void *to;\n");
    } else {
        const sched_kernel *k = step->kernel;
        for (int i = 0; i < k->ninputs; i++)
            if (!is_output(kernel, kernel->inputs[i]))
                member(model, out, "const ", k->inputs[i]->shape, kernel->inputs[i]);
        for (int i = 0; i < k->plan->noutputs; i++)
            member(model, out, "", k->plan->outputs[i]->shape, kernel->outputs[i]);
    }
    fw_text_printf(out, "} %s_%s_args;\n", model->prefix, kernel->name);
    fw_text_printf(out, "void %s_%s(const void *args, void *scratch, int64_t begin, int64_t end);\n", model->prefix,
        kernel->name);
}

/* Whether products are fused into sums is decided here and not by the user's -std. One setting for all files, since gcc does not
 * inline between functions that differ in it. */
static const char *numerics_text(const gen_model *model)
{
    if (model->options->rules.numerics == RULES_STRICT)
        return "/* Every operation rounds by itself: no product is fused with the sum it goes into. */\n"
               "#if defined(__clang__)\n"
               "#pragma STDC FP_CONTRACT OFF\n"
               "#elif defined(__GNUC__)\n"
               "#pragma GCC optimize(\"fp-contract=off\", \"no-trapping-math\")\n"
               "#endif";
    return "/* A product may be fused with the sum it goes into: gcc does so under -std=c11 only when asked. */\n"
           "#if defined(__clang__)\n"
           "#pragma STDC FP_CONTRACT ON\n"
           "#elif defined(__GNUC__)\n"
           "#pragma GCC optimize(\"fp-contract=fast\", \"no-trapping-math\")\n"
           "#endif";
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
        if (model->kernels[i].like == i)
            model->backend->declare(model, &model->kernels[i], &kernels);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(model->arena, "%s_kernels.h: the kernels of %s, for its own files only.",
            model->prefix, model->prefix))},
        {"numerics", model->backend->host ? numerics_text(model) : ""},
        {"math", fw_text_string(&math) + strspn(fw_text_string(&math), "\n")},
        {"kernels", fw_text_string(&kernels) + strspn(fw_text_string(&kernels), "\n")},
    };
    if (!gen_fill(model, "MODEL_kernels.h", NULL, slots, FW_COUNT(slots), &out))
        return false;
    gen_output_add(model, fw_format(model->arena, "%s_kernels.h", model->prefix), out.data, out.size);
    return true;
}
