/* NAME.cu: state, and a driver that puts the steps of the program into a stream. Loops of known length run on the host,
 * which only launches; what depends on values in the GPU's memory would have to wait for them and is refused. */
#include "emit_cuda.h"

#include <string.h>

typedef struct emitter {
    gen_model *model;
    fw_text out;
    bool *moves; /* by buffer id: the driver's pointer changes (SWAP) */
    bool *used; /* by buffer id: the text names it */
    int64_t *offsets; /* by buffer id: place of a constant in the state's memory */
    int64_t constant_bytes;
    int loops; /* nesting, for the names of variables */
    bool ok;
} emitter;

static void emit_block(emitter *e, const sched_block *block);

/* ---- pointers ---- */

/* Constants are kept by the state, but for those that the caller wants to pass. */
static bool in_state(const emitter *e, const sched_buffer *buffer)
{
    return buffer->kind == SCHED_BUF_CONSTANT && e->model->weights != GEN_WEIGHTS_CALLER;
}

static const char *at_offset(const emitter *e, const char *base, int64_t offset)
{
    return offset ? fw_format(e->model->arena, "%s + %lld", base, (long long)offset) : base;
}

static bool is_local(const emitter *e, const sched_buffer *buffer)
{
    return buffer->kind == SCHED_BUF_WORK || in_state(e, buffer) || e->moves[buffer->id];
}

/* The member of NAME_args that holds the buffer, and its type. */
static const char *argument(const emitter *e, const sched_buffer *buffer, ir_type *type)
{
    const gen_model *m = e->model;
    *type = buffer->shape->type;
    if (buffer->kind == SCHED_BUF_PARAM) {
        *type = m->program->input_shapes[buffer->index]->type;
        return fw_format(m->arena, "args->%s", m->input_fields[buffer->index]);
    }
    if (buffer->kind == SCHED_BUF_OUTPUT) {
        *type = m->program->output_shapes[buffer->index]->type;
        return fw_format(m->arena, "args->%s", m->output_fields[buffer->index]);
    }
    return fw_format(m->arena, "args->%s", m->buffer_names[buffer->id]);
}

/* C++ text of a pointer to elements of C type `type`. */
static const char *pointer_text(emitter *e, const sched_buffer *buffer, const char *type, bool writes)
{
    ir_type declared = buffer->shape->type;
    const char *text = e->model->buffer_names[buffer->id];
    e->used[buffer->id] = true;
    if (!is_local(e, buffer))
        text = argument(e, buffer, &declared);
    if (!e->moves[buffer->id] && !strcmp(gen_c_type(declared), type))
        return text;
    return fw_format(e->model->arena, "(%s%s *)%s", writes ? "" : "const ", type, text);
}

static const char *local_declaration(emitter *e, const sched_buffer *buffer)
{
    fw_arena *a = e->model->arena;
    const char *type = gen_c_type(buffer->shape->type), *name = e->model->buffer_names[buffer->id];
    ir_type ignored;
    if (in_state(e, buffer))
        return fw_format(a, "const %s *const %s = (const %s *)%s;", type, name, type,
            emit_paren(a, at_offset(e, "state->constants", e->offsets[buffer->id]), EMIT_PRIMARY));
    const char *place =
        buffer->kind == SCHED_BUF_WORK ? at_offset(e, "work", buffer->offset) : argument(e, buffer, &ignored);
    if (e->moves[buffer->id])
        return fw_format(a, "void *%s = %s%s;", name, buffer->kind == SCHED_BUF_PARAM ? "(void *)" : "", place);
    return fw_format(a, "%s *const %s = (%s *)%s;", type, name, type, emit_paren(a, place, EMIT_PRIMARY));
}

