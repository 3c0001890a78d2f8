/* Dot products and convolutions. */
#include "builders.h"

#include <string.h>

/* ---- dot ---- */

/* Where each list of dimensions stands: in the dictionary of the generic form, or as a part of a pretty pair `[1] x
 * [0]`. */
typedef struct dot_list {
    const char *key, *pair;
    int side;
    ir_attr_id id;
} dot_list;

static const dot_list dot_lists[] = {{"lhs_batching_dimensions", "batching_dims", 0, IR_ATTR_LHS_BATCH_DIMS},
    {"rhs_batching_dimensions", "batching_dims", 1, IR_ATTR_RHS_BATCH_DIMS},
    {"lhs_contracting_dimensions", "contracting_dims", 0, IR_ATTR_LHS_CONTRACTING_DIMS},
    {"rhs_contracting_dimensions", "contracting_dims", 1, IR_ATTR_RHS_CONTRACTING_DIMS}};

static bool put_dot_dims(st_reader *r, const st_op *op, const st_attr *dims, ir_instr *instr) {
    for (int i = 0; i < FW_COUNT(dot_lists); i++) {
        const dot_list *list = &dot_lists[i];
        const st_attr *attr = dims ? st_find(dims->items, dims->count, list->key) : NULL;
        const st_attr *pair = dims ? NULL : st_get(op, list->pair);
        int count;
        int64_t *ints;
        if (pair && (pair->kind != ST_LIST || pair->count != 2))
            return st_fail(r, pair->start, "expected two lists, [..] x [..]");
        if (!st_ints(r, op, pair ? &pair->items[list->side] : attr, &count, &ints))
            return false;
        if (count)
            st_put_ints(instr, list->id, count, ints);
    }
    return true;
}

/* `dot_bf16_bf16_f32_x3`, from the parts that StableHLO lists. */
static bool put_algorithm(st_reader *r, const st_op *op, ir_instr *instr) {
    const st_attr *algorithm = st_get(op, "algorithm");
    static const char *const keys[3] = {"lhs_precision_type", "rhs_precision_type", "accumulation_type"};
    const char *types[3];
    if (!algorithm)
        return true;
    if (algorithm->kind != ST_DICT)
        return st_fail(r, algorithm->start, "expected the parts of an algorithm");
    for (int i = 0; i < 3; i++) {
        const st_attr *type = st_find(algorithm->items, algorithm->count, keys[i]);
        if (!type || type->kind != ST_WORD)
            return st_fail(r, algorithm->start, "the algorithm has no %s", keys[i]);
        types[i] = type->length > 2 && type->text[0] == 'f' && type->text[1] == '8'
                       ? "any_f8"
                       : fw_strndup(r->scratch, type->text, type->length);
    }
    const st_attr *steps = st_find(algorithm->items, algorithm->count, "num_primitive_operations");
    const st_attr *loose = st_find(algorithm->items, algorithm->count, "allow_imprecise_accumulation");
    const char *factor = steps && steps->i > 1 ? fw_format(r->scratch, "_x%lld", (long long)steps->i) : "";
    const char *name = fw_format(
        r->arena, "dot_%s_%s_%s%s%s", types[0], types[1], types[2], factor, loose && loose->i ? "_fast_accum" : "");
    st_put_text(instr, IR_ATTR_ALGORITHM, name);
    return st_known_word(r, op, name,
        "dot_any_f8_any_f8_f32 dot_any_f8_any_f8_f32_fast_accum dot_f16_f16_f16 dot_f16_f16_f32 "
        "dot_bf16_bf16_bf16 dot_bf16_bf16_f32 dot_bf16_bf16_f32_x3 dot_bf16_bf16_f32_x6 "
        "dot_bf16_bf16_f32_x9 dot_tf32_tf32_f32 dot_tf32_tf32_f32_x3 dot_f32_f32_f32 dot_f64_f64_f64");
}

