/* The attributes of each StableHLO operation, from those of HLO; what HLO leaves out is written with its default. */
#include "print_stablehlo.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* ---- the dictionary ---- */

fw_text *shlo_attr(shlo *p, const char *key) {
    fw_text_printf(p->out, "%s%s = ", p->nattrs++ ? ", " : " <{", key);
    return p->out;
}

void shlo_attr_array(shlo *p, const char *key, int count, const int64_t *ints) {
    fw_text_add(shlo_attr(p, key), "array<i64");
    for (int i = 0; i < count; i++)
        fw_text_printf(p->out, "%s%lld", i ? ", " : ": ", (long long)ints[i]);
    fw_text_char(p->out, '>');
}

static void ints_as_array(shlo *p, const ir_instr *instr, const char *key, ir_attr_id id) {
    const int64_t *ints;
    int count = ir_attr_ints(instr, id, &ints);
    shlo_attr_array(p, key, count, ints);
}

static void number(shlo *p, const ir_instr *instr, const char *key, ir_attr_id id, int64_t absent) {
    fw_text_printf(shlo_attr(p, key), "%lld : i64", (long long)ir_attr_int(instr, id, absent));
}

static void flag(shlo *p, const ir_instr *instr, const char *key, ir_attr_id id) {
    fw_text_add(shlo_attr(p, key), ir_attr_int(instr, id, 0) ? "true" : "false");
}

/* `key = [0, 1]` among the parameters of #stablehlo.name<...>; lists that are empty are left out. */
static void list_field(shlo *p, const ir_instr *instr, const char *key, ir_attr_id id, const char **separator) {
    const int64_t *ints;
    int count = ir_attr_ints(instr, id, &ints);
    if (!count)
        return;
    fw_text_printf(p->out, "%s%s = [", *separator, key);
    for (int i = 0; i < count; i++)
        fw_text_printf(p->out, "%s%lld", i ? ", " : "", (long long)ints[i]);
    fw_text_char(p->out, ']');
    *separator = ", ";
}

/* An enum of StableHLO is HLO's word in capitals. */
static const char *capitals(shlo *p, const char *word) {
    char *text = fw_strdup(p->arena, word);
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return text;
}

void attrs_none(shlo *p, const ir_instr *instr) {
    (void)p;
    (void)instr;
}

/* ---- elements ---- */

void attrs_compare(shlo *p, const ir_instr *instr) {
    static const char *const kinds[] = {[IR_CLASS_PRED] = "UNSIGNED",
        [IR_CLASS_SIGNED] = "SIGNED",
        [IR_CLASS_UNSIGNED] = "UNSIGNED",
        [IR_CLASS_FLOAT] = "FLOAT",
        [IR_CLASS_COMPLEX] = "FLOAT"};
    const char *type = ir_attr_word(instr, IR_ATTR_TYPE);
    fw_text_printf(shlo_attr(p, "comparison_direction"), "#stablehlo<comparison_direction %s>",
        ir_attr_word(instr, IR_ATTR_DIRECTION));
    fw_text_printf(shlo_attr(p, "compare_type"), "#stablehlo<comparison_type %s>",
        type ? type : kinds[ir_class_of(instr->operands[0]->shape->type)]);
}

void attrs_reduce_precision(shlo *p, const ir_instr *instr) {
    fw_text_printf(
        shlo_attr(p, "exponent_bits"), "%lld : i32", (long long)ir_attr_int(instr, IR_ATTR_EXPONENT_BITS, 0));
    fw_text_printf(
        shlo_attr(p, "mantissa_bits"), "%lld : i32", (long long)ir_attr_int(instr, IR_ATTR_MANTISSA_BITS, 0));
}

/* ---- moving elements ---- */

void attrs_iota(shlo *p, const ir_instr *instr) {
    number(p, instr, "iota_dimension", IR_ATTR_IOTA_DIMENSION, 0);
}

void attrs_broadcast(shlo *p, const ir_instr *instr) {
    ints_as_array(p, instr, "broadcast_dimensions", IR_ATTR_DIMENSIONS);
}

void attrs_transpose(shlo *p, const ir_instr *instr) {
    ints_as_array(p, instr, "permutation", IR_ATTR_DIMENSIONS);
}

void attrs_dimensions(shlo *p, const ir_instr *instr) {
    ints_as_array(p, instr, "dimensions", IR_ATTR_DIMENSIONS);
}

void attrs_dimension(shlo *p, const ir_instr *instr) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    fw_text_printf(shlo_attr(p, "dimension"), "%lld : i64", count ? (long long)dims[0] : 0);
}