static const char *locals_text(emitter *e)
{
    const sched_program *program = e->model->program;
    fw_text out;
    fw_text_init(&out, e->model->arena);
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

/* ---- steps ---- */

/* Adds an argument of a launch, on a new line where the old one is full. */
static void add_argument(emitter *e, size_t *line, const char *text)
{
    fw_text_char(&e->out, ',');
    if (e->out.size - *line + strlen(text) > 116) {
        fw_text_char(&e->out, '\n');
        *line = e->out.size;
        fw_text_printf(&e->out, "%*s", 4 * (e->out.indent + 1), "");
    } else {
        fw_text_char(&e->out, ' ');
    }
    fw_text_add(&e->out, text);
}

static bool is_output(const gen_kernel *kernel, const char *field)
{
    for (int i = 0; i < kernel->step->kernel->plan->noutputs; i++)
        if (!strcmp(kernel->outputs[i], field))
            return true;
    return false;
}

static void add_arguments(emitter *e, const gen_kernel *kernel, size_t line)
{
    const sched_step *step = kernel->step;
    const sched_kernel *k = step->kernel;
    if (step->kind == SCHED_STEP_COPY) {
        add_argument(e, &line, pointer_text(e, step->from, "unsigned char", false));
        add_argument(e, &line, pointer_text(e, step->to, "unsigned char", true));
        return;
    }
    for (int i = 0; i < k->ninputs; i++)
        if (!is_output(kernel, kernel->inputs[i]))
            add_argument(e, &line, pointer_text(e, step->inputs[i], gen_c_type(k->inputs[i]->shape->type), false));
    for (int i = 0; i < k->plan->noutputs; i++)
        add_argument(e, &line, pointer_text(e, step->outputs[i], gen_c_type(k->plan->outputs[i]->shape->type), true));
    if (cuda_spills(k))
        add_argument(e, &line, at_offset(e, "work", e->model->program->buffer_bytes));
}

static const char *step_comment(emitter *e, const gen_kernel *kernel)
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

static cuda_layout layout_of(emitter *e, const gen_kernel *kernel)
{
    if (kernel->step->kind != SCHED_STEP_COPY)
        return cuda_layout_of(e->model, kernel);
    int64_t blocks = kernel->step->to->bytes / (16 * CUDA_THREADS) + 1;
    return (cuda_layout){.blocks = blocks > 4096 ? 4096 : blocks, .parts = 1};
}

static void emit_kernel(emitter *e, const sched_step *step)
{
    const gen_kernel *kernel = gen_kernel_of(e->model, step);
    if (!kernel)
        return; /* its arrays have no elements */
    fw_arena *a = e->model->arena;
    cuda_layout l = layout_of(e, kernel);
    const char *grid = fw_format(a, l.parts > 1 ? "dim3(%lld, %lld)" : "%lld", (long long)l.blocks, (long long)l.parts);
    const char *prefix = e->model->prefix;
    fw_text_line(&e->out, "/* %s */", step_comment(e, kernel));
    size_t line = e->out.size;
    fw_text_printf(&e->out, "%*s%s_LAUNCH(%s_%s, %s, %d, %lld, stream", 4 * e->out.indent, "", prefix, prefix,
        kernel->name, grid, CUDA_THREADS, (long long)l.shared_bytes);
    add_arguments(e, kernel, line);
    fw_text_add(&e->out, ");\n");
    fw_text_line(&e->out, "if (cudaPeekAtLastError() != cudaSuccess)");
    fw_text_line(&e->out, "    return %s_ERROR_LAUNCH;", prefix);
}

static void refuse(emitter *e, const ir_instr *instr, const char *why)
{
    fw_error(e->model->diag, FW_UNSUPPORTED, instr ? instr->loc : GEN_NOWHERE,
        "the CUDA backend cannot run '%s' yet: %s", instr ? instr->name : "this step", why);
    e->ok = false;
}

static void emit_while(emitter *e, const sched_step *step)
{
    const char *trip = e->loops ? fw_format(e->model->arena, "trip%d", e->loops + 1) : "trip";
    if (step->trip_count < 0) {
        refuse(e, step->instr, "the number of iterations of a while loop is known only in the memory of the GPU");
        return;
    }
    fw_text_line(&e->out, "for (int64_t %s = 0; %s < %lld; %s++) { /* %s */", trip, trip, (long long)step->trip_count,
        trip, step->instr ? step->instr->name : "while");
    e->loops++;
    e->out.indent++;
    emit_block(e, step->body);
    e->out.indent--;
    e->loops--;
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
        case SCHED_STEP_KERNEL:
        case SCHED_STEP_COPY: emit_kernel(e, step); break;
        case SCHED_STEP_WHILE: emit_while(e, step); break;
        case SCHED_STEP_IF:
            refuse(e, step->instr, "the branch of a conditional is known only in the memory of the GPU");
            break;
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
        find_moves(step->body, moves);
    }
}

/* Names what a model without such steps has no use for, so that the compiler does not complain. */
static const char *steps_text(emitter *e)
{
    static const char *const words[] = {"args", "work", "state", "stream"};
    fw_text unused;
    fw_text_init(&unused, e->model->arena);
    emit_block(e, e->model->program->main);
    const char *steps = fw_text_string(&e->out), *locals = locals_text(e);
    const char *text = fw_format(e->model->arena, "%s%s%s", locals, *locals ? "\n" : "", steps);
    for (int i = 0; i < FW_COUNT(words); i++)
        if (!cuda_mentions(text, words[i]))
            fw_text_printf(&unused, "(void)%s;\n", words[i]);
    return fw_format(e->model->arena, "%s%s", fw_text_string(&unused), text);
}

/* ---- constants and kernels ---- */