bool build_dot_general(st_reader *r, st_op *op) {
    const st_attr *dims = st_get(op, "dot_dimension_numbers");
    const ir_shape *shape;
    if (!st_takes(r, op, 2, 2) || !(shape = st_result_type(r, op, 0)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_DOT, shape, 2, op->operands);
    return put_dot_dims(r, op, dims, instr) && st_put_precision(r, op, st_get(op, "precision_config"), instr) &&
           put_algorithm(r, op, instr) && st_give(r, op, instr);
}

/* Matrices and vectors: the last dimension with the first one. */
bool build_dot(st_reader *r, st_op *op) {
    const ir_shape *shape;
    if (!st_takes(r, op, 2, 2) || !(shape = st_result_type(r, op, 0)))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_DOT, shape, 2, op->operands);
    int64_t *dims = fw_alloc_array(r->arena, 2, sizeof *dims);
    dims[0] = op->operands[0]->shape->rank - 1;
    if (dims[0] < 0 || op->operands[1]->shape->rank < 1)
        return st_fail(r, op->at, "stablehlo.dot takes vectors and matrices");
    st_put_ints(instr, IR_ATTR_LHS_CONTRACTING_DIMS, 1, dims);
    st_put_ints(instr, IR_ATTR_RHS_CONTRACTING_DIMS, 1, dims + 1);
    return st_put_precision(r, op, st_get(op, "precision_config"), instr) && st_give(r, op, instr);
}

bool build_ragged_dot(st_reader *r, st_op *op) {
    static const dot_list ragged[] = {{"lhs_ragged_dimensions", NULL, 0, IR_ATTR_LHS_RAGGED_DIMS},
        {"rhs_group_dimensions", NULL, 0, IR_ATTR_RHS_GROUP_DIMS}};
    const st_attr *dims = st_get(op, "ragged_dot_dimension_numbers");
    const ir_shape *shape;
    if (!st_takes(r, op, 3, 3) || !(shape = st_result_type(r, op, 0)))
        return false;
    if (!dims || dims->kind != ST_DICT)
        return st_fail(r, op->at, "chlo.ragged_dot needs its ragged_dot_dimension_numbers");
    ir_instr *instr = st_emit(r, op, IR_OP_RAGGED_DOT, shape, 3, op->operands);
    if (!put_dot_dims(r, op, dims, instr))
        return false;
    for (int i = 0; i < FW_COUNT(ragged); i++) {
        int count;
        int64_t *ints;
        if (!st_ints(r, op, st_find(dims->items, dims->count, ragged[i].key), &count, &ints))
            return false;
        st_put_ints(instr, ragged[i].id, count, ints);
    }
    return st_put_precision(r, op, st_get(op, "precision_config"), instr) && st_give(r, op, instr);
}

/* ---- convolution: dim_labels ---- */

#define MOST_SPATIAL 10

/* One of the three lists `[b, 0, 1, f]`: its text, and where each label stands. */
typedef struct label_list {
    char text[MOST_SPATIAL + 8];
    int rank, nspatial, first, second;
    int *spatial;
} label_list;

static bool read_labels(st_reader *r, const st_attr *list, char first, char second, label_list *labels) {
    *labels = (label_list){.rank = list->count, .first = -1, .second = -1};
    if (list->kind != ST_LIST || list->count < 2 || list->count > MOST_SPATIAL + 2)
        return st_fail(r, list->start, "expected a list such as [b, 0, 1, f]");
    labels->nspatial = list->count - 2;
    labels->spatial = fw_alloc_array(r->arena, (size_t)labels->nspatial, sizeof(int));
    memset(labels->spatial, -1, (size_t)labels->nspatial * sizeof(int));
    for (int i = 0; i < list->count; i++) {
        const st_attr *item = &list->items[i];
        bool number = item->kind == ST_INT && item->i >= 0 && item->i < labels->nspatial;
        char c = number ? (char)('0' + item->i) : item->kind == ST_WORD && item->length == 1 ? item->text[0] : 0;
        int *place = number        ? &labels->spatial[item->i]
                     : c == first  ? &labels->first
                     : c == second ? &labels->second
                                   : NULL;
        if (!place || *place >= 0)
            return st_fail(r, item->start ? item->start : list->start, "this dimension label is not expected here");
        *place = i;
        labels->text[i] = c;
    }
    return true;
}

static bool put_labels(st_reader *r, const st_op *op, ir_instr *instr, ir_labels **out) {
    const st_attr *dims = st_get(op, "dimension_numbers");
    label_list lhs, rhs, result;
    if (!dims || dims->kind != ST_LIST || dims->count != 3)
        return st_fail(r, dims ? dims->start : op->at, "expected dimension numbers [b, 0, f]x[0, i, o]->[b, 0, f]");
    if (!read_labels(r, &dims->items[0], 'b', 'f', &lhs) || !read_labels(r, &dims->items[1], 'i', 'o', &rhs) ||
        !read_labels(r, &dims->items[2], 'b', 'f', &result))
        return false;
    if (lhs.rank != rhs.rank || lhs.rank != result.rank || op->operands[1]->shape->rank != rhs.rank)
        return st_fail(r, dims->start, "the operands and the three lists differ in their number of dimensions");
    ir_labels *labels = fw_alloc(r->arena, sizeof *labels);
    *labels = (ir_labels){lhs.nspatial, lhs.first, lhs.second, rhs.first, rhs.second, result.first, result.second,
        lhs.spatial, rhs.spatial, result.spatial, fw_format(r->arena, "%s_%s->%s", lhs.text, rhs.text, result.text)};
    ir_attr_add(instr, IR_ATTR_DIM_LABELS)->labels = labels;
    *out = labels;
    return true;
}

