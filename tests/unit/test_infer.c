/* Shape inference and the verifier: shapes that the text leaves out, and one rejected program for each check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ir.h"

typedef struct checked {
    fw_arena *arena;
    fw_diag *diag;
    ir_module *module;
} checked;

static checked read_program(const char *program) {
    checked c = {.arena = fw_arena_new()};
    fw_source *source = fw_alloc(c.arena, sizeof *source);
    c.diag = fw_diag_new(c.arena);
    *source = (fw_source){"test.hlo", fw_format(c.arena, "HloModule test\n%s", program), 0};
    source->size = strlen(source->text);
    c.module = ir_read_hlo(c.arena, c.diag, source);
    return c;
}

static const char *messages(const checked *c) {
    fw_text text;
    fw_text_init(&text, c->arena);
    fw_diag_print(c->diag, &text);
    return fw_text_string(&text);
}

typedef struct fact {
    const char *program, *expected;
} fact;

/* The result's shape is left out of the program and must be the expected one; the program must verify. */
static void check_shapes(const fact *facts, int count) {
    for (int i = 0; i < count; i++) {
        checked c = read_program(facts[i].program);
        if (!c.module || !ir_verify(c.diag, c.module))
            fail_msg("%s\n%s", facts[i].program, messages(&c));
        fw_text text;
        fw_text_init(&text, c.arena);
        ir_shape_print(c.module->entry->root->shape, &text);
        if (strcmp(fw_text_string(&text), facts[i].expected) != 0)
            fail_msg("%s\nhas shape %s, not %s", facts[i].program, fw_text_string(&text), facts[i].expected);
        fw_arena_free(c.arena);
    }
}

/* The program must be rejected with a message that holds the expected words and names a place. */
static void check_rejected(const fact *facts, int count) {
    for (int i = 0; i < count; i++) {
        checked c = read_program(facts[i].program);
        if (c.module && ir_verify(c.diag, c.module))
            fail_msg("%s\nis accepted", facts[i].program);
        const char *text = messages(&c);
        if (!strstr(text, facts[i].expected) || !strstr(text, "test.hlo:"))
            fail_msg("%s\ngives %snot \"%s\"", facts[i].program, text, facts[i].expected);
        assert_int_equal(fw_diag_status(c.diag), FW_INPUT);
        fw_arena_free(c.arena);
    }
}

#define E "ENTRY e { "
#define P(name, type, number) #name " = " type " parameter(" #number ") "
#define XY(x_type, y_type) E P(x, x_type, 0) P(y, y_type, 1)
#define REGION(type, op) "f { p = " type " parameter(0) q = " type " parameter(1) ROOT r = " type " " op "(p, q) }\n"
#define ADD REGION("f32[]", "add")

static void elementwise_shapes(void **state) {
    (void)state;
    static const fact facts[] = {
        {XY("f32[2,3]", "f32[2,3]") "ROOT r = add(x, y) }", "f32[2,3]"},
        {XY("f32[2,3]{0,1}", "f32[2,3]") "ROOT r = negate(x) }", "f32[2,3]{0,1}"},
        {XY("c64[2]", "f32[2]") "ROOT r = abs(x) }", "f32[2]"},
        {XY("c128[2]", "f32[2]") "ROOT r = real(x) }", "f64[2]"},
        {XY("f64[2]", "f64[2]") "ROOT r = complex(x, y) }", "c128[2]"},
        {XY("bf16[4]", "bf16[4]") "ROOT r = is-finite(x) }", "pred[4]"},
        {XY("s8[4]", "s8[4]") "ROOT r = compare(x, y), direction=LT }", "pred[4]"},
        {XY("pred[]", "s8[4]") "ROOT r = select(x, y, y) }", "s8[4]"},
        {XY("pred[4]", "s8[4]") "ROOT r = select(x, y, y) }", "s8[4]"},
        {XY("s8[]", "s8[4]") "ROOT r = clamp(x, y, x) }", "s8[4]"},
        {XY("f32[<=4]", "f32[<=4]") "ROOT r = multiply(x, y) }", "f32[<=4]"},
    };
    check_shapes(facts, FW_COUNT(facts));
}

