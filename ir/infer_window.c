/* Shape inference of the ops with a window: reduce-window, select-and-scatter, convolution. */
#include "infer.h"

bool infer_window_ok(const infer_site *c, const ir_window *window, int rank) {
    if (window->rank != rank) {
        infer_fail(c, "the window has %d dimensions where %d are needed", window->rank, rank);
        return false;
    }
    for (int d = 0; d < rank; d++) {
        const ir_window_dim *w = &window->dims[d];
        if (w->size < 1 || w->stride < 1 || w->base_dilation < 1 || w->window_dilation < 1) {
            infer_fail(c, "size, stride and dilations of window dimension %d must be positive", d);
            return false;
        }
    }
    return true;
}

/* floor((dilated + low + high - ((size - 1) * dilation + 1)) / stride) + 1, or 0 where the window does not fit. */
bool infer_window_size(const infer_site *c, int64_t size, const ir_window_dim *w, int64_t *out) {
    int64_t dilated = 0, reach, room;
    if ((size > 0 && !infer_mul_add(size - 1, w->base_dilation, 1, &dilated)) ||
        !infer_mul_add(1, dilated, w->pad_low, &dilated) || !infer_mul_add(1, dilated, w->pad_high, &dilated) ||
        !infer_mul_add(w->size - 1, w->window_dilation, 1, &reach) || !infer_mul_add(-1, reach, dilated, &room)) {
        infer_fail(c, "the window over a dimension of size %lld reaches too far", (long long)size);
        return false;
    }
    *out = dilated < 0 || room < 0 ? 0 : room / w->stride + 1;
    return true;
}

/* Window over a dimension that may be a symbol: a window that keeps every size keeps the symbol. */
static bool window_dim(const infer_site *c, ir_dim dim, const ir_window_dim *w, int result_dim, ir_dim *out) {
    int64_t size;
    if (ir_dim_const(dim, &size)) {
        bool ok = infer_window_size(c, size, w, &size);
        *out = ir_dim_of(size);
        return ok;
    }
    if (w->size == 1 && w->stride == 1 && w->pad_low == 0 && w->pad_high == 0 && w->base_dilation == 1) {
        *out = dim;
        return true;
    }
    return infer_declared_dim(c, result_dim, out);
}

/* An absent window attribute is the window of a scalar. */
static const ir_window *window_of(const ir_instr *instr) {
    static const ir_window none = {0, NULL};
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_WINDOW);
    return attr ? attr->window : &none;
}

static const ir_dim *windowed(const infer_site *c, const ir_shape *operand) {
    const ir_window *window = window_of(c->instr);
    if (!infer_window_ok(c, window, operand->rank))
        return NULL;
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)operand->rank + 1, sizeof *dims);
    for (int d = 0; d < operand->rank; d++)
        if (!window_dim(c, operand->dims[d], &window->dims[d], d, &dims[d]))
            return NULL;
    return dims;
}

const ir_shape *infer_reduce_window(const infer_site *c) {
    const ir_instr *instr = c->instr;
    int n = instr->noperands / 2;
    if (instr->noperands != 2 * n)
        return infer_fail(c, "takes N arrays and N initial values, not %d operands", instr->noperands);
    const ir_shape **results = fw_alloc_array(c->arena, (size_t)n, sizeof *results);
    for (int i = 0; i < n; i++) {
        const ir_shape *operand = instr->operands[i]->shape, *init = instr->operands[n + i]->shape;
        if (!infer_array(c, i) || !infer_array(c, n + i))
            return NULL;
        if (init->rank != 0)
            return infer_fail(c, "the initial value %s must be a scalar", infer_text(c, init));
        if (!infer_dims_agree(operand, instr->operands[0]->shape))
            return infer_fail(c, "operand %d has the shape %s, which differs from %s", i, infer_text(c, operand),
                infer_text(c, instr->operands[0]->shape));
        const ir_dim *dims = windowed(c, operand);
        if (!dims)
            return NULL;
        results[i] = ir_shape_dims(c->arena, init->type, operand->rank, dims);
    }
    return n == 1 ? results[0] : ir_shape_tuple(c->arena, n, results);
}

const ir_shape *infer_select_and_scatter(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1) || !infer_array(c, 2))
        return NULL;
    const ir_shape *operand = c->instr->operands[0]->shape, *source = c->instr->operands[1]->shape;
    const ir_shape *init = c->instr->operands[2]->shape;
    if (init->rank != 0 || init->type != operand->type)
        return infer_fail(
            c, "the initial value %s must be a scalar of the type of %s", infer_text(c, init), infer_text(c, operand));
    const ir_dim *dims = windowed(c, operand);
    if (!dims)
        return NULL;
    const ir_shape *expected = ir_shape_dims(c->arena, operand->type, operand->rank, dims);
    if (!infer_agrees(expected, source))
        return infer_fail(
            c, "the source %s must have the shape %s of the windows", infer_text(c, source), infer_text(c, expected));
    return operand;
}

/* ---- convolution ---- */

static bool marks_ok(const infer_site *c, bool *seen, int rank, int position) {
    if (position >= 0 && position < rank && !seen[position]) {
        seen[position] = true;
        return true;
    }
    infer_fail(c, "dim_labels does not name every dimension of %s and %s once",
        infer_text(c, c->instr->operands[0]->shape), infer_text(c, c->instr->operands[1]->shape));
    return false;
}

