/* Values as C expressions: what to print where. Text of single operations is in pattern.c. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

const char *const gen_kernel_words[] = {"a", "b", "c", "i", "j", "k", "l", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "ky", "kx",
    "q0", "q1", "q2", "q3", "q4", "q5", "b0", "b1", "i0", "i1", "j0", "j1", "k0", "k1", "l0", "l1", "m0", "m1", "n0", "n1", "p0", "p1",
    "half", "row", "rows", "panel", "block", "packed", "columns", "column_stride", "begin", "end", "args", "scratch",
    "element", "vector", "unaligned", "multiply", "K", "KC", "TILE_M", "MR", "NV", "NR", "VL", "ROWS", "ROW_STRIDE", "PANEL_AT", "BLOCK_AT",
    "VECTOR_BYTES", "UNROLL", "WIDE", NULL};

static void take_name(emit *e, const char *name)
{
    FW_PUSH(e->arena, e->identifiers, e->nidentifiers, e->identifiers_cap, ((emit_name){name, -1}));
}

/* Names of temporaries whose loops are closed may be used again. */
static void release_names(emit *e, int level)
{
    int kept = 0;
    for (int i = 0; i < e->nidentifiers; i++)
        if (e->identifiers[i].level < level)
            e->identifiers[kept++] = e->identifiers[i];
    e->nidentifiers = kept;
}

/* Names outside all loops of the nest before stay visible in those that follow. */
static void keep_outer_names(emit *e)
{
    release_names(e, 1);
    for (int i = 0; i < e->nidentifiers; i++)
        e->identifiers[i].level = -1;
}

/* No temporary may be called like a loop, a field or a scratch array. */
static void take_names(emit *e)
{
    const sched_kernel *k = e->kernel;
    for (const char *const *word = gen_kernel_words; *word; word++)
        take_name(e, *word);
    for (const char *const *word = e->model->backend->words; *word; word++)
        take_name(e, *word);
    for (int i = 0; i < k->ninputs; i++)
        take_name(e, e->names->inputs[i]);
    for (int i = 0; i < k->plan->noutputs; i++)
        take_name(e, e->names->outputs[i]);
    for (int i = 0; i < k->nstmts; i++)
        if (k->stmts[i].scratch)
            take_name(e, emit_array(e, k->stmts[i].instr));
}

emit *emit_new(gen_model *model, const sched_kernel *kernel, const gen_kernel *names)
{
    emit *e = fw_alloc(model->arena, sizeof *e);
    size_t n = (size_t)kernel->nvalues + 1;
    e->model = model;
    e->arena = model->arena;
    e->kernel = kernel;
    e->names = names;
    e->name = fw_alloc_array(e->arena, n, sizeof *e->name);
    e->level = fw_alloc_array(e->arena, n, sizeof *e->level);
    e->uses = fw_alloc_array(e->arena, n, sizeof *e->uses);
    e->segment_var = -1;
    e->suffix = "";
    take_names(e);
    return e;
}

static void count_uses(void *user, const sched_value *value)
{
    emit *e = user;
    for (int i = 0; i < value->nargs; i++)
        e->uses[value->args[i]->number]++;
}

void emit_begin(emit *e, const sched_stmt *stmt, int count, const int *vars, int indent)
{
    size_t n = (size_t)e->kernel->nvalues + 1;
    keep_outer_names(e);
    memset(e->name, 0, n * sizeof *e->name);
    memset(e->level, -1, n * sizeof *e->level);
    memset(e->uses, 0, n * sizeof *e->uses);
    sched_visit(e->arena, e->kernel, stmt, count_uses, e);
    e->nlevels = count;
    e->npieces = 0;
    e->branch = NULL;
    e->guard = NULL;
    for (int i = 0; i < count; i++)
        e->level_var[i] = vars[i];
    for (int i = 0; i <= count; i++) {
        fw_text_init(&e->text[i], e->arena);
        e->text[i].indent = indent + i;
    }
}

void emit_forget(emit *e, int level)
{
    release_names(e, level);
    for (int i = 0; i < e->kernel->nvalues; i++)
        if (e->name[i] && e->level[i] >= level)
            e->name[i] = NULL;
    for (int i = level; i <= e->nlevels; i++) {
        int indent = e->text[i].indent;
        fw_text_init(&e->text[i], e->arena);
        e->text[i].indent = indent;
    }
}