/* Every `step`-th number of an attribute that holds a tuple for each dimension. */
static void column(shlo *p, const ir_instr *instr, ir_attr_id id, int which, const char *key) {
    const int64_t *ints;
    int count = ir_attr_ints(instr, id, &ints) / 3;
    int64_t *picked = fw_alloc_array(p->arena, (size_t)count + 1, sizeof *picked);
    for (int i = 0; i < count; i++)
        picked[i] = ints[3 * i + which];
    shlo_attr_array(p, key, count, picked);
}

void attrs_slice(shlo *p, const ir_instr *instr) {
    static const char *const keys[] = {"start_indices", "limit_indices", "strides"};
    for (int i = 0; i < 3; i++)
        column(p, instr, IR_ATTR_SLICE, i, keys[i]);
}

void attrs_pad(shlo *p, const ir_instr *instr) {
    static const char *const keys[] = {"edge_padding_low", "edge_padding_high", "interior_padding"};
    for (int i = 0; i < 3; i++)
        column(p, instr, IR_ATTR_PADDING, i, keys[i]);
}

void attrs_dynamic_slice(shlo *p, const ir_instr *instr) {
    ints_as_array(p, instr, "slice_sizes", IR_ATTR_DYNAMIC_SLICE_SIZES);
}

/* The lists of a gather or scatter, then the dimension of the index vectors. */
typedef struct list_key {
    const char *key;
    ir_attr_id id;
} list_key;

static void index_dims(shlo *p, const ir_instr *instr, const char *key, const char *type, const list_key *keys, int n) {
    const char *separator = "";
    fw_text_printf(shlo_attr(p, key), "#stablehlo.%s<", type);
    for (int i = 0; i < n; i++)
        list_field(p, instr, keys[i].key, keys[i].id, &separator);
    fw_text_printf(
        p->out, "%sindex_vector_dim = %lld>", separator, (long long)ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0));
}

void attrs_gather(shlo *p, const ir_instr *instr) {
    static const list_key keys[] = {{"offset_dims", IR_ATTR_OFFSET_DIMS},
        {"collapsed_slice_dims", IR_ATTR_COLLAPSED_SLICE_DIMS},
        {"operand_batching_dims", IR_ATTR_OPERAND_BATCHING_DIMS},
        {"start_indices_batching_dims", IR_ATTR_START_INDICES_BATCHING_DIMS},
        {"start_index_map", IR_ATTR_START_INDEX_MAP}};
    index_dims(p, instr, "dimension_numbers", "gather", keys, FW_COUNT(keys));
    ints_as_array(p, instr, "slice_sizes", IR_ATTR_SLICE_SIZES);
    flag(p, instr, "indices_are_sorted", IR_ATTR_INDICES_ARE_SORTED);
}

void attrs_scatter(shlo *p, const ir_instr *instr) {
    static const list_key keys[] = {{"update_window_dims", IR_ATTR_UPDATE_WINDOW_DIMS},
        {"inserted_window_dims", IR_ATTR_INSERTED_WINDOW_DIMS}, {"input_batching_dims", IR_ATTR_INPUT_BATCHING_DIMS},
        {"scatter_indices_batching_dims", IR_ATTR_SCATTER_INDICES_BATCHING_DIMS},
        {"scatter_dims_to_operand_dims", IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS}};
    index_dims(p, instr, "scatter_dimension_numbers", "scatter", keys, FW_COUNT(keys));
    flag(p, instr, "indices_are_sorted", IR_ATTR_INDICES_ARE_SORTED);
    flag(p, instr, "unique_indices", IR_ATTR_UNIQUE_INDICES);
}

/* ---- windows ---- */

/* One field of each dimension of the window, by its offset in ir_window_dim. */
static void window_field(shlo *p, const ir_window *window, const char *key, size_t offset) {
    int64_t *ints = fw_alloc_array(p->arena, (size_t)window->rank + 1, sizeof *ints);
    for (int i = 0; i < window->rank; i++)
        memcpy(&ints[i], (const char *)&window->dims[i] + offset, sizeof *ints);
    shlo_attr_array(p, key, window->rank, ints);
}

static void window_padding(shlo *p, const ir_window *window) {
    fw_text_add(shlo_attr(p, "padding"), "dense<");
    for (int i = 0; i < window->rank; i++)
        fw_text_printf(p->out, "%s[%lld, %lld]", i ? ", " : "[", (long long)window->dims[i].pad_low,
            (long long)window->dims[i].pad_high);
    fw_text_printf(p->out, "%s> : tensor<%dx2xi64>", window->rank ? "]" : "", window->rank);
}

