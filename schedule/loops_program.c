/* Loops and conditionals in single-assignment form, and the number of times a counted loop runs.
 *
 * A loop's state is a list of elements. One that the body hands on unchanged is invariant: its carried value and its result are
 * the initial value itself, and it costs nothing. The others are decided by program_turn.c. */
#include "program_graph.h"

#include <string.h>

/* ---- trip counts ---- */

/* Leaf of the computation's single parameter that `instr` is, or -1. */
static int parameter_leaf(const ir_instr *instr)
{
    if (instr->op == IR_OP_PARAMETER)
        return instr->param == 0 ? 0 : -1;
    if (instr->op != IR_OP_GET_TUPLE_ELEMENT)
        return -1;
    int first = parameter_leaf(instr->operands[0]);
    if (first < 0)
        return -1;
    int64_t index = ir_attr_int(instr, IR_ATTR_INDEX, 0);
    for (int i = 0; i < index; i++)
        first += prog_count_leaves(instr->operands[0]->shape->elems[i]);
    return first;
}

/* The instruction behind a leaf of a root made of tuples, or NULL. */
static const ir_instr *root_leaf(const ir_instr *root, int leaf)
{
    if (root->op != IR_OP_TUPLE)
        return leaf == 0 && root->shape->type != IR_TUPLE ? root : NULL;
    for (int i = 0; i < root->noperands; i++) {
        int count = prog_count_leaves(root->operands[i]->shape);
        if (leaf < count)
            return root_leaf(root->operands[i], leaf);
        leaf -= count;
    }
    return NULL;
}

/* Largest magnitude that the arithmetic below takes: sums of two stay far from overflow. */
#define TRIP_LIMIT (INT64_MAX / 4)

static bool constant_integer(const ir_instr *instr, int64_t *number)
{
    if (instr->op != IR_OP_CONSTANT || !ir_shape_is_scalar(instr->shape) || !ir_type_is_integer(instr->shape->type))
        return false;
    *number = ir_number_get_int(instr->shape->type, instr->literal->data);
    bool wrapped = ir_class_of(instr->shape->type) == IR_CLASS_UNSIGNED && *number < 0;
    return !wrapped && *number >= -TRIP_LIMIT && *number <= TRIP_LIMIT;
}

/* A value that every run of the program gives the same number: the initial value of a counter or of a bound. */
static bool value_integer(prog_value *value, int64_t *number)
{
    value = prog_same(value);
    if (!value || !value->instr)
        return false;
    bool plain = value->kind == PROG_CONSTANT || (value->kind == PROG_MADE && value->writer->kind == PROG_KERNEL);
    return plain && constant_integer(value->instr, number);
}

/* A constant, or a loop-invariant element that starts as one. */
static bool loop_integer(const prog_node *loop, const ir_instr *instr, int64_t *number)
{
    if (constant_integer(instr, number))
        return true;
    int leaf = parameter_leaf(instr);
    return leaf >= 0 && leaf < loop->nelems && loop->elems[leaf].invariant && value_integer(loop->elems[leaf].init, number);
}

/* What the body adds to element `leaf` in each iteration. */
static bool loop_step(const prog_node *loop, const ir_comp *body, int leaf, int64_t *step)
{
    const ir_instr *update = root_leaf(body->root, leaf);
    if (!update || update->noperands != 2)
        return false;
    const ir_instr *a = update->operands[0], *b = update->operands[1];
    if (update->op == IR_OP_ADD)
        return (parameter_leaf(a) == leaf && loop_integer(loop, b, step)) ||
               (parameter_leaf(b) == leaf && loop_integer(loop, a, step));
    if (update->op != IR_OP_SUBTRACT || parameter_leaf(a) != leaf || !loop_integer(loop, b, step))
        return false;
    *step = -*step;
    return true;
}

static bool fits_type(ir_type type, int64_t number)
{
    int bits = ir_type_bits(type);
    if (ir_class_of(type) == IR_CLASS_UNSIGNED)
        return number >= 0 && (bits >= 63 || number < ((int64_t)1 << bits));
    return bits >= 64 || (number >= -((int64_t)1 << (bits - 1)) && number < ((int64_t)1 << (bits - 1)));
}

