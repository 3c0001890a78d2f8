/* Async sugar: `X-start`, `X-update`, `X-done` mean async-start, -update, -done around a computation that holds only X.
 */
#include "read.h"

#include <string.h>

static bool ends_with(const char *text, size_t length, const char *suffix) {
    size_t n = strlen(suffix);
    return length > n && !memcmp(text + length - n, suffix, n);
}

/* Ops with start and done opcodes of their own, and ops whose operands are no operands. */
static bool has_no_sugar(ir_op op) {
    static const ir_op ops[] = {IR_OP_ALL_GATHER, IR_OP_ALL_REDUCE, IR_OP_COLLECTIVE_PERMUTE, IR_OP_COPY, IR_OP_SEND,
        IR_OP_RECV, IR_OP_PARAMETER, IR_OP_CONSTANT, IR_OP_ASYNC_START, IR_OP_ASYNC_UPDATE, IR_OP_ASYNC_DONE};
    for (int i = 0; i < FW_COUNT(ops); i++)
        if (ops[i] == op)
            return true;
    return false;
}

bool read_async_name(const char *text, size_t length, const reader *r, ir_op *outer, ir_op *inner) {
    static const struct {
        const char *suffix;
        ir_op op;
    } sugar[] = {{"-start", IR_OP_ASYNC_START}, {"-update", IR_OP_ASYNC_UPDATE}, {"-done", IR_OP_ASYNC_DONE}};
    for (int i = 0; i < FW_COUNT(sugar); i++) {
        if (!ends_with(text, length, sugar[i].suffix))
            continue;
        uintptr_t found = (uintptr_t)names_find(&r->ops, text, length - strlen(sugar[i].suffix));
        if (!found || has_no_sugar((ir_op)(found - 1)))
            return false;
        *outer = sugar[i].op;
        *inner = (ir_op)(found - 1);
        return true;
    }
    return false;
}

ir_instr *read_async_wrap(reader *r, ir_instr *start, ir_op inner, const char *at) {
    const ir_shape *shape = start->shape;
    if (!shape || shape->type != IR_TUPLE || shape->nelems < 2) {
        read_fail(r, at, "the result shape of %s-start must be ((operands), result, ...)", start->async_op);
        return NULL;
    }
    ir_comp *comp = ir_comp_new(r->module, fw_format(r->scratch, "wrapped_%s", start->async_op));
    comp->loc = start->loc;
    ir_instr **params = fw_alloc_array(r->scratch, (size_t)start->noperands, sizeof(ir_instr *));
    for (int i = 0; i < start->noperands; i++) {
        params[i] = ir_comp_add_param(comp, NULL, start->operands[i]->shape, i);
        params[i]->name = fw_format(r->arena, "param_%d", i);
        params[i]->loc = start->loc;
    }
    ir_instr *instr =
        ir_comp_add(comp, inner, start->async_op, read_resolve(r, shape->elems[1], NULL), start->noperands, params);
    instr->loc = start->loc;
    comp->root = instr;
    ir_attr *calls = ir_attr_add(start, IR_ATTR_CALLS);
    calls->comps = fw_alloc(r->arena, sizeof(ir_comp *));
    calls->comps[0] = comp;
    calls->count = 1;
    FW_PUSH(r->scratch, r->unnamed_comps, r->nunnamed_comps, r->unnamed_comps_cap, comp);
    return instr;
}