static bool labels_ok(const infer_site *c, const ir_labels *l) {
    const ir_shape *lhs = c->instr->operands[0]->shape, *rhs = c->instr->operands[1]->shape;
    int rank = l->nspatial + 2;
    if (lhs->rank != rank || rhs->rank != rank) {
        infer_fail(c, "dim_labels has %d spatial dimensions, the operands are %s and %s", l->nspatial,
            infer_text(c, lhs), infer_text(c, rhs));
        return false;
    }
    bool *seen = fw_alloc_array(c->arena, 3 * (size_t)rank, sizeof *seen);
    bool ok = marks_ok(c, seen, rank, l->lhs_batch) && marks_ok(c, seen, rank, l->lhs_feature) &&
              marks_ok(c, seen + rank, rank, l->rhs_input) && marks_ok(c, seen + rank, rank, l->rhs_output) &&
              marks_ok(c, seen + 2 * rank, rank, l->out_batch) && marks_ok(c, seen + 2 * rank, rank, l->out_feature);
    for (int s = 0; ok && s < l->nspatial; s++)
        ok = marks_ok(c, seen, rank, l->lhs_spatial[s]) && marks_ok(c, seen + rank, rank, l->rhs_spatial[s]) &&
             marks_ok(c, seen + 2 * rank, rank, l->out_spatial[s]);
    return ok;
}

/* Group counts divide what they split, and the features of both operands meet. */
static bool groups_ok(const infer_site *c, const ir_labels *l, int64_t features, int64_t batches) {
    const ir_shape *lhs = c->instr->operands[0]->shape, *rhs = c->instr->operands[1]->shape;
    if (features < 1 || batches < 1 || (features > 1 && batches > 1)) {
        infer_fail(c, "feature_group_count %lld and batch_group_count %lld must be positive and one of them 1",
            (long long)features, (long long)batches);
        return false;
    }
    int64_t lhs_feature, rhs_input, rhs_output, batch;
    bool fits = true;
    if (ir_dim_const(lhs->dims[l->lhs_feature], &lhs_feature) && ir_dim_const(rhs->dims[l->rhs_input], &rhs_input))
        fits = lhs_feature % features == 0 && rhs_input == lhs_feature / features;
    if (ir_dim_const(rhs->dims[l->rhs_output], &rhs_output))
        fits = fits && rhs_output % features == 0 && rhs_output % batches == 0;
    if (ir_dim_const(lhs->dims[l->lhs_batch], &batch))
        fits = fits && batch % batches == 0;
    if (!fits)
        infer_fail(c, "the features of %s and %s do not fit feature_group_count %lld and batch_group_count %lld",
            infer_text(c, lhs), infer_text(c, rhs), (long long)features, (long long)batches);
    return fits;
}

/* The text states the element type when it is to be wider than the operands'. */
static ir_type result_type(const infer_site *c) {
    const ir_shape *declared = c->instr->shape;
    if (declared && infer_is_array(declared))
        return declared->type;
    ir_type a = c->instr->operands[0]->shape->type, b = c->instr->operands[1]->shape->type;
    return ir_type_bits(b) > ir_type_bits(a) ? b : a;
}

static const ir_shape *convolution_shape(
    const infer_site *c, const ir_labels *l, const ir_window *window, int64_t batches) {
    const ir_shape *lhs = c->instr->operands[0]->shape, *rhs = c->instr->operands[1]->shape;
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)l->nspatial + 2, sizeof *dims);
    int64_t batch;
    if (ir_dim_const(lhs->dims[l->lhs_batch], &batch))
        dims[l->out_batch] = ir_dim_of(batch / batches);
    else if (batches == 1)
        dims[l->out_batch] = lhs->dims[l->lhs_batch];
    else if (!infer_declared_dim(c, l->out_batch, &dims[l->out_batch]))
        return NULL;
    dims[l->out_feature] = rhs->dims[l->rhs_output];
    for (int s = 0; s < l->nspatial; s++) {
        const ir_window_dim *w = &window->dims[s];
        if (!infer_dim_agrees(rhs->dims[l->rhs_spatial[s]], ir_dim_of(w->size)))
            return infer_fail(
                c, "window dimension %d has size %lld, the kernel is %s", s, (long long)w->size, infer_text(c, rhs));
        if (!window_dim(c, lhs->dims[l->lhs_spatial[s]], w, l->out_spatial[s], &dims[l->out_spatial[s]]))
            return NULL;
    }
    return ir_shape_dims(c->arena, result_type(c), l->nspatial + 2, dims);
}

const ir_shape *infer_convolution(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1))
        return NULL;
    const ir_labels *labels = ir_attr_get(c->instr, IR_ATTR_DIM_LABELS)->labels;
    const ir_window *window = window_of(c->instr);
    int64_t features = ir_attr_int(c->instr, IR_ATTR_FEATURE_GROUP_COUNT, 1);
    int64_t batches = ir_attr_int(c->instr, IR_ATTR_BATCH_GROUP_COUNT, 1);
    if (!labels_ok(c, labels) || !infer_window_ok(c, window, labels->nspatial) ||
        !groups_ok(c, labels, features, batches))
        return NULL;
    return convolution_shape(c, labels, window, batches);
}
