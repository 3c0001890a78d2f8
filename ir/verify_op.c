/* The verifier's checks of single ops: element types, and the result shapes that inference cannot give. */
#include "infer.h"

#include <string.h>

static const ir_shape *operand_shape(const infer_site *c, int i) {
    return c->instr->operands[i]->shape;
}

static bool fail(const infer_site *c, const char *message) {
    infer_fail(c, "%s", message);
    return false;
}

/* Reports that operand 0 and the declared shape do not belong together. */
static bool fail_shapes(const infer_site *c, const char *problem) {
    infer_fail(c, "%s: the operand is %s, the result %s", problem, infer_text(c, operand_shape(c, 0)),
        infer_text(c, c->instr->shape));
    return false;
}

/* ---- element types ---- */

static bool defined_for_complex(ir_op op) {
    switch (op) {
    case IR_OP_CEIL:
    case IR_OP_FLOOR:
    case IR_OP_NOT:
    case IR_OP_POPCNT:
    case IR_OP_CLZ:
    case IR_OP_IS_FINITE:
    case IR_OP_ROUND_AFZ:
    case IR_OP_ROUND_EVEN:
    case IR_OP_CBRT:
    case IR_OP_ERF:
    case IR_OP_MULHI:
    case IR_OP_REMAINDER:
    case IR_OP_MAXIMUM:
    case IR_OP_MINIMUM:
    case IR_OP_AND:
    case IR_OP_OR:
    case IR_OP_XOR:
    case IR_OP_SHL:
    case IR_OP_SRA:
    case IR_OP_SRL:
    case IR_OP_CLAMP:
    case IR_OP_REDUCE_PRECISION:
        return false;
    default:
        return true;
    }
}

/* A pointwise op is defined for the classes of elements that it has a C form for; ops.def knows which. */
bool verify_types(const infer_site *c) {
    const ir_op_info *op = ir_op_of(c->instr->op);
    if (op->cls != IR_ELEMENTWISE || (!op->c_float && !op->c_int && !op->c_pred))
        return true;
    int chosen = c->instr->op == IR_OP_SELECT || c->instr->op == IR_OP_CLAMP;
    const ir_shape *shape = operand_shape(c, chosen);
    bool defined = true;
    switch (ir_class_of(shape->type)) {
    case IR_CLASS_FLOAT:
        defined = op->c_float != NULL;
        break;
    case IR_CLASS_SIGNED:
    case IR_CLASS_UNSIGNED:
        defined = op->c_int != NULL;
        break;
    case IR_CLASS_PRED:
        defined = op->c_pred != NULL;
        break;
    case IR_CLASS_COMPLEX:
        defined = defined_for_complex(c->instr->op);
        break;
    case IR_CLASS_OTHER: /* copy and select of tuples and tokens */
        break;
    }
    if (!defined)
        infer_fail(c, "is not defined for %s", infer_text(c, shape));
    return defined;
}

/* ---- shapes that the text states ---- */