static void index_shapes(void **state) {
    (void)state;
    static const fact facts[] = {
        {XY("f32[2,3]", "f32[]") "ROOT r = transpose(x), dimensions={1,0} }", "f32[3,2]"},
        {XY("f32[2,3]", "f32[]") "ROOT r = pad(x, y), padding=1_2_0x-1_0_3 }", "f32[5,8]"},
        {XY("f32[0]", "f32[]") "ROOT r = pad(x, y), padding=2_0_5 }", "f32[2]"},
        {XY("f32[2,3]", "f32[2,1]") "ROOT r = concatenate(x, y, x), dimensions={1} }", "f32[2,7]"},
        {XY("f32[8,6]",
             "s32[5,2]") "ROOT r = gather(x, y), offset_dims={1,2}, collapsed_slice_dims={}, start_index_map={0,1}, "
                         "index_vector_dim=1, slice_sizes={4,3} }",
            "f32[5,4,3]"},
        {XY("f32[8,6]",
             "s32[5,7]") "ROOT r = gather(x, y), offset_dims={0}, collapsed_slice_dims={1}, start_index_map={1}, "
                         "index_vector_dim=2, slice_sizes={4,1} }",
            "f32[4,5,7]"},
        {XY("f32[3,8,6]",
             "s32[5,3]") "ROOT r = gather(x, y), offset_dims={2}, collapsed_slice_dims={1}, start_index_map={1}, "
                         "operand_batching_dims={0}, start_indices_batching_dims={1}, index_vector_dim=2, "
                         "slice_sizes={1,1,6} }",
            "f32[5,3,6]"},
        {ADD E P(x, "f32[8,6]", 0) P(y, "s32[5]", 1)
                P(z, "f32[5,6]", 2) "ROOT r = scatter(x, y, z), update_window_dims={1}, inserted_window_dims={0}, "
                                    "scatter_dims_to_operand_dims={0}, "
                                    "index_vector_dim=1, to_apply=f }",
            "f32[8,6]"},
        {XY("f32[4]", "s32[]") "ROOT r = f32[2] dynamic-slice(x, y), dynamic_slice_sizes={2} }", "f32[2]"},
        {XY("f32[4,4]", "s32[2]") "ROOT r = f32[2,1] dynamic-slice(x, y), dynamic_slice_sizes={2,1} }", "f32[2,1]"},
        {XY("f32[<=9,3]", "f32[]") "ROOT r = transpose(x), dimensions={1,0} }", "f32[3,<=9]"},
    };
    check_shapes(facts, FW_COUNT(facts));
}

static void window_shapes(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD XY("f32[1,8,8,4]", "f32[]") "ROOT r = reduce-window(x, y), window={size=1x3x3x1 stride=1x2x2x1 "
                                         "pad=0_0x0_1x1_0x0_0}, to_apply=f }",
            "f32[1,4,4,4]"},
        {ADD XY(
             "f32[5]", "f32[]") "ROOT r = reduce-window(x, y), window={size=3 lhs_dilate=3 rhs_dilate=2}, to_apply=f }",
            "f32[9]"},
        {ADD XY("f32[2]", "f32[]") "ROOT r = reduce-window(x, y), window={size=3}, to_apply=f }", "f32[0]"},
        {ADD XY("f32[0]", "f32[]") "ROOT r = reduce-window(x, y), window={size=2 pad=1_1}, to_apply=f }", "f32[1]"},
        {ADD "g { p = f32[] parameter(0) q = f32[] parameter(1) ROOT r = pred[] compare(p, q), direction=GE }\n" E P(
             x, "f32[4]", 0) P(y, "f32[2]", 1) P(z, "f32[]",
             2) "ROOT r = select-and-scatter(x, y, z), select=g, scatter=f, window={size=2 stride=2} }",
            "f32[4]"},
        {XY("f32[2,9,7,3]", "f32[3,3,3,8]") "ROOT r = convolution(x, y), window={size=3x3 stride=2x1 pad=1_1x0_0}, "
                                            "dim_labels=b01f_01io->b01f }",
            "f32[2,5,5,8]"},
        {XY("f32[2,6,9]",
             "f32[2,3,12]") "ROOT r = convolution(x, y), window={size=3 lhs_dilate=2}, dim_labels=bf0_i0o->0fb, "
                            "feature_group_count=3 }",
            "f32[15,12,2]"},
        {XY("f32[4,5,3]", "f32[2,3,6]") "ROOT r = convolution(x, y), window={size=2}, dim_labels=b0f_0io->b0f, "
                                        "batch_group_count=2 }",
            "f32[2,4,6]"},
        {XY("s8[1,2]", "s8[2,3]") "ROOT r = s32[1,3] convolution(x, y), dim_labels=bf_io->bf }", "s32[1,3]"},
    };
    check_shapes(facts, FW_COUNT(facts));
}

