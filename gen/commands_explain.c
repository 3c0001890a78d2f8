/* explain: what every kernel is made of and costs, and every decision of the rules with its reason. */
#include "options.h"

#include <string.h>

static bool has_member(const plan_kernel *kernel, const char *op)
{
    for (int i = 0; i < kernel->nmembers; i++)
        if (!strcmp(kernel->members[i]->name, op))
            return true;
    return false;
}

static void print_names(const char *label, ir_instr *const *list, int count, fw_text *out)
{
    if (!count)
        return;
    size_t line = out->size;
    fw_text_printf(out, "    %-9s", label);
    for (int i = 0; i < count; i++) {
        if (out->size - line > 108) {
            line = out->size + 1;
            fw_text_printf(out, "\n%13s", "");
        }
        fw_text_printf(out, " %s", list[i]->name);
    }
    fw_text_char(out, '\n');
}

static const char *permissions(fw_arena *arena, const plan_kernel *kernel)
{
    if (!kernel->reassociate && !kernel->contract && !kernel->approximate)
        return "";
    return fw_format(arena, "; may%s%s%s", kernel->reassociate ? " reassociate" : "",
        kernel->contract ? " contract" : "",
        kernel->approximate ? " approximate" : "");
}

static void print_kernel(const gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    fw_arena *arena = model->arena;
    const char *again = &model->kernels[kernel->like] == kernel ? "" : " (the same code again)";
    const sched_kernel *k = kernel->step->kernel;
    if (!k) {
        fw_text_printf(out, "%s%s: copies %s\n    figures   0 flops, %lld bytes\n\n", kernel->name, again,
            gen_shape_text(arena, kernel->step->to->shape),
            (long long)(2 * kernel->step->to->bytes));
        return;
    }
    const plan_kernel *p = k->plan;
    fw_text_printf(out, "%s%s: template %s, computes %s%s\n", kernel->name, again, p->template_name,
        gen_shape_text(arena, p->outputs[0]->shape),
        p->noutputs > 1 ? fw_format(arena, " and %d more", p->noutputs - 1) : "");
    fw_text_printf(out, "    rule      %s%s%s%s%s%s\n", p->rule ? p->rule : "none", p->rule_file ? " at " : "",
        gen_rule_place(model, p),
        p->why ? ": " : "", p->why ? p->why : "", permissions(arena, p));
    print_names("members", p->members, p->nmembers, out);
    print_names("outputs", p->outputs, p->noutputs, out);
    print_names("kept", p->keep, p->nkeep, out);
    if (p->in_place)
        fw_text_printf(out, "    in place  of %s\n", p->in_place->name);
    fw_text_printf(out, "    tiles     %lld", (long long)k->ntiles);
    for (int i = 0; i < k->nloops; i++)
        fw_text_printf(out, "%s %s %lld of %lld", i ? "," : ":", k->loops[i].name, (long long)k->loops[i].tile,
            (long long)k->loops[i].extent);
    fw_text_printf(out, "\n    figures   %lld flops, %lld bytes read, %lld written, %lld scratch", (long long)k->flops,
        (long long)k->bytes_read,
        (long long)k->bytes_written, (long long)(k->scratch_bytes + k->template_bytes));
    if (k->points_recomputed)
        fw_text_printf(out, ", %lld of %lld points recomputed", (long long)k->points_recomputed, (long long)k->points);
    fw_text_printf(out, "\n    proof     %s\n\n", k->proof ? k->proof : k->proved ? "proved" : "none");
}

static void print_record(const gen_model *model, const plan_record *r, fw_text *out)
{
    const plan_kernel place = {.rule_file = r->rule_file, .rule_line = r->rule_line};
    fw_text_printf(out, "  %-8s %s, %s%s%s", r->accepted ? "accepted" : "refused", r->instr ? r->instr->name : "-",
        r->rule ? r->rule : "-",
        r->rule_file ? " at " : "", gen_rule_place(model, &place));
    if (r->nmembers)
        fw_text_printf(out, ", %d instruction%s", r->nmembers, r->nmembers == 1 ? "" : "s");
    if (r->flops || r->bytes_read || r->bytes_written)
        fw_text_printf(out, ", %lld flops, %lld bytes read, %lld written", (long long)r->flops,
            (long long)r->bytes_read, (long long)r->bytes_written);
    if (r->bytes_saved)
        fw_text_printf(out, ", saves %lld bytes", (long long)r->bytes_saved);
    fw_text_printf(out, "%s%s\n", r->reason ? ": " : "", r->reason ? r->reason : "");
}

static void print_all(const gen_model *model, const char *op, fw_text *out)
{
    const sched_program *program = model->program;
    long long flops = 0, bytes = 0;
    for (int i = 0; i < model->nkernels; i++) {
        const sched_kernel *k = model->kernels[i].step->kernel;
        flops += k ? (long long)k->flops : 0;
        bytes += k ? (long long)(k->bytes_read + k->bytes_written) : 2 * (long long)model->kernels[i].step->to->bytes;
    }
    fw_text_printf(out, "%s: %d kernel%s for target %s; %lld flops, %lld bytes moved, loop bodies once\n",
        model->module->name, model->nkernels,
        model->nkernels == 1 ? "" : "s", model->target->name, flops, bytes);
    fw_text_printf(out, "workspace %lld bytes (at least %lld live at once) and %lld a thread; constants %lld bytes\n\n",
        (long long)program->buffer_bytes, (long long)program->live_bytes, (long long)program->thread_bytes,
        (long long)program->constant_bytes);
    for (int i = 0; i < model->nkernels; i++) {
        const sched_kernel *k = model->kernels[i].step->kernel;
        if (!op || (k && has_member(k->plan, op)))
            print_kernel(model, &model->kernels[i], out);
    }
    fw_text_add(out, "decisions in order:\n");
    for (int i = 0; i < model->plan->nrecords; i++) {
        const plan_record *r = &model->plan->records[i];
        if (!op || (r->instr && !strcmp(r->instr->name, op)))
            print_record(model, r, out);
    }
}

/* --op names an instruction that is there once the module is simplified. */
static bool find_op(const gen_model *model, const char *op)
{
    int count = 0, total = 0;
    for (int c = 0; c < model->module->ncomps; c++)
        total += model->module->comps[c]->ninstrs;
    const char **names = fw_alloc_array(model->arena, (size_t)total + 1, sizeof *names);
    for (int c = 0; c < model->module->ncomps; c++)
        for (int i = 0; i < model->module->comps[c]->ninstrs; i++)
            names[count++] = model->module->comps[c]->instrs[i]->name;
    for (int i = 0; i < count; i++)
        if (!strcmp(names[i], op))
            return true;
    const char *nearest = cli_nearest(op, names, count);
    fw_error(model->diag, FW_USAGE, GEN_NOWHERE, "the simplified module has no instruction '%s'%s%s%s", op,
        nearest ? "; did you mean '" : "",
        nearest ? nearest : "", nearest ? "'?" : "");
    fw_note(model->diag, GEN_NOWHERE, "'fusewright compile IN --dump=simplified' prints it");
    return false;
}

bool command_explain(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out)
{
    gen_model model;
    gen_model_start(&model, arena, diag, &line->gen);
    ir_module *module = gen_read(arena, diag, line->words[0]);
    const char *op = line->op && *line->op == '%' ? line->op + 1 : line->op;
    bool ok = module && gen_model_plan(&model, module, out) && gen_model_names(&model) && (!op || find_op(&model, op));
    if (ok)
        print_all(&model, op, out);
    gen_model_end(&model);
    return ok;
}