/* Smallest n >= 0 for which i + n * step no longer compares with the bound, or -1 when a wrap-around or no end comes first. */
static int64_t count_up(int64_t i, int64_t step, int64_t bound, ir_type type)
{
    if (i >= bound)
        return 0;
    if (step <= 0)
        return -1;
    int64_t distance = bound - i;
    int64_t n = distance / step + (distance % step != 0);
    if (n > TRIP_LIMIT / step)
        return -1;
    return fits_type(type, i + n * step) ? n : -1;
}

/* `down` counts mirrored numbers, so the type's range has to be asked for the original ones. */
static int64_t count_down(int64_t i, int64_t step, int64_t bound, ir_type type)
{
    int64_t n = count_up(-i, -step, -bound, IR_S64);
    if (n <= 0)
        return n;
    return fits_type(type, i + n * step) ? n : -1;
}

static int64_t count_trips(const char *direction, int64_t i, int64_t step, int64_t bound, ir_type type)
{
    if (!strcmp(direction, "LT"))
        return count_up(i, step, bound, type);
    if (!strcmp(direction, "LE"))
        return count_up(i, step, bound + 1, type);
    if (!strcmp(direction, "GT"))
        return count_down(i, step, bound, type);
    if (!strcmp(direction, "GE"))
        return count_down(i, step, bound - 1, type);
    if (strcmp(direction, "NE"))
        return -1;
    if (i == bound)
        return 0;
    if (step == 0 || (bound - i) % step || (bound - i) / step < 0)
        return -1;
    return (bound - i) / step;
}

int64_t prog_trip_count(const prog_node *loop, const ir_comp *condition, const ir_comp *body)
{
    static const char *const mirrored[][2] = {{"LT", "GT"}, {"LE", "GE"}, {"GT", "LT"}, {"GE", "LE"}, {"NE", "NE"}};
    const ir_instr *test = condition->root;
    if (test->op != IR_OP_COMPARE || !ir_shape_is_scalar(test->operands[0]->shape))
        return -1;
    ir_type type = test->operands[0]->shape->type;
    const char *direction = ir_attr_word(test, IR_ATTR_DIRECTION);
    if (!ir_type_is_integer(type) || !direction)
        return -1;
    for (int side = 0; side < 2; side++) {
        int leaf = parameter_leaf(test->operands[side]);
        int64_t start, step, bound;
        if (leaf < 0 || leaf >= loop->nelems || !value_integer(loop->elems[leaf].init, &start) ||
            !loop_integer(loop, test->operands[!side], &bound) || !loop_step(loop, body, leaf, &step))
            continue;
        for (int d = 0; d < FW_COUNT(mirrored); d++)
            if (!strcmp(direction, mirrored[d][0]))
                return count_trips(mirrored[d][side], start, step, bound, type);
        return -1;
    }
    return -1;
}

/* ---- lowering ---- */

bool prog_elem_live(const prog_elem *elem)
{
    return elem->carried->needed && !elem->invariant;
}

static const plan_comp *called_plan(prog *p, const prog_scope *scope, const ir_instr *instr, int number)
{
    const plan_comp *called = scope->plan->called ? scope->plan->called[instr->id] : NULL;
    if (!called) {
        fw_error(p->diag, FW_INTERNAL, instr->loc, "%s was planned without its computations", instr->name);
        p->failed = true;
        return NULL;
    }
    return &called[number];
}

static void set_result(prog *p, prog_scope *scope, prog_node *node)
{
    const ir_instr *instr = node->instr;
    const ir_shape **shapes = fw_alloc_array(p->arena, (size_t)(node->nwrites ? node->nwrites : 1), sizeof *shapes);
    prog_leaf_shapes(instr->shape, shapes);
    node->writes = fw_alloc_array(p->arena, (size_t)(node->nwrites ? node->nwrites : 1), sizeof *node->writes);
    for (int i = 0; i < node->nwrites; i++) {
        node->writes[i] = prog_value_new(p, scope, PROG_MADE, instr, shapes[i]);
        node->writes[i]->writer = node;
        node->writes[i]->index = i;
    }
    scope->map[instr->id] = (prog_leaves){true, node->nwrites, node->writes};
}