/* ---- convolution: window ---- */

typedef struct conv_window {
    int counts[5];
    int64_t *lists[5]; /* stride, pad, lhs_dilate, rhs_dilate, reverse */
} conv_window;

static bool read_window(st_reader *r, const st_op *op, conv_window *w) {
    static const char *const names[5][2] = {{"window_strides", "stride"}, {"padding", "pad"},
        {"lhs_dilation", "lhs_dilate"}, {"rhs_dilation", "rhs_dilate"}, {"window_reversal", "reverse"}};
    const st_attr *pretty = st_get(op, "window");
    for (int i = 0; i < 5; i++) {
        const st_attr *attr = st_get(op, names[i][0]);
        if (!attr && pretty && pretty->kind == ST_DICT)
            attr = st_find(pretty->items, pretty->count, names[i][1]);
        if (!st_ints(r, op, attr, &w->counts[i], &w->lists[i]))
            return false;
    }
    return true;
}

static bool put_window(st_reader *r, const st_op *op, const conv_window *w, const ir_labels *labels, ir_instr *instr) {
    int n = labels->nspatial;
    ir_window *window = fw_alloc(r->arena, sizeof *window);
    window->rank = n;
    window->dims = fw_alloc_array(r->arena, (size_t)n, sizeof *window->dims);
    for (int i = 0; i < 5; i++)
        if (w->counts[i] && w->counts[i] != (i == 1 ? 2 * n : n))
            return st_fail(
                r, op->at, "the window has %d spatial dimensions, one of its lists has %d numbers", n, w->counts[i]);
    for (int d = 0; d < n; d++) {
        int64_t size = 0;
        if (!ir_dim_const(op->operands[1]->shape->dims[labels->rhs_spatial[d]], &size))
            return st_fail(r, op->at, "the window of a convolution needs a static size");
        window->dims[d] = (ir_window_dim){.size = size,
            .stride = w->counts[0] ? w->lists[0][d] : 1,
            .pad_low = w->counts[1] ? w->lists[1][2 * d] : 0,
            .pad_high = w->counts[1] ? w->lists[1][2 * d + 1] : 0,
            .base_dilation = w->counts[2] ? w->lists[2][d] : 1,
            .window_dilation = w->counts[3] ? w->lists[3][d] : 1,
            .reversal = w->counts[4] && w->lists[4][d]};
    }
    if (n)
        ir_attr_add(instr, IR_ATTR_WINDOW)->window = window;
    return true;
}

static bool put_group(st_reader *r, const st_op *op, ir_instr *instr, const char *name, ir_attr_id id) {
    int64_t count;
    if (!st_get_int(r, op, name, 1, &count))
        return false;
    if (count != 1)
        st_put_int(instr, id, count);
    return true;
}

static bool convolution(st_reader *r, st_op *op, const conv_window *w) {
    const ir_shape *shape = st_result_type(r, op, 0);
    ir_labels *labels = NULL;
    if (!shape)
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_CONVOLUTION, shape, 2, op->operands);
    return put_labels(r, op, instr, &labels) && put_window(r, op, w, labels, instr) &&
           put_group(r, op, instr, "feature_group_count", IR_ATTR_FEATURE_GROUP_COUNT) &&
           put_group(r, op, instr, "batch_group_count", IR_ATTR_BATCH_GROUP_COUNT) &&
           st_put_precision(r, op, st_get(op, "precision_config"), instr) && st_give(r, op, instr);
}

bool build_convolution(st_reader *r, st_op *op) {
    conv_window w;
    return st_takes(r, op, 2, 2) && read_window(r, op, &w) && convolution(r, op, &w);
}

/* The padding is the third operand. */
bool build_dynamic_conv(st_reader *r, st_op *op) {
    conv_window w;
    if (!st_takes(r, op, 3, 3) || !read_window(r, op, &w))
        return false;
    if (!st_constant_ints(r, op->operands[2], &w.counts[1], &w.lists[1]))
        return st_decline(r, op, "with computed padding");
    return convolution(r, op, &w);
}
