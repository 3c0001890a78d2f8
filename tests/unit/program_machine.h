/* A machine that executes programs, for test_program.c and test_program_loops.c. Every plan here has one kernel an instruction, and
 * the evaluator computes the kernels. The workspace starts as rubbish and a buffer becomes rubbish again after its last step, so a
 * wrong order, a wrongly shared buffer or a short live range shows up as a wrong number. */
#ifndef FW_PROGRAM_MACHINE_H
#define FW_PROGRAM_MACHINE_H

#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    fw_arena *arena;
    fw_diag *diag;
    ir_module *module;
    plan *planned;
    sched_prover *prover;
    sched_program *program;
} fixture;

/* ---- plans of one kernel an instruction ---- */

static bool folded(const ir_instr *instr)
{
    return (instr->op == IR_OP_CONSTANT && !sched_is_source(instr)) || instr->op == IR_OP_IOTA;
}

static const char *template_of(const ir_instr *instr)
{
    switch (ir_op_of(instr->op)->cls) {
    case IR_REDUCE_CLASS:
        return "reduce";
    case IR_CONTRACTION:
        return "contraction";
    case IR_SCATTER_CLASS:
        return "scatter";
    default:
        return "nest";
    }
}

static plan_kernel *new_kernel(fixture *f, ir_instr **outputs, int noutputs, ir_instr *in_place)
{
    plan_kernel *k = fw_alloc(f->arena, sizeof *k);
    const ir_comp *comp = outputs[0]->comp;
    k->members = fw_alloc_array(f->arena, (size_t)comp->ninstrs, sizeof *k->members);
    for (int i = 0; i < comp->ninstrs; i++) {
        bool member = false;
        for (int o = 0; o < noutputs; o++) {
            member |= comp->instrs[i] == outputs[o];
            for (int j = 0; j < outputs[o]->noperands; j++)
                member |= comp->instrs[i] == outputs[o]->operands[j] && folded(comp->instrs[i]);
        }
        if (member)
            k->members[k->nmembers++] = comp->instrs[i];
    }
    k->noutputs = noutputs;
    k->outputs = outputs;
    k->template_name = template_of(outputs[0]);
    k->in_place = in_place;
    const char *why = NULL;
    k->schedule = sched_build(f->arena, k, &why);
    if (!k->schedule)
        fail_msg("%s: %s", outputs[0]->name, why);
    return k;
}

static void plan_computation(fixture *f, plan_comp *planned, const ir_comp *comp);

static void plan_called(fixture *f, plan_comp *planned, const ir_instr *instr)
{
    ir_comp *comps[8];
    int n = 2;
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    if (instr->op == IR_OP_WHILE) {
        comps[0] = ir_attr_comp(instr, IR_ATTR_CONDITION);
        comps[1] = ir_attr_comp(instr, IR_ATTR_BODY);
    } else if (branches) {
        n = branches->count;
        memcpy(comps, branches->comps, (size_t)n * sizeof *comps);
    } else {
        comps[0] = ir_attr_comp(instr, IR_ATTR_TRUE_COMPUTATION);
        comps[1] = ir_attr_comp(instr, IR_ATTR_FALSE_COMPUTATION);
    }
    planned->called[instr->id] = fw_alloc_array(f->arena, (size_t)n, sizeof(plan_comp));
    for (int i = 0; i < n; i++)
        plan_computation(f, &planned->called[instr->id][i], comps[i]);
}

static void plan_computation(fixture *f, plan_comp *planned, const ir_comp *comp)
{
    planned->comp = comp;
    planned->called = fw_alloc_array(f->arena, (size_t)comp->ninstrs, sizeof *planned->called);
    for (int i = 0; i < comp->ninstrs; i++) {
        ir_instr *instr = comp->instrs[i];
        if (instr->op == IR_OP_WHILE || instr->op == IR_OP_CONDITIONAL)
            plan_called(f, planned, instr);
        if (sched_is_source(instr) || instr->op == IR_OP_CONSTANT || instr->shape->type == IR_TUPLE)
            continue;
        bool updates = instr->op == IR_OP_DYNAMIC_UPDATE_SLICE || instr->op == IR_OP_SCATTER;
        ir_instr **outputs = fw_alloc(f->arena, sizeof *outputs);
        outputs[0] = instr;
        plan_kernel *k = new_kernel(f, outputs, 1, updates ? instr->operands[0] : NULL);
        FW_PUSH(f->arena, planned->kernels, planned->nkernels, planned->cap, k);
    }
}

/* ---- reading ---- */