static void contraction_shapes(void **state) {
    (void)state;
    static const fact facts[] = {
        {XY("f32[7,2,3,5]",
             "f32[5,4,7]") "ROOT r = dot(x, y), lhs_batch_dims={0}, rhs_batch_dims={2}, lhs_contracting_dims={3}, "
                           "rhs_contracting_dims={0} }",
            "f32[7,2,3,4]"},
        {XY("f32[3]", "f32[3]") "ROOT r = dot(x, y), lhs_contracting_dims={0}, rhs_contracting_dims={0} }", "f32[]"},
        {XY("bf16[2,3]", "bf16[3]") "ROOT r = f32[2] dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={0} }",
            "f32[2]"},
        {XY("f32[3,8]", "f32[]") "ROOT r = fft(x), fft_type=RFFT, fft_length={8} }", "c64[3,5]"},
        {XY("c128[3,5]", "f32[]") "ROOT r = fft(x), fft_type=IRFFT, fft_length={9} }", "f64[3,9]"},
        {XY("c64[3,5]", "f32[]") "ROOT r = fft(x), fft_type=FFT, fft_length={3,5} }", "c64[3,5]"},
        {XY("f32[2,4,4]", "f32[2,4,3]") "ROOT r = triangular-solve(x, y), left_side=true, lower=true }", "f32[2,4,3]"},
        {XY("f32[2,4,4]", "f32[]") "ROOT r = cholesky(x), lower=true }", "f32[2,4,4]"},
        {E P(x, "f32[2,4,3]", 0)
                P(y, "f32[3]", 1) "ROOT r = batch-norm-training(x, y, y), epsilon=0.1, feature_index=2 }",
            "(f32[2,4,3], f32[3], f32[3])"},
        {E P(x, "f32[2,4,3]", 0)
                P(y, "f32[3]", 1) "ROOT r = batch-norm-inference(x, y, y, y, y), epsilon=0.1, feature_index=2 }",
            "f32[2,4,3]"},
        {E P(x, "f32[2,4,3]", 0)
                P(y, "f32[4]", 1) "ROOT r = batch-norm-grad(x, y, y, y, x), epsilon=0.1, feature_index=1 }",
            "(f32[2,4,3], f32[4], f32[4])"},
    };
    check_shapes(facts, FW_COUNT(facts));
}

static void control_shapes(void **state) {
    (void)state;
    static const fact facts[] = {
        {XY("f32[2]", "s32[]") "ROOT r = tuple(x, y, x) }", "(f32[2], s32[], f32[2])"},
        {XY("(f32[2], s32[3])", "s32[]") "ROOT r = get-tuple-element(x), index=1 }", "s32[3]"},
        {ADD XY("f32[2,3,4]", "f32[]") "ROOT r = reduce(x, y), dimensions={2,0}, to_apply=f }", "f32[3]"},
        {"f { a = f32[] parameter(0) b = s32[] parameter(1) c = f32[] parameter(2) d = s32[] parameter(3) ROOT t = "
         "(f32[], s32[]) tuple(a, d) }\n" E P(x, "f32[2,3]", 0) P(y, "s32[2,3]", 1) P(z, "f32[]", 2)
                P(w, "s32[]", 3) "ROOT r = reduce(x, y, z, w), dimensions={1}, to_apply=f }",
            "(f32[2], s32[2])"},
        {"f { p = f32[] parameter(0) ROOT r = s32[] convert(p) }\n" E P(
             x, "f32[2,3]", 0) "ROOT r = map(x), dimensions={0,1}, to_apply=f }",
            "s32[2,3]"},
        {"f { p = f32[2] parameter(0) ROOT r = (f32[2]) tuple(p) }\n" E P(
             x, "f32[2]", 0) "ROOT r = call(x), to_apply=f }",
            "(f32[2])"},
        {"f { p = f32[2] parameter(0) ROOT r = s32[2] convert(p) }\n" E P(i, "s32[]", 0)
                P(x, "f32[2]", 1) "ROOT r = conditional(i, x, x), branch_computations={f, f} }",
            "s32[2]"},
        {"c { p = (f32[]) parameter(0) ROOT r = pred[] constant(0) }\nb { ROOT p = (f32[]) parameter(0) }\n" E P(
             x, "(f32[])", 0) "ROOT r = while(x), condition=c, body=b }",
            "(f32[])"},
        {"f { a = f32[] parameter(0) b = f32[] parameter(1) c = s32[] parameter(2) d = s32[] parameter(3) ROOT t = "
         "pred[] compare(a, b), "
         "direction=LT }\n" XY("f32[5]", "s32[5]") "ROOT r = sort(x, y), dimensions={0}, to_apply=f }",
            "(f32[5], s32[5])"},
        {XY("f32[5,<=7]", "s32[5]") "ROOT r = get-dimension-size(x), dimensions={1} }", "s32[]"},
        {XY("token[]", "token[]") "ROOT r = after-all(x, y) }", "token[]"},
    };
    check_shapes(facts, FW_COUNT(facts));
}

