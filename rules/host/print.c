/* The text form of a plan: one paragraph a kernel, then the decisions. */
#include "host.h"

static void print_list(const char *label, ir_instr *const *list, int count, fw_text *out)
{
    if (!count)
        return;
    fw_text_printf(out, "    %s", label);
    for (int i = 0; i < count; i++)
        fw_text_printf(out, " %s", list[i]->name);
    fw_text_char(out, '\n');
}

static void print_tiles(const plan_kernel *kernel, fw_text *out)
{
    const sched_kernel *s = kernel->schedule;
    fw_text_add(out, "    tile");
    for (int i = 0; i < s->nloops; i++)
        fw_text_printf(out, " %s=%lld/%lld", s->loops[i].name, (long long)s->loops[i].tile, (long long)s->loops[i].extent);
    fw_text_printf(out, ", %lld tile%s\n", (long long)s->ntiles, s->ntiles == 1 ? "" : "s");
}

static void print_kernel(const plan_kernel *kernel, fw_text *out)
{
    fw_text_printf(out, "kernel %s: %s", kernel->outputs[0]->name, kernel->template_name);
    if (kernel->rule_file)
        fw_text_printf(out, ", rule \"%s\" %s:%d\n", kernel->rule, kernel->rule_file, kernel->rule_line);
    else
        fw_text_printf(out, ", %s\n", kernel->rule);
    if (kernel->why)
        fw_text_printf(out, "    why %s\n", kernel->why);
    print_list("members", kernel->members, kernel->nmembers, out);
    print_list("outputs", kernel->outputs, kernel->noutputs, out);
    print_list("keep", kernel->keep, kernel->nkeep, out);
    if (kernel->in_place)
        fw_text_printf(out, "    in place of %s\n", kernel->in_place->name);
    if (kernel->reassociate || kernel->contract || kernel->approximate)
        fw_text_printf(out, "    may%s%s%s\n", kernel->reassociate ? " reassociate" : "", kernel->contract ? " contract" : "",
            kernel->approximate ? " approximate" : "");
    if (!kernel->schedule)
        return;
    print_list("inputs", (ir_instr *const *)kernel->schedule->inputs, kernel->schedule->ninputs, out);
    print_tiles(kernel, out);
    fw_text_printf(out, "    flops %lld, bytes read %lld, written %lld, scratch %lld\n", (long long)kernel->schedule->flops,
        (long long)kernel->schedule->bytes_read, (long long)kernel->schedule->bytes_written, (long long)kernel->schedule->scratch_bytes);
}

static void print_comp(const plan_comp *comp, fw_text *out)
{
    fw_text_printf(out, "computation %s: %d kernel%s\n", comp->comp->name, comp->nkernels, comp->nkernels == 1 ? "" : "s");
    for (int i = 0; i < comp->nkernels; i++)
        print_kernel(comp->kernels[i], out);
    for (int id = 0; id < comp->comp->ninstrs; id++) {
        const ir_instr *instr = comp->comp->instrs[id];
        if (!comp->called || !comp->called[id])
            continue;
        const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
        int count = branches ? branches->count : 2;
        for (int i = 0; i < count; i++) {
            fw_text_printf(out, "\n%s runs ", instr->name);
            print_comp(&comp->called[id][i], out);
        }
    }
}

static void print_record(const plan_record *r, fw_text *out)
{
    fw_text_printf(out, "  %s: ", r->instr->name);
    if (r->rule_file)
        fw_text_printf(out, "\"%s\" %s:%d ", r->rule, r->rule_file, r->rule_line);
    else
        fw_text_printf(out, "%s ", r->rule);
    fw_text_printf(out, "%s", r->accepted ? "accepted" : "refused");
    if (r->accepted)
        fw_text_printf(out, ", %d members, saves %lld bytes", r->nmembers, (long long)r->bytes_saved);
    fw_text_printf(out, "%s%s\n", r->reason ? ": " : "", r->reason ? r->reason : "");
}

void plan_print(const plan *printed, fw_text *out)
{
    print_comp(printed->entry, out);
    fw_text_add(out, "\ndecisions\n");
    for (int i = 0; i < printed->nrecords; i++)
        print_record(&printed->records[i], out);
}
