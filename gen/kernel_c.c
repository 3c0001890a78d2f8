/* The C backend's kernels: declarations, tile loop, statements; contractions have a template of their own. */
#include "emit.h"

#include <string.h>

static bool is_contraction(const sched_kernel *kernel)
{
    return kernel->contraction && ir_type_is_float(kernel->contraction->instr->shape->type);
}

static const char *unsupported_type(fw_arena *arena, const ir_shape *shape)
{
    if (*ir_type_c(emit_type(shape->type)))
        return NULL;
    return fw_format(arena, "the C backend has no arithmetic on %s yet", ir_type_name(shape->type));
}

static bool prepare(fw_arena *arena, sched_kernel *kernel, const ir_target *target, const char **why)
{
    (void)target;
    *why = NULL;
    for (int i = 0; i < kernel->plan->nmembers && !*why; i++)
        *why = unsupported_type(arena, kernel->plan->members[i]->shape);
    for (int i = 0; i < kernel->ninputs && !*why; i++)
        *why = unsupported_type(arena, kernel->inputs[i]->shape);
    kernel->template_bytes = is_contraction(kernel) ? emit_contraction_bytes(kernel) : kernel->product_bytes;
    return !*why;
}

/* ---- declarations ---- */

static bool field_is_output(const emit *e, const char *field)
{
    for (int i = 0; i < e->kernel->plan->noutputs; i++)
        if (!strcmp(e->names->outputs[i], field))
            return true;
    return false;
}

void emit_declarations(emit *e, int indent, fw_text *out)
{
    const sched_kernel *k = e->kernel;
    const char *prefix = e->model->prefix;
    /* A donated input may be the output itself: then no pointer is promised to be the only one. */
    const char *alone = e->names->step->may_equal ? "" : fw_format(e->arena, "%s_RESTRICT ", prefix);
    out->indent = indent;
    fw_text_line(out, "const %s_%s_args *const a = args;", prefix, e->names->name);
    for (int i = 0; i < k->ninputs; i++)
        if (!field_is_output(e, e->names->inputs[i]))
            fw_text_line(out, "const %s *%s%s = a->%s;", gen_c_type(k->inputs[i]->shape->type), alone, e->names->inputs[i], e->names->inputs[i]);
    for (int i = 0; i < k->plan->noutputs; i++)
        fw_text_line(out, "%s *%s%s = a->%s;", gen_c_type(k->plan->outputs[i]->shape->type), alone, e->names->outputs[i], e->names->outputs[i]);
    bool scratch = is_contraction(k);
    for (int i = 0; i < k->nstmts; i++) {
        const sched_stmt *s = &k->stmts[i];
        if (!s->scratch || (s == k->contraction && is_contraction(k)))
            continue;
        scratch = true;
        const char *type = gen_c_type(s->instr->shape->type), *name = emit_array(e, s->instr);
        if (s->scratch_offset)
            fw_text_line(out, "%s *const %s = (%s *)((char *)scratch + %lld);", type, name, type, (long long)s->scratch_offset);
        else
            fw_text_line(out, "%s *const %s = scratch;", type, name);
    }
    if (!scratch)
        fw_text_line(out, "(void)scratch;");
}

/* [lo, hi) of each tiled loop of tile t, the last loop fastest. */
void emit_tile_ranges(emit *e, int indent, fw_text *out)
{
    const sched_kernel *k = e->kernel;
    int64_t inner = 1;
    out->indent = indent;
    for (int i = k->nloops - 1; i >= 0; i--) {
        const sched_loop *l = &k->loops[i];
        if (l->ntiles == 1)
            continue;
        const char *t = inner == 1 ? "t" : fw_format(e->arena, "t / %lld", (long long)inner);
        if (inner * l->ntiles < k->ntiles)
            t = fw_format(e->arena, "%s %% %lld", t, (long long)l->ntiles);
        const char *lo = l->tile == 1 ? t : fw_format(e->arena, strcmp(t, "t") ? "(%s) * %lld" : "%s * %lld", t, (long long)l->tile);
        fw_text_printf(out, "%*sconst int64_t %s0 = %s, ", 4 * indent, "", l->name, lo);
        if (l->extent % l->tile) {
            gen_use_helper(e->model, "min_i64");
            fw_text_printf(out, "%s1 = %s_min_i64(%s0 + %lld, %lld);\n", l->name, e->model->prefix, l->name, (long long)l->tile, (long long)l->extent);
        } else {
            fw_text_printf(out, "%s1 = %s0 + %lld;\n", l->name, l->name, (long long)l->tile);
        }
        inner *= l->ntiles;
    }
}

/* ---- text ---- */

static void print_tiles(emit *e, fw_text *out)
{
    const sched_kernel *k = e->kernel;
    bool tiled = k->ntiles > 1;
    out->indent = 0;
    fw_text_line(out, tiled ? "for (int64_t t = begin; t < end; t++) {" : "if (begin < end) {");
    if (tiled)
        emit_tile_ranges(e, 1, out);
    for (int i = 0; i < k->nstmts; i++)
        emit_stmt(e, &k->stmts[i], 1, out);
    out->indent = 0;
    fw_text_line(out, "}");
}

static bool kernel_text(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    if (kernel->step->kind == SCHED_STEP_COPY)
        return gen_copy_kernel(model, kernel, out);
    const sched_kernel *k = kernel->step->kernel;
    const char *banner = gen_banner(model, fw_format(model->arena, "%s: kernel %s", model->prefix, kernel->name));
    emit *e = emit_new(model, k, kernel);
    if (is_contraction(k))
        return emit_contraction(e, kernel, banner, gen_kernel_comment(model, kernel), out);
    fw_text declarations, tiles;
    fw_text_init(&declarations, model->arena);
    fw_text_init(&tiles, model->arena);
    print_tiles(e, &tiles);
    emit_declarations(e, 0, &declarations);
    gen_slot slots[] = {
        {"banner", banner},
        {"comment", gen_kernel_comment(model, kernel)},
        {"declarations", fw_text_string(&declarations)},
        {"tiles", fw_text_string(&tiles)},
    };
    return gen_fill(model, "c/nest.c", kernel->name, slots, FW_COUNT(slots), out);
}

bool gen_driver_c(gen_model *model, fw_text *out);

/* The template is a program for the host; these slots are empty in it. */
static const char *main_part(gen_model *model, const char *slot)
{
    static const char *const empty[] = {"device", "wait", "start", "results"};
    (void)model;
    for (int i = 0; i < FW_COUNT(empty); i++)
        if (!strcmp(slot, empty[i]))
            return "";
    return NULL;
}

static const char *const words[] = {NULL};

const gen_backend gen_backend_c = {.name = "c", .kernel_suffix = ".c", .templates = "c", .prepare = prepare, .kernel = kernel_text,
    .driver = gen_driver_c, .declare = gen_declare_c, .main_part = main_part, .project = "project", .words = words,
    .inline_function = "static inline", .constant = "static _Alignas(64) const", .host = true};