static void rejected_elementwise(void **state) {
    (void)state;
    static const fact facts[] = {
        {XY("f32[2]", "f32[3]") "ROOT r = f32[2] add(x, y) }", "f32[2] and f32[3]"},
        {XY("f32[2]", "f64[2]") "ROOT r = f32[2] add(x, y) }", "same shape"},
        {XY("f32[2]", "f32[2]") "ROOT r = f32[3] add(x, y) }", "stated shape f32[3] differs from f32[2]"},
        {XY("f32[2]", "f32[2]") "ROOT r = f32[2] add(x) }", "takes 2 operands"},
        {XY("(f32[2])", "f32[2]") "ROOT r = (f32[2]) add(x, x) }", "must be an array"},
        {XY("f32[2]", "f32[2]") "ROOT r = f32[2] and(x, y) }", "not defined for f32[2]"},
        {XY("s32[2]", "f32[2]") "ROOT r = s32[2] exponential(x) }", "not defined for s32[2]"},
        {XY("pred[2]", "pred[2]") "ROOT r = pred[2] subtract(x, y) }", "not defined for pred[2]"},
        {XY("c64[2]", "c64[2]") "ROOT r = c64[2] maximum(x, y) }", "not defined for c64[2]"},
        {XY("s32[2]", "s32[2]") "ROOT r = c64[2] complex(x, y) }", "of f32 or of f64"},
        {XY("pred[3]", "f32[2]") "ROOT r = f32[2] select(x, y, y) }", "neither a scalar nor shaped like"},
        {XY("s32[]", "f32[2]") "ROOT r = f32[2] select(x, y, y) }", "must be pred"},
        {XY("pred[]", "f32[2]") "ROOT r = f32[2] select(x, y, x) }", "two alternatives"},
        {XY("f32[3]", "f32[2]") "ROOT r = f32[2] clamp(x, y, x) }", "the limit"},
        {XY("f32[2]", "f32[2]") "ROOT r = pred[2] compare(x, y), direction=XX }", "direction"},
        {XY("f32[2]", "f32[2]") "ROOT r = pred[2] compare(x, y), direction=LT, type=SIGNED }", "type=SIGNED"},
        {XY("f32[2]", "f32[2]") "ROOT r = s32[3] convert(x) }", "only the element type may change"},
        {XY("f32[2]", "f32[2]") "ROOT r = s8[2] bitcast-convert(x) }", "do not hold the same bits"},
        {XY("f32[2]", "f32[2]") "ROOT r = s8[2,3] bitcast-convert(x) }", "do not hold the same bits"},
        {XY("f32[2]", "f32[2]") "ROOT r = f32[3] bitcast(x) }", "do not hold the same bits"},
        {XY("f32[2]", "f32[2]") "ROOT r = f32[2] reduce-precision(x), exponent_bits=0, mantissa_bits=3 }",
            "exponent bit"},
        {XY("f32[2]", "u16[2]") "ROOT r = s8[2] stochastic-convert(x, y) }", "same width"},
    };
    check_rejected(facts, FW_COUNT(facts));
}

#define GATHER(attrs) XY("f32[8,6]", "s32[5,2]") "ROOT r = f32[5,4,3] gather(x, y), " attrs " }"
#define SCATTER(updates, attrs)                                                                                        \
    ADD E P(x, "f32[8,6]", 0) P(y, "s32[5,1]", 1) P(z, updates, 2) "ROOT r = f32[8,6] scatter(x, y, z), " attrs        \
                                                                   ", index_vector_dim=1, to_apply=f }"

