/* NAME.c for the C backend: walks the steps of the program.
 *
 * Without threads a step is a call. With threads all of them walk the steps (SPMD): each computes its share of a
 * kernel's tiles, and a barrier stands before a step wherever another thread may still read or write what the step
 * touches. The emitter keeps that as a small state, so that runs of one-tile kernels, which one thread computes,
 * have no barrier between them. */
#include "gen.h"

#include <string.h>

typedef enum {
    PENDING_NONE,                /* all threads stand at the same point */
    PENDING_FIRST,               /* only thread 0 has done something since */
    PENDING_ALL                  /* all threads have read or written */
} pending;

typedef struct emitter {
    gen_model *model;
    fw_text out;
    bool threads;
    bool *moves;                 /* by buffer id: the driver's pointer changes (SWAP) */
    bool *used;                  /* by buffer id: the text names it */
    bool uses_scratch;
    pending pending;
    int loops, branches;         /* nesting, for the names of variables */
} emitter;

static void emit_block(emitter *e, const sched_block *block);

static void sync(emitter *e)
{
    if (e->threads && e->pending != PENDING_NONE)
        fw_text_line(&e->out, "%s_sync(team, threads);", e->model->prefix);
    e->pending = PENDING_NONE;
}

static bool is_local(const emitter *e, const sched_buffer *buffer)
{
    if (buffer->kind == SCHED_BUF_WORK || e->moves[buffer->id])
        return true;
    return buffer->kind == SCHED_BUF_CONSTANT && e->model->weights == GEN_WEIGHTS_BLOB;
}

/* The type of the buffer where it is a member of NAME_args; NULL where the driver has it as void pointer. */
static const ir_shape *argument_shape(const emitter *e, const sched_buffer *buffer)
{
    const sched_program *program = e->model->program;
    switch (buffer->kind) {
    case SCHED_BUF_PARAM: return program->input_shapes[buffer->index];
    case SCHED_BUF_OUTPUT: return program->output_shapes[buffer->index];
    case SCHED_BUF_CONSTANT: return buffer->literal->shape;
    default: return NULL;
    }
}

/* Where a buffer is, wherever its pointer does not change. */
static const char *place_text(emitter *e, const sched_buffer *buffer)
{
    gen_model *m = e->model;
    switch (buffer->kind) {
    case SCHED_BUF_PARAM: return fw_format(m->arena, "args->%s", m->input_fields[buffer->index]);
    case SCHED_BUF_OUTPUT: return fw_format(m->arena, "args->%s", m->output_fields[buffer->index]);
    case SCHED_BUF_WORK: return buffer->offset ? fw_format(m->arena, "work + %lld", (long long)buffer->offset) : "work";
    case SCHED_BUF_CONSTANT: break;
    }
    if (m->weights == GEN_WEIGHTS_CALLER)
        return fw_format(m->arena, "args->%s", m->buffer_names[buffer->id]);
    if (m->weights == GEN_WEIGHTS_BLOB)
        return fw_format(m->arena, "(const char *)args->weights + %lld", (long long)m->constant_offsets[buffer->id]);
    return gen_constant_text(m, buffer);
}

/* C text of a pointer to the buffer that initialises a `const T *` or `T *` for elements of `type`. */
static const char *pointer_text(emitter *e, const sched_buffer *buffer, ir_type type, bool writes)
{
    const ir_shape *shape = argument_shape(e, buffer);
    e->used[buffer->id] = true;
    if (is_local(e, buffer))
        return e->model->buffer_names[buffer->id];
    const char *text = place_text(e, buffer);
    if (shape && strcmp(gen_c_type(shape->type), gen_c_type(type)))
        return fw_format(e->model->arena, "(%svoid *)%s", writes ? "" : "const ", text);
    return text;
}

/* Adds `.field = pointer`, on a new line where the old one is full. */
static void add_field(emitter *e, size_t *line, bool first, const char *field, const char *pointer)
{
    const char *text = fw_format(e->model->arena, ".%s = %s", field, pointer);
    if (!first)
        fw_text_char(&e->out, ',');
    if (!first && e->out.size - *line + strlen(text) > 108) {
        fw_text_char(&e->out, '\n');
        *line = e->out.size;
        fw_text_printf(&e->out, "%*s", 4 * (e->out.indent + 1), "");
    } else if (!first) {
        fw_text_char(&e->out, ' ');
    }
    fw_text_add(&e->out, text);
}

