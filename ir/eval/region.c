/* Computations over scalars (combiners, comparators, mapped functions) run on many lanes at once.
 *
 * A computation whose instructions are all elementwise on scalars, tuples or calls of such computations becomes a flat
 * list of steps over numbered slots, each a block of lanes. Any other computation is evaluated as a whole, lane by
 * lane. */
#include "eval.h"

#include <string.h>

#define SLOT_BYTES (EVAL_LANES * 16)

/* A value of the computation: a slot, or a tuple of values. */
typedef struct slots {
    int slot;
    int count;
    struct slots *elems;
} slots;

typedef struct region_step {
    const ir_instr *instr;
    int out, in[3];
} region_step;

struct eval_region {
    fw_arena *arena;
    fw_diag *diag;
    const ir_comp *comp;
    const ir_instr *owner;
    int depth;
    bool flat; /* has steps; else lane by lane */
    int nsteps, steps_cap;
    region_step *steps;
    int nslots, slots_cap;
    void **slots; /* of parameters: the caller's lanes */
    int nresults;
    int *results;  /* slots */
    void **staged; /* results that are parameters, since the caller may write over those */
};

static int new_slot(eval_region *r, bool with_memory) {
    void *memory = with_memory ? fw_alloc(r->arena, SLOT_BYTES) : NULL;
    FW_PUSH(r->arena, r->slots, r->nslots, r->slots_cap, memory);
    return r->nslots - 1;
}

/* ---- compiling ---- */

static bool compile_comp(eval_region *r, const ir_comp *comp, const slots *args, slots *result, int depth);

static bool is_scalar_array(const ir_shape *shape) {
    return ir_class_of(shape->type) != IR_CLASS_OTHER && shape->rank == 0;
}

/* Ops that hand a scalar on as it is. */
static bool passes_through(const ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_COPY:
    case IR_OP_RESHAPE:
    case IR_OP_BROADCAST:
    case IR_OP_TRANSPOSE:
        return is_scalar_array(instr->shape) && is_scalar_array(instr->operands[0]->shape);
    default:
        return ir_op_of(instr->op)->cls == IR_FORWARD && instr->noperands > 0;
    }
}

static bool compile_constant(eval_region *r, const ir_instr *instr, slots *value) {
    if (!is_scalar_array(instr->shape))
        return false;
    value->slot = new_slot(r, true);
    lanes_fill(ir_type_bytes(instr->shape->type), EVAL_LANES, instr->literal->data, r->slots[value->slot]);
    return true;
}

static bool compile_elementwise(eval_region *r, const ir_instr *instr, const slots *values, slots *value) {
    if (ir_op_of(instr->op)->cls != IR_ELEMENTWISE || !is_scalar_array(instr->shape) || instr->noperands > 3)
        return false;
    region_step step = {.instr = instr};
    for (int i = 0; i < instr->noperands; i++) {
        if (!is_scalar_array(instr->operands[i]->shape))
            return false;
        step.in[i] = values[instr->operands[i]->id].slot;
    }
    step.out = value->slot = new_slot(r, true);
    FW_PUSH(r->arena, r->steps, r->nsteps, r->steps_cap, step);
    return true;
}

static bool compile_callee(eval_region *r, const ir_instr *instr, const slots *values, slots *value, int depth) {
    const ir_comp *callee = ir_attr_comp(instr, instr->op == IR_OP_FUSION ? IR_ATTR_CALLS : IR_ATTR_TO_APPLY);
    slots *args = fw_alloc_array(r->arena, (size_t)instr->noperands + 1, sizeof *args);
    for (int i = 0; i < instr->noperands; i++)
        args[i] = values[instr->operands[i]->id];
    return compile_comp(r, callee, args, value, depth + 1);
}

static bool compile_instr(
    eval_region *r, const ir_instr *instr, const slots *args, const slots *values, slots *value, int depth) {
    if (passes_through(instr)) {
        *value = values[instr->operands[0]->id];
        return true;
    }
    switch (instr->op) {
    case IR_OP_PARAMETER:
        *value = args[instr->param];
        return true;
    case IR_OP_CONSTANT:
        return compile_constant(r, instr, value);
    case IR_OP_TUPLE:
        value->count = instr->noperands;
        value->elems = fw_alloc_array(r->arena, (size_t)instr->noperands + 1, sizeof *value->elems);
        for (int i = 0; i < instr->noperands; i++)
            value->elems[i] = values[instr->operands[i]->id];
        return true;
    case IR_OP_GET_TUPLE_ELEMENT:
        *value = values[instr->operands[0]->id].elems[ir_attr_int(instr, IR_ATTR_INDEX, 0)];
        return true;
    case IR_OP_CALL:
    case IR_OP_FUSION:
        return compile_callee(r, instr, values, value, depth);
    default:
        return compile_elementwise(r, instr, values, value);
    }
}

/* Calls are copied into the list of steps; a list that grows too long is not worth it. */
#define MOST_STEPS 10000
#define DEEPEST 100