/* Scalars may go without a window. */
static const ir_window *window_of(const ir_instr *instr) {
    static const ir_window none = {0, NULL};
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_WINDOW);
    return attr ? attr->window : &none;
}

void attrs_select_and_scatter(shlo *p, const ir_instr *instr) {
    const ir_window *window = window_of(instr);
    window_field(p, window, "window_dimensions", offsetof(ir_window_dim, size));
    window_field(p, window, "window_strides", offsetof(ir_window_dim, stride));
    window_padding(p, window);
}

void attrs_reduce_window(shlo *p, const ir_instr *instr) {
    const ir_window *window = window_of(instr);
    attrs_select_and_scatter(p, instr);
    window_field(p, window, "base_dilations", offsetof(ir_window_dim, base_dilation));
    window_field(p, window, "window_dilations", offsetof(ir_window_dim, window_dilation));
}

/* ---- contractions ---- */

static void precision(shlo *p, const ir_instr *instr) {
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_OPERAND_PRECISION);
    if (!attr)
        return;
    fw_text_char(shlo_attr(p, "precision_config"), '[');
    for (int i = 0; i < attr->count; i++)
        fw_text_printf(p->out, "%s#stablehlo<precision %s>", i ? ", " : "", capitals(p, attr->words[i]));
    fw_text_char(p->out, ']');
}

/* dot_LHS_RHS_ACCUMULATOR[_xN]: N products of parts of the operands. */
bool shlo_dot_algorithm(const char *word, fw_text *out) {
    static const char *const types[] = {"bf16", "f16", "tf32", "f32", "f64"};
    const char *found[3] = {NULL}, *at = word;
    if (strncmp(at, "dot", 3))
        return false;
    at += 3;
    for (int i = 0; i < 3; i++) {
        size_t n = *at == '_' ? strcspn(at + 1, "_") : 0;
        for (int t = 0; t < FW_COUNT(types); t++)
            if (n == strlen(types[t]) && !memcmp(at + 1, types[t], n))
                found[i] = types[t];
        if (!found[i])
            return false;
        at += n + 1;
    }
    int products = !*at ? 1 : !strcmp(at, "_x3") ? 3 : !strcmp(at, "_x6") ? 6 : !strcmp(at, "_x9") ? 9 : 0;
    if (out)
        fw_text_printf(out,
            "#stablehlo.dot_algorithm<lhs_precision_type = %s, rhs_precision_type = %s, accumulation_type = %s, "
            "lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = %d, "
            "allow_imprecise_accumulation = false>",
            found[0], found[1], found[2], products);
    return products != 0;
}

void attrs_dot(shlo *p, const ir_instr *instr) {
    const char *separator = "", *algorithm = ir_attr_word(instr, IR_ATTR_ALGORITHM);
    fw_text_add(shlo_attr(p, "dot_dimension_numbers"), "#stablehlo.dot<");
    list_field(p, instr, "lhs_batching_dimensions", IR_ATTR_LHS_BATCH_DIMS, &separator);
    list_field(p, instr, "rhs_batching_dimensions", IR_ATTR_RHS_BATCH_DIMS, &separator);
    list_field(p, instr, "lhs_contracting_dimensions", IR_ATTR_LHS_CONTRACTING_DIMS, &separator);
    list_field(p, instr, "rhs_contracting_dimensions", IR_ATTR_RHS_CONTRACTING_DIMS, &separator);
    fw_text_char(p->out, '>');
    if (algorithm && strcmp(algorithm, "unset")) /* it decides alone */
        shlo_dot_algorithm(algorithm, shlo_attr(p, "algorithm"));
    else
        precision(p, instr);
}

/* [b, 0, 1, f]: what each dimension of an operand or the result is; `two` are the letters of the two others. */
static void dim_labels(shlo *p, const char *two, int first, int second, int nspatial, const int *spatial) {
    for (int d = 0; d < nspatial + 2; d++) {
        fw_text_add(p->out, d ? ", " : "[");
        if (d == first || d == second)
            fw_text_char(p->out, two[d == second]);
        for (int s = 0; s < nspatial; s++)
            if (spatial[s] == d)
                fw_text_printf(p->out, "%d", s);
    }
    fw_text_char(p->out, ']');
}

static void convolution_dims(shlo *p, const ir_labels *labels) {
    fw_text_add(shlo_attr(p, "dimension_numbers"), "#stablehlo.conv<");
    dim_labels(p, "bf", labels->lhs_batch, labels->lhs_feature, labels->nspatial, labels->lhs_spatial);
    fw_text_char(p->out, 'x');
    dim_labels(p, "io", labels->rhs_input, labels->rhs_output, labels->nspatial, labels->rhs_spatial);
    fw_text_add(p->out, "->");
    dim_labels(p, "bf", labels->out_batch, labels->out_feature, labels->nspatial, labels->out_spatial);
    fw_text_char(p->out, '>');
}

