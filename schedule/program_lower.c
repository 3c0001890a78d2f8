/* From a plan to values and nodes in single-assignment form. Tuples disappear: every instruction becomes a list of leaf arrays.
 * A computation that runs in two places is lowered twice, since its values then live in different buffers. */
#include "program_graph.h"

#include <string.h>

prog_value *prog_value_new(prog *p, prog_scope *scope, prog_value_kind kind, const ir_instr *instr, const ir_shape *shape)
{
    prog_value *value = fw_alloc(p->arena, sizeof *value);
    value->kind = kind;
    value->instr = instr;
    value->suffix = "";
    value->shape = shape;
    value->scope = scope;
    return value;
}

prog_value *prog_same(prog_value *value)
{
    while (value && value->same)
        value = value->same;
    return value;
}

const char *prog_value_name(const prog_value *value)
{
    return value->instr ? value->instr->name : "value";
}

prog_node *prog_node_new(prog *p, prog_scope *scope, prog_node_kind kind, int64_t key)
{
    prog_node *node = fw_alloc(p->arena, sizeof *node);
    node->kind = kind;
    node->number = scope->nnodes;
    node->key = key;
    node->scope = scope;
    node->trips = -1;
    if (kind != PROG_END)
        FW_PUSH(p->arena, scope->nodes, scope->nnodes, scope->nodes_cap, node);
    return node;
}

int prog_count_leaves(const ir_shape *shape)
{
    if (shape->type == IR_TOKEN)
        return 0;
    if (shape->type != IR_TUPLE)
        return 1;
    int n = 0;
    for (int i = 0; i < shape->nelems; i++)
        n += prog_count_leaves(shape->elems[i]);
    return n;
}

int prog_leaf_shapes(const ir_shape *shape, const ir_shape **shapes)
{
    if (shape->type == IR_TOKEN)
        return 0;
    if (shape->type != IR_TUPLE) {
        shapes[0] = shape;
        return 1;
    }
    int n = 0;
    for (int i = 0; i < shape->nelems; i++)
        n += prog_leaf_shapes(shape->elems[i], shapes + n);
    return n;
}

/* Constants are one value however often and wherever they occur, so that equal literals need one buffer. */
static prog_value *constant_value(prog *p, const ir_instr *instr)
{
    for (int i = 0; i < p->nconstants; i++) {
        const ir_literal *other = p->constants[i]->literal;
        if (other == instr->literal ||
            (ir_shape_equal(other->shape, instr->literal->shape) && ir_literal_equal(other, instr->literal)))
            return p->constants[i];
    }
    prog_value *value = prog_value_new(p, NULL, PROG_CONSTANT, instr, instr->shape);
    value->literal = instr->literal;
    FW_PUSH(p->arena, p->constants, p->nconstants, p->constants_cap, value);
    return value;
}

static prog_leaves leaves_new(prog *p, int count)
{
    return (prog_leaves){true, count, fw_alloc_array(p->arena, (size_t)(count ? count : 1), sizeof(prog_value *))};
}

/* First of the scope's parameter leaves that belong to `instr`, a parameter. */
static int first_leaf(const prog_scope *scope, const ir_instr *instr)
{
    const ir_comp *comp = scope->plan->comp;
    int first = 0;
    for (int i = 0; i < instr->param && i < comp->nparams; i++)
        first += prog_count_leaves(comp->params[i]->shape);
    return first;
}

static prog_leaves slice_leaves(prog *p, prog_value **values, int count)
{
    prog_leaves leaves = leaves_new(p, count);
    if (count)
        memcpy(leaves.values, values, (size_t)count * sizeof *values);
    return leaves;
}

static prog_leaves tuple_leaves(prog *p, const prog_scope *scope, const ir_instr *instr)
{
    prog_leaves leaves = leaves_new(p, prog_count_leaves(instr->shape));
    int n = 0;
    for (int i = 0; i < instr->noperands; i++) {
        const prog_leaves *operand = &scope->map[instr->operands[i]->id];
        int count = prog_count_leaves(instr->operands[i]->shape);
        if (operand->known && operand->count == count && count)
            memcpy(leaves.values + n, operand->values, (size_t)count * sizeof *operand->values);
        n += count;
    }
    return leaves;
}

static prog_leaves element_leaves(prog *p, const prog_scope *scope, const ir_instr *instr)
{
    const ir_instr *tuple = instr->operands[0];
    const prog_leaves *whole = &scope->map[tuple->id];
    if (!whole->known)
        return (prog_leaves){0};
    int64_t index = ir_attr_int(instr, IR_ATTR_INDEX, 0);
    int first = 0;
    for (int i = 0; i < index; i++)
        first += prog_count_leaves(tuple->shape->elems[i]);
    return slice_leaves(p, whole->values + first, prog_count_leaves(instr->shape));
}

