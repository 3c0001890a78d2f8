/* Places: which values live in one buffer, and which buffers exchange their pointers.
 *
 * Sharing needs three things: the old value may be overwritten here, everything that reads it can run before the writer of the
 * new one, and where the writer itself reads the old value, isl has proved that it reads each element before it is overwritten. */
#include "program_graph.h"

prog_place *prog_place_find(prog_place *place)
{
    while (place->parent)
        place = place->parent;
    return place;
}

prog_place *prog_place_of(prog *p, prog_value *value)
{
    value = prog_same(value);
    if (!value->place) {
        value->place = fw_alloc(p->arena, sizeof *value->place);
        value->place->bytes = ir_shape_bytes(value->shape);
        value->place->output = -1;
    }
    return prog_place_find(value->place);
}

prog_place *prog_place_group(prog_place *place)
{
    place = prog_place_find(place);
    while (place->group)
        place = prog_place_find(place->group);
    return place;
}

bool prog_place_swaps(prog_place *place)
{
    return prog_place_group(place)->nswaps > 0;
}

static void join_groups(prog_place *a, prog_place *b)
{
    a = prog_place_group(a);
    b = prog_place_group(b);
    if (a == b)
        return;
    b->group = a;
    a->nswaps += b->nswaps;
}

void prog_place_swap(prog_place *a, prog_place *b)
{
    join_groups(a, b);
    prog_place_group(a)->nswaps++;
}

/* Two places that swap stay two. */
static bool may_join(prog *p, prog_value *a, prog_value *b)
{
    prog_place *x = prog_place_of(p, a), *y = prog_place_of(p, b);
    return x == y || (prog_place_group(x) != prog_place_group(y) && x->bytes == y->bytes && (x->output < 0 || y->output < 0));
}

prog_place *prog_place_join(prog *p, prog_value *a, prog_value *b)
{
    if (!may_join(p, a, b))
        return NULL;
    prog_place *x = prog_place_of(p, a), *y = prog_place_of(p, b);
    if (x == y)
        return x;
    join_groups(x, y);
    y->parent = x;
    if (y->output >= 0)
        x->output = y->output;
    x->donated |= y->donated;
    return x;
}

prog_value *prog_chain_head(prog_value *value)
{
    while (value->prev)
        value = value->prev;
    return value;
}

prog_value *prog_chain_tail(prog_value *value)
{
    while (value->next)
        value = value->next;
    return value;
}

/* A loop body must not overwrite what the next iteration finds unchanged, nor a condition or a branch what belongs to others: only
 * values of the scope itself may go, and of a loop's state those that the body replaces. */
bool prog_writable(const prog_scope *scope, const prog_value *value)
{
    return value->scope == scope && !value->same && (value->kind == PROG_MADE || value->kind == PROG_CARRIED);
}

bool prog_kernel_may_overwrite(prog *p, prog_node *node, prog_value *old, prog_value *fresh)
{
    if (node->kind != PROG_KERNEL || node->shares || node->writes[0] != fresh || prog_times_read(node, old) != 1)
        return false;
    if (old->shape->type != fresh->shape->type || !ir_shape_same_dims(old->shape, fresh->shape))
        return false;
    const sched_kernel *kernel = node->plan->schedule;
    const char *why = NULL;
    for (int i = 0; i < node->nreads; i++)
        if (node->reads[i] == old)
            return sched_prove_in_place(p->prover, p->arena, kernel, kernel->inputs[i], &why);
    return false;
}

/* A loop updates one element of its state in place; any other use of that value by the loop would see it change. */
static bool writer_may_overwrite(prog *p, prog_node *writer, prog_value *old, prog_value *fresh)
{
    int times = prog_times_read(writer, old);
    if (times == 0)
        return true;
    if (writer->kind == PROG_WHILE)
        return times == 1 && writer->writes[fresh->index] == fresh && prog_same(writer->elems[fresh->index].init) == old;
    return prog_kernel_may_overwrite(p, writer, old, fresh);
}

bool prog_try_share(prog *p, prog_value *old, prog_value *fresh)
{
    prog_node *writer = fresh->writer;
    if (!writer || !prog_writable(writer->scope, old) || old->next || fresh->prev || fresh->same || !may_join(p, old, fresh))
        return false;
    if (prog_place_of(p, old) == prog_place_of(p, fresh) || prog_place_of(p, fresh)->donated)
        return false;
    if (!prog_may_follow(p, writer, old) || !writer_may_overwrite(p, writer, old, fresh))
        return false;
    if (writer->kind == PROG_KERNEL && prog_times_read(writer, old))
        writer->shares = true;
    prog_follow(p, writer, old);
    prog_place_join(p, old, fresh);
    old->next = fresh;
    fresh->prev = old;
    return true;
}