const char *emit_identifier(emit *e, const char *wish, int level)
{
    const char *base = fw_format(e->arena, "%s%s", gen_c_identifier(e->arena, wish), e->suffix), *name = base;
    for (int count = 2;; count++) {
        bool taken = false;
        for (int i = 0; i < e->nidentifiers && !taken; i++)
            taken = !strcmp(e->identifiers[i].text, name);
        if (!taken)
            break;
        name = fw_format(e->arena, "%s_%d", base, count);
    }
    FW_PUSH(e->arena, e->identifiers, e->nidentifiers, e->identifiers_cap, ((emit_name){name, level}));
    return name;
}

/* ---- levels ---- */

static int var_level(const emit *e, int var)
{
    for (int i = 0; i < e->nlevels; i++)
        if (e->level_var[i] == var)
            return i + 1;
    return 0;
}

const emit_piece *emit_piece_of(const emit *e, const sched_atom *atom)
{
    for (int i = 0; i < e->npieces; i++) {
        const sched_index *p = e->pieces[i].index;
        if (p->nterms == 1 && p->c == 0 && p->terms[0].coef == 1 && p->terms[0].atom == atom)
            return &e->pieces[i];
    }
    return NULL;
}

static int atom_level(emit *e, const sched_atom *atom)
{
    const emit_piece *piece = emit_piece_of(e, atom);
    if (piece)
        return piece->level;
    switch (atom->kind) {
    case SCHED_VAR:
        return var_level(e, atom->var);
    case SCHED_DYN:
        return emit_level(e, atom->value);
    default:
        return emit_index_level(e, atom->of);
    }
}

int emit_index_level(emit *e, const sched_index *index)
{
    int level = 0;
    for (int i = 0; i < index->nterms; i++) {
        int l = atom_level(e, index->terms[i].atom);
        level = l > level ? l : level;
    }
    return level;
}

int emit_level(emit *e, const sched_value *value)
{
    if (e->level[value->number] >= 0)
        return e->level[value->number];
    int level = value->kind == SCHED_LOAD && value->instr == e->leaf_instr ? e->nlevels : 0;
    for (int i = 0; i < value->nindex; i++) {
        int l = emit_index_level(e, value->index[i]);
        level = l > level ? l : level;
    }
    for (int i = 0; i < value->nconds; i++) {
        int l = emit_index_level(e, value->conds[i].index);
        level = l > level ? l : level;
    }
    for (int i = 0; i < value->nargs; i++) {
        int l = emit_level(e, value->args[i]);
        level = l > level ? l : level;
    }
    e->level[value->number] = (signed char)level;
    return level;
}

/* ---- narrow floats: stored as bits, computed as float ---- */

ir_type emit_type(ir_type type)
{
    return type == IR_BF16 || type == IR_F16 ? IR_F32 : type;
}

static const char *narrow_call(emit *e, const char *format, ir_type type, const char *text)
{
    const char *helper = fw_format(e->arena, format, ir_type_name(type));
    gen_use_helper(e->model, helper);
    return fw_format(e->arena, "%s_%s(%s)", e->model->prefix, helper, text);
}

const char *emit_widen(emit *e, ir_type type, const char *stored)
{
    return emit_type(type) == type ? stored : narrow_call(e, "f32_of_%s", type, stored);
}

/* The value rounded to a narrow type, still as a float: what strict numerics do after every operation. */
static const char *rounded(emit *e, ir_type type, const char *text)
{
    bool strict = e->model->options->rules.numerics == RULES_STRICT;
    return strict && emit_type(type) != type ? narrow_call(e, "round_%s", type, text) : text;
}

void emit_assign(emit *e, const sched_stmt *stmt, const char *value, fw_text *out)
{
    ir_type type = stmt->instr->shape->type;
    bool narrow = emit_type(type) != type;
    fw_text_line(out, "%s = %s;", emit_store(e, stmt), narrow ? narrow_call(e, "%s_of_f32", type, value) : value);
}

/* ---- values ---- */

typedef enum { PRINT_OPERAND, PRINT_WHOLE, PRINT_TEMPORARY } print_mode;
static const char *print(emit *e, const sched_value *value, print_mode mode);

static const char *c_type(ir_type type)
{
    return type == IR_PRED ? "int" : ir_type_c(emit_type(type));
}

/* May be computed outside the condition that it stands under: it only reads inside its arrays. */
static bool is_safe(const sched_value *value)
{
    for (int i = 0; i < value->nindex && value->kind == SCHED_LOAD; i++)
        if (value->index[i]->min < 0 || value->index[i]->max >= ir_shape_size(value->instr->shape, i))
            return false;
    for (int i = 0; i < value->nargs; i++)
        if (!is_safe(value->args[i]))
            return false;
    return true;
}

