/* Where a loop's new state is written.
 *
 *   while (...) {                    x is carried, y is its update
 *       y = kernel(x)                in place: y is x's buffer, proved or because all readers of x run first
 *   }                                else y has a second buffer, and the two pointers are exchanged after each iteration
 *
 * State that moves from one element to another (x, y = y, f(x, y)) moves by its pointers alone: the buffers turn. */
#include "program_graph.h"

/* ---- in place ---- */

static bool takes_place_of(prog *p, prog_value *head, const prog_elem *e)
{
    prog_value *old = prog_chain_tail(e->carried);
    return ir_shape_equal(old->shape, head->shape) && prog_try_share(p, old, head);
}

/* Updates first try the buffer of their own element, then any that the body leaves free. */
static void share_updates(prog *p, prog_node *loop, bool own)
{
    for (int i = 0; i < loop->nelems; i++) {
        if (!prog_elem_live(&loop->elems[i]))
            continue;
        prog_value *head = prog_chain_head(prog_same(loop->body->results[i]));
        for (int j = 0; j < loop->nelems && head->kind == PROG_MADE; j++)
            if ((i == j) == own && prog_elem_live(&loop->elems[j]) && takes_place_of(p, head, &loop->elems[j]))
                break;
    }
}

/* ---- turns ---- */

static int var_of(prog_turn *turn, prog_place *place)
{
    for (int i = 0; i < turn->nvars; i++)
        if (turn->vars[i] == place)
            return i;
    turn->vars[turn->nvars] = place;
    turn->from[turn->nvars] = turn->nvars;
    return turn->nvars++;
}

static int holder_of(const prog_turn *turn, int content)
{
    int v = 0;
    while (turn->from[v] != content)
        v++;
    return v;
}

static void exchange(prog_turn *turn, int a, int b)
{
    int content = turn->from[a];
    turn->from[a] = turn->from[b];
    turn->from[b] = content;
    turn->swaps[turn->nswaps].a = turn->vars[a];
    turn->swaps[turn->nswaps].b = turn->vars[b];
    turn->nswaps++;
    prog_place_swap(turn->vars[a], turn->vars[b]);
}

/* One exchange an element at most: each puts one element's new content where it belongs for good. */
static void make_turn(prog *p, prog_node *loop)
{
    prog_turn *turn = &loop->turn;
    size_t most = 2 * (size_t)loop->nelems + 1;
    turn->vars = fw_alloc_array(p->arena, most, sizeof *turn->vars);
    turn->from = fw_alloc_array(p->arena, most, sizeof *turn->from);
    turn->swaps = fw_alloc_array(p->arena, most, sizeof *turn->swaps);
    for (int i = 0; i < loop->nelems; i++)
        if (prog_elem_live(&loop->elems[i])) {
            var_of(turn, prog_place_of(p, loop->elems[i].carried));
            var_of(turn, prog_place_of(p, loop->body->results[i]));
        }
    for (int i = 0; i < loop->nelems; i++) {
        if (!prog_elem_live(&loop->elems[i]))
            continue;
        int home = var_of(turn, prog_place_of(p, loop->elems[i].carried));
        int at = holder_of(turn, var_of(turn, prog_place_of(p, loop->body->results[i])));
        if (at != home)
            exchange(turn, home, at);
    }
}

void prog_share_carried(prog *p, prog_node *loop)
{
    share_updates(p, loop, true);
    share_updates(p, loop, false);
    make_turn(p, loop);
}

prog_place *prog_turn_back(const prog_node *loop, prog_place *place)
{
    const prog_turn *turn = &loop->turn;
    int v = 0;
    while (v < turn->nvars && prog_place_find(turn->vars[v]) != place)
        v++;
    if (v == turn->nvars)
        return place;
    int length = 1;
    for (int i = turn->from[v]; i != v; i = turn->from[i])
        length++;
    int at = v;
    for (int64_t n = loop->trips % length; n > 0; n--)
        at = turn->from[at];
    return prog_place_find(turn->vars[at]);
}
