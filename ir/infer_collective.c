/* Shapes of collectives and of start-done pairs. How large a gathered or scattered dimension becomes depends on who
 * takes part, so the text states those shapes and check_collective looks whether they can be right. */
#include "infer.h"

static const ir_shape *declared(const infer_site *c) {
    return c->instr->shape;
}

static bool fail_shapes(const infer_site *c, const char *problem) {
    infer_fail(c, "%s: the result is %s", problem, infer_text(c, declared(c)));
    return false;
}

/* ---- inference ---- */

/* One operand is the result, several are a tuple of their shapes. */
const ir_shape *infer_same_all(const infer_site *c) {
    if (c->instr->noperands == 0)
        return infer_fail(c, "takes at least one operand");
    return c->instr->noperands == 1 ? c->instr->operands[0]->shape : infer_tuple(c);
}

const ir_shape *infer_u32(const infer_site *c) {
    return ir_shape_array(c->arena, IR_U32, 0, NULL);
}

/* What the start left: element 0 of copy-start's (result, operand, ...), else 1 of (operand, result, ...). */
const ir_shape *infer_done(const infer_site *c) {
    const ir_shape *tuple = c->instr->operands[0]->shape;
    int element = c->instr->op == IR_OP_COPY_DONE ? 0 : 1;
    if (tuple->type != IR_TUPLE || tuple->nelems < 2)
        return infer_fail(c, "takes the tuple of its start, not %s", infer_text(c, tuple));
    return tuple->elems[element];
}

/* ---- checks of stated shapes ---- */

/* May `from` become `to` by gathering or scattering one dimension? With one participant it stays as it is. */
static bool resized(const infer_site *c, const ir_shape *from, const ir_shape *to, bool grows) {
    const int64_t *dims;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    bool fits = infer_is_array(from) && infer_is_array(to) && from->type == to->type && from->rank == to->rank &&
                count == 1 && dims[0] >= 0 && dims[0] < from->rank;
    for (int d = 0; fits && d < from->rank; d++) {
        int64_t a, b;
        bool known = ir_dim_const(from->dims[d], &a) && ir_dim_const(to->dims[d], &b);
        if (d != dims[0] || !known) {
            fits = infer_dim_agrees(from->dims[d], to->dims[d]);
            continue;
        }
        int64_t small = grows ? a : b, large = grows ? b : a;
        fits = small > 0 ? large % small == 0 : large == 0;
    }
    return fits;
}

/* Every operand against its result, which is one of a tuple where there are several. */
static bool check_resized(const infer_site *c, const ir_shape *to, bool grows) {
    int n = c->instr->noperands;
    bool fits = n == 1 && to->type != IR_TUPLE && resized(c, c->instr->operands[0]->shape, to, grows);
    if (to->type == IR_TUPLE) {
        fits = to->nelems == n;
        for (int i = 0; fits && i < n; i++)
            fits = resized(c, c->instr->operands[i]->shape, to->elems[i], grows);
    }
    return fits || fail_shapes(c, "only the size of the one dimension of dimensions may change, by a whole factor");
}

/* With `dimensions` the pieces are put together again and the shape stays; without, one piece for each participant. */
static bool check_all_to_all(const infer_site *c) {
    const ir_shape *to = declared(c);
    int n = c->instr->noperands;
    bool fits = n > 0;
    if (ir_attr_get(c->instr, IR_ATTR_DIMENSIONS) || to->type != IR_TUPLE) {
        fits = n == 1 && infer_agrees(c->instr->operands[0]->shape, to);
    } else {
        fits = fits && to->nelems == n;
        for (int i = 0; fits && i < n; i++)
            fits = infer_agrees(c->instr->operands[i]->shape, to->elems[i]);
    }
    return fits || fail_shapes(c, "the shapes of the operands stay");
}

/* collective-permute-start and copy-start: the operand and its copy, then what the two ends need. */
static bool check_start(const infer_site *c) {
    const ir_shape *to = declared(c), *x = c->instr->noperands == 1 ? c->instr->operands[0]->shape : NULL;
    if (to->type != IR_TUPLE || to->nelems < 2)
        return fail_shapes(c, "a start returns (operand, result, ...)");
    if (x && (!infer_agrees(to->elems[0], x) || !infer_agrees(to->elems[1], x)))
        return fail_shapes(c, "the elements are not shaped like the operand");
    return true;
}

static bool check_gather_start(const infer_site *c) {
    const ir_shape *to = declared(c);
    if (to->type != IR_TUPLE || to->nelems < 2)
        return fail_shapes(c, "a start returns (operand, result, ...)");
    return check_resized(c, to->elems[1], true);
}

/* ((operands), result, state...), where the called computation takes the operands and returns the result. Operands that
 * are bound later stand in the shape alone. */
static bool check_async_start(const infer_site *c) {
    const ir_shape *to = declared(c);
    const ir_comp *comp = ir_attr_comp(c->instr, IR_ATTR_CALLS);
    bool fits = to->type == IR_TUPLE && to->nelems >= 2 && to->elems[0]->type == IR_TUPLE &&
                to->elems[0]->nelems >= c->instr->noperands;
    for (int i = 0; fits && i < c->instr->noperands; i++)
        fits = infer_agrees(to->elems[0]->elems[i], c->instr->operands[i]->shape);
    if (!fits)
        return fail_shapes(c, "an async-start returns ((operands), result, ...)");
    fits = comp->nparams == to->elems[0]->nelems && infer_agrees(comp->root->shape, to->elems[1]);
    for (int i = 0; fits && i < comp->nparams; i++)
        fits = infer_agrees(comp->params[i]->shape, to->elems[0]->elems[i]);
    if (!fits)
        infer_fail(c, "the computation %%%s does not take and return what %s says", comp->name, infer_text(c, to));
    return fits;
}

bool verify_collective(const infer_site *c) {
    switch (c->instr->op) {
    case IR_OP_ALL_GATHER:
        return check_resized(c, declared(c), true);
    case IR_OP_REDUCE_SCATTER:
        return check_resized(c, declared(c), false);
    case IR_OP_ALL_TO_ALL:
        return check_all_to_all(c);
    case IR_OP_COLLECTIVE_PERMUTE:
        if (c->instr->noperands == 1 && !infer_agrees(c->instr->operands[0]->shape, declared(c)))
            return fail_shapes(c, "the shape of the operand stays");
        return true;
    case IR_OP_ALL_GATHER_START:
        return check_gather_start(c);
    case IR_OP_COLLECTIVE_PERMUTE_START:
    case IR_OP_COPY_START:
        return check_start(c);
    case IR_OP_ASYNC_START:
        return check_async_start(c);
    default:
        return true;
    }
}
