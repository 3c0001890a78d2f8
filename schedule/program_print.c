/* The program as text, for --dump=program and tests. */
#include "program_graph.h"

static const char *kind_name(const sched_buffer *buffer)
{
    switch (buffer->kind) {
    case SCHED_BUF_PARAM:
        return "param";
    case SCHED_BUF_OUTPUT:
        return "output";
    case SCHED_BUF_CONSTANT:
        return "constant";
    case SCHED_BUF_WORK:
        return "work";
    }
    return "";
}

static void print_buffer(const sched_buffer *b, fw_text *out)
{
    fw_text shape;
    fw_text_init(&shape, out->arena);
    ir_shape_print(b->shape, &shape);
    const char *place = b->kind == SCHED_BUF_WORK ? fw_format(out->arena, " at %lld", (long long)b->offset) : "";
    const char *live = b->first < 0 ? "unused" : fw_format(out->arena, "live %d..%d", b->first, b->last);
    fw_text_line(out, "%s %s: %s, %lld bytes%s, %s%s", kind_name(b), b->name, fw_text_string(&shape), (long long)b->bytes, place,
        live, b->swapped ? ", swapped" : "");
}

static void print_names(sched_buffer *const *buffers, int count, fw_text *out)
{
    for (int i = 0; i < count; i++)
        fw_text_printf(out, "%s%s", i ? ", " : "", buffers[i]->name);
}

static void print_kernel(const sched_step *step, fw_text *out)
{
    const plan_kernel *planned = step->kernel->plan;
    fw_text line;
    fw_text_init(&line, out->arena);
    fw_text_printf(&line, "%d %s %s(", step->number, planned->template_name ? planned->template_name : "kernel",
        planned->outputs[0]->name);
    print_names(step->inputs, step->kernel->ninputs, &line);
    fw_text_add(&line, ") -> ");
    print_names(step->outputs, planned->noutputs, &line);
    fw_text_line(out, "%s", fw_text_string(&line));
}

static void print_block(const sched_block *block, fw_text *out);

static void print_nested(const char *title, const sched_block *block, fw_text *out)
{
    out->indent++;
    fw_text_line(out, "%s", title);
    out->indent++;
    print_block(block, out);
    out->indent -= 2;
}

static void print_while(const sched_step *step, fw_text *out)
{
    if (step->cond)
        fw_text_line(out, "%d while %s: until %s is false", step->number, step->instr->name, step->pred->name);
    else
        fw_text_line(out, "%d while %s: %lld times", step->number, step->instr->name, (long long)step->trip_count);
    if (step->cond)
        print_nested("condition", step->cond, out);
    print_nested("body", step->body, out);
}

static void print_block(const sched_block *block, fw_text *out)
{
    for (int i = 0; i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        switch (step->kind) {
        case SCHED_STEP_KERNEL:
            print_kernel(step, out);
            break;
        case SCHED_STEP_COPY:
            fw_text_line(out, "%d copy %s -> %s", step->number, step->from->name, step->to->name);
            break;
        case SCHED_STEP_SWAP:
            fw_text_line(out, "%d swap %s, %s", step->number, step->from->name, step->to->name);
            break;
        case SCHED_STEP_WHILE:
            print_while(step, out);
            break;
        case SCHED_STEP_IF:
            fw_text_line(out, "%d if %s: by %s", step->number, step->instr->name, step->pred->name);
            for (int b = 0; b < step->nbranches; b++)
                print_nested(fw_format(out->arena, "branch %d", b), step->branches[b], out);
            break;
        }
    }
}

void sched_program_print(const sched_program *program, fw_text *out)
{
    fw_text_line(out, "program of %d kernels: %lld bytes of buffers, %lld at least, %lld bytes a thread, %lld bytes of constants",
        program->nkernels, (long long)program->buffer_bytes, (long long)program->live_bytes, (long long)program->thread_bytes,
        (long long)program->constant_bytes);
    fw_text_line(out, "buffers");
    out->indent++;
    for (int i = 0; i < program->nbuffers; i++)
        print_buffer(program->buffers[i], out);
    for (int i = 0; i < program->noutputs; i++)
        if (program->output_alias[i] >= 0)
            fw_text_line(out, "out%d may be %s", i, program->input_names[program->output_alias[i]]);
    out->indent--;
    fw_text_line(out, "steps");
    out->indent++;
    print_block(program->main, out);
    out->indent--;
}
