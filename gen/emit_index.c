/* Indices and places of elements as C text. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

/* Quotients round down: C rounds to zero, so that what may be negative is first moved up by a multiple of the divisor. */
static const char *divided(emit *e, const sched_atom *atom)
{
    int64_t up = atom->of->min < 0 ? (atom->k - 1 - atom->of->min) / atom->k : 0;
    const char *of = emit_index(e, up ? sched_addc(e->kernel->space, atom->of, up * atom->k) : atom->of);
    bool simple = !strpbrk(of, " ");
    const char *text = fw_format(e->arena, simple ? "%s %c %lld" : "(%s) %c %lld", of, atom->kind == SCHED_DIV ? '/' : '%', (long long)atom->k);
    return up && atom->kind == SCHED_DIV ? fw_format(e->arena, "%s - %lld", text, (long long)up) : text;
}

static const char *atom_text(emit *e, const sched_atom *atom)
{
    const emit_piece *piece = emit_piece_of(e, atom);
    if (piece)
        return piece->text;
    if (atom->kind == SCHED_VAR)
        return sched_var_name(e->kernel->space, atom->var);
    if (atom->kind == SCHED_DYN) {
        gen_use_helper(e->model, "clamp");
        return fw_format(e->arena, "%s_clamp(%s, %lld)", e->model->prefix, emit_value(e, atom->value), (long long)atom->max);
    }
    return divided(e, atom);
}

static void add_term(emit *e, fw_text *out, const sched_term *t)
{
    const char *text = atom_text(e, t->atom);
    bool first = out->size == 0;
    int64_t k = llabs(t->coef);
    fw_text_add(out, t->coef < 0 ? (first ? "-" : " - ") : (first ? "" : " + "));
    if (k == 1 && !(t->coef < 0 && strpbrk(text, " ")))
        fw_text_add(out, text);
    else if (k == 1)
        fw_text_printf(out, "(%s)", text);
    else
        fw_text_printf(out, strpbrk(text, " ") && text[strlen(text) - 1] != ')' ? "%lld * (%s)" : "%lld * %s", (long long)k, text);
}

const char *emit_index(emit *e, const sched_index *index)
{
    fw_text out;
    for (int i = 0; i < e->npieces; i++)
        if (e->pieces[i].index == index)
            return e->pieces[i].text;
    fw_text_init(&out, e->arena);
    for (int pass = 0; pass < 2; pass++)                 /* terms that are added come first: no leading minus */
        for (int i = 0; i < index->nterms; i++)
            if ((index->terms[i].coef < 0) == pass)
                add_term(e, &out, &index->terms[i]);
    if (!index->nterms)
        fw_text_printf(&out, "%lld", (long long)index->c);
    else if (index->c)
        fw_text_printf(&out, " %c %lld", index->c < 0 ? '-' : '+', llabs((long long)index->c));
    return fw_text_string(&out);
}

const char *emit_flat(emit *e, const ir_instr *array, const sched_index *const *index)
{
    const sched_index *flat = sched_const(e->kernel->space, 0);
    for (int i = 0; i < array->shape->rank; i++)
        flat = sched_add(e->kernel->space, sched_mul(e->kernel->space, flat, ir_shape_size(array->shape, i)), index[i]);
    return emit_index(e, flat);
}

const char *emit_lo(emit *e, const sched_range *range)
{
    if (range->loop < 0 || e->kernel->loops[range->loop].ntiles == 1)
        return "0";
    const sched_loop *loop = &e->kernel->loops[range->loop];
    if (range->coef == 1 && range->first == 0)
        return fw_format(e->arena, "%s0", loop->name);
    gen_use_helper(e->model, "max_i64");
    return fw_format(e->arena, "%s_max_i64(%lld * %s0 + %lld, 0)", e->model->prefix, (long long)range->coef, loop->name, (long long)range->first);
}

const char *emit_hi(emit *e, const sched_range *range)
{
    if (range->loop < 0 || e->kernel->loops[range->loop].ntiles == 1)
        return fw_format(e->arena, "%lld", (long long)range->extent);
    const sched_loop *loop = &e->kernel->loops[range->loop];
    if (range->coef == 1 && range->last == 0 && range->extent >= loop->extent)
        return fw_format(e->arena, "%s1", loop->name);
    gen_use_helper(e->model, "min_i64");
    return fw_format(e->arena, "%s_min_i64(%lld * (%s1 - 1) + %lld, %lld)", e->model->prefix, (long long)range->coef, loop->name,
        (long long)range->last + 1, (long long)range->extent);
}

/* Element number in a statement's scratch, given the index of the value: position inside the ranges, row-major. */
static const char *scratch_flat(emit *e, const sched_stmt *stmt, const sched_index *const *index)
{
    sched_space *s = e->kernel->space;
    const sched_index *flat = sched_const(s, 0);
    fw_text out;
    fw_text_init(&out, e->arena);
    int64_t stride = 1;
    const char *offsets = "";
    int at = stmt->nvars;
    bool canonical = e->kernel->contraction && stmt->nvars == e->kernel->nloops && stmt->nvars && stmt->vars[0].var == e->kernel->loops[0].var;
    for (int d = stmt->instr->shape->rank - 1; d >= 0 && !canonical; d--) {
        if (ir_shape_size(stmt->instr->shape, d) == 1)
            continue;
        const sched_range *r = &stmt->vars[--at];
        flat = sched_add(s, flat, sched_mul(s, index[d], stride));
        const char *lo = emit_lo(e, r);
        if (strcmp(lo, "0") != 0)
            offsets = stride == 1 ? fw_format(e->arena, "%s - %s", offsets, lo) : fw_format(e->arena, "%s - %lld * %s", offsets, (long long)stride, lo);
        stride *= r->size;
    }
    for (int v = stmt->nvars - 1; v >= 0 && canonical; v--) {
        const sched_range *r = &stmt->vars[v];
        flat = sched_add(s, flat, sched_mul(s, sched_var(s, r->var), stride));
        const char *lo = emit_lo(e, r);
        if (strcmp(lo, "0") != 0)
            offsets = fw_format(e->arena, "%s - %lld * %s", offsets, (long long)stride, lo);
        stride *= r->size;
    }
    fw_text_add(&out, emit_index(e, flat));
    fw_text_add(&out, offsets);
    return fw_text_string(&out);
}

const char *emit_array(emit *e, const ir_instr *instr)
{
    for (int i = 0; i < e->kernel->plan->noutputs; i++)
        if (e->kernel->plan->outputs[i] == instr)
            return e->names->outputs[i];
    for (int i = 0; i < e->kernel->ninputs; i++)
        if (e->kernel->inputs[i] == instr)
            return e->names->inputs[i];
    return fw_format(e->arena, "%s_tile", gen_c_identifier(e->arena, instr->name));
}

const char *emit_element(emit *e, const ir_instr *instr, const sched_index *const *index)
{
    const sched_stmt *stmt = sched_stmt_of(e->kernel, instr);
    const char *flat = stmt && stmt->scratch ? scratch_flat(e, stmt, index) : emit_flat(e, instr, index);
    bool inside = true;
    for (int i = 0; i < instr->shape->rank; i++)
        inside &= index[i]->min >= 0 && index[i]->max < ir_shape_size(instr->shape, i);
    if (e->guard && !inside)
        return fw_format(e->arena, "%s[%s ? %s : 0]", emit_array(e, instr), e->guard, flat);
    return fw_format(e->arena, "%s[%s]", emit_array(e, instr), flat);
}

const char *emit_store(emit *e, const sched_stmt *stmt)
{
    return emit_element(e, stmt->instr, stmt->index);
}
