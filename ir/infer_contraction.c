/* Shape inference of dot, and of the linear algebra and normalisation ops. */
#include "infer.h"

#include <string.h>

/* ---- dot ---- */

static bool pairs_agree(const infer_site *c, ir_attr_id lhs_id, ir_attr_id rhs_id) {
    const ir_shape *lhs = c->instr->operands[0]->shape, *rhs = c->instr->operands[1]->shape;
    const int64_t *a, *b;
    int na = ir_attr_ints(c->instr, lhs_id, &a), nb = ir_attr_ints(c->instr, rhs_id, &b);
    if (na != nb) {
        infer_fail(c, "%s and %s have different lengths", ir_attr_name(lhs_id), ir_attr_name(rhs_id));
        return false;
    }
    if (!infer_dim_list(c, lhs_id, a, na, lhs->rank) || !infer_dim_list(c, rhs_id, b, nb, rhs->rank))
        return false;
    for (int i = 0; i < na; i++) {
        if (!infer_dim_agrees(lhs->dims[a[i]], rhs->dims[b[i]])) {
            infer_fail(c, "dimension %lld of %s and dimension %lld of %s differ", (long long)a[i], infer_text(c, lhs),
                (long long)b[i], infer_text(c, rhs));
            return false;
        }
    }
    return true;
}

/* Appends the dimensions of one operand that are neither batch nor contracted. */
static bool add_free_dims(
    const infer_site *c, int operand, ir_attr_id batch_id, ir_attr_id contracting_id, ir_dim *dims, int *rank) {
    const ir_shape *shape = c->instr->operands[operand]->shape;
    const int64_t *batch, *contracting;
    int nbatch = ir_attr_ints(c->instr, batch_id, &batch);
    int ncontracting = ir_attr_ints(c->instr, contracting_id, &contracting);
    for (int i = 0; i < ncontracting; i++) {
        if (infer_has(batch, nbatch, contracting[i])) {
            infer_fail(c, "dimension %lld is in %s and in %s", (long long)contracting[i], ir_attr_name(batch_id),
                ir_attr_name(contracting_id));
            return false;
        }
    }
    for (int d = 0; d < shape->rank; d++)
        if (!infer_has(batch, nbatch, d) && !infer_has(contracting, ncontracting, d))
            dims[(*rank)++] = shape->dims[d];
    return true;
}

const ir_shape *infer_dot(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1))
        return NULL;
    if (!pairs_agree(c, IR_ATTR_LHS_BATCH_DIMS, IR_ATTR_RHS_BATCH_DIMS) ||
        !pairs_agree(c, IR_ATTR_LHS_CONTRACTING_DIMS, IR_ATTR_RHS_CONTRACTING_DIMS))
        return NULL;
    const ir_shape *lhs = c->instr->operands[0]->shape, *rhs = c->instr->operands[1]->shape,
                   *declared = c->instr->shape;
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)lhs->rank + (size_t)rhs->rank + 1, sizeof *dims);
    const int64_t *batch;
    int rank = ir_attr_ints(c->instr, IR_ATTR_LHS_BATCH_DIMS, &batch);
    for (int i = 0; i < rank; i++)
        dims[i] = lhs->dims[batch[i]];
    if (!add_free_dims(c, 0, IR_ATTR_LHS_BATCH_DIMS, IR_ATTR_LHS_CONTRACTING_DIMS, dims, &rank) ||
        !add_free_dims(c, 1, IR_ATTR_RHS_BATCH_DIMS, IR_ATTR_RHS_CONTRACTING_DIMS, dims, &rank))
        return NULL;
    /* The text states the element type when it is to be wider than the operands'. */
    ir_type type = ir_type_bits(rhs->type) > ir_type_bits(lhs->type) ? rhs->type : lhs->type;
    return ir_shape_dims(c->arena, declared && infer_is_array(declared) ? declared->type : type, rank, dims);
}

/* ---- ragged-dot ---- */

/* Where a free dimension of the right operand stands in the result of the plain dot, whose last dimensions are the free
 * ones of that operand; -1 for another dimension. */