/* Where a temporary for the value can stand: what reads beside its array under a guard needs the guard's variable. */
static int place_level(emit *e, const sched_value *value)
{
    int level = emit_level(e, value);
    return e->guard && level < e->guard_level && !is_safe(value) ? e->guard_level : level;
}

static fw_text *place(emit *e, const sched_value *value)
{
    int level = place_level(e, value);
    if (e->branch && (level >= e->branch_level || !is_safe(value)))
        return e->branch;
    return &e->text[level];
}

/* Whether a decided condition holds for every point at hand: 1, 0, or -1 when it depends. */
static int decide(const emit *e, const sched_cond *cond)
{
    const sched_index *i = cond->index;
    int64_t lo = i->min, hi = i->max, limit = cond->scale * (cond->count - 1);
    if (e->segment_var >= 0) {
        int64_t k = sched_index_coef(i, e->segment_var);
        if (i->nterms == 1 && k == 1) {
            lo = i->c + e->segment_lo;
            hi = i->c + e->segment_hi - 1;
        }
    }
    if (hi < 0 || lo > limit)
        return 0;
    return cond->scale == 1 && lo >= 0 && hi <= limit ? 1 : -1;
}

const char *emit_cond(emit *e, const sched_cond *cond)
{
    int known = decide(e, cond);
    if (known >= 0)
        return known ? "1" : "0";
    const char *i = emit_index(e, cond->index);
    int64_t limit = cond->scale * (cond->count - 1) + 1;
    bool low = cond->index->min < 0, high = cond->index->max >= limit;
    const char *text = low && high ? fw_format(e->arena, "%s >= 0 && %s < %lld", i, i, (long long)limit)
                       : low       ? fw_format(e->arena, "%s >= 0", i)
                       : high      ? fw_format(e->arena, "%s < %lld", i, (long long)limit)
                                   : "";
    if (cond->scale == 1)
        return text;
    return fw_format(e->arena, "%s%s(%s) %% %lld == 0", text, *text ? " && " : "", i, (long long)cond->scale);
}

const char *emit_conds(emit *e, int count, const sched_cond *conds)
{
    const char *text = "1";
    for (int i = 0; i < count; i++) {
        const char *one = emit_cond(e, &conds[i]);
        if (!strcmp(one, "0"))
            return "0";
        if (strcmp(one, "1") != 0)
            text = strcmp(text, "1") ? fw_format(e->arena, "%s && %s", text, one) : one;
    }
    return text;
}

typedef struct saved { const char **names; const char *guard; int guard_level; fw_text *branch; int branch_level; } saved;

static saved save(emit *e)
{
    size_t bytes = ((size_t)e->kernel->nvalues + 1) * sizeof *e->name;
    saved s = {fw_alloc(e->arena, bytes), e->guard, e->guard_level, e->branch, e->branch_level};
    memcpy(s.names, e->name, bytes);
    return s;
}

/* What one arm of a guard declares is not known to the other, nor after them. */
static void restore(emit *e, const saved *s)
{
    memcpy(e->name, s->names, ((size_t)e->kernel->nvalues + 1) * sizeof *e->name);
    e->guard = s->guard;
    e->guard_level = s->guard_level;
    e->branch = s->branch;
    e->branch_level = s->branch_level;
}

static int conds_level(emit *e, const sched_value *value)
{
    int level = 0;
    for (int i = 0; i < value->nconds; i++) {
        int l = decide(e, &value->conds[i]) < 0 ? emit_index_level(e, value->conds[i].index) : 0;
        level = l > level ? l : level;
    }
    return level;
}

static void arm(emit *e, const sched_value *value, const char *target, int level, fw_text *out)
{
    saved s = save(e);
    e->branch_level = e->branch ? e->branch_level : level;
    e->branch = out;
    out->indent++;
    const char *text = emit_expression(e, value);
    fw_text_line(out, "%s = %s;", target, text);
    out->indent--;
    restore(e, &s);
}

/* A variable that two arms set: where the condition holds for a whole run of the innermost loop, which compilers then write twice. */
static const char *branch_text(emit *e, const sched_value *value, const char *cond)
{
    fw_text *out = place(e, value);
    const char *name = emit_identifier(e, "value", e->branch ? e->nlevels : place_level(e, value));
    int level = emit_level(e, value);
    fw_text_line(out, "%s %s;", c_type(value->type), name);
    fw_text_line(out, "if (%s) {", cond);
    arm(e, value->args[0], name, level, out);
    fw_text_line(out, "} else {");
    arm(e, value->args[1], name, level, out);
    fw_text_line(out, "}");
    return name;
}