static void rejected_indexing(void **state) {
    (void)state;
    static const fact facts[] = {
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[4] reshape(x) }", "different elements"},
        {XY("f32[2,3]", "f32[]") "ROOT r = s32[6] reshape(x) }", "different elements"},
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[3,2] transpose(x), dimensions={1,1} }", "dimension 1 twice"},
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[3,2] transpose(x), dimensions={1} }", "permutation"},
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[2,3] reverse(x), dimensions={2} }", "dimension 2 of a shape of rank 2"},
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[2,3,4] broadcast(x), dimensions={0} }", "1 entries"},
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[3,2] broadcast(x), dimensions={0,1} }", "does not fit"},
        {XY("f32[2,3]", "f32[]") "ROOT r = f32[2,3] broadcast(x), dimensions={1,1} }", "twice"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[2] slice(x), slice={[3:5]} }", "not inside"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[2] slice(x), slice={[2:1]} }", "not inside"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[2] slice(x), slice={[0:4:0]} }", "not positive"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[2] slice(x), slice={[0:4:1],[0:1:1]} }", "2 ranges"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[2] dynamic-slice(x, y), dynamic_slice_sizes={2} }", "integer scalar"},
        {XY("f32[4]", "s32[]") "ROOT r = f32[5] dynamic-slice(x, y), dynamic_slice_sizes={5} }", "does not fit"},
        {XY("f32[4]", "s32[]") "ROOT r = f32[2] dynamic-slice(x, y, y), dynamic_slice_sizes={2} }", "2 start indices"},
        {E P(x, "f32[4]", 0) P(y, "f32[5]", 1) P(z, "s32[]", 2) "ROOT r = f32[4] dynamic-update-slice(x, y, z) }",
            "does not fit into"},
        {XY("f32[4,2]", "f32[4,3]") "ROOT r = f32[8,2] concatenate(x, y), dimensions={0} }", "does not fit"},
        {XY("f32[4,2]", "f32[4,3]") "ROOT r = f32[8,2] concatenate(x, x), dimensions={2} }", "one dimension"},
        {XY("f32[4]", "s32[]") "ROOT r = f32[6] pad(x, y), padding=1_1 }", "scalar of the type"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[6] pad(x, y), padding=1_1x0_0 }", "2 entries"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[0] pad(x, y), padding=-3_-2 }", "no valid size"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[0] pad(x, y), padding=0_0_-1 }", "negative"},
        {XY("f32[4]", "f32[]") "ROOT r = f32[0] pad(x, y), padding=9000000000000000000_9000000000000000000_0 }",
            "no valid size"},
        {E "ROOT r = f32[4] iota(), iota_dimension=1 }", "iota_dimension"},
        {GATHER(
             "offset_dims={1,2}, collapsed_slice_dims={}, start_index_map={0}, index_vector_dim=1, slice_sizes={4,3}"),
            "start_index_map"},
        {GATHER("offset_dims={1,2}, collapsed_slice_dims={}, start_index_map={0,1}, index_vector_dim=3, "
                "slice_sizes={4,3}"),
            "index_vector_dim"},
        {GATHER("offset_dims={2,1}, collapsed_slice_dims={}, start_index_map={0,1}, index_vector_dim=1, "
                "slice_sizes={4,3}"),
            "ascending"},
        {GATHER("offset_dims={1,2}, collapsed_slice_dims={}, start_index_map={0,1}, index_vector_dim=1, "
                "slice_sizes={9,3}"),
            "slice size 9"},
        {GATHER(
             "offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0,1}, index_vector_dim=1, slice_sizes={4,3}"),
            "slice size is 4"},
        {GATHER(
             "offset_dims={1}, collapsed_slice_dims={}, start_index_map={0,1}, index_vector_dim=1, slice_sizes={4,3}"),
            "offset_dims has 1"},
        {GATHER(
             "offset_dims={1,2}, collapsed_slice_dims={}, start_index_map={0,1}, index_vector_dim=1, slice_sizes={4}"),
            "slice_sizes has 1"},
        {XY("f32[8,6]", "f32[5,2]") "ROOT r = f32[5] gather(x, y), offset_dims={}, collapsed_slice_dims={0,1}, "
                                    "start_index_map={0,1}, "
                                    "index_vector_dim=1, slice_sizes={1,1} }",
            "must be integers"},
        {XY("f32[8,6]",
             "s32[5]") "ROOT r = f32[5] gather(x, y), offset_dims={}, collapsed_slice_dims={1}, start_index_map={1}, "
                       "operand_batching_dims={0}, start_indices_batching_dims={0}, index_vector_dim=1, "
                       "slice_sizes={1,1} }",
            "batching dimension 0"},
        {SCATTER("f32[5,6]", "update_window_dims={1}, inserted_window_dims={1}, scatter_dims_to_operand_dims={0,1}"),
            "scatter_dims_to_operand_dims"},
        {SCATTER("f32[5,7]", "update_window_dims={1}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}"),
            "does not fit"},
        {SCATTER("f32[5]", "update_window_dims={1}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}"),
            "window and"},
        {SCATTER("s32[5,6]", "update_window_dims={1}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}"),
            "element type"},
        {SCATTER("f32[5,6]", "update_window_dims={1}, inserted_window_dims={}, scatter_dims_to_operand_dims={0}"),
            "update_window_dims has 1"},
        {ADD XY("f32[8]",
             "s32[5]") "ROOT r = f32[8] scatter(x, y, x, x), update_window_dims={}, inserted_window_dims={0}, "
                       "scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=f }",
            "N operands"},
    };
    check_rejected(facts, FW_COUNT(facts));
}

