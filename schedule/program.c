/* The program: what the generated driver does, step by step, and the buffers it does it in. The parts are described in
 * program_graph.h. */
#include "program_graph.h"

/* Leaves without a constant size would need buffers whose size is known only when the program runs. */
static bool shapes_are_static(prog *p, const ir_instr *instr)
{
    const ir_shape **shapes = fw_alloc_array(p->arena, (size_t)prog_count_leaves(instr->shape) + 1, sizeof *shapes);
    int count = prog_leaf_shapes(instr->shape, shapes);
    for (int i = 0; i < count; i++)
        if (ir_shape_bytes(shapes[i]) < 0) {
            fw_error(p->diag, FW_UNSUPPORTED, instr->loc, "the size of %s is not a constant", instr->name);
            return false;
        }
    return true;
}

static bool outputs_are_static(prog *p, const plan_comp *planned)
{
    bool ok = true;
    for (int i = 0; i < planned->nkernels; i++)
        for (int j = 0; j < planned->kernels[i]->noutputs; j++)
            ok &= shapes_are_static(p, planned->kernels[i]->outputs[j]);
    return ok;
}

/* Room for the caller's arrays, and the values of the entry's parameters. */
static prog_value **boundary(prog *p, const ir_comp *entry)
{
    sched_program *program = p->program;
    for (int i = 0; i < entry->nparams; i++)
        program->ninputs += prog_count_leaves(entry->params[i]->shape);
    program->noutputs = prog_count_leaves(entry->root->shape);
    size_t nin = (size_t)program->ninputs + 1, nout = (size_t)program->noutputs + 1;
    program->inputs = fw_alloc_array(p->arena, nin, sizeof *program->inputs);
    program->input_shapes = fw_alloc_array(p->arena, nin, sizeof *program->input_shapes);
    program->input_names = fw_alloc_array(p->arena, nin, sizeof *program->input_names);
    program->outputs = fw_alloc_array(p->arena, nout, sizeof *program->outputs);
    program->output_shapes = fw_alloc_array(p->arena, nout, sizeof *program->output_shapes);
    program->output_alias = fw_alloc_array(p->arena, nout, sizeof *program->output_alias);
    prog_leaf_shapes(entry->root->shape, program->output_shapes);
    for (int i = 0; i < program->noutputs; i++)
        program->output_alias[i] = -1;
    prog_value **params = fw_alloc_array(p->arena, nin, sizeof *params);
    int n = 0;
    for (int i = 0; i < entry->nparams; i++) {
        int count = prog_leaf_shapes(entry->params[i]->shape, program->input_shapes + n);
        for (int leaf = 0; leaf < count; leaf++, n++) {
            params[n] = prog_value_new(p, NULL, PROG_INPUT, entry->params[i], program->input_shapes[n]);
            params[n]->index = n;
        }
    }
    prog_name_inputs(p, entry, program->input_names);
    return params;
}

sched_program *sched_program_build(fw_arena *arena, fw_diag *diag, sched_prover *prover, const plan *source)
{
    prog p = {.arena = arena, .diag = diag, .prover = prover, .plan = source};
    const ir_comp *entry = source->entry->comp;
    p.program = fw_alloc(arena, sizeof *p.program);
    p.program->plan = source;
    bool sized = shapes_are_static(&p, entry->root);
    for (int i = 0; i < entry->nparams; i++)
        sized &= shapes_are_static(&p, entry->params[i]);
    if (!outputs_are_static(&p, source->entry) || !sized)
        return NULL;
    prog_value **params = boundary(&p, entry);
    p.main = prog_lower(&p, NULL, NULL, source->entry, p.program->ninputs, params);
    for (int i = 0; i < p.program->ninputs; i++)
        params[i]->scope = p.main;
    if (!p.failed)
        prog_need(&p, p.main->results, p.main->nresults);
    if (p.failed)
        return NULL;
    prog_link(&p, p.main);
    prog_share(&p, p.main);
    if (p.failed)
        return NULL;
    prog_steps(&p);
    prog_name_buffers(&p);
    prog_memory(&p);
    return p.program;
}