static void give_up(fixture *f, const char *what)
{
    fw_text text;
    fw_text_init(&text, f->arena);
    fw_diag_print(f->diag, &text);
    fail_msg("%s: %s", what, fw_text_string(&text));
}

static fixture *read_plan(const char *hlo)
{
    fw_arena *arena = fw_arena_new();
    fixture *f = fw_alloc(arena, sizeof *f);
    f->arena = arena;
    f->diag = fw_diag_new(arena);
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){"test.hlo", hlo, strlen(hlo)};
    f->module = ir_read_hlo(arena, f->diag, source);
    if (!f->module || !ir_verify(f->diag, f->module))
        give_up(f, "reading");
    f->planned = fw_alloc(arena, sizeof *f->planned);
    f->planned->module = f->module;
    f->planned->entry = fw_alloc(arena, sizeof *f->planned->entry);
    plan_computation(f, f->planned->entry, f->module->entry);
    f->prover = sched_prover_new(arena, 1000000);
    return f;
}

static void build_program(fixture *f)
{
    f->program = sched_program_build(f->arena, f->diag, f->prover, f->planned);
    if (!f->program)
        give_up(f, "building");
}

static void done(fixture *f)
{
    sched_prover_free(f->prover);
    fw_arena_free(f->arena);
}

/* ---- executing ---- */

typedef struct machine {
    fixture *f;
    unsigned char **at;          /* address of each buffer now */
    unsigned char *work;
    int depth;                   /* of conditionals: buffers keep their content there until the end */
    int loop;                    /* step of the innermost loop, -1 outside */
    const sched_buffer *pred;    /* of the innermost loop: read behind the last step of its condition */
} machine;

static ir_instr *copy_instr(fixture *f, ir_comp *comp, const ir_instr *instr, ir_instr **map)
{
    if (map[instr->id])
        return map[instr->id];
    ir_instr **operands = fw_alloc_array(f->arena, (size_t)instr->noperands + 1, sizeof *operands);
    for (int i = 0; i < instr->noperands; i++)
        operands[i] = copy_instr(f, comp, instr->operands[i], map);
    ir_instr *copy = ir_comp_add(comp, instr->op, instr->name, instr->shape, instr->noperands, operands);
    copy->nattrs = instr->nattrs;
    copy->attrs = instr->attrs;
    copy->literal = instr->literal;
    return map[instr->id] = copy;
}

static void run_kernel(machine *m, const sched_step *step)
{
    fixture *f = m->f;
    const plan_kernel *k = step->kernel->plan;
    ir_comp *comp = ir_comp_new(ir_module_new(f->arena, "k"), "k");
    ir_instr **map = fw_alloc_array(f->arena, (size_t)k->outputs[0]->comp->ninstrs, sizeof *map);
    int n = step->kernel->ninputs;
    ir_literal **args = fw_alloc_array(f->arena, (size_t)n + 1, sizeof *args);
    comp->nparams = n;
    comp->params = fw_alloc_array(f->arena, (size_t)n + 1, sizeof *comp->params);
    for (int i = 0; i < n; i++) {
        const ir_instr *input = step->kernel->inputs[i];
        comp->params[i] = map[input->id] = ir_comp_add(comp, IR_OP_PARAMETER, input->name, input->shape, 0, NULL);
        comp->params[i]->param = i;
        args[i] = ir_literal_new(f->arena, input->shape);
        memcpy(args[i]->data, m->at[step->inputs[i]->id], (size_t)ir_shape_bytes(input->shape));
        if (input == step->kernel->updates)
            assert_memory_equal(args[i]->data, m->at[step->outputs[0]->id], (size_t)ir_shape_bytes(input->shape));
    }
    const ir_shape *shapes[8];
    ir_instr *roots[8];
    for (int i = 0; i < k->noutputs; i++) {
        roots[i] = copy_instr(f, comp, k->outputs[i], map);
        shapes[i] = roots[i]->shape;
    }
    comp->root = ir_comp_add(comp, IR_OP_TUPLE, "root", ir_shape_tuple(f->arena, k->noutputs, shapes), k->noutputs, roots);
    ir_comp_renumber(comp);
    ir_literal *result = ir_evaluate_comp(f->arena, f->diag, comp, args, n);
    if (!result)
        give_up(f, k->outputs[0]->name);
    for (int i = 0; i < k->noutputs; i++)
        memcpy(m->at[step->outputs[i]->id], result->elems[i]->data, (size_t)ir_shape_bytes(shapes[i]));
}

