/* Kernels as text, for --dump=schedule, explain and tests. */
#include "schedule.h"

static void print_value(const sched_kernel *k, const sched_value *v, fw_text *out, int depth)
{
    if (depth > 12) {
        fw_text_add(out, "...");
        return;
    }
    switch (v->kind) {
    case SCHED_LITERAL:
        ir_number_print(v->type, v->instr->literal->data, out);
        return;
    case SCHED_PARAM:
        fw_text_printf(out, "p%d", (int)v->instr->param);
        return;
    case SCHED_LOAD:
    case SCHED_IOTA:
        fw_text_printf(out, "%s[", v->kind == SCHED_IOTA ? "iota" : v->instr->name);
        for (int i = 0; i < v->nindex; i++) {
            fw_text_add(out, i ? ", " : "");
            sched_index_print(k->space, v->index[i], out);
        }
        fw_text_add(out, "]");
        return;
    case SCHED_GUARD:
        for (int i = 0; i < v->nconds; i++) {
            fw_text_add(out, i ? " && " : "(0 <= ");
            sched_index_print(k->space, v->conds[i].index, out);
            fw_text_printf(out, " < %lld", (long long)(v->conds[i].count * v->conds[i].scale));
        }
        fw_text_add(out, " ? ");
        break;
    case SCHED_OP:
        fw_text_printf(out, "%s(", ir_op_of(v->instr->op)->name);
        break;
    }
    for (int i = 0; i < v->nargs; i++) {
        fw_text_add(out, i == 0 ? "" : v->kind == SCHED_GUARD ? " : " : ", ");
        print_value(k, v->args[i], out, depth + 1);
    }
    fw_text_add(out, ")");
}

static void print_stmt(const sched_kernel *k, const sched_stmt *s, fw_text *out)
{
    fw_text_printf(out, "  %s %s", s->output ? "output" : "keep", s->instr->name);
    for (int i = 0; i < s->nvars; i++) {
        const sched_range *r = &s->vars[i];
        fw_text_printf(out, " %s<%lld", sched_var_name(k->space, r->var), (long long)r->extent);
        if (r->loop >= 0)
            fw_text_printf(out, "@%s*%lld%+lld..%+lld", k->loops[r->loop].name, (long long)r->coef, (long long)r->first, (long long)r->last);
    }
    for (int i = 0; i < s->nreds; i++)
        fw_text_printf(out, "%s %s<%lld", i ? "" : " sum over", sched_var_name(k->space, s->reds[i].var), (long long)s->reds[i].extent);
    fw_text_add(out, "\n    [");
    for (int i = 0; i < s->instr->shape->rank; i++) {
        fw_text_add(out, i ? ", " : "");
        sched_index_print(k->space, s->index[i], out);
    }
    fw_text_add(out, "] = ");
    print_value(k, s->value, out, 0);
    fw_text_add(out, "\n");
}

void sched_kernel_print(const sched_kernel *k, fw_text *out)
{
    fw_text_printf(out, "kernel %s template=%s tiles=%lld", k->plan->outputs[0]->name, k->plan->template_name, (long long)k->ntiles);
    for (int i = 0; i < k->nloops; i++)
        fw_text_printf(out, " %s:%lld/%lld", k->loops[i].name, (long long)k->loops[i].tile, (long long)k->loops[i].extent);
    fw_text_printf(out, " scratch=%lld flops=%lld read=%lld write=%lld\n", (long long)k->scratch_bytes, (long long)k->flops,
        (long long)k->bytes_read, (long long)k->bytes_written);
    for (int i = 0; i < k->nstmts; i++)
        print_stmt(k, &k->stmts[i], out);
    if (k->proof)
        fw_text_printf(out, "  %s: %s\n", k->proved ? "proved" : "not proved", k->proof);
}