void attrs_convolution(shlo *p, const ir_instr *instr) {
    const ir_window *window = window_of(instr);
    window_field(p, window, "window_strides", offsetof(ir_window_dim, stride));
    window_padding(p, window);
    window_field(p, window, "lhs_dilation", offsetof(ir_window_dim, base_dilation));
    window_field(p, window, "rhs_dilation", offsetof(ir_window_dim, window_dilation));
    fw_text_add(shlo_attr(p, "window_reversal"), "array<i1");
    for (int i = 0; i < window->rank; i++)
        fw_text_printf(p->out, "%s%s", i ? ", " : ": ", window->dims[i].reversal ? "true" : "false");
    fw_text_char(p->out, '>');
    convolution_dims(p, ir_attr_get(instr, IR_ATTR_DIM_LABELS)->labels);
    number(p, instr, "feature_group_count", IR_ATTR_FEATURE_GROUP_COUNT, 1);
    number(p, instr, "batch_group_count", IR_ATTR_BATCH_GROUP_COUNT, 1);
    precision(p, instr);
}

/* ---- the rest ---- */

void attrs_map(shlo *p, const ir_instr *instr) {
    int64_t *dims = fw_alloc_array(p->arena, (size_t)instr->shape->rank + 1, sizeof *dims);
    for (int d = 0; d < instr->shape->rank; d++)
        dims[d] = d;
    shlo_attr_array(p, "dimensions", instr->shape->rank, dims);
}

void attrs_sort(shlo *p, const ir_instr *instr) {
    attrs_dimension(p, instr);
    flag(p, instr, "is_stable", IR_ATTR_IS_STABLE);
}

void attrs_top_k(shlo *p, const ir_instr *instr) {
    number(p, instr, "k", IR_ATTR_K, 0);
}

void attrs_fft(shlo *p, const ir_instr *instr) {
    fw_text_printf(shlo_attr(p, "fft_type"), "#stablehlo<fft_type %s>", ir_attr_word(instr, IR_ATTR_FFT_TYPE));
    ints_as_array(p, instr, "fft_length", IR_ATTR_FFT_LENGTH);
}

void attrs_cholesky(shlo *p, const ir_instr *instr) {
    flag(p, instr, "lower", IR_ATTR_LOWER);
}

void attrs_triangular_solve(shlo *p, const ir_instr *instr) {
    const char *transpose = ir_attr_word(instr, IR_ATTR_TRANSPOSE_A);
    flag(p, instr, "left_side", IR_ATTR_LEFT_SIDE);
    flag(p, instr, "lower", IR_ATTR_LOWER);
    flag(p, instr, "unit_diagonal", IR_ATTR_UNIT_DIAGONAL);
    fw_text_printf(shlo_attr(p, "transpose_a"), "#stablehlo<transpose %s>", transpose ? transpose : "NO_TRANSPOSE");
}

void attrs_batch_norm(shlo *p, const ir_instr *instr) {
    const ir_attr *epsilon = ir_attr_get(instr, IR_ATTR_EPSILON);
    float value = epsilon ? (float)epsilon->f : 0;
    ir_literal literal = {.shape = ir_shape_array(p->arena, IR_F32, 0, NULL), .data = &value};
    fw_text text;
    fw_text_init(&text, p->arena);
    shlo_dense(&literal, &text);
    /* A float attribute is the same number without its brackets. */
    const char *digits = fw_text_string(&text) + strlen("dense<");
    fw_text_printf(shlo_attr(p, "epsilon"), "%.*s : f32", (int)strcspn(digits, ">"), digits);
    number(p, instr, "feature_index", IR_ATTR_FEATURE_INDEX, 0);
}

void attrs_rng(shlo *p, const ir_instr *instr) {
    const char *word = ir_attr_word(instr, IR_ATTR_DISTRIBUTION);
    fw_text_printf(shlo_attr(p, "rng_distribution"), "#stablehlo<rng_distribution %s>",
        capitals(p, !strncmp(word, "rng_", 4) ? word + 4 : word));
}

void attrs_rng_bit_generator(shlo *p, const ir_instr *instr) {
    const char *word = ir_attr_word(instr, IR_ATTR_ALGORITHM), *upper = capitals(p, word);
    const char *name = !strncmp(upper, "RNG_", 4) ? upper + 4 : upper;
    fw_text_printf(shlo_attr(p, "rng_algorithm"), "#stablehlo<rng_algorithm %s>", name);
}