static void forget_dead(machine *m, int step)
{
    const sched_program *program = m->f->program;
    for (int i = 0; i < program->nbuffers; i++) {
        const sched_buffer *b = program->buffers[i];
        if (b->kind == SCHED_BUF_WORK && b->last == step && b->first > m->loop && b != m->pred && !m->depth)
            memset(m->work + b->offset, 0xA5, (size_t)b->bytes);
    }
}

static int64_t read_integer(const machine *m, const sched_buffer *b)
{
    return ir_number_get_int(b->shape->type, m->at[b->id]);
}

static int run_block(machine *m, const sched_block *block);

static int run_while(machine *m, const sched_step *step)
{
    int last = step->number;
    const machine outer = *m;
    m->loop = step->number;
    m->pred = step->pred;
    assert_true((step->trip_count >= 0) == (step->cond == NULL));
    for (int64_t i = 0; step->trip_count < 0 || i < step->trip_count; i++) {
        if (step->cond) {
            run_block(m, step->cond);
            if (!read_integer(m, step->pred))
                break;
        }
        last = run_block(m, step->body);
        assert_true(i < 1000);
    }
    m->loop = outer.loop;
    m->pred = outer.pred;
    return last;
}

static int run_if(machine *m, const sched_step *step)
{
    int64_t selector = read_integer(m, step->pred);
    if (step->pred->shape->type == IR_PRED)
        selector = !selector;
    else if (selector < 0 || selector >= step->nbranches)
        selector = step->nbranches - 1;
    m->depth++;
    run_block(m, step->branches[selector]);
    m->depth--;
    int last = step->number;
    for (int i = 0; i < step->nbranches; i++)
        if (step->branches[i]->nsteps)
            last = step->branches[i]->steps[step->branches[i]->nsteps - 1].number;
    return last;
}

/* Returns the number of the last step. */
static int run_block(machine *m, const sched_block *block)
{
    int last = -1;
    for (int i = 0; i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        last = step->number;
        if (step->kind == SCHED_STEP_KERNEL) {
            run_kernel(m, step);
        } else if (step->kind == SCHED_STEP_COPY) {
            memmove(m->at[step->to->id], m->at[step->from->id], (size_t)step->from->bytes);
        } else if (step->kind == SCHED_STEP_SWAP) {
            assert_true(step->from->swapped && step->to->swapped);
            unsigned char *moved = m->at[step->from->id];
            m->at[step->from->id] = m->at[step->to->id];
            m->at[step->to->id] = moved;
        } else {
            last = step->kind == SCHED_STEP_WHILE ? run_while(m, step) : run_if(m, step);
        }
        forget_dead(m, last);
    }
    return last;
}

/* Small numbers, so that sums are exact in any order and the same for every run. */
static ir_literal *make_input(fixture *f, const ir_shape *shape, int seed)
{
    ir_literal *literal = ir_literal_new(f->arena, shape);
    for (int i = 0; shape->type == IR_TUPLE && i < shape->nelems; i++)
        ((ir_literal **)literal->elems)[i] = make_input(f, shape->elems[i], seed + 3 * i);
    if (shape->type == IR_TUPLE || shape->type == IR_TOKEN)
        return literal;
    for (int64_t i = 0; i < ir_shape_count(shape); i++)
        ir_number_set(shape->type, (char *)literal->data + (size_t)i * ir_type_bytes(shape->type),
            shape->type == IR_PRED ? (double)((i + seed) % 2) : (double)((i * 7 + seed * 5) % 11));
    return literal;
}

static int flatten(ir_literal *literal, ir_literal **leaves)
{
    if (literal->shape->type == IR_TOKEN)
        return 0;
    if (literal->shape->type != IR_TUPLE) {
        leaves[0] = literal;
        return 1;
    }
    int n = 0;
    for (int i = 0; i < literal->shape->nelems; i++)
        n += flatten(literal->elems[i], leaves + n);
    return n;
}

