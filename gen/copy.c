/* The kernel of a COPY step: one whole buffer to another. */
#include "gen.h"

bool gen_copy_kernel(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    const sched_step *step = kernel->step;
    const char *shape = gen_shape_text(model->arena, step->to->shape);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(model->arena, "%s: kernel %s", model->prefix, kernel->name))},
        {"comment", fw_format(model->arena, "/* Copies %s: 0 flops, %lld bytes. */", shape,
            (long long)(2 * step->to->bytes))},
        {"bytes", fw_format(model->arena, "%lld", (long long)step->to->bytes)},
        {"tile", fw_format(model->arena, "%d", GEN_COPY_TILE)},
    };
    return gen_fill(model, "c/copy.c", kernel->name, slots, FW_COUNT(slots), out);
}