static int free_place(const infer_site *c, int dim, int rank) {
    const ir_shape *rhs = c->instr->operands[1]->shape;
    const int64_t *batch, *contracting;
    int nbatch = ir_attr_ints(c->instr, IR_ATTR_RHS_BATCH_DIMS, &batch), behind = 0;
    int ncontracting = ir_attr_ints(c->instr, IR_ATTR_RHS_CONTRACTING_DIMS, &contracting);
    for (int d = dim; d < rhs->rank; d++) {
        bool is_free = !infer_has(batch, nbatch, d) && !infer_has(contracting, ncontracting, d);
        if (d == dim && !is_free)
            return -1;
        behind += is_free;
    }
    return rank - behind;
}

/* The sizes of the groups: a row of them, for all or for each index of other dimensions. */
static bool group_sizes(const infer_site *c, ir_dim *groups) {
    const ir_shape *sizes = c->instr->operands[2]->shape;
    if (!ir_type_is_integer(sizes->type) || sizes->rank < 1) {
        infer_fail(c, "operand 2 must hold the sizes of the groups, it is %s", infer_text(c, sizes));
        return false;
    }
    *groups = sizes->dims[sizes->rank - 1];
    return true;
}

/* Like dot, without the group dimension of the right operand; with one for the groups in front where a contracted
 * dimension is ragged. */
const ir_shape *infer_ragged_dot(const infer_site *c) {
    const int64_t *ragged, *group, *contracting;
    int nragged = ir_attr_ints(c->instr, IR_ATTR_LHS_RAGGED_DIMS, &ragged);
    int ngroup = ir_attr_ints(c->instr, IR_ATTR_RHS_GROUP_DIMS, &group);
    int ncontracting = ir_attr_ints(c->instr, IR_ATTR_LHS_CONTRACTING_DIMS, &contracting);
    ir_dim groups;
    const ir_shape *plain = infer_dot(c);
    if (!plain || !group_sizes(c, &groups))
        return NULL;
    const ir_shape *lhs = c->instr->operands[0]->shape, *rhs = c->instr->operands[1]->shape;
    if (nragged != 1 || ragged[0] < 0 || ragged[0] >= lhs->rank)
        return infer_fail(c, "lhs_ragged_dims must name one dimension of %s", infer_text(c, lhs));
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)plain->rank + 1, sizeof *dims);
    bool in_front = infer_has(contracting, ncontracting, ragged[0]);
    int rank = 0;
    if (in_front)
        dims[rank++] = groups;
    if (ngroup > 1 || (ngroup == 1 && (in_front || group[0] < 0 || group[0] >= rhs->rank)))
        return infer_fail(c, "rhs_group_dims must name one dimension of %s", infer_text(c, rhs));
    if (ngroup == 1 && !infer_dim_agrees(rhs->dims[group[0]], groups))
        return infer_fail(c, "dimension %lld of %s must be that of %s", (long long)group[0], infer_text(c, rhs),
            infer_text(c, c->instr->operands[2]->shape));
    int gone = ngroup == 1 ? free_place(c, (int)group[0], plain->rank) : -1;
    if (ngroup == 1 && gone < 0)
        return infer_fail(c, "the group dimension is a batch or a contracting one");
    for (int d = 0; d < plain->rank; d++)
        if (d != gone)
            dims[rank++] = plain->dims[d];
    return ir_shape_dims(c->arena, plain->type, rank, dims);
}

/* ---- fft, triangular-solve ---- */

