/* Steps and buffers from ordered scopes. A buffer exists from the first step that touches it; steps are numbered as they would be
 * read, a loop before its condition and body, each once. */
#include "program_graph.h"

static prog_span *open_loop(prog *p, int first)
{
    FW_PUSH(p->arena, p->loops, p->nloops, p->loops_cap, ((prog_span){first, first}));
    return &p->loops[p->nloops - 1];
}

static sched_buffer *new_buffer(prog *p, prog_place *place, sched_buffer_kind kind, const ir_shape *shape)
{
    sched_program *program = p->program;
    sched_buffer *buffer = fw_alloc(p->arena, sizeof *buffer);
    buffer->id = program->nbuffers;
    buffer->kind = kind;
    buffer->shape = shape;
    buffer->bytes = ir_shape_bytes(shape);
    buffer->first = buffer->last = -1;
    FW_PUSH(p->arena, program->buffers, program->nbuffers, program->cap, buffer);
    FW_PUSH(p->arena, p->places, p->places_count, p->places_cap, place);
    if (place) {
        place->buffer = buffer;
        buffer->swapped = prog_place_swaps(place);
    }
    return buffer;
}

/* The caller's buffers come first, whether or not a step touches them. */
static void boundary_buffers(prog *p)
{
    sched_program *program = p->program;
    for (int i = 0; i < program->ninputs; i++) {
        program->inputs[i] = new_buffer(p, prog_place_of(p, p->main->params[i]), SCHED_BUF_PARAM, program->input_shapes[i]);
        program->inputs[i]->index = i;
        program->inputs[i]->name = program->input_names[i];
    }
    for (int i = 0; i < program->noutputs; i++) {
        program->outputs[i] = new_buffer(p, NULL, SCHED_BUF_OUTPUT, program->output_shapes[i]);
        program->outputs[i]->index = i;
        program->outputs[i]->name = fw_format(p->arena, "out%d", i);
    }
}

static sched_buffer *buffer_at(prog *p, prog_place *place, const prog_value *value)
{
    if (place->buffer)
        return place->buffer;
    if (place->output >= 0) {
        place->buffer = p->program->outputs[place->output];
        place->buffer->swapped = prog_place_swaps(place);
        p->places[place->buffer->id] = place;
        return place->buffer;
    }
    bool constant = value->kind == PROG_CONSTANT;
    sched_buffer *buffer = new_buffer(p, place, constant ? SCHED_BUF_CONSTANT : SCHED_BUF_WORK, value->shape);
    buffer->literal = constant ? value->literal : NULL;
    buffer->name = fw_format(p->arena, "%s%s", prog_short_name(p->arena, prog_value_name(value)), value->suffix);
    return buffer;
}

static sched_buffer *touch(sched_buffer *buffer, int step)
{
    if (buffer->first < 0)
        buffer->first = step;
    buffer->last = step;
    return buffer;
}

static sched_buffer *touch_value(prog *p, prog_value *value, int step)
{
    value = prog_same(value);
    return touch(buffer_at(p, prog_place_of(p, value), value), step);
}

static sched_step *new_step(prog *p, sched_block *block, sched_step_kind kind)
{
    FW_PUSH(p->arena, block->steps, block->nsteps, block->cap, (sched_step){0});
    sched_step *step = &block->steps[block->nsteps - 1];
    step->kind = kind;
    step->number = p->nsteps++;
    step->trip_count = -1;
    return step;
}

static sched_buffer **touch_all(prog *p, prog_value **values, int count, int step)
{
    sched_buffer **buffers = fw_alloc_array(p->arena, (size_t)(count ? count : 1), sizeof *buffers);
    for (int i = 0; i < count; i++)
        buffers[i] = touch_value(p, values[i], step);
    return buffers;
}

/* The donated input that this node reads while it writes the output that may be the same array. */
static sched_buffer *donated(const sched_program *program, sched_buffer *const *inputs, int ninputs, const sched_buffer *output)
{
    int leaf = output->kind == SCHED_BUF_OUTPUT ? program->output_alias[output->index] : -1;
    for (int i = 0; leaf >= 0 && i < ninputs; i++)
        if (inputs[i] == program->inputs[leaf])
            return inputs[i];
    return NULL;
}