/* Gives every constant its place in the state's memory: that of the file where there is one. */
static void place_constants(emitter *e)
{
    const gen_model *m = e->model;
    for (int i = 0; i < m->program->nbuffers; i++) {
        const sched_buffer *buffer = m->program->buffers[i];
        if (!in_state(e, buffer) || !m->buffer_used[i])
            continue;
        e->offsets[i] = m->weights == GEN_WEIGHTS_BLOB ? m->constant_offsets[i] : e->constant_bytes;
        e->constant_bytes += (buffer->bytes + 63) / 64 * 64;
    }
    if (m->weights == GEN_WEIGHTS_BLOB)
        e->constant_bytes = m->blob_bytes;
}

static void copy_line(emitter *e, int64_t offset, const char *from, int64_t bytes, fw_text *out)
{
    const char *to = at_offset(e, "state->constants", offset);
    fw_text_line(
        out, "if (cudaMemcpy(%s, %s, %lld, cudaMemcpyHostToDevice) != cudaSuccess)", to, from, (long long)bytes);
    fw_text_line(out, "    return %s_ERROR_DEVICE;", e->model->prefix);
}

static const char *upload_text(emitter *e)
{
    gen_model *m = e->model;
    fw_text out;
    fw_text_init(&out, m->arena);
    bool blob = m->weights == GEN_WEIGHTS_BLOB;
    if (!blob)
        fw_text_line(&out, "(void)weights;");
    if (!e->constant_bytes) {
        fw_text_line(&out, "(void)state;");
        return fw_text_string(&out);
    }
    fw_text_line(
        &out, "if (cudaMalloc((void **)&state->constants, %lld) != cudaSuccess)", (long long)e->constant_bytes);
    fw_text_line(&out, "    return %s_ERROR_MEMORY;", m->prefix);
    if (blob)
        copy_line(e, 0, "weights", e->constant_bytes, &out);
    for (int i = 0; i < m->program->nbuffers && !blob; i++)
        if (in_state(e, m->program->buffers[i]) && m->buffer_used[i] && m->program->buffers[i]->bytes)
            copy_line(
                e, e->offsets[i], gen_constant_text(m, m->program->buffers[i]), m->program->buffers[i]->bytes, &out);
    return fw_text_string(&out);
}

static const char *kernels_text(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    for (int i = 0; i < model->nkernels; i++)
        if (model->kernels[i].like == i)
            fw_text_printf(&out, "(const void *)%s_%s,\n", model->prefix, model->kernels[i].name);
    return out.size ? fw_text_string(&out) : NULL;
}

/* ---- the file ---- */

/* Adds `|| pointer == NULL`, on a new line where the old one is full. */
static void add_check(fw_text *out, size_t *line, const char *pointer)
{
    bool full = out->size - *line + strlen(pointer) > 84;
    if (full)
        *line = out->size;
    fw_text_printf(out, "%s||%s%s == NULL", out->size ? " " : "", full ? "\n    " : " ", pointer);
}

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
    for (int i = 0; i < program->nbuffers && model->weights == GEN_WEIGHTS_CALLER; i++)
        if (program->buffers[i]->kind == SCHED_BUF_CONSTANT && model->buffer_used[i])
            add_check(&out, &line, fw_format(model->arena, "args->%s", model->buffer_names[i]));
    return fw_text_string(&out);
}

bool gen_driver_cuda(gen_model *model, fw_text *out)
{
    size_t n = (size_t)model->program->nbuffers + 1;
    emitter e = {.model = model,
        .ok = true,
        .moves = fw_alloc_array(model->arena, n, sizeof(bool)),
        .used = fw_alloc_array(model->arena, n, sizeof(bool)),
        .offsets = fw_alloc_array(model->arena, n, sizeof(int64_t))};
    fw_text_init(&e.out, model->arena);
    if (model->options->rules.numerics == RULES_STRICT) {
        fw_error(model->diag, FW_UNSUPPORTED, GEN_NOWHERE,
            "--numerics=strict is not built for CUDA yet: nvcc fuses products with sums");
        return false;
    }
    find_moves(model->program->main, e.moves);
    place_constants(&e);
    fw_text constants;
    fw_text_init(&constants, model->arena);
    gen_constants_inline(model, &constants);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(model->arena, "%s.cu: runs the model in %d step%s.", model->prefix,
                                         model->nkernels, model->nkernels == 1 ? "" : "s"))},
        {"constants", fw_text_string(&constants)},
        {"kernels", kernels_text(model)},
        {"upload", upload_text(&e)},
        {"create_checks", model->weights == GEN_WEIGHTS_BLOB ? " || weights == NULL" : ""},
        {"steps", steps_text(&e)},
        {"checks", checks_text(model)},
    };
    return e.ok && gen_fill(model, "cuda/driver.cu", NULL, slots, FW_COUNT(slots), out);
}