static const char *guarded_arm(emit *e, const sched_value *value, const char *guard, int level)
{
    saved s = save(e);
    if (!is_safe(value)) {
        e->guard_level = e->guard && e->guard_level > level ? e->guard_level : level;
        e->guard = e->guard ? fw_format(e->arena, "%s && %s", e->guard, guard) : guard;
    }
    const char *text = print(e, value, PRINT_TEMPORARY);
    restore(e, &s);
    return text;
}

/* Both arms are computed and one is chosen; what would be read beside its array is read from its start instead. No load stands under a
 * condition: gcc 12 turns those into masked loads, and gets them wrong in short inner loops. */
static const char *select_text(emit *e, const sched_value *value, const char *cond)
{
    int level = conds_level(e, value);
    const char *inside = emit_identifier(e, "inside", e->branch ? e->nlevels : level);
    fw_text_line(e->branch ? e->branch : &e->text[level], "const int %s = %s;", inside, cond);
    const char *a = guarded_arm(e, value->args[0], inside, level);
    const char *b = guarded_arm(e, value->args[1], fw_format(e->arena, "!%s", inside), level);
    return fw_format(e->arena, "%s ? %s : %s", inside, a, b);
}

static const char *guard_text(emit *e, const sched_value *value)
{
    const char *cond = emit_conds(e, value->nconds, value->conds);
    if (!strcmp(cond, "1") || !strcmp(cond, "0"))
        return emit_value(e, value->args[cond[0] == '0']);
    int last = e->nlevels ? e->level_var[e->nlevels - 1] : -1;
    bool run = last >= 0 && conds_level(e, value) < e->nlevels && sched_var_extent(e->kernel->space, last) >= 16;
    if (!e->guard && (run || !e->nlevels))
        return branch_text(e, value, cond);
    return select_text(e, value, cond);
}

static const char *value_text(emit *e, const sched_value *value)
{
    const char *args[4] = {0};
    switch (value->kind) {
    case SCHED_LITERAL:
        return emit_literal(e->arena, value->type, value->instr->literal->data);
    case SCHED_IOTA:
        return fw_format(e->arena, "(%s)(%s)", ir_type_c(emit_type(value->type)), emit_index(e, value->index[0]));
    case SCHED_LOAD:
        return value->instr == e->leaf_instr ? e->leaf_text : emit_widen(e, value->type, emit_element(e, value->instr, value->index));
    case SCHED_GUARD:
        return guard_text(e, value);
    case SCHED_PARAM:
        return fw_format(e->arena, "p%lld", (long long)value->instr->param);
    case SCHED_OP:
        break;
    }
    for (int i = 0; i < value->nargs && i < 4; i++)
        args[i] = print(e, value->args[i], value->instr->op == IR_OP_SELECT && i ? PRINT_TEMPORARY : PRINT_OPERAND);
    return rounded(e, value->type, emit_pattern(e, value->instr, value->type, value->args[0]->type, args));
}

/* Text of the value where it is read: inline when it is short, used once and belongs to this level; else a temporary. */
static const char *print(emit *e, const sched_value *value, print_mode mode)
{
    int n = value->number;
    if (e->name[n])
        return e->name[n];
    const char *text = value_text(e, value);
    bool literal = value->kind == SCHED_LITERAL, leaf = value->kind == SCHED_LOAD && value->instr == e->leaf_instr;
    bool named = literal || leaf || (value->kind == SCHED_GUARD && !strpbrk(text, " [("));
    bool here = place_level(e, value) == e->nlevels || e->branch;
    bool reused = (e->uses[n] > 1 && !leaf) || !here || strlen(text) > 72 || mode == PRINT_TEMPORARY;
    if (mode == PRINT_WHOLE && !literal)
        return text;
    if (reused && !literal && (!named || (leaf && mode == PRINT_TEMPORARY))) {
        int level = e->branch ? e->nlevels : place_level(e, value);
        const char *name = emit_identifier(e, value->instr ? value->instr->name : "value", level);
        fw_text_line(place(e, value), "const %s %s = %s;", c_type(value->type), name, text);
        e->name[n] = name;
        return name;
    }
    if (named)
        e->name[n] = text;
    return text;
}

const char *emit_value(emit *e, const sched_value *value)
{
    return print(e, value, PRINT_OPERAND);
}

const char *emit_expression(emit *e, const sched_value *value)
{
    return print(e, value, PRINT_WHOLE);
}