/* With `donate`, outputs that may be an input are that input. */
static void run_and_compare(fixture *f, int seed, bool donate)
{
    const sched_program *program = f->program;
    machine m = {.f = f, .loop = -1};
    ir_literal *args[16], *leaves[64], *expected[64];
    int n = 0;
    for (int i = 0; i < f->module->entry->nparams; i++)
        args[i] = make_input(f, f->module->entry->params[i]->shape, seed + i);
    ir_literal *result = ir_evaluate(f->arena, f->diag, f->module, args, f->module->entry->nparams);
    if (!result)
        give_up(f, "evaluating");
    flatten(result, expected);
    for (int i = 0; i < f->module->entry->nparams; i++)
        n += flatten(args[i], leaves + n);
    m.at = fw_alloc_array(f->arena, (size_t)program->nbuffers, sizeof *m.at);
    m.work = fw_alloc(f->arena, (size_t)program->buffer_bytes + 1);
    memset(m.work, 0xA5, (size_t)program->buffer_bytes);
    for (int i = 0; i < program->nbuffers; i++) {
        const sched_buffer *b = program->buffers[i];
        size_t bytes = (size_t)b->bytes;
        if (b->kind == SCHED_BUF_WORK) {
            m.at[i] = m.work + b->offset;
        } else if (b->kind == SCHED_BUF_CONSTANT) {
            m.at[i] = b->literal->data;
        } else if (b->kind == SCHED_BUF_OUTPUT && donate && program->output_alias[b->index] >= 0) {
            m.at[i] = m.at[program->inputs[program->output_alias[b->index]]->id];
        } else {
            m.at[i] = fw_alloc(f->arena, bytes + 1);
            memset(m.at[i], 0xA5, bytes);
            if (b->kind == SCHED_BUF_PARAM)
                memcpy(m.at[i], leaves[b->index]->data, bytes);
        }
    }
    unsigned char **start = fw_alloc_array(f->arena, (size_t)program->nbuffers, sizeof *start);
    memcpy(start, m.at, (size_t)program->nbuffers * sizeof *start);
    run_block(&m, program->main);
    for (int i = 0; i < program->noutputs; i++)
        assert_memory_equal(start[program->outputs[i]->id], expected[i]->data, (size_t)program->outputs[i]->bytes);
    for (int i = 0; !donate && i < program->ninputs; i++)
        assert_memory_equal(start[program->inputs[i]->id], leaves[i]->data, (size_t)program->inputs[i]->bytes);
}

static void check_memory(const sched_program *program)
{
    int64_t most = 0;
    int last = 0;
    for (int i = 0; i < program->nbuffers; i++)
        last = program->buffers[i]->last > last ? program->buffers[i]->last : last;
    for (int step = 0; step <= last; step++) {
        int64_t live = 0;
        for (int i = 0; i < program->nbuffers; i++) {
            const sched_buffer *a = program->buffers[i];
            if (a->kind != SCHED_BUF_WORK || a->first > step || a->last < step)
                continue;
            assert_int_equal(a->offset % 64, 0);
            assert_true(a->offset + a->bytes <= program->buffer_bytes);
            live += (a->bytes + 63) / 64 * 64;
            for (int j = 0; j < i; j++) {
                const sched_buffer *b = program->buffers[j];
                if (b->kind == SCHED_BUF_WORK && b->first <= step && step <= b->last && a->bytes && b->bytes)
                    assert_true(a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
            }
        }
        most = live > most ? live : most;
    }
    assert_int_equal(most, program->live_bytes);
    assert_true(program->buffer_bytes >= program->live_bytes);
    for (int i = 0; i < program->nbuffers; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(program->buffers[i]->name, program->buffers[j]->name);
}

/* Builds, checks memory and numbers, and returns the fixture for checks of its own. */
static fixture *checked(fixture *f)
{
    build_program(f);
    if (getenv("FW_TEST_PRINT")) {
        fw_text text;
        fw_text_init(&text, f->arena);
        sched_program_print(f->program, &text);
        print_message("%s\n", fw_text_string(&text));
    }
    check_memory(f->program);
    for (int seed = 0; seed < 3; seed++)
        for (int donate = 0; donate < 2; donate++)
            run_and_compare(f, seed, donate);
    return f;
}

static fixture *check(const char *hlo)
{
    return checked(read_plan(hlo));
}

static int count_steps(const sched_block *block, sched_step_kind kind)
{
    int n = 0;
    for (int i = 0; block && i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        n += (step->kind == kind) + count_steps(step->cond, kind) + count_steps(step->body, kind);
        for (int b = 0; b < step->nbranches; b++)
            n += count_steps(step->branches[b], kind);
    }
    return n;
}

static const sched_step *find_step(const sched_block *block, sched_step_kind kind)
{
    for (int i = 0; i < block->nsteps; i++)
        if (block->steps[i].kind == kind)
            return &block->steps[i];
    fail_msg("no such step");
    return NULL;
}

static void expect_counts(const fixture *f, int kernels, int copies, int swaps)
{
    assert_int_equal(count_steps(f->program->main, SCHED_STEP_KERNEL), kernels);
    assert_int_equal(count_steps(f->program->main, SCHED_STEP_COPY), copies);
    assert_int_equal(count_steps(f->program->main, SCHED_STEP_SWAP), swaps);
    assert_int_equal(f->program->nkernels, kernels + copies);
}

#endif