#define CONV(x, y, attrs) XY(x, y) "ROOT r = f32[1] convolution(x, y), " attrs " }"

static void rejected_windows(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD XY("f32[5]", "f32[]") "ROOT r = f32[3] reduce-window(x, y), window={size=3x3}, to_apply=f }",
            "2 dimensions where 1"},
        {ADD XY("f32[5]", "f32[]") "ROOT r = f32[3] reduce-window(x, y), window={size=0}, to_apply=f }",
            "must be positive"},
        {ADD XY("f32[5]", "f32[]") "ROOT r = f32[3] reduce-window(x, y), window={size=3 stride=0}, to_apply=f }",
            "must be positive"},
        {ADD XY("f32[5]", "f32[1]") "ROOT r = f32[3] reduce-window(x, y), window={size=3}, to_apply=f }",
            "must be a scalar"},
        {ADD XY("f32[5]", "f32[]") "ROOT r = f32[4] reduce-window(x, y), window={size=3}, to_apply=f }",
            "differs from f32[3]"},
        {ADD XY("f32[5]", "f32[]") "ROOT r = f32[3] reduce-window(x, y), window={size=3 "
                                   "pad=9000000000000000000_9000000000000000000}, to_apply=f }",
            "too far"},
        {CONV("f32[1,5,2]", "f32[3,2,4]", "window={size=2}, dim_labels=b0f_0io->b0f"), "window dimension 0 has size 2"},
        {CONV("f32[1,5,2]", "f32[3,3,4]", "window={size=3}, dim_labels=b0f_0io->b0f"), "feature_group_count"},
        {CONV("f32[1,5,2]", "f32[3,2,4]", "window={size=3}, dim_labels=b0f_0io->b0f, feature_group_count=0"),
            "must be positive"},
        {CONV("f32[2,5,2]", "f32[3,1,4]",
             "window={size=3}, dim_labels=b0f_0io->b0f, feature_group_count=2, batch_group_count=2"),
            "one of them 1"},
        {CONV("f32[3,5,2]", "f32[3,2,4]", "window={size=3}, dim_labels=b0f_0io->b0f, batch_group_count=2"),
            "batch_group_count"},
        {CONV("f32[1,5]", "f32[3,2,4]", "window={size=3}, dim_labels=b0f_0io->b0f"), "spatial dimensions"},
        {CONV("f32[1,5,2]", "f32[3,2,4]", "window={size=3x3}, dim_labels=b0f_0io->b0f"), "2 dimensions where 1"},
        {ADD "g { p = f32[] parameter(0) q = f32[] parameter(1) ROOT r = pred[] compare(p, q), direction=GE }\n" E P(
             x, "f32[4]", 0) P(y, "f32[3]", 1) P(z, "f32[]",
             2) "ROOT r = f32[4] select-and-scatter(x, y, z), select=g, scatter=f, window={size=2 stride=2} }",
            "shape f32[2] of the windows"},
    };
    check_rejected(facts, FW_COUNT(facts));
}

#define DOT(attrs) XY("f32[2,3]", "f32[3,4]") "ROOT r = f32[2,4] dot(x, y), " attrs " }"