static bool check_compare(const infer_site *c) {
    const char *direction = ir_attr_word(c->instr, IR_ATTR_DIRECTION), *type = ir_attr_word(c->instr, IR_ATTR_TYPE);
    static const char *const directions[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
    bool known = false;
    for (int i = 0; i < FW_COUNT(directions); i++)
        known = known || strcmp(direction, directions[i]) == 0;
    if (!known)
        return fail(c, "direction must be EQ, NE, LT, LE, GT or GE");
    if (!type)
        return true;
    bool fits;
    switch (ir_class_of(operand_shape(c, 0)->type)) {
    case IR_CLASS_SIGNED:
        fits = strcmp(type, "SIGNED") == 0;
        break;
    case IR_CLASS_FLOAT:
        fits = strcmp(type, "FLOAT") == 0 || strcmp(type, "TOTALORDER") == 0;
        break;
    case IR_CLASS_COMPLEX:
        fits = strcmp(type, "FLOAT") == 0;
        break;
    default:
        fits = strcmp(type, "UNSIGNED") == 0;
    }
    if (!fits)
        infer_fail(c, "type=%s does not fit %s", type, infer_text(c, operand_shape(c, 0)));
    return fits;
}

static bool check_convert(const infer_site *c) {
    const ir_shape *from = operand_shape(c, 0), *to = c->instr->shape;
    if (!infer_is_array(from) || !infer_is_array(to) || !infer_dims_agree(from, to))
        return fail_shapes(c, "only the element type may change");
    return true;
}

/* Wide to narrow appends a dimension of wide / narrow, narrow to wide takes it away. */
static bool check_bitcast_convert(const infer_site *c) {
    const ir_shape *from = operand_shape(c, 0), *to = c->instr->shape;
    if (!infer_is_array(from) || !infer_is_array(to))
        return fail_shapes(c, "takes and returns arrays");
    if ((ir_class_of(from->type) == IR_CLASS_COMPLEX) != (ir_class_of(to->type) == IR_CLASS_COMPLEX))
        return fail_shapes(c, "complex numbers keep their type class");
    int from_bits = ir_type_bits(from->type), to_bits = ir_type_bits(to->type);
    const ir_shape *wide = from_bits > to_bits ? from : to, *narrow = from_bits > to_bits ? to : from;
    int ratio = ir_type_bits(wide->type) / ir_type_bits(narrow->type);
    bool fits = ir_type_bits(wide->type) % ir_type_bits(narrow->type) == 0;
    fits = fits && narrow->rank == wide->rank + (ratio > 1);
    for (int d = 0; fits && d < wide->rank; d++)
        fits = infer_dim_agrees(wide->dims[d], narrow->dims[d]);
    if (fits && ratio > 1)
        fits = infer_dim_agrees(narrow->dims[wide->rank], ir_dim_of(ratio));
    return fits || fail_shapes(c, "the shapes do not hold the same bits");
}

static bool check_bitcast(const infer_site *c) {
    const ir_shape *from = operand_shape(c, 0), *to = c->instr->shape;
    if (!infer_is_array(from) || !infer_is_array(to))
        return fail_shapes(c, "takes and returns arrays");
    if (!ir_shape_is_static(from) || !ir_shape_is_static(to))
        return true;
    int64_t a, b;
    if (!infer_mul_add(ir_shape_count(from), ir_type_bits(from->type), 0, &a) ||
        !infer_mul_add(ir_shape_count(to), ir_type_bits(to->type), 0, &b) || a != b)
        return fail_shapes(c, "the shapes do not hold the same bits");
    return true;
}

static bool check_reshape(const infer_site *c) {
    const ir_shape *from = operand_shape(c, 0), *to = c->instr->shape;
    bool fits = infer_is_array(from) && from->type == to->type;
    if (fits && ir_shape_is_static(from) && ir_shape_is_static(to))
        fits = ir_shape_count(from) == ir_shape_count(to);
    return fits || fail_shapes(c, "the shapes have different elements");
}

static bool check_reverse(const infer_site *c) {
    const int64_t *dims;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    return infer_array(c, 0) && infer_dim_list(c, IR_ATTR_DIMENSIONS, dims, count, operand_shape(c, 0)->rank);
}

static bool check_iota(const infer_site *c) {
    int64_t dim = ir_attr_int(c->instr, IR_ATTR_IOTA_DIMENSION, -1);
    const ir_shape *shape = c->instr->shape;
    if (infer_is_array(shape) && shape->type != IR_PRED && dim >= 0 && dim < shape->rank)
        return true;
    infer_fail(c, "iota_dimension %lld is no dimension of numbers in %s", (long long)dim, infer_text(c, shape));
    return false;
}

static bool check_constant(const infer_site *c) {
    const ir_literal *literal = c->instr->literal;
    if (!literal || !ir_shape_equal(literal->shape, c->instr->shape)) {
        infer_fail(c, "the literal does not have the shape %s", infer_text(c, c->instr->shape));
        return false;
    }
    return true;
}

static bool check_stochastic_convert(const infer_site *c) {
    const ir_shape *x = operand_shape(c, 0), *random = operand_shape(c, 1), *to = c->instr->shape;
    if (!infer_is_array(x) || !infer_is_array(random) || !infer_is_array(to) || !infer_dims_agree(x, random) ||
        !infer_dims_agree(x, to))
        return fail_shapes(c, "operands and result must have the same dimensions");
    if (!ir_type_is_float(x->type) || ir_class_of(random->type) != IR_CLASS_UNSIGNED ||
        ir_type_bits(random->type) != ir_type_bits(x->type))
        return fail(c, "takes floats and unsigned random bits of the same width");
    return true;
}

static bool check_reduce_precision(const infer_site *c) {
    if (ir_attr_int(c->instr, IR_ATTR_EXPONENT_BITS, 0) < 1 || ir_attr_int(c->instr, IR_ATTR_MANTISSA_BITS, -1) < 0)
        return fail(c, "needs at least one exponent bit and no negative number of mantissa bits");
    return true;
}

static bool check_cholesky(const infer_site *c) {
    const ir_shape *a = operand_shape(c, 0);
    bool numbers = ir_type_is_float(a->type) || ir_class_of(a->type) == IR_CLASS_COMPLEX;
    if (!numbers || a->rank < 2 || !infer_dim_agrees(a->dims[a->rank - 2], a->dims[a->rank - 1])) {
        infer_fail(c, "takes square matrices, not %s", infer_text(c, a));
        return false;
    }
    return true;
}

/* The custom call TopK says by its shape what topk says by its attributes. */
static bool check_custom_call(const infer_site *c) {
    const char *target = ir_attr_word(c->instr, IR_ATTR_CUSTOM_CALL_TARGET);
    const ir_shape *x = c->instr->noperands == 1 ? operand_shape(c, 0) : NULL, *to = c->instr->shape;
    if (strcmp(target, "TopK") != 0)
        return true;
    bool fits = x && infer_is_array(x) && x->rank >= 1 && to->type == IR_TUPLE && to->nelems == 2 &&
                to->elems[0]->type == x->type && to->elems[1]->type == IR_S32 &&
                infer_dims_agree(to->elems[0], to->elems[1]) && to->elems[0]->rank == x->rank;
    for (int d = 0; fits && d < x->rank; d++) {
        ir_dim kept = to->elems[0]->dims[d];
        fits = d < x->rank - 1 ? infer_dim_agrees(kept, x->dims[d]) : kept.symbol || kept.bound <= x->dims[d].bound;
    }
    return fits || fail_shapes(c, "TopK returns (values, indices) of a part of the last dimension");
}

static bool check_triangular_solve(const infer_site *c) {
    const ir_shape *a = operand_shape(c, 0);
    const char *transpose = ir_attr_word(c->instr, IR_ATTR_TRANSPOSE_A);
    if (!ir_type_is_float(a->type) && ir_class_of(a->type) != IR_CLASS_COMPLEX) {
        infer_fail(c, "is not defined for %s", infer_text(c, a));
        return false;
    }
    return !transpose || strcmp(transpose, "NO_TRANSPOSE") == 0 || strcmp(transpose, "TRANSPOSE") == 0 ||
           strcmp(transpose, "ADJOINT") == 0 || fail(c, "transpose_a must be NO_TRANSPOSE, TRANSPOSE or ADJOINT");
}

static bool check_batch_norm(const infer_site *c) {
    if (ir_type_is_float(operand_shape(c, 0)->type))
        return true;
    infer_fail(c, "is not defined for %s", infer_text(c, operand_shape(c, 0)));
    return false;
}

/* One integer scalar for each dimension of the result. */
static bool check_dynamic_reshape(const infer_site *c) {
    const ir_shape *to = c->instr->shape;
    if (!infer_is_array(to) || c->instr->noperands != 1 + to->rank)
        return fail_shapes(c, "takes one size for each dimension of the result");
    for (int i = 1; i < c->instr->noperands; i++)
        if (!infer_integer_scalar(c, i))
            return false;
    return check_reshape(c);
}

static bool check_rng_bit_generator(const infer_site *c) {
    const ir_shape *state = operand_shape(c, 0), *to = c->instr->shape;
    if (state->type != IR_U64 || state->rank != 1)
        return fail_shapes(c, "the state must be a vector of u64");
    if (to->type == IR_TUPLE &&
        (to->nelems != 2 || !infer_agrees(to->elems[0], state) || !infer_is_array(to->elems[1])))
        return fail_shapes(c, "the result must be (state, bits)");
    return true;
}

static bool check_set_dimension_size(const infer_site *c) {
    const int64_t *dims;
    int count = ir_attr_ints(c->instr, IR_ATTR_DIMENSIONS, &dims);
    const ir_shape *x = operand_shape(c, 0), *size = operand_shape(c, 1), *to = c->instr->shape;
    if (!infer_is_array(x) || count != 1 || dims[0] < 0 || dims[0] >= x->rank)
        return fail(c, "dimensions must name one dimension of the operand");
    if (size->type != IR_S32 || size->rank != 0)
        return fail(c, "the size must be s32[]");
    return (to->type == x->type && to->rank == x->rank) || fail_shapes(c, "only the size of one dimension may change");
}

bool verify_shape(const infer_site *c) {
    switch (c->instr->op) {
    case IR_OP_COMPARE:
        return check_compare(c);
    case IR_OP_CONVERT:
        return check_convert(c);
    case IR_OP_BITCAST_CONVERT:
        return check_bitcast_convert(c);
    case IR_OP_BITCAST:
        return check_bitcast(c);
    case IR_OP_RESHAPE:
        return check_reshape(c);
    case IR_OP_REVERSE:
        return check_reverse(c);
    case IR_OP_IOTA:
        return check_iota(c);
    case IR_OP_CONSTANT:
        return check_constant(c);
    case IR_OP_STOCHASTIC_CONVERT:
        return check_stochastic_convert(c);
    case IR_OP_REDUCE_PRECISION:
        return check_reduce_precision(c);
    case IR_OP_CHOLESKY:
        return check_cholesky(c);
    case IR_OP_TRIANGULAR_SOLVE:
        return check_triangular_solve(c);
    case IR_OP_BATCH_NORM_TRAINING:
    case IR_OP_BATCH_NORM_INFERENCE:
    case IR_OP_BATCH_NORM_GRAD:
        return check_batch_norm(c);
    case IR_OP_DYNAMIC_RESHAPE:
        return check_dynamic_reshape(c);
    case IR_OP_CUSTOM_CALL:
        return check_custom_call(c);
    case IR_OP_RNG_BIT_GENERATOR:
        return check_rng_bit_generator(c);
    case IR_OP_SET_DIMENSION_SIZE:
        return check_set_dimension_size(c);
    default:
        return verify_collective(c);
    }
}
