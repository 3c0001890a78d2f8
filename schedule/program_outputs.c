/* The caller's output buffers.
 *
 * A result is computed in its output buffer from the first value of its chain on: `d0 = update(x), d1 = update(d0)` writes out0
 * twice. Where buffers turn in a loop whose trip count is known, so is the buffer in which the result ends, and that one is the
 * output; only where it is not known the result is copied.
 *
 * input_output_alias lets the caller pass one buffer as input x and output out0. It holds if all that read x come before the first
 * write to out0, and if a kernel that does both is proved to work in place. */
#include "program_graph.h"

/* Swaps of this group that loops of known length in the main scope make. */
static int counted_swaps(const prog_scope *scope, const prog_place *group)
{
    int count = 0;
    for (int i = 0; i < scope->nnodes; i++) {
        const prog_node *node = scope->nodes[i];
        if (!node->needed || node->kind != PROG_WHILE || node->trips < 0)
            continue;
        for (int s = 0; s < node->turn.nswaps; s++)
            count += prog_place_group(node->turn.swaps[s].a) == group;
    }
    return count;
}

/* The element of a loop that is carried in `place`, or NULL. */
static prog_elem *carried_in(prog *p, const prog_node *loop, const prog_place *place)
{
    for (int i = 0; i < loop->nelems; i++)
        if (prog_elem_live(&loop->elems[i]) && prog_place_of(p, loop->elems[i].carried) == place)
            return &loop->elems[i];
    return NULL;
}

/* Goes back from a result to the place whose memory it is in, and to the node that writes there first. */
typedef struct origin { prog_place *place; prog_node *writer; prog_value *head; } origin;

static bool find_origin(prog *p, prog_value *value, origin *from)
{
    prog_place *group = prog_place_group(prog_place_of(p, value));
    from->place = prog_place_of(p, value);
    if (group->nswaps != counted_swaps(value->scope, group))
        return false;
    for (;;) {
        from->head = value;
        from->writer = value->writer;
        if (value->writer->kind == PROG_WHILE) {
            from->place = prog_turn_back(value->writer, from->place);
            const prog_elem *e = carried_in(p, value->writer, from->place);
            if (!e)
                return true;
            value = prog_same(e->init);
        } else if (value->prev) {
            value = value->prev;
        } else {
            return true;
        }
    }
}

/* The input leaf whose buffer the module gives to result leaf `output`, or -1. */
static int donated_input(const ir_module *module, int output)
{
    for (int a = 0; a < module->naliases; a++) {
        const ir_alias *alias = &module->aliases[a];
        const ir_shape *shape = module->entry->root->shape;
        int leaf = 0, input = 0;
        for (int i = 0; i < alias->noutput && shape->type == IR_TUPLE && alias->output[i] < shape->nelems; i++) {
            for (int j = 0; j < alias->output[i]; j++)
                leaf += prog_count_leaves(shape->elems[j]);
            shape = shape->elems[alias->output[i]];
        }
        if (leaf != output || shape->type == IR_TUPLE || alias->param >= module->entry->nparams)
            continue;
        for (int j = 0; j < alias->param; j++)
            input += prog_count_leaves(module->entry->params[j]->shape);
        shape = module->entry->params[alias->param]->shape;
        for (int i = 0; i < alias->nindex && shape->type == IR_TUPLE && alias->index[i] < shape->nelems; i++) {
            for (int j = 0; j < alias->index[i]; j++)
                input += prog_count_leaves(shape->elems[j]);
            shape = shape->elems[alias->index[i]];
        }
        return shape->type == IR_TUPLE ? -1 : input;
    }
    return -1;
}

static bool may_be_donated(prog *p, prog_value *input, const origin *from)
{
    prog_node *writer = from->writer;
    if (ir_shape_bytes(input->shape) != from->place->bytes || input->next || !prog_may_follow(p, writer, input))
        return false;
    if (!prog_times_read(writer, input) || writer->kind == PROG_COPY)
        return true;
    if (!prog_kernel_may_overwrite(p, writer, input, from->head))
        return false;
    writer->shares = true;
    return true;
}

/* What reads the input later, a copy made from now on, has to run before the same writer: hence `next`. */
static void donate(prog *p, int leaf, prog_value *input, const origin *from)
{
    prog_follow(p, from->writer, input);
    input->next = from->head;
    from->place->donated = true;
    p->program->output_alias[leaf] = input->index;
}

/* The result is copied into its output buffer as the last thing that is done with it. */
static origin copy_to_output(prog *p, int leaf)
{
    prog_value *copy = prog_insert_copy(p, p->main->end, &p->main->results[leaf]);
    return (origin){prog_place_of(p, copy), copy->writer, copy};
}

void prog_share_outputs(prog *p)
{
    for (int i = 0; i < p->main->nresults; i++) {
        origin from;
        if (!find_origin(p, prog_same(p->main->results[i]), &from) || from.place->output >= 0)
            from = copy_to_output(p, i);
        int leaf = donated_input(p->plan->module, i);
        prog_value *input = leaf >= 0 ? p->main->params[leaf] : NULL;
        bool fits = input && may_be_donated(p, input, &from);
        if (input && !fits && from.writer->kind != PROG_COPY) {
            from = copy_to_output(p, i);
            fits = may_be_donated(p, input, &from);
        }
        from.place->output = i;
        if (fits)
            donate(p, i, input, &from);
    }
}