static void rejected_contractions(void **state) {
    (void)state;
    static const fact facts[] = {
        {DOT("lhs_contracting_dims={0}, rhs_contracting_dims={0}"), "differ"},
        {DOT("lhs_contracting_dims={1}"), "different lengths"},
        {DOT("lhs_contracting_dims={2}, rhs_contracting_dims={0}"), "dimension 2"},
        {DOT("lhs_batch_dims={1}, rhs_batch_dims={0}, lhs_contracting_dims={1}, rhs_contracting_dims={0}"),
            "is in lhs_batch_dims and in"},
        {XY("f32[3,8]", "f32[]") "ROOT r = c64[3,5] fft(x), fft_type=RFFT, fft_length={9} }", "fft_length 9"},
        {XY("f32[3,8]", "f32[]") "ROOT r = c64[3,8] fft(x), fft_type=FFT, fft_length={8} }", "not defined for"},
        {XY("f32[2,4]", "f32[2,4,3]") "ROOT r = f32[2,4,3] triangular-solve(x, y), left_side=true }", "do not fit"},
        {XY("f32[2,4]", "f32[]") "ROOT r = f32[2,4] cholesky(x) }", "square"},
        {XY("f32[2,4]",
             "f32[3]") "ROOT r = f32[2,4] batch-norm-inference(x, y, y, y, y), epsilon=0.1, feature_index=1 }",
            "does not fit"},
        {XY("f32[2,4]",
             "f32[4]") "ROOT r = f32[2,4] batch-norm-inference(x, y, y, y, y), epsilon=0.1, feature_index=2 }",
            "feature_index"},
        {XY("f32[2,4]", "f32[4]") "ROOT r = (f32[2,5], s32[2,5]) topk(x), k=5 }", "last dimension"},
    };
    check_rejected(facts, FW_COUNT(facts));
}

#define CALLS(region, type, rest) region E P(x, type, 0) P(z, "f32[]", 1) rest " }"

static void rejected_calls(void **state) {
    (void)state;
    static const fact facts[] = {
        {CALLS(ADD, "f32[4]", "ROOT r = f32[] reduce(x, x), dimensions={0}, to_apply=f"), "must be a scalar"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[] reduce(x, z), dimensions={1}, to_apply=f"), "dimension 1"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[4] reduce(x, z), dimensions={0}, to_apply=f"), "differs from f32[]"},
        {CALLS(REGION("s32[]", "add"), "f32[4]", "ROOT r = s32[] reduce(x, z), dimensions={0}, to_apply=f"),
            "parameter 0 of %f is s32[]"},
        {CALLS("f { p = f32[] parameter(0) ROOT q = f32[] negate(p) }\n", "f32[4]",
             "ROOT r = f32[] reduce(x, z), dimensions={0}, to_apply=f"),
            "takes 1 parameters, not 2"},
        {CALLS("f { p = f32[] parameter(0) q = f32[] parameter(1) ROOT t = (f32[], f32[]) tuple(p, q) }\n", "f32[4]",
             "ROOT r = f32[] reduce(x, z), dimensions={0}, to_apply=f"),
            "must return 1 scalar"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[4] map(x), to_apply=f"), "takes 2 parameters, not 1"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[4] sort(x), dimensions={0}, to_apply=f"), "must return pred[]"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[4] sort(x), dimensions={1}, to_apply=f"), "one dimension"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[4] call(x), to_apply=f"), "differs from f32[]"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[] call(x), to_apply=f"), "takes 2 parameters, not 1"},
        {CALLS(ADD, "f32[4]", "ROOT r = f32[] fusion(x, z), kind=kLoop, calls=f"),
            "parameter 0 of %f is f32[], it must be f32[4]"},
        {CALLS("c { p = (f32[4]) parameter(0) ROOT r = s32[] constant(0) }\nb { ROOT p = (f32[4]) parameter(0) }\n",
             "(f32[4])", "ROOT r = (f32[4]) while(x), condition=c, body=b"),
            "must return pred[]"},
        {CALLS("c { p = (f32[4]) parameter(0) ROOT r = pred[] constant(0) }\nb { p = (f32[4]) parameter(0) ROOT r = () "
               "tuple() }\n",
             "(f32[4])", "ROOT r = (f32[4]) while(x), condition=c, body=b"),
            "returns (), it must return (f32[4])"},
        {CALLS("b { ROOT p = f32[4] parameter(0) }\n", "f32[4]",
             "ROOT r = f32[4] conditional(z, x), branch_computations={b}"),
            "pred[] or s32[]"},
        {"b { ROOT p = f32[4] parameter(0) }\n" XY(
             "f32[4]", "s32[]") "ROOT r = f32[4] conditional(y, x), branch_computations={b, b} }",
            "2 branches and 1 operands"},
        {"b { ROOT p = f32[4] parameter(0) }\nc { p = f32[4] parameter(0) ROOT r = f32[] constant(0) }\n" XY(
             "f32[4]", "s32[]") "ROOT r = f32[4] conditional(y, x, x), branch_computations={b, c} }",
            "%c returns f32[]"},
        {CALLS("", "(f32[4])", "ROOT r = f32[4] get-tuple-element(x), index=1"), "index 1"},
        {CALLS("", "f32[4]", "ROOT r = f32[4] get-tuple-element(x), index=0"), "takes a tuple"},
    };
    check_rejected(facts, FW_COUNT(facts));
}