static void emit_arguments(emitter *e, const gen_kernel *kernel)
{
    const sched_step *step = kernel->step;
    size_t line = e->out.size;
    bool first = true;
    fw_text_printf(&e->out, "%*sconst %s_%s_args call = {", 4 * e->out.indent, "", e->model->prefix, kernel->name);
    if (step->kind == SCHED_STEP_COPY) {
        add_field(e, &line, true, "from", pointer_text(e, step->from, step->from->shape->type, false));
        add_field(e, &line, false, "to", pointer_text(e, step->to, step->to->shape->type, true));
        fw_text_add(&e->out, "};\n");
        return;
    }
    const sched_kernel *k = step->kernel;
    for (int i = 0; i < k->ninputs; i++) {
        bool shared = false;
        for (int j = 0; j < k->plan->noutputs; j++)
            shared = shared || !strcmp(kernel->inputs[i], kernel->outputs[j]);
        if (shared)
            continue;
        add_field(e, &line, first, kernel->inputs[i], pointer_text(e, step->inputs[i], k->inputs[i]->shape->type,
            false));
        first = false;
    }
    for (int i = 0; i < k->plan->noutputs; i++, first = false)
        add_field(e, &line, first, kernel->outputs[i],
            pointer_text(e, step->outputs[i], k->plan->outputs[i]->shape->type, true));
    fw_text_add(&e->out, "};\n");
}

static const char *kernel_comment(emitter *e, const gen_kernel *kernel)
{
    const sched_step *step = kernel->step;
    const ir_shape *shape = step->kind == SCHED_STEP_COPY ? step->to->shape : step->kernel->plan->outputs[0]->shape;
    const char *ops = gen_kernel_ops(e->model->arena, kernel);
    size_t cut = 72;
    if (strlen(ops) > cut) {
        while (ops[cut] != ',')
            cut--;
        ops = fw_format(e->model->arena, "%.*s, ...", (int)cut, ops);
    }
    return fw_format(e->model->arena, "%s: %s", gen_shape_text(e->model->arena, shape), ops);
}

static void emit_kernel(emitter *e, const sched_step *step)
{
    const gen_kernel *kernel = gen_kernel_of(e->model, step);
    int64_t tiles = gen_step_tiles(step);
    if (tiles == 0)
        return;
    const char *prefix = e->model->prefix, *comment = kernel_comment(e, kernel);
    bool alone = tiles == 1;
    if (e->pending == PENDING_ALL || !alone)
        sync(e);
    fw_text_line(&e->out, "%s{ /* %s */", e->threads && alone ? "if (thread == 0) " : "", comment);
    e->out.indent++;
    emit_arguments(e, kernel);
    if (e->threads && !alone)
        fw_text_line(&e->out, "%s_share(%s_%s, &call, scratch, %lld, thread, threads);", prefix, prefix, kernel->name,
            (long long)tiles);
    else
        fw_text_line(&e->out, "%s_%s(&call, scratch, 0, %lld);", prefix, kernel->name, (long long)tiles);
    e->out.indent--;
    fw_text_line(&e->out, "}");
    e->uses_scratch = true;
    e->pending = alone && e->pending != PENDING_ALL ? PENDING_FIRST : PENDING_ALL;
}

/* All threads read the scalar behind a barrier; none may overwrite it before the next one. */
static const char *scalar_text(emitter *e, const sched_buffer *buffer, ir_type type)
{
    sync(e);
    e->pending = PENDING_ALL;
    const char *c = type == IR_PRED ? "unsigned char" : "int32_t";
    return fw_format(e->model->arena, "*(const %s *)%s", c, pointer_text(e, buffer, type, false));
}

static void emit_while(emitter *e, const sched_step *step)
{
    const char *comment = step->instr ? step->instr->name : "while";
    const char *trip = e->loops ? fw_format(e->model->arena, "trip%d", e->loops + 1) : "trip";
    sync(e);
    if (step->trip_count >= 0)
        fw_text_line(&e->out, "for (int64_t %s = 0; %s < %lld; %s++) { /* %s */", trip, trip,
            (long long)step->trip_count, trip, comment);
    else
        fw_text_line(&e->out, "for (;;) { /* %s */", comment);
    e->loops++;
    e->out.indent++;
    if (step->trip_count < 0) {
        emit_block(e, step->cond);
        fw_text_line(&e->out, "if (!%s)", scalar_text(e, step->pred, IR_PRED));
        fw_text_line(&e->out, "    break;");
    }
    emit_block(e, step->body);
    sync(e); /* the next trip starts as the first did */
    e->out.indent--;
    e->loops--;
    fw_text_line(&e->out, "}");
    e->pending = step->trip_count < 0 ? PENDING_ALL : PENDING_NONE; /* the predicate has just been read */
}