static bool compile_comp(eval_region *r, const ir_comp *comp, const slots *args, slots *result, int depth) {
    slots *values = fw_alloc_array(r->arena, (size_t)comp->ninstrs, sizeof *values);
    if (depth > DEEPEST)
        return false;
    for (int i = 0; i < comp->ninstrs; i++)
        if (r->nsteps > MOST_STEPS || !compile_instr(r, comp->instrs[i], args, values, &values[i], depth))
            return false;
    *result = values[comp->root->id];
    return true;
}

static bool compile(eval_region *r) {
    const ir_comp *comp = r->comp;
    slots *args = fw_alloc_array(r->arena, (size_t)comp->nparams + 1, sizeof *args), result = {0};
    for (int i = 0; i < comp->nparams; i++) {
        if (!is_scalar_array(comp->params[i]->shape))
            return false;
        args[i].slot = new_slot(r, false);
    }
    if (!compile_comp(r, comp, args, &result, 0))
        return false;
    if (result.elems == NULL) {
        r->results[0] = result.slot;
        return true;
    }
    for (int i = 0; i < result.count; i++) {
        if (result.elems[i].elems)
            return false;
        r->results[i] = result.elems[i].slot;
    }
    return true;
}

eval_region *eval_region_new(fw_arena *arena, fw_diag *diag, const ir_comp *comp, const ir_instr *owner, int depth) {
    eval_region *r = fw_alloc(arena, sizeof *r);
    const ir_shape *root = comp->root->shape;
    r->arena = arena;
    r->diag = diag;
    r->comp = comp;
    r->owner = owner;
    r->depth = depth;
    r->nresults = root->type == IR_TUPLE ? root->nelems : 1;
    r->results = fw_alloc_array(arena, (size_t)r->nresults + 1, sizeof *r->results);
    r->staged = fw_alloc_array(arena, (size_t)r->nresults + 1, sizeof *r->staged);
    r->flat = compile(r);
    for (int i = 0; r->flat && i < r->nresults; i++)
        if (r->results[i] < comp->nparams)
            r->staged[i] = fw_alloc(arena, SLOT_BYTES);
    return r;
}

/* ---- running ---- */

static const ir_shape *result_shape(const eval_region *r, int i) {
    const ir_shape *root = r->comp->root->shape;
    return root->type == IR_TUPLE ? root->elems[i] : root;
}

static bool run_flat(eval_region *r, int64_t n, const void *const *in, void *const *out) {
    for (int i = 0; i < r->comp->nparams; i++)
        r->slots[i] = (void *)in[i];
    for (int i = 0; i < r->nsteps; i++) {
        const region_step *step = &r->steps[i];
        const void *operands[3];
        for (int k = 0; k < step->instr->noperands; k++)
            operands[k] = r->slots[step->in[k]];
        if (!lanes_apply(step->instr, n, r->slots[step->out], operands)) {
            eval_frame f = {.diag = r->diag};
            eval_fail(&f, step->instr, "on these element types");
            return false;
        }
    }
    for (int i = 0; i < r->nresults; i++)
        if (r->staged[i])
            memcpy(r->staged[i], r->slots[r->results[i]], (size_t)n * ir_type_bytes(result_shape(r, i)->type));
    for (int i = 0; i < r->nresults; i++) {
        const void *from = r->staged[i] ? r->staged[i] : r->slots[r->results[i]];
        memcpy(out[i], from, (size_t)n * ir_type_bytes(result_shape(r, i)->type));
    }
    return true;
}

static bool run_lane(eval_region *r, fw_arena *arena, int64_t lane, const void *const *in, void *const *out) {
    const ir_comp *comp = r->comp;
    ir_literal **args = fw_alloc_array(arena, (size_t)comp->nparams + 1, sizeof *args);
    for (int i = 0; i < comp->nparams; i++) {
        size_t bytes = ir_type_bytes(comp->params[i]->shape->type);
        args[i] = ir_literal_new(arena, comp->params[i]->shape);
        memcpy(args[i]->data, (const char *)in[i] + (size_t)lane * bytes, bytes);
    }
    ir_literal *result = eval_comp(arena, r->diag, comp, args, NULL, r->depth + 1);
    for (int i = 0; result && i < r->nresults; i++) {
        const ir_literal *part = result->shape->type == IR_TUPLE ? result->elems[i] : result;
        size_t bytes = ir_type_bytes(part->shape->type);
        memcpy((char *)out[i] + (size_t)lane * bytes, part->data, bytes);
    }
    return result != NULL;
}

bool eval_is_float_sum(const ir_instr *instr) {
    ir_op op;
    return instr->noperands == 2 && ir_type_is_float(instr->operands[0]->shape->type) &&
           instr->shape->type == instr->operands[0]->shape->type &&
           ir_comp_is_binary(ir_attr_comp(instr, IR_ATTR_TO_APPLY), &op) && op == IR_OP_ADD;
}

bool eval_region_run(eval_region *r, int64_t n, const void *const *in, void *const *out) {
    if (r->flat)
        return run_flat(r, n, in, out);
    bool ok = true;
    for (int64_t lane = 0; ok && lane < n; lane++) {
        fw_arena *arena = fw_arena_new();
        ok = run_lane(r, arena, lane, in, out);
        fw_arena_free(arena);
    }
    return ok;
}
