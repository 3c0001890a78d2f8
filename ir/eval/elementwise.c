/* Elementwise ops on whole arrays: block after block of lanes, with scalars spread over a block first. */
#include "eval.h"

bool lanes_apply(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    switch (instr->op) {
    case IR_OP_COMPARE:
        return lanes_compare(instr, n, out, in);
    case IR_OP_SELECT:
        return lanes_select(instr, n, out, in);
    case IR_OP_CLAMP:
        return lanes_clamp(instr, n, out, in);
    case IR_OP_CONVERT:
        return lanes_convert(instr, n, out, in);
    case IR_OP_BITCAST_CONVERT:
        return lanes_bitcast_convert(instr, n, out, in);
    case IR_OP_REDUCE_PRECISION:
        return lanes_reduce_precision(instr, n, out, in);
    case IR_OP_STOCHASTIC_CONVERT:
        return lanes_stochastic_convert(instr, n, out, in);
    default:
        return instr->noperands == 1 ? lanes_unary(instr, n, out, in) : lanes_binary(instr, n, out, in);
    }
}

static ir_literal *elementwise(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    int64_t count = ir_shape_count(instr->shape);
    size_t bytes = ir_type_bytes(instr->shape->type), steps[3];
    union {
        double align;
        char bytes[EVAL_LANES * 16];
    } spread[3];
    const void *in[3];
    for (int i = 0; i < instr->noperands; i++) {
        const ir_shape *shape = operands[i]->shape;
        steps[i] = ir_type_bytes(shape->type);
        in[i] = operands[i]->data;
        if (shape->rank == 0 && instr->shape->rank > 0) {
            lanes_fill(steps[i], EVAL_LANES, operands[i]->data, spread[i].bytes);
            in[i] = spread[i].bytes;
            steps[i] = 0;
        }
    }
    for (int64_t at = 0; at < count; at += EVAL_LANES) {
        int64_t n = count - at < EVAL_LANES ? count - at : EVAL_LANES;
        if (!lanes_apply(instr, n, (char *)out->data + (size_t)at * bytes, in))
            return eval_fail(f, instr, "on these element types");
        for (int i = 0; i < instr->noperands; i++)
            in[i] = (const char *)in[i] + steps[i] * EVAL_LANES;
    }
    return out;
}

ir_literal *eval_unary(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    if (instr->shape->type == IR_TUPLE) /* copy of a tuple */
        return eval_copy(f->arena, operands[0]);
    return elementwise(f, instr, operands);
}

ir_literal *eval_binary(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return elementwise(f, instr, operands);
}

ir_literal *eval_compare(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return elementwise(f, instr, operands);
}

ir_literal *eval_clamp(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return elementwise(f, instr, operands);
}

ir_literal *eval_convert(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return elementwise(f, instr, operands);
}

ir_literal *eval_reduce_precision(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    return elementwise(f, instr, operands);
}

/* A scalar condition picks a whole value, which may be a tuple. */
ir_literal *eval_select(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    if (operands[0]->shape->rank == 0)
        return eval_copy(f->arena, *(const unsigned char *)operands[0]->data ? operands[1] : operands[2]);
    return elementwise(f, instr, operands);
}
