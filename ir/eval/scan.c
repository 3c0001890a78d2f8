/* scan: a computation runs along one dimension. It takes a slice of each input (without that dimension) and the carried
 * values, and returns a slice of each output and the carried values for the next step. */
#include "eval.h"

typedef struct scanning {
    const ir_comp *comp;
    int inputs, outputs, carries, dim;
    int64_t steps;
    ir_literal *const *operands;
    ir_literal *const *results; /* outputs, then carried values */
} scanning;

/* Copies slice `step` of an array along the dimension from or to a dense one. */
static void move_slice(const scanning *s, fw_arena *arena, const ir_literal *array, int64_t step,
    const ir_literal *slice, bool from_array) {
    const ir_shape *shape = slice->shape;
    size_t bytes = ir_type_bytes(shape->type);
    int64_t *strides = eval_strides(arena, array->shape), *dense = eval_strides(arena, shape);
    char *at = (char *)array->data + (size_t)(step * strides[s->dim]) * bytes;
    if (ir_shape_count(shape) == 0)
        return;
    for (int d = s->dim; d < shape->rank; d++)
        strides[d] = strides[d + 1];
    if (from_array)
        eval_move(bytes, shape->rank, eval_sizes(arena, shape), at, strides, slice->data, dense);
    else
        eval_move(bytes, shape->rank, eval_sizes(arena, shape), slice->data, dense, at, strides);
}

/* One step; `carried` is replaced by values in `arena`. */
static bool scan_step(
    const scanning *s, eval_frame *f, fw_arena *arena, int64_t step, ir_literal **args, ir_literal **carried) {
    for (int i = 0; i < s->inputs; i++) {
        args[i] = ir_literal_new(arena, s->comp->params[i]->shape);
        move_slice(s, arena, s->operands[i], step, args[i], true);
    }
    for (int i = 0; i < s->carries; i++)
        args[s->inputs + i] = carried[i];
    ir_literal *result = eval_comp(arena, f->diag, s->comp, args, NULL, f->depth + 1);
    if (!result)
        return false;
    ir_literal *const *parts = result->shape->type == IR_TUPLE ? result->elems : &result;
    for (int i = 0; i < s->outputs; i++)
        move_slice(s, arena, s->results[i], step, parts[i], false);
    for (int i = 0; i < s->carries; i++)
        carried[i] = parts[s->outputs + i];
    return true;
}

static bool scan_all(const scanning *s, eval_frame *f, const ir_instr *instr, ir_literal **carried) {
    bool reverse = ir_attr_int(instr, IR_ATTR_IS_REVERSE, 0), ok = true;
    fw_arena *arena = fw_arena_new(), *lists = fw_arena_new();
    ir_literal **args = fw_alloc_array(lists, (size_t)instr->noperands + 1, sizeof *args);
    for (int64_t i = 0; ok && i < s->steps; i++) {
        fw_arena *next = fw_arena_new();
        ok = scan_step(s, f, next, reverse ? s->steps - 1 - i : i, args, carried);
        fw_arena_free(arena);
        arena = next;
    }
    for (int i = 0; ok && i < s->carries; i++)
        carried[i] = eval_copy(f->arena, carried[i]);
    fw_arena_free(arena);
    fw_arena_free(lists);
    return ok;
}

ir_literal *eval_scan(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const int64_t *dims;
    ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    bool is_tuple = instr->shape->type == IR_TUPLE;
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    int total = is_tuple ? instr->shape->nelems : 1;
    ir_literal **parts = fw_alloc_array(f->arena, (size_t)total + 1, sizeof *parts);
    scanning s = {.comp = ir_attr_comp(instr, IR_ATTR_TO_APPLY), .dim = (int)dims[0], .operands = operands};
    s.carries = (int)ir_attr_int(instr, IR_ATTR_NUM_CARRIES, 0);
    s.inputs = instr->noperands - s.carries;
    s.outputs = total - s.carries;
    s.results = parts;
    s.steps = ir_shape_size(operands[0]->shape, s.dim);
    for (int i = 0; i < s.outputs; i++)
        parts[i] = is_tuple ? out->elems[i] : out;
    for (int i = 0; i < s.carries; i++)
        parts[s.outputs + i] = operands[s.inputs + i];
    if (!scan_all(&s, f, instr, parts + s.outputs))
        return NULL;
    if (!is_tuple)
        return parts[0];
    out->elems = parts;
    return out;
}