const ir_shape *infer_fft(const infer_site *c) {
    if (!infer_array(c, 0))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape;
    const char *kind = ir_attr_word(c->instr, IR_ATTR_FFT_TYPE);
    const int64_t *length;
    int count = ir_attr_ints(c->instr, IR_ATTR_FFT_LENGTH, &length);
    bool real = strcmp(kind, "RFFT") == 0, inverse_real = strcmp(kind, "IRFFT") == 0;
    if (!real && !inverse_real && strcmp(kind, "FFT") != 0 && strcmp(kind, "IFFT") != 0)
        return infer_fail(c, "fft_type %s is not one of FFT, IFFT, RFFT, IRFFT", kind);
    if (count < 1 || count > 3 || count > operand->rank)
        return infer_fail(c, "fft_length has %d entries for the operand %s", count, infer_text(c, operand));
    if (real ? operand->type != IR_F32 && operand->type != IR_F64 : operand->type != IR_C64 && operand->type != IR_C128)
        return infer_fail(c, "%s is not defined for %s", kind, infer_text(c, operand));
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)operand->rank, sizeof *dims);
    for (int d = 0; d < operand->rank; d++)
        dims[d] = operand->dims[d];
    for (int i = 0; i < count; i++) {
        int d = operand->rank - count + i;
        bool half = inverse_real && i == count - 1;
        if (length[i] < 0 ||
            !infer_dim_agrees(operand->dims[d], ir_dim_of(half && length[i] ? length[i] / 2 + 1 : length[i])))
            return infer_fail(
                c, "fft_length %lld does not fit dimension %d of %s", (long long)length[i], d, infer_text(c, operand));
    }
    if (real && length[count - 1] > 0)
        dims[operand->rank - 1] = ir_dim_of(length[count - 1] / 2 + 1);
    if (inverse_real)
        dims[operand->rank - 1] = ir_dim_of(length[count - 1]);
    ir_type type = operand->type;
    if (real)
        type = operand->type == IR_F32 ? IR_C64 : IR_C128;
    return ir_shape_dims(c->arena, inverse_real ? infer_component(type) : type, operand->rank, dims);
}

const ir_shape *infer_triangular_solve(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1))
        return NULL;
    const ir_shape *a = c->instr->operands[0]->shape, *b = c->instr->operands[1]->shape;
    bool fits = a->type == b->type && a->rank == b->rank && a->rank >= 2;
    for (int d = 0; fits && d < a->rank - 2; d++)
        fits = infer_dim_agrees(a->dims[d], b->dims[d]);
    if (fits) {
        int side = ir_attr_int(c->instr, IR_ATTR_LEFT_SIDE, 0) ? 2 : 1;
        fits = infer_dim_agrees(a->dims[a->rank - 2], a->dims[a->rank - 1]) &&
               infer_dim_agrees(a->dims[a->rank - 1], b->dims[b->rank - side]);
    }
    if (!fits)
        return infer_fail(c, "the matrices %s and %s do not fit", infer_text(c, a), infer_text(c, b));
    return b;
}

/* ---- batch-norm-training, -inference, -grad ---- */

const ir_shape *infer_batch_norm(const infer_site *c) {
    const ir_instr *instr = c->instr;
    for (int i = 0; i < instr->noperands; i++)
        if (!infer_array(c, i))
            return NULL;
    const ir_shape *x = instr->operands[0]->shape;
    int64_t feature = ir_attr_int(instr, IR_ATTR_FEATURE_INDEX, -1);
    if (feature < 0 || feature >= x->rank)
        return infer_fail(c, "feature_index %lld is no dimension of %s", (long long)feature, infer_text(c, x));
    bool grad = instr->op == IR_OP_BATCH_NORM_GRAD;
    for (int i = 1; i < instr->noperands; i++) {
        const ir_shape *shape = instr->operands[i]->shape;
        bool full = grad && i == 4;
        bool fits =
            full ? infer_agrees(shape, x)
                 : shape->type == x->type && shape->rank == 1 && infer_dim_agrees(shape->dims[0], x->dims[feature]);
        if (!fits)
            return infer_fail(c, "operand %d has the shape %s, which does not fit dimension %lld of %s", i,
                infer_text(c, shape), (long long)feature, infer_text(c, x));
    }
    if (instr->op == IR_OP_BATCH_NORM_INFERENCE)
        return x;
    const ir_shape *vector = ir_shape_dims(c->arena, x->type, 1, &x->dims[feature]);
    return ir_shape_tuple(c->arena, 3, (const ir_shape *const[]){x, vector, vector});
}