static void emit_if(emitter *e, const sched_step *step)
{
    ir_type type = step->instr->operands[0]->shape->type;
    const char *branch = e->branches ? fw_format(e->model->arena, "branch%d", e->branches + 1) : "branch";
    const char *scalar = scalar_text(e, step->pred, type);
    fw_text_line(&e->out, "{ /* %s */", step->instr->name);
    e->branches++;
    e->out.indent++;
    fw_text_line(&e->out, "const int32_t %s = %s%s;", branch, scalar, type == IR_PRED ? " ? 0 : 1" : "");
    for (int b = 0; b < step->nbranches; b++) {
        const char *otherwise = b ? "} else " : "";
        if (b + 1 < step->nbranches)
            fw_text_line(&e->out, "%sif (%s == %d) {", otherwise, branch, b);
        else
            fw_text_line(&e->out, "%s{", b ? otherwise : "");
        e->pending = PENDING_ALL;
        e->out.indent++;
        emit_block(e, step->branches[b]);
        sync(e);
        e->out.indent--;
    }
    if (step->nbranches == 1)
        fw_text_line(&e->out, "    (void)%s;", branch);
    fw_text_line(&e->out, "}");
    e->out.indent--;
    e->branches--;
    fw_text_line(&e->out, "}");
}

static void emit_swap(emitter *e, const sched_step *step)
{
    const char *a = e->model->buffer_names[step->from->id], *b = e->model->buffer_names[step->to->id];
    e->used[step->from->id] = e->used[step->to->id] = true;
    fw_text_line(&e->out, "{ /* what this trip wrote is what the next one reads */");
    fw_text_line(&e->out, "    void *const swap = %s;", a);
    fw_text_line(&e->out, "    %s = %s;", a, b);
    fw_text_line(&e->out, "    %s = swap;", b);
    fw_text_line(&e->out, "}");
}

static void emit_block(emitter *e, const sched_block *block)
{
    for (int i = 0; block && i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        switch (step->kind) {
        case SCHED_STEP_KERNEL: case SCHED_STEP_COPY: emit_kernel(e, step); break;
        case SCHED_STEP_WHILE: emit_while(e, step); break;
        case SCHED_STEP_IF: emit_if(e, step); break;
        case SCHED_STEP_SWAP: emit_swap(e, step); break;
        }
    }
}

static void find_moves(const sched_block *block, bool *moves)
{
    for (int i = 0; block && i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        if (step->kind == SCHED_STEP_SWAP)
            moves[step->from->id] = moves[step->to->id] = true;
        find_moves(step->cond, moves);
        find_moves(step->body, moves);
        for (int b = 0; b < step->nbranches; b++)
            find_moves(step->branches[b], moves);
    }
}

static const char *local_declaration(emitter *e, const sched_buffer *buffer)
{
    bool constant = buffer->kind == SCHED_BUF_CONSTANT || buffer->kind == SCHED_BUF_PARAM;
    return fw_format(e->model->arena, "%svoid *%s%s = %s;", constant ? "const " : "",
        e->moves[buffer->id] ? "" : "const ",
        e->model->buffer_names[buffer->id], place_text(e, buffer));
}

static void scratch_text(const emitter *e, fw_text *out)
{
    long long shared = (long long)e->model->program->buffer_bytes, each = (long long)e->model->program->thread_bytes;
    if (!e->uses_scratch)
        return;
    if (!each)
        fw_text_line(out, "void *const scratch = NULL;");
    else if (e->threads)
        fw_text_line(out, "void *const scratch = work + %lld + (size_t)thread * %lld;", shared, each);
    else
        fw_text_line(out, "void *const scratch = work + %lld;", shared);
}