/* Leaves of an instruction that no kernel writes. Unknown ones are inside kernels, and an error only where somebody needs them. */
static void lower_source(prog *p, prog_scope *scope, const ir_instr *instr)
{
    prog_leaves *leaves = &scope->map[instr->id];
    switch (instr->op) {
    case IR_OP_PARAMETER:
        *leaves = slice_leaves(p, scope->params + first_leaf(scope, instr), prog_count_leaves(instr->shape));
        return;
    case IR_OP_CONSTANT:
        if (instr->shape->type != IR_TUPLE) {
            *leaves = leaves_new(p, 1);
            leaves->values[0] = constant_value(p, instr);
        }
        return;
    case IR_OP_TUPLE:
        *leaves = tuple_leaves(p, scope, instr);
        return;
    case IR_OP_GET_TUPLE_ELEMENT:
        *leaves = element_leaves(p, scope, instr);
        return;
    case IR_OP_WHILE:
        prog_lower_while(p, scope, instr);
        return;
    case IR_OP_CONDITIONAL:
        prog_lower_conditional(p, scope, instr);
        return;
    default:
        break;
    }
    if (instr->shape->type == IR_TOKEN)
        *leaves = leaves_new(p, 0);
    else if (ir_op_of(instr->op)->cls == IR_FORWARD && instr->noperands)
        *leaves = scope->map[instr->operands[0]->id];
}

/* A node for a kernel and values for its outputs. The plan's order is kept by keys that never fall. */
static int64_t add_kernel(prog *p, prog_scope *scope, const plan_kernel *planned, int64_t key)
{
    if (!planned->schedule) {
        fw_error(p->diag, FW_INTERNAL, planned->outputs[0]->loc, "kernel of %s was planned without a schedule",
            planned->outputs[0]->name);
        p->failed = true;
        return key;
    }
    for (int i = 0; i < planned->noutputs; i++)
        if (planned->outputs[i]->id > key)
            key = planned->outputs[i]->id;
    prog_node *node = prog_node_new(p, scope, PROG_KERNEL, key);
    node->plan = planned;
    node->nwrites = planned->noutputs;
    node->writes = fw_alloc_array(p->arena, (size_t)planned->noutputs, sizeof *node->writes);
    for (int i = 0; i < planned->noutputs; i++) {
        const ir_instr *instr = planned->outputs[i];
        if (instr->shape->type == IR_TUPLE || scope->map[instr->id].known) {
            fw_error(p->diag, FW_INTERNAL, instr->loc, "%s is the output of two kernels, or a tuple", instr->name);
            p->failed = true;
            return key;
        }
        prog_value *value = prog_value_new(p, scope, PROG_MADE, instr, instr->shape);
        value->writer = node;
        value->index = i;
        node->writes[i] = value;
        scope->map[instr->id] = leaves_new(p, 1);
        scope->map[instr->id].values[0] = value;
    }
    return key;
}

static void read_inputs(prog *p, const prog_scope *scope, prog_node *node)
{
    const sched_kernel *kernel = node->plan->schedule;
    node->nreads = kernel->ninputs;
    node->reads = fw_alloc_array(p->arena, (size_t)(kernel->ninputs ? kernel->ninputs : 1), sizeof *node->reads);
    for (int i = 0; i < kernel->ninputs; i++) {
        const prog_leaves *leaves = &scope->map[kernel->inputs[i]->id];
        if (leaves->known && leaves->count == 1)
            node->reads[i] = leaves->values[0];
    }
}

prog_scope *prog_lower(prog *p, prog_scope *parent, prog_node *owner, const plan_comp *planned, int nparams, prog_value **params)
{
    const ir_comp *comp = planned->comp;
    prog_scope *scope = fw_alloc(p->arena, sizeof *scope);
    scope->parent = parent;
    scope->owner = owner;
    scope->plan = planned;
    scope->nparams = nparams;
    scope->params = params;
    scope->map = fw_alloc_array(p->arena, (size_t)comp->ninstrs, sizeof *scope->map);
    int64_t key = 0;
    for (int i = 0; i < planned->nkernels; i++)
        key = add_kernel(p, scope, planned->kernels[i], key);
    int nkernels = scope->nnodes;
    for (int i = 0; i < comp->ninstrs; i++)
        if (!scope->map[i].known)
            lower_source(p, scope, comp->instrs[i]);
    for (int i = 0; i < nkernels; i++)
        read_inputs(p, scope, scope->nodes[i]);
    scope->end = prog_node_new(p, scope, PROG_END, INT64_MAX);
    const prog_leaves *root = &scope->map[comp->root->id];
    scope->nresults = prog_count_leaves(comp->root->shape);
    scope->results = fw_alloc_array(p->arena, (size_t)(scope->nresults ? scope->nresults : 1), sizeof *scope->results);
    if (root->known && scope->nresults)
        memcpy(scope->results, root->values, (size_t)scope->nresults * sizeof *root->values);
    return scope;
}
