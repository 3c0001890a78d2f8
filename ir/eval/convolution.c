/* convolution: for each group one contraction. Its rows are the output positions, its columns the group's output
 * features, and k runs over the taps of the kernel and the group's input features. Factors on padding or in the holes
 * of a dilated input are zero. */
#include "eval.h"

typedef struct convolving {
    const ir_labels *labels;
    const ir_window_dim *dims;
    const ir_shape *lhs, *rhs, *out;
    int64_t *lhs_strides, *rhs_strides, *out_strides;
    int64_t *out_sizes, *taps;      /* spatial sizes of output and kernel */
    int64_t batches, positions;     /* of one group: images, output positions of each */
    int64_t features, ntaps;        /* input features of one group, taps of the kernel */
    int64_t *tap_index, *out_index; /* scratch for row_offsets */
} convolving;

/* Undoes the row-major numbering of a box. */
static void unravel(int rank, const int64_t *sizes, int64_t number, int64_t *index) {
    for (int d = rank - 1; d >= 0; d--) {
        index[d] = number % sizes[d];
        number /= sizes[d];
    }
}

/* Offset in one image of the element under tap `tap` of the output position, -1 on padding and in holes. */
static int64_t tap_offset(const convolving *v, const int64_t *position, const int64_t *tap) {
    int64_t offset = 0;
    for (int s = 0; s < v->labels->nspatial; s++) {
        const ir_window_dim *w = &v->dims[s];
        int d = v->labels->lhs_spatial[s];
        int64_t at = position[s] * w->stride - w->pad_low + tap[s] * w->window_dilation;
        if (at < 0 || at % w->base_dilation != 0 || at / w->base_dilation >= ir_shape_size(v->lhs, d))
            return -1;
        offset += at / w->base_dilation * v->lhs_strides[d];
    }
    return offset;
}

static void row_offsets(const contraction *c, int64_t row, int64_t *offsets) {
    const convolving *v = c->row_data;
    int64_t image = row / v->positions * v->lhs_strides[v->labels->lhs_batch],
            feature = v->lhs_strides[v->labels->lhs_feature];
    unravel(v->labels->nspatial, v->out_sizes, row % v->positions, v->out_index);
    for (int64_t t = 0; t < v->ntaps; t++) {
        unravel(v->labels->nspatial, v->taps, t, v->tap_index);
        int64_t offset = tap_offset(v, v->out_index, v->tap_index);
        for (int64_t i = 0; i < v->features; i++)
            *offsets++ = offset < 0 ? -1 : image + offset + i * feature;
    }
}

/* Kernel offsets of k = (tap, input feature); reversal mirrors the kernel. */
static int64_t *kernel_offsets(const convolving *v, fw_arena *arena) {
    int64_t *at = eval_ints(arena, v->ntaps * v->features), *to = at;
    for (int64_t t = 0; t < v->ntaps; t++) {
        int64_t offset = 0;
        unravel(v->labels->nspatial, v->taps, t, v->tap_index);
        for (int s = 0; s < v->labels->nspatial; s++) {
            int64_t tap = v->dims[s].reversal ? v->taps[s] - 1 - v->tap_index[s] : v->tap_index[s];
            offset += tap * v->rhs_strides[v->labels->rhs_spatial[s]];
        }
        for (int64_t i = 0; i < v->features; i++)
            *to++ = offset + i * v->rhs_strides[v->labels->rhs_input];
    }
    return at;
}

static int64_t *output_rows(const convolving *v, fw_arena *arena) {
    int64_t rows = v->batches * v->positions, *at = eval_ints(arena, rows);
    for (int64_t row = 0; row < rows; row++) {
        at[row] = row / v->positions * v->out_strides[v->labels->out_batch];
        unravel(v->labels->nspatial, v->out_sizes, row % v->positions, v->out_index);
        for (int s = 0; s < v->labels->nspatial; s++)
            at[row] += v->out_index[s] * v->out_strides[v->labels->out_spatial[s]];
    }
    return at;
}

static void prepare(convolving *v, fw_arena *arena) {
    int nspatial = v->labels->nspatial;
    v->lhs_strides = eval_strides(arena, v->lhs);
    v->rhs_strides = eval_strides(arena, v->rhs);
    v->out_strides = eval_strides(arena, v->out);
    v->out_sizes = eval_ints(arena, nspatial);
    v->taps = eval_ints(arena, nspatial);
    v->tap_index = eval_ints(arena, nspatial);
    v->out_index = eval_ints(arena, nspatial);
    v->positions = v->ntaps = 1;
    for (int s = 0; s < nspatial; s++) {
        v->positions *= v->out_sizes[s] = ir_shape_size(v->out, v->labels->out_spatial[s]);
        v->ntaps *= v->taps[s] = ir_shape_size(v->rhs, v->labels->rhs_spatial[s]);
    }
    v->features = ir_shape_size(v->rhs, v->labels->rhs_input);
    v->batches = ir_shape_size(v->out, v->labels->out_batch);
}

ir_literal *eval_convolution(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    if (instr->noperands != 2)
        return eval_fail(f, instr, "with sparse operands");
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    fw_arena *arena = fw_arena_new();
    const ir_attr *window = ir_attr_get(instr, IR_ATTR_WINDOW);
    convolving v = {.labels = ir_attr_get(instr, IR_ATTR_DIM_LABELS)->labels,
        .dims = window ? window->window->dims : NULL,
        .lhs = operands[0]->shape,
        .rhs = operands[1]->shape,
        .out = instr->shape};
    prepare(&v, arena);
    int64_t feature_groups = ir_attr_int(instr, IR_ATTR_FEATURE_GROUP_COUNT, 1);
    int64_t batch_groups = ir_attr_int(instr, IR_ATTR_BATCH_GROUP_COUNT, 1), groups = feature_groups * batch_groups;
    int64_t columns = ir_shape_size(v.rhs, v.labels->rhs_output) / groups;
    int64_t lhs_step = feature_groups > 1 ? v.features * v.lhs_strides[v.labels->lhs_feature]
                                          : v.batches * v.lhs_strides[v.labels->lhs_batch];
    contraction c = {.m = v.batches * v.positions,
        .n = columns,
        .k = v.ntaps * v.features,
        .lhs_type = v.lhs->type,
        .rhs_type = v.rhs->type,
        .out_type = v.out->type,
        .row_offsets = row_offsets,
        .row_data = &v,
        .rhs_k = kernel_offsets(&v, arena),
        .col = eval_multiples(arena, columns, v.rhs_strides[v.labels->rhs_output]),
        .out_row = output_rows(&v, arena),
        .out_col = eval_multiples(arena, columns, v.out_strides[v.labels->out_feature])};
    for (int64_t g = 0; g < groups; g++) {
        int64_t rhs_at = g * columns * v.rhs_strides[v.labels->rhs_output];
        int64_t out_at = g * columns * v.out_strides[v.labels->out_feature];
        c.lhs = (const char *)operands[0]->data + (size_t)(g * lhs_step) * ir_type_bytes(v.lhs->type);
        c.rhs = (const char *)operands[1]->data + (size_t)rhs_at * ir_type_bytes(v.rhs->type);
        c.out = (char *)out->data + (size_t)out_at * ir_type_bytes(v.out->type);
        eval_contract(&c);
    }
    fw_arena_free(arena);
    return out;
}