/* The variables of the steps: scratch, and one pointer for every buffer that is no argument. */
static const char *locals_text(emitter *e)
{
    const sched_program *program = e->model->program;
    fw_text out;
    fw_text_init(&out, e->model->arena);
    scratch_text(e, &out);
    size_t width = 0;
    for (int pass = 0; pass < 2; pass++) { /* first how wide they are, so that comments stand in one column */
        for (int i = 0; i < program->nbuffers; i++) {
            const sched_buffer *buffer = program->buffers[i];
            if (!e->used[i] || !is_local(e, buffer))
                continue;
            const char *text = local_declaration(e, buffer);
            if (pass)
                fw_text_line(&out, "%-*s /* %s */", (int)width, text, gen_shape_text(e->model->arena, buffer->shape));
            else
                width = strlen(text) > width ? strlen(text) : width;
        }
    }
    return fw_text_string(&out);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool mentions(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at++)
        if ((at == text || !is_name_char(at[-1])) && !is_name_char(at[n]))
            return true;
    return false;
}

/* Names what a model without such steps has no use for, so that the compiler does not complain. */
static const char *unused_text(emitter *e, const char *text)
{
    const char *prefix = e->model->prefix;
    const char *words[] = {"args", "work", "thread", "threads", fw_format(e->model->arena, "%s_share", prefix),
        fw_format(e->model->arena, "%s_sync", prefix)};
    fw_text out;
    fw_text_init(&out, e->model->arena);
    for (int i = 0; i < (e->threads ? FW_COUNT(words) : 2); i++)
        if (!mentions(text, words[i]))
            fw_text_printf(&out, "(void)%s;\n", words[i]);
    return fw_text_string(&out);
}

static const char *steps_text(emitter *e)
{
    emit_block(e, e->model->program->main);
    const char *steps = fw_text_string(&e->out), *locals = locals_text(e);
    const char *text = fw_format(e->model->arena, "%s%s%s", locals, *locals ? "\n" : "", steps);
    return fw_format(e->model->arena, "%s%s", unused_text(e, text), text);
}

/* Adds `|| pointer == NULL`, on a new line where the old one is full. */
static void add_check(fw_text *out, size_t *line, const char *pointer)
{
    bool full = out->size - *line + strlen(pointer) > 84;
    if (full)
        *line = out->size;
    fw_text_printf(out, "%s||%s%s == NULL", out->size ? " " : "", full ? "\n    " : " ", pointer);
}

/* What NAME_run looks at before it starts: pointers to arrays that have elements. */
static const char *checks_text(gen_model *model)
{
    const sched_program *program = model->program;
    fw_text out;
    size_t line = 0;
    fw_text_init(&out, model->arena);
    if (program->buffer_bytes + program->thread_bytes > 0)
        add_check(&out, &line, "workspace");
    for (int i = 0; i < program->ninputs; i++)
        if (ir_shape_bytes(program->input_shapes[i]) != 0)
            add_check(&out, &line, fw_format(model->arena, "args->%s", model->input_fields[i]));
    for (int i = 0; i < program->noutputs; i++)
        if (ir_shape_bytes(program->output_shapes[i]) != 0)
            add_check(&out, &line, fw_format(model->arena, "args->%s", model->output_fields[i]));
    if (model->weights == GEN_WEIGHTS_BLOB)
        add_check(&out, &line, "args->weights");
    for (int i = 0; i < program->nbuffers && model->weights == GEN_WEIGHTS_CALLER; i++)
        if (program->buffers[i]->kind == SCHED_BUF_CONSTANT && model->buffer_used[i])
            add_check(&out, &line, fw_format(model->arena, "args->%s", model->buffer_names[i]));
    return fw_text_string(&out);
}

bool gen_driver_c(gen_model *model, fw_text *out)
{
    size_t n = (size_t)model->program->nbuffers + 1;
    emitter e = {.model = model, .threads = model->options->parallel == GEN_PARALLEL_PTHREADS,
        .moves = fw_alloc_array(model->arena, n, sizeof(bool)), .used = fw_alloc_array(model->arena, n, sizeof(bool))};
    fw_text_init(&e.out, model->arena);
    find_moves(model->program->main, e.moves);
    fw_text constants;
    fw_text_init(&constants, model->arena);
    gen_constants_inline(model, &constants);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(model->arena, "%s.c: runs the model in %d step%s.", model->prefix,
            model->nkernels, model->nkernels == 1 ? "" : "s"))},
        {"constants", fw_text_string(&constants)},
        {"steps", steps_text(&e)},
        {"checks", checks_text(model)},
        {"thread_bytes", fw_format(model->arena, "%lld", (long long)model->program->thread_bytes)},
    };
    return gen_fill(model, e.threads ? "c/driver_pthreads.c" : "c/driver.c", NULL, slots, FW_COUNT(slots) - !e.threads,
        out);
}