/* Elements whose update is their own carried value stand for their initial value. */
static void find_invariants(prog_node *node)
{
    for (int i = 0; i < node->nelems; i++) {
        prog_elem *e = &node->elems[i];
        e->update = node->body->results[i];
        e->invariant = e->init && e->update && prog_same(e->update) == e->carried;
    }
    for (int i = 0; i < node->nelems; i++)
        if (node->elems[i].invariant) {
            node->elems[i].carried->same = node->elems[i].init;
            node->elems[i].result->same = node->elems[i].init;
        }
}

void prog_lower_while(prog *p, prog_scope *scope, const ir_instr *instr)
{
    const plan_comp *cond = called_plan(p, scope, instr, 0), *body = called_plan(p, scope, instr, 1);
    if (!cond || !body)
        return;
    const prog_leaves *state = &scope->map[instr->operands[0]->id];
    prog_node *node = prog_node_new(p, scope, PROG_WHILE, instr->id);
    node->instr = instr;
    node->nelems = node->nwrites = prog_count_leaves(instr->shape);
    node->elems = fw_alloc_array(p->arena, (size_t)(node->nelems ? node->nelems : 1), sizeof *node->elems);
    set_result(p, scope, node);
    prog_value **carried = fw_alloc_array(p->arena, (size_t)(node->nelems ? node->nelems : 1), sizeof *carried);
    for (int i = 0; i < node->nelems; i++) {
        prog_elem *e = &node->elems[i];
        e->init = state->known && state->count == node->nelems ? state->values[i] : NULL;
        e->result = node->writes[i];
        e->carried = carried[i] = prog_value_new(p, NULL, PROG_CARRIED, instr, e->result->shape);
        e->carried->index = i;
    }
    node->body = prog_lower(p, scope, node, body, node->nelems, carried);
    if (node->body->nresults != node->nelems) {
        fw_error(p->diag, FW_INTERNAL, instr->loc, "the body of %s changes the loop's state", instr->name);
        p->failed = true;
        return;
    }
    for (int i = 0; i < node->nelems; i++)
        carried[i]->scope = node->body;
    find_invariants(node);
    node->trips = prog_trip_count(node, cond->comp, body->comp);
    if (node->trips < 0)
        node->cond = prog_lower(p, scope, node, cond, node->nelems, carried);
}

/* A branch sees its operand's buffers. Its parameters are values of their own only to know which of them it needs. */
static prog_scope *lower_branch(prog *p, prog_scope *scope, prog_node *node, const plan_comp *planned, const ir_instr *operand)
{
    const prog_leaves *leaves = &scope->map[operand->id];
    int count = prog_count_leaves(operand->shape);
    prog_value **params = fw_alloc_array(p->arena, (size_t)(count ? count : 1), sizeof *params);
    for (int i = 0; i < count; i++) {
        prog_value *value = leaves->known && leaves->count == count ? leaves->values[i] : NULL;
        if (!value)
            continue;
        params[i] = prog_value_new(p, scope, PROG_CARRIED, value->instr, value->shape);
        params[i]->same = value;
    }
    return prog_lower(p, scope, node, planned, count, params);
}

void prog_lower_conditional(prog *p, prog_scope *scope, const ir_instr *instr)
{
    prog_node *node = prog_node_new(p, scope, PROG_IF, instr->id);
    node->instr = instr;
    node->nbranches = instr->noperands - 1;
    node->branches = fw_alloc_array(p->arena, (size_t)node->nbranches, sizeof(prog_scope *));
    node->nwrites = prog_count_leaves(instr->shape);
    set_result(p, scope, node);
    const prog_leaves *selector = &scope->map[instr->operands[0]->id];
    node->selector = selector->known && selector->count == 1 ? selector->values[0] : NULL;
    for (int i = 0; i < node->nbranches; i++) {
        const plan_comp *branch = called_plan(p, scope, instr, i);
        if (!branch)
            return;
        node->branches[i] = lower_branch(p, scope, node, branch, instr->operands[i + 1]);
        if (node->branches[i]->nresults != node->nwrites) {
            fw_error(p->diag, FW_INTERNAL, instr->loc, "the branches of %s have different results", instr->name);
            p->failed = true;
            return;
        }
    }
}