static sched_block *scope_steps(prog *p, const prog_scope *scope);

static void kernel_step(prog *p, sched_block *block, const prog_node *node)
{
    sched_step *step = new_step(p, block, SCHED_STEP_KERNEL);
    step->kernel = node->plan->schedule;
    step->inputs = touch_all(p, node->reads, step->kernel->ninputs, step->number);
    step->outputs = touch_all(p, node->writes, node->nwrites, step->number);
    for (int i = 0; i < node->nwrites && !step->may_equal; i++)
        step->may_equal = donated(p->program, step->inputs, step->kernel->ninputs, step->outputs[i]);
    p->program->nkernels++;
    int64_t thread = (step->kernel->scratch_bytes + step->kernel->template_bytes + 63) / 64 * 64;
    if (thread > p->program->thread_bytes)
        p->program->thread_bytes = thread;
}

static void copy_step(prog *p, sched_block *block, const prog_node *node)
{
    sched_step *step = new_step(p, block, SCHED_STEP_COPY);
    step->instr = prog_same(node->reads[0])->instr;
    step->from = touch_value(p, node->reads[0], step->number);
    step->to = touch_value(p, node->writes[0], step->number);
    step->may_equal = donated(p->program, &step->from, 1, step->to);
    p->program->nkernels++;
}

static void swap_step(prog *p, sched_block *block, prog_place *a, prog_place *b)
{
    sched_step *step = new_step(p, block, SCHED_STEP_SWAP);
    step->from = touch(prog_place_find(a)->buffer, step->number);
    step->to = touch(prog_place_find(b)->buffer, step->number);
}

/* Steps live in arrays that grow, so a loop's own step is filled in once its blocks are made. */
static void while_step(prog *p, sched_block *block, const prog_node *node)
{
    int at = block->nsteps;
    sched_step *step = new_step(p, block, SCHED_STEP_WHILE);
    int loop = (int)(open_loop(p, step->number) - p->loops);
    step->instr = node->instr;
    step->trip_count = node->trips;
    sched_block *cond = NULL;
    sched_buffer *pred = NULL;
    if (node->cond) {
        cond = scope_steps(p, node->cond);
        pred = touch_value(p, node->cond->results[0], p->nsteps - 1);
    }
    sched_block *body = scope_steps(p, node->body);
    for (int i = 0; i < node->turn.nswaps; i++)
        swap_step(p, body, node->turn.swaps[i].a, node->turn.swaps[i].b);
    p->loops[loop].last = p->nsteps - 1;
    step = &block->steps[at];
    step->cond = cond;
    step->pred = pred;
    step->body = body;
}

static void if_step(prog *p, sched_block *block, const prog_node *node)
{
    int at = block->nsteps;
    sched_step *step = new_step(p, block, SCHED_STEP_IF);
    step->instr = node->instr;
    step->nbranches = node->nbranches;
    step->pred = touch_value(p, node->selector, step->number);
    sched_block **branches = fw_alloc_array(p->arena, (size_t)node->nbranches, sizeof(sched_block *));
    for (int i = 0; i < node->nbranches; i++)
        branches[i] = scope_steps(p, node->branches[i]);
    block->steps[at].branches = branches;
}

static sched_block *scope_steps(prog *p, const prog_scope *scope)
{
    sched_block *block = fw_alloc(p->arena, sizeof *block);
    for (int i = 0; i < scope->norder; i++) {
        const prog_node *node = scope->order[i];
        switch (node->kind) {
        case PROG_KERNEL:
            kernel_step(p, block, node);
            break;
        case PROG_COPY:
            copy_step(p, block, node);
            break;
        case PROG_WHILE:
            while_step(p, block, node);
            break;
        case PROG_IF:
            if_step(p, block, node);
            break;
        case PROG_END:
            break;
        }
    }
    return block;
}

void prog_steps(prog *p)
{
    boundary_buffers(p);
    p->program->main = scope_steps(p, p->main);
}