/* Every error of a module is reported, each at its own place. */
static void all_errors_are_reported(void **state) {
    (void)state;
    checked c =
        read_program(E "x = f32[2] parameter(0)\ny = f32[3] parameter(1)\na = f32[2] add(x, y)\nb = f32[9] negate(x)\n"
                       "ROOT r = s32[2] convert(y) }");
    assert_non_null(c.module);
    assert_false(ir_verify(c.diag, c.module));
    assert_int_equal(fw_diag_errors(c.diag), 3);
    const char *text = messages(&c);
    assert_non_null(strstr(text, "test.hlo:4:"));
    assert_non_null(strstr(text, "test.hlo:5:"));
    assert_non_null(strstr(text, "test.hlo:6:"));
    fw_arena_free(c.arena);
}

/* ---- structure: what only a wrong pass can make ---- */

static checked sound_module(void) {
    checked c = read_program("f { p = f32[2] parameter(0) ROOT r = f32[2] negate(p) }\n" XY(
        "f32[2]", "f32[2]") "a = f32[2] call(x), to_apply=f ROOT b = f32[2] add(a, y) }");
    assert_non_null(c.module);
    assert_true(ir_verify(c.diag, c.module));
    return c;
}

static void expect_broken(checked c, const char *words) {
    assert_false(ir_verify(c.diag, c.module));
    if (!strstr(messages(&c), words))
        fail_msg("%snot \"%s\"", messages(&c), words);
    fw_arena_free(c.arena);
}

static void broken_structure(void **state) {
    (void)state;
    checked c = sound_module();
    ir_comp *entry = c.module->entry, *other = c.module->comps[0];
    ir_instr *swap = entry->instrs[2];
    entry->instrs[2] = entry->instrs[3];
    entry->instrs[3] = swap;
    expect_broken(c, "not numbered");

    c = sound_module();
    entry = c.module->entry;
    swap = entry->instrs[2];
    entry->instrs[2] = entry->instrs[3];
    entry->instrs[3] = swap;
    ir_comp_renumber(entry);
    expect_broken(c, "defined after its use");

    c = sound_module();
    other = c.module->comps[0];
    c.module->entry->root->operands[0] = other->root;
    expect_broken(c, "is not in the computation");

    c = sound_module();
    c.module->entry->root = c.module->comps[0]->root;
    expect_broken(c, "has no root");

    c = sound_module();
    c.module->entry->params[1] = c.module->entry->params[0];
    expect_broken(c, "has no parameter 1");

    c = sound_module();
    c.module->entry->instrs[2]->name = "x";
    expect_broken(c, "stands twice");

    c = sound_module();
    c.module->entry->instrs[2]->shape = NULL;
    expect_broken(c, "has no shape");

    c = sound_module();
    ir_comp *first = c.module->comps[0];
    c.module->comps[0] = c.module->comps[1];
    c.module->comps[1] = first;
    expect_broken(c, "not defined before it");

    c = sound_module();
    c.module->entry = NULL;
    expect_broken(c, "no entry");
}

static void broken_attributes(void **state) {
    (void)state;
    checked c = sound_module();
    ir_attr_add(c.module->entry->root, IR_ATTR_DIMENSIONS);
    expect_broken(c, "does not belong");

    c = sound_module();
    ir_attr_add(c.module->entry->root, IR_ATTR_SHARDING);
    ir_attr_add(c.module->entry->root, IR_ATTR_SHARDING);
    expect_broken(c, "stands twice");

    c = sound_module();
    c.module->entry->instrs[2]->nattrs = 0;
    expect_broken(c, "needs the attribute to_apply");

    c = sound_module();
    ir_alias alias = {.param = 7};
    c.module->aliases = &alias;
    c.module->naliases = 1;
    expect_broken(c, "input_output_alias 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementwise_shapes),
        cmocka_unit_test(index_shapes),
        cmocka_unit_test(window_shapes),
        cmocka_unit_test(contraction_shapes),
        cmocka_unit_test(control_shapes),
        cmocka_unit_test(rejected_elementwise),
        cmocka_unit_test(rejected_indexing),
        cmocka_unit_test(rejected_windows),
        cmocka_unit_test(rejected_contractions),
        cmocka_unit_test(rejected_calls),
        cmocka_unit_test(all_errors_are_reported),
        cmocka_unit_test(broken_structure),
        cmocka_unit_test(broken_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
