/* The evaluator against the measured facts of reference/hlo-semantics.md: programs without parameters whose result is
 * compared as text. */
#include "eval_test.h"

typedef struct fact {
    const char *program; /* computations; the last one is the entry, its last instruction the result */
    const char *result;
} fact;

static void check_facts(const fact *facts, int count) {
    for (int i = 0; i < count; i++) {
        fw_arena *arena = fw_arena_new();
        fw_text text;
        fw_text_init(&text, arena);
        ir_literal_print(run(arena, facts[i].program, NULL, 0), &text);
        if (strcmp(fw_text_string(&text), facts[i].result) != 0)
            fail_msg("%s\ngives %s, not %s", facts[i].program, fw_text_string(&text), facts[i].result);
        fw_arena_free(arena);
    }
}

/* The status of the first error that reading, verifying or running a program gives. */
static fw_status status_of(const char *program) {
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = read_module(arena, diag, program);
    if (!fw_diag_errors(diag))
        assert_null(ir_evaluate(arena, diag, module, NULL, 0));
    fw_status status = fw_diag_status(diag);
    fw_arena_free(arena);
    return status;
}

/* y = op(x), y = op(a, b), with all types the same. */
#define UNARY(type, x, op) "ENTRY e { x = " type " constant(" x ") ROOT y = " type " " op "(x) }"
#define BINARY(type, a, b, op)                                                                                         \
    "ENTRY e { a = " type " constant(" a ") b = " type " constant(" b ") ROOT y = " type " " op "(a, b) }"
#define CONVERT(from, x, to, op) "ENTRY e { x = " from " constant(" x ") ROOT y = " to " " op "(x) }"
#define COMBINER(name, type, op)                                                                                       \
    name " { p = " type " parameter(0) q = " type " parameter(1) ROOT r = " type " " op "(p, q) }\n"
#define ADD COMBINER("add", "f32[]", "add")
#define KEEP_NEW "new { p = f32[] parameter(0) ROOT q = f32[] parameter(1) }\n"

static void element_types(void **state) {
    (void)state;
    static const fact facts[] = {
        {CONVERT("f32[4]", "{1.00390625, 1.01171875, 3.4e38, -nan}", "bf16[4]", "convert"), "{1, 1.016, inf, -nan}"},
        {CONVERT("f32[4]", "{1.00390625, 1.01171875, 65519, 65520}", "f16[4]", "convert"),
            "{1.004, 1.012, 65504, inf}"},
        {CONVERT("f32[3]", "{5.9604645e-08, 2.9802322e-08, 8.9406967e-08}", "f16[3]", "convert"), "{6e-08, 0, 1e-07}"},
        {CONVERT("f32[3]", "{464, 465, inf}", "f8e4m3fn[3]", "convert"), "{448, nan, nan}"},
        {CONVERT("f32[2]", "{1e9, -inf}", "f8e5m2[2]", "convert"), "{inf, -inf}"},
        {CONVERT("f32[2]", "{1e9, -1e9}", "f8e4m3[2]", "convert"), "{inf, -inf}"},
        {CONVERT("f32[2]", "{1e9, -0.0}", "f8e5m2fnuz[2]", "convert"), "{nan, 0}"},
        {CONVERT("f32[3]", "{100, -100, 5}", "f4e2m1fn[3]", "convert"), "{6, -6, 4}"},
        {CONVERT("f32[4]", "{0, -1, 3.1, 1e-40}", "f8e8m0fnu[4]", "convert"), "{nan, nan, 4, 6e-39}"},
        {CONVERT("s32[3]", "{8, 20, -8}", "s4[3]", "convert"), "{-8, 4, -8}"},
        {BINARY("bf16[1]", "{256}", "{1}", "add"), "{256}"},
        {BINARY("s32[1]", "{2147483647}", "{1}", "add"), "{-2147483648}"},
        {BINARY("u4[2]", "{15, 3}", "{2, 3}", "multiply"), "{14, 9}"},
        {UNARY("s32[1]", "{-2147483648}", "abs"), "{-2147483648}"},
        {UNARY("u8[1]", "{1}", "negate"), "{255}"},
        {UNARY("pred[2]", "{1, 0}", "not"), "{0, 1}"},
        {UNARY("s8[2]", "{1, -128}", "not"), "{-2, 127}"},
        {BINARY("pred[4]", "{0,0,1,1}", "{0,1,0,1}", "add"), "{0, 1, 1, 1}"},
        {BINARY("pred[4]", "{0,0,1,1}", "{0,1,0,1}", "multiply"), "{0, 0, 0, 1}"},
        {BINARY("pred[4]", "{0,0,1,1}", "{0,1,0,1}", "maximum"), "{0, 1, 1, 1}"},
        {BINARY("pred[4]", "{0,0,1,1}", "{0,1,0,1}", "xor"), "{0, 1, 1, 0}"},
    };
    check_facts(facts, FW_COUNT(facts));
    assert_int_equal(status_of(BINARY("pred[1]", "{0}", "{1}", "subtract")), FW_INPUT);
}

static void integers(void **state) {
    (void)state;
    static const fact facts[] = {
        {BINARY("s32[4]", "{7, -7, -2147483648, 5}", "{2, 2, -1, 0}", "divide"), "{3, -3, -2147483648, -1}"},
        {BINARY("u32[2]", "{7, 4294967295}", "{0, 2}", "divide"), "{4294967295, 2147483647}"},
        {BINARY("s32[4]", "{7, -7, -2147483648, 5}", "{3, 3, -1, 0}", "remainder"), "{1, -1, 0, 5}"},
        {BINARY("u64[1]", "{18446744073709551615}", "{10}", "remainder"), "{5}"},
        {BINARY("s8[2]", "{-128, 100}", "{-1, 0}", "divide"), "{-128, -1}"},
        {BINARY("s32[3]", "{1, 1, 3}", "{32, -1, 4}", "shift-left"), "{0, 0, 48}"},
        {BINARY("s32[3]", "{-8, -8, 8}", "{32, 1, 1}", "shift-right-arithmetic"), "{-1, -4, 4}"},
        {BINARY("s32[2]", "{-8, -8}", "{1, 40}", "shift-right-logical"), "{2147483644, 0}"},
        {BINARY("s8[2]", "{-128, -1}", "{7, 1}", "shift-right-logical"), "{1, 127}"},
        {BINARY("s32[5]", "{2, 3, 5, 1, 2}", "{64, 40, -1, -1, 5}", "power"), "{1, 689956897, 0, 1, 32}"},
        {BINARY("s32[2]", "{-2147483648, 65536}", "{2, 65536}", "mulhi"), "{-1, 1}"},
        {BINARY("u64[1]", "{18446744073709551615}", "{18446744073709551615}", "mulhi"), "{18446744073709551614}"},
        {BINARY("s64[2]", "{-9223372036854775808, 4294967296}", "{-9223372036854775808, -4294967296}", "mulhi"),
            "{4611686018427387904, -1}"},
        {UNARY("s32[2]", "{0, 1}", "count-leading-zeros"), "{32, 31}"},
        {UNARY("s8[2]", "{0, -1}", "count-leading-zeros"), "{8, 0}"},
        {UNARY("s8[2]", "{-1, 5}", "popcnt"), "{8, 2}"},
        {UNARY("s16[3]", "{-5, 0, 9}", "sign"), "{-1, 0, 1}"},
        {BINARY("u32[1]", "{4294967295}", "{1}", "maximum"), "{4294967295}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

static void conversions(void **state) {
    (void)state;
    static const fact facts[] = {
        {CONVERT("f32[4]", "{1e20, nan, -1.9, -1e20}", "s32[4]", "convert"), "{2147483647, 0, -1, -2147483648}"},
        {CONVERT("f32[3]", "{300, -1, nan}", "s8[3]", "convert"), "{127, -1, 0}"},
        {CONVERT("f32[3]", "{-1, 300, 7.9}", "u8[3]", "convert"), "{0, 255, 7}"},
        {CONVERT("f64[2]", "{1e30, -1e30}", "s64[2]", "convert"), "{9223372036854775807, -9223372036854775808}"},
        {CONVERT("f32[4]", "{0.5, nan, 0, -0.0}", "pred[4]", "convert"), "{1, 1, 0, 0}"},
        {CONVERT("s32[2]", "{300, -1}", "s8[2]", "convert"), "{44, -1}"},
        {CONVERT("s8[1]", "{-1}", "u32[1]", "convert"), "{4294967295}"},
        {CONVERT("u8[1]", "{255}", "s32[1]", "convert"), "{255}"},
        {CONVERT("s32[2]", "{16777217, 16777219}", "f32[2]", "convert"), "{16777216, 1.677722e+07}"},
        {CONVERT("s64[1]", "{9007199791611905}", "f32[1]", "convert"), "{9.0072e+15}"},
        {CONVERT("u64[2]", "{18446744073709551615, 9223372586610589697}", "f32[2]", "convert"),
            "{1.8446744e+19, 9.223373e+18}"},
        {CONVERT("u64[1]", "{18446744073709551615}", "f64[1]", "convert"), "{1.8446744073709552e+19}"},
        {CONVERT("f64[2]", "{1e300, 1e-300}", "f32[2]", "convert"), "{inf, 0}"},
        {CONVERT("c64[1]", "{(3, 4)}", "f32[1]", "convert"), "{3}"},
        {CONVERT("f32[1]", "{3}", "c64[1]", "convert"), "{(3, 0)}"},
        {CONVERT("pred[2]", "{1, 0}", "f32[2]", "convert"), "{1, 0}"},
        {CONVERT("u32[]", "16909060", "u8[4]", "bitcast-convert"), "{4, 3, 2, 1}"},
        {CONVERT("u8[4]", "{4, 3, 2, 1}", "u32[]", "bitcast-convert"), "16909060"},
        {CONVERT("f32[1]", "{1}", "s32[1]", "bitcast-convert"), "{1065353216}"},
        {CONVERT("u8[1]", "{33}", "u4[1,2]", "bitcast-convert"), "{{1, 2}}"},
        {CONVERT("s4[1,2]", "{{-1, 2}}", "u8[1]", "bitcast-convert"), "{47}"},
        {"ENTRY e { x = f32[6] constant({65519, 65520, 6e-5, nan, -1e-10, 1.5}) ROOT y = f32[6] reduce-precision(x), "
         "exponent_bits=5, "
         "mantissa_bits=10 }",
            "{65504, inf, 0, nan, -0, 1.5}"},
        {"ENTRY e { x = f32[2] constant({1.5, 2.5}) ROOT y = f32[2] reduce-precision(x), exponent_bits=8, "
         "mantissa_bits=0 }",
            "{2, 2}"},
        {"ENTRY e { x = f32[2,2]{1,0} constant({{1,2},{3,4}}) ROOT y = f32[4]{0} bitcast(x) }", "{1, 2, 3, 4}"},
        {"ENTRY e { x = f32[2,2]{0,1} constant({{1,2},{3,4}}) ROOT y = f32[4]{0} bitcast(x) }", "{1, 3, 2, 4}"},
        {"ENTRY e { x = f32[2,3]{0,1} constant({{1,2,3},{4,5,6}}) ROOT y = f32[3,2]{1,0} reshape(x) }",
            "{{1, 2},{3, 4},{5, 6}}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

static void floats(void **state) {
    (void)state;
    static const fact facts[] = {
        {BINARY("f32[5]", "{nan, 1, -0.0, 0, 2}", "{1, nan, 0, -0.0, 3}", "maximum"), "{nan, nan, 0, 0, 3}"},
        {BINARY("f32[5]", "{nan, 1, -0.0, 0, 2}", "{1, nan, 0, -0.0, 3}", "minimum"), "{nan, nan, -0, -0, 2}"},
        {BINARY("f32[5]", "{5, -5, 5, inf, 5}", "{3, 3, inf, 2, 0}", "remainder"), "{2, -2, 5, -nan, -nan}"},
        {BINARY("f32[4]", "{1, nan, 0, 2}", "{nan, 0, 0, 10}", "power"), "{1, 1, 1, 1024}"},
        {UNARY("f32[5]", "{-0.0, 0, nan, -3, 4}", "sign"), "{-0, 0, nan, -1, 1}"},
        {UNARY("f32[4]", "{0.49999997, 0.5, -2.5, 2.5}", "round-nearest-afz"), "{0, 1, -3, 3}"},
        {UNARY("f32[4]", "{0.5, 1.5, -0.5, 2.5}", "round-nearest-even"), "{0, 2, -0, 2}"},
        {UNARY("f32[3]", "{-1000, 0, 1000}", "logistic"), "{0, 0.5, 1}"},
        {UNARY("f32[4]", "{-0.0, 0, -1, 4}", "rsqrt"), "{-inf, inf, -nan, 0.5}"},
        {CONVERT("f32[3]", "{inf, nan, 1}", "pred[3]", "is-finite"), "{0, 0, 1}"},
        {CONVERT("c64[2]", "{(inf, nan), (3, 4)}", "f32[2]", "abs"), "{nan, 5}"},
        {CONVERT("c64[1]", "{(1e30, 1e30)}", "f32[1]", "abs"), "{1.4142135e+30}"},
        {UNARY("c64[2]", "{(3, 4), (0, 0)}", "sign"), "{(0.6, 0.8), (0, 0)}"},
        {BINARY("c64[1]", "{(1, 2)}", "{(3, 4)}", "multiply"), "{(-5, 10)}"},
        {"ENTRY e { a = f32[1] constant({1}) b = f32[1] constant({2}) ROOT c = c64[1] complex(a, b) }", "{(1, 2)}"},
        {CONVERT("c128[1]", "{(1, 2)}", "f64[1]", "imag"), "{2}"},
        {"ENTRY e { l = f32[] constant(3) x = f32[4] constant({1, 2.5, 9, nan}) h = f32[] constant(2) ROOT y = f32[4] "
         "clamp(l, x, h) }",
            "{2, 2, 2, nan}"},
        {"ENTRY e { l = f32[] constant(nan) x = f32[1] constant({1}) h = f32[] constant(2) ROOT y = f32[1] clamp(l, x, "
         "h) }",
            "{nan}"},
        {"ENTRY e { l = s32[] constant(0) x = s32[3] constant({-1, 5, 99}) h = s32[] constant(9) ROOT y = s32[3] "
         "clamp(l, x, h) }",
            "{0, 5, 9}"},
        {"ENTRY e { c = pred[] constant(0) a = f32[2] constant({1, 2}) b = f32[2] constant({3, 4}) ROOT y = f32[2] "
         "select(c, a, b) }",
            "{3, 4}"},
        {"ENTRY e { c = pred[2] constant({1, 0}) a = f64[2] constant({1, 2}) b = f64[2] constant({3, 4}) ROOT y = "
         "f64[2] select(c, a, b) }",
            "{1, 4}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define COMPARE(type, a, b, how)                                                                                       \
    "ENTRY e { a = " type " constant(" a ") b = " type " constant(" b                                                  \
    ") ROOT y = pred[3] compare(a, b), direction=" how " }"

static void comparisons(void **state) {
    (void)state;
    static const fact facts[] = {
        {COMPARE("f32[3]", "{nan, 1, -0.0}", "{nan, nan, 0}", "EQ"), "{0, 0, 1}"},
        {COMPARE("f32[3]", "{nan, 1, -0.0}", "{nan, nan, 0}", "NE"), "{1, 1, 0}"},
        {COMPARE("f32[3]", "{nan, 1, 2}", "{nan, nan, 2}", "GE"), "{0, 0, 1}"},
        {COMPARE("f32[3]", "{nan, -0.0, -nan}", "{nan, 0, -inf}", "EQ, type=TOTALORDER"), "{1, 0, 0}"},
        {COMPARE("f32[3]", "{inf, -0.0, -nan}", "{nan, 0, -inf}", "LT, type=TOTALORDER"), "{1, 1, 1}"},
        {COMPARE("bf16[3]", "{-2, -1, 0}", "{-1, -2, -0.0}", "GT, type=TOTALORDER"), "{0, 1, 1}"},
        {COMPARE("u32[3]", "{4294967295, 0, 5}", "{1, 1, 5}", "GT"), "{1, 0, 0}"},
        {COMPARE("u64[3]", "{18446744073709551615, 0, 5}", "{1, 1, 5}", "GT"), "{1, 0, 0}"},
        {COMPARE("s8[3]", "{-1, 0, 5}", "{1, 1, 5}", "LE, type=SIGNED"), "{1, 1, 1}"},
        {COMPARE("pred[3]", "{0, 1, 1}", "{1, 0, 1}", "LT"), "{1, 0, 0}"},
        {COMPARE("c64[3]", "{(1, 2), (1, 2), (nan, 0)}", "{(1, 2), (1, 3), (nan, 0)}", "NE"), "{0, 1, 1}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define VECTOR "ENTRY e { x = f32[5] constant({0, 1, 2, 3, 4}) "

static void indexing(void **state) {
    (void)state;
    static const fact facts[] = {
        {VECTOR "i = s32[] constant(4) ROOT y = f32[3] dynamic-slice(x, i), dynamic_slice_sizes={3} }", "{2, 3, 4}"},
        {VECTOR "i = s32[] constant(-4) ROOT y = f32[3] dynamic-slice(x, i), dynamic_slice_sizes={3} }", "{0, 1, 2}"},
        {VECTOR "i = u32[] constant(4294967295) ROOT y = f32[3] dynamic-slice(x, i), dynamic_slice_sizes={3} }",
            "{2, 3, 4}"},
        {VECTOR
            "i = u64[] constant(18446744073709551615) ROOT y = f32[1] dynamic-slice(x, i), dynamic_slice_sizes={1} }",
            "{4}"},
        {VECTOR "i = s32[] constant(4) u = f32[2] constant({8, 9}) ROOT y = f32[5] dynamic-update-slice(x, u, i) }",
            "{0, 1, 2, 8, 9}"},
        {VECTOR
            "i = s32[3] constant({-5, 7, 1}) ROOT y = f32[3] gather(x, i), offset_dims={}, collapsed_slice_dims={0}, "
            "start_index_map={0}, index_vector_dim=1, slice_sizes={1} }",
            "{0, 4, 1}"},
        {VECTOR
            "i = u32[1] constant({4294967295}) ROOT y = f32[1] gather(x, i), offset_dims={}, collapsed_slice_dims={0}, "
            "start_index_map={0}, index_vector_dim=1, slice_sizes={1} }",
            "{4}"},
        {VECTOR "i = s32[2,1] constant({{1}, {9}}) ROOT y = f32[2,2] gather(x, i), offset_dims={1}, "
                "collapsed_slice_dims={}, "
                "start_index_map={0}, index_vector_dim=1, slice_sizes={2} }",
            "{{1, 2},{3, 4}}"},
        {VECTOR "ROOT y = f32[2] slice(x), slice={[1:4:2]} }", "{1, 3}"},
        {VECTOR "ROOT y = f32[5] reverse(x), dimensions={0} }", "{4, 3, 2, 1, 0}"},
        {VECTOR "z = f32[0] constant({}) ROOT y = f32[5] concatenate(z, x), dimensions={0} }", "{0, 1, 2, 3, 4}"},
        {"ENTRY e { x = f32[4] constant({1, 2, 3, 4}) z = f32[] constant(0) ROOT y = f32[4] pad(x, z), padding=-1_-2_1 "
         "}",
            "{0, 2, 0, 3}"},
        {"ENTRY e { x = f32[2] constant({1, 2}) z = f32[] constant(9) ROOT y = f32[5] pad(x, z), padding=1_1_1 }",
            "{9, 1, 9, 2, 9}"},
        {"ENTRY e { x = f32[2] constant({1, 2}) z = f32[] constant(9) ROOT y = f32[1] pad(x, z), padding=-3_2 }",
            "{9}"},
        {"ENTRY e { x = u8[300] iota(), iota_dimension=0 ROOT y = u8[3] slice(x), slice={[254:257]} }",
            "{254, 255, 0}"},
        {"ENTRY e { x = bf16[2,3] iota(), iota_dimension=1 ROOT y = f32[2,3] convert(x) }", "{{0, 1, 2},{0, 1, 2}}"},
        {"ENTRY e { x = f32[2,3] constant({{1,2,3},{4,5,6}}) ROOT y = f32[3,2] transpose(x), dimensions={1,0} }",
            "{{1, 4},{2, 5},{3, 6}}"},
        {"ENTRY e { x = f32[2] constant({1,2}) ROOT y = f32[2,2] broadcast(x), dimensions={0} }", "{{1, 1},{2, 2}}"},
        {"ENTRY e { x = f32[2] constant({1,2}) ROOT y = f32[2,2] broadcast(x), dimensions={1} }", "{{1, 2},{1, 2}}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

/* Batch dimensions of operand and indices run together: result[b] = operand[b, indices[b]]. */
static void gather_batches(void **state) {
    (void)state;
    static const fact facts[] = {
        {"ENTRY e { x = f32[2,3] constant({{1,2,3},{4,5,6}}) i = s32[2,1] constant({{2},{0}}) ROOT y = f32[2] "
         "gather(x, i), "
         "offset_dims={}, collapsed_slice_dims={1}, start_index_map={1}, operand_batching_dims={0}, "
         "start_indices_batching_dims={0}, index_vector_dim=1, slice_sizes={1,1} }",
            "{3, 4}"},
        {ADD "ENTRY e { x = f32[2,3] constant({{1,2,3},{4,5,6}}) i = s32[2,1] constant({{2},{0}}) u = f32[2] "
             "constant({10, 20}) "
             "ROOT y = f32[2,3] scatter(x, i, u), update_window_dims={}, inserted_window_dims={1}, "
             "scatter_dims_to_operand_dims={1}, "
             "input_batching_dims={0}, scatter_indices_batching_dims={0}, index_vector_dim=1, to_apply=add }",
            "{{1, 2, 13},{24, 5, 6}}"},
        /* The index vector may stand first, and index dimensions in the middle of the result. */
        {"ENTRY e { x = f32[3,2] constant({{1,2},{3,4},{5,6}}) i = s32[2,2] constant({{0,2},{1,0}}) ROOT y = f32[2] "
         "gather(x, i), "
         "offset_dims={}, collapsed_slice_dims={0,1}, start_index_map={0,1}, index_vector_dim=0, slice_sizes={1,1} }",
            "{2, 5}"},
        {"ENTRY e { x = f32[3,2] constant({{1,2},{3,4},{5,6}}) i = s32[3] constant({2,0,1}) ROOT y = f32[2,3] "
         "gather(x, i), "
         "offset_dims={0}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1,2} }",
            "{{5, 1, 3},{6, 2, 4}}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define SCATTER(index_type, indices, update_type, updates, dims, region)                                               \
    "ENTRY e { x = f32[5] constant({10, 11, 12, 13, 14}) i = " index_type " constant(" indices ") u = " update_type    \
    " constant(" updates ") ROOT y = f32[5] scatter(x, i, u), " dims                                                   \
    ", scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=" region " }"
#define POINTS "update_window_dims={}, inserted_window_dims={0}"
#define WINDOWS "update_window_dims={1}, inserted_window_dims={}"

static void scatters(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD SCATTER("s32[1,1]", "{{3}}", "f32[1,3]", "{{1, 1, 1}}", WINDOWS, "add"), "{10, 11, 12, 13, 14}"},
        {ADD SCATTER("s32[1,1]", "{{2}}", "f32[1,3]", "{{1, 1, 1}}", WINDOWS, "add"), "{10, 11, 13, 14, 15}"},
        {ADD SCATTER("s32[2]", "{-1, 5}", "f32[2]", "{1, 1}", POINTS, "add"), "{10, 11, 12, 13, 14}"},
        {COMBINER("sub", "f32[]", "subtract") SCATTER("s32[2]", "{0, 0}", "f32[2]", "{1, 2}", POINTS, "sub"),
            "{7, 11, 12, 13, 14}"},
        {KEEP_NEW SCATTER("s32[3]", "{1, 1, 1}", "f32[3]", "{1, 2, 3}", POINTS, "new"), "{10, 3, 12, 13, 14}"},
        {"both { a = f32[] parameter(0) b = s32[] parameter(1) c = f32[] parameter(2) d = s32[] parameter(3) s = f32[] "
         "add(a, c) m = s32[] "
         "maximum(b, d) ROOT t = (f32[], s32[]) tuple(s, m) }\n"
         "ENTRY e { x = f32[2] constant({1, 2}) y = s32[2] constant({5, 5}) i = s32[2] constant({1, 1}) u = f32[2] "
         "constant({1, 1}) v = "
         "s32[2] constant({9, 7}) ROOT r = (f32[2], s32[2]) scatter(x, y, i, u, v), " POINTS
         ", scatter_dims_to_operand_dims={0}, "
         "index_vector_dim=1, to_apply=both }",
            "({1, 4}, {5, 9})"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define ARGMAX                                                                                                         \
    "best { v = f32[] parameter(0) i = s32[] parameter(1) w = f32[] parameter(2) j = s32[] parameter(3) c = pred[] "   \
    "compare(v, w), "                                                                                                  \
    "direction=GE a = f32[] select(c, v, w) b = s32[] select(c, i, j) ROOT t = (f32[], s32[]) tuple(a, b) }\n"

static void reductions(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD "ENTRY e { x = f32[0] constant({}) i = f32[] constant(10) ROOT y = f32[] reduce(x, i), dimensions={0}, "
             "to_apply=add }",
            "10"},
        {ADD "ENTRY e { x = f32[2,3] constant({{1,2,3},{4,5,6}}) i = f32[] constant(1) ROOT y = f32[3] reduce(x, i), "
             "dimensions={0}, "
             "to_apply=add }",
            "{6, 8, 10}"},
        {ADD "ENTRY e { x = f32[2,3] constant({{1,2,3},{4,5,6}}) i = f32[] constant(0) ROOT y = f32[2] reduce(x, i), "
             "dimensions={1}, "
             "to_apply=add }",
            "{6, 15}"},
        {COMBINER("all", "pred[]",
             "and") "ENTRY e { x = pred[3] constant({1,0,1}) i = pred[] constant(1) ROOT y = pred[] reduce(x, i), "
                    "dimensions={0}, to_apply=all }",
            "false"},
        {COMBINER("sub", "f32[]",
             "subtract") "ENTRY e { x = f32[3] constant({1,2,3}) i = f32[] constant(10) ROOT y = f32[] reduce(x, i), "
                         "dimensions={0}, to_apply=sub }",
            "4"},
        {ARGMAX "ENTRY e { x = f32[4] constant({1,7,7,2}) k = s32[4] iota(), iota_dimension=0 a = f32[] constant(-inf) "
                "b = s32[] "
                "constant(-1) ROOT r = (f32[], s32[]) reduce(x, k, a, b), dimensions={0}, to_apply=best }",
            "(7, 1)"},
        /* A region that swaps its accumulators must not overwrite one with the other. */
        {"swap { a = f32[] parameter(0) b = f32[] parameter(1) c = f32[] parameter(2) d = f32[] parameter(3) ROOT t = "
         "(f32[], f32[]) "
         "tuple(b, a) }\nENTRY e { x = f32[3] constant({1,2,3}) p = f32[] constant(8) q = f32[] constant(9) ROOT r = "
         "(f32[], f32[]) "
         "reduce(x, x, p, q), dimensions={0}, to_apply=swap }",
            "(9, 8)"},
        {"double { p = f32[] parameter(0) ROOT r = f32[] add(p, p) }\ntwice { p = f32[] parameter(0) q = f32[] "
         "parameter(1) d = f32[] "
         "call(q), to_apply=double ROOT r = f32[] add(p, d) }\nENTRY e { x = f32[3] constant({1,2,3}) z = f32[] "
         "constant(0) ROOT r = "
         "f32[] reduce(x, z), dimensions={0}, to_apply=twice }",
            "12"},
        {ADD "ENTRY e { x = f32[3] constant({1,2,3}) i = f32[] constant(10) ROOT y = f32[3] reduce-window(x, i), "
             "window={size=3 pad=1_1}, "
             "to_apply=add }",
            "{13, 16, 15}"},
        {ADD "ENTRY e { x = f32[3] constant({1,2,3}) i = f32[] constant(0) ROOT y = f32[5] reduce-window(x, i), "
             "window={size=1 "
             "lhs_dilate=2}, to_apply=add }",
            "{1, 0, 2, 0, 3}"},
        {COMBINER("max", "s32[]",
             "maximum") "ENTRY e { x = s32[2,4] constant({{1,2,3,4},{8,7,6,5}}) i = s32[] constant(-9) ROOT y = "
                        "s32[1,2] "
                        "reduce-window(x, i), window={size=2x2 stride=1x2 rhs_dilate=1x1}, to_apply=max }",
            "{{8, 6}}"},
        {"square { p = f32[] parameter(0) q = f32[] parameter(1) ROOT r = f32[] multiply(p, q) }\nENTRY e { x = f32[3] "
         "constant({1,2,3}) "
         "ROOT y = f32[3] map(x, x), dimensions={0}, to_apply=square }",
            "{1, 4, 9}"},
        /* A mapped computation with a loop in it cannot be run on lanes. */
        {"c { s = (f32[]) parameter(0) v = f32[] get-tuple-element(s), index=0 l = f32[] constant(100) ROOT r = pred[] "
         "compare(v, l), "
         "direction=LT }\nb { s = (f32[]) parameter(0) v = f32[] get-tuple-element(s), index=0 d = f32[] add(v, v) "
         "ROOT r = (f32[]) tuple(d) "
         "}\ngrow { p = f32[] parameter(0) t = (f32[]) tuple(p) w = (f32[]) while(t), condition=c, body=b ROOT r = "
         "f32[] "
         "get-tuple-element(w), index=0 }\nENTRY e { x = f32[3] constant({1,3,200}) ROOT y = f32[3] map(x), "
         "dimensions={0}, to_apply=grow }",
            "{128, 192, 200}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define CONV(x_type, x, k_type, k, y_type, attrs)                                                                      \
    "ENTRY e { x = " x_type " constant(" x ") k = " k_type " constant(" k ") ROOT y = " y_type                         \
    " convolution(x, k), " attrs " }"

static void contractions(void **state) {
    (void)state;
    static const fact facts[] = {
        {CONV("f32[1,3,1]", "{{{1},{10},{100}}}", "f32[2,1,1]", "{{{1}},{{2}}}", "f32[1,2,1]",
             "window={size=2}, dim_labels=b0f_0io->b0f"),
            "{{{21},{210}}}"},
        {CONV("f32[1,3,1]", "{{{1},{10},{100}}}", "f32[2,1,1]", "{{{1}},{{2}}}", "f32[1,2,1]",
             "window={size=2 rhs_reversal=1}, dim_labels=b0f_0io->b0f"),
            "{{{12},{120}}}"},
        {CONV("f32[1,5,1]", "{{{1},{2},{3},{4},{5}}}", "f32[2,1,1]", "{{{1}},{{1}}}", "f32[1,2,1]",
             "window={size=2 pad=-1_-1}, dim_labels=b0f_0io->b0f"),
            "{{{5},{7}}}"},
        {CONV("f32[1,2]", "{{1,2}}", "f32[2,3]", "{{1,0,1},{0,1,1}}", "f32[1,3]", "dim_labels=bf_io->bf"),
            "{{1, 2, 3}}"},
        {CONV("f32[1,2,2]", "{{{1,10},{2,20}}}", "f32[1,1,2]", "{{{3,5}}}", "f32[1,2,2]",
             "window={size=1}, dim_labels=b0f_0io->b0f, feature_group_count=2"),
            "{{{3, 50},{6, 100}}}"},
        {CONV("f32[2,1,1]", "{{{1}},{{10}}}", "f32[1,1,2]", "{{{3,5}}}", "f32[1,1,2]",
             "window={size=1}, dim_labels=b0f_0io->b0f, batch_group_count=2"),
            "{{{3, 50}}}"},
        {"ENTRY e { a = f32[2,0] constant({{},{}}) b = f32[0,2] constant({}) ROOT y = f32[2,2] dot(a, b), "
         "lhs_contracting_dims={1}, "
         "rhs_contracting_dims={0} }",
            "{{0, 0},{0, 0}}"},
        {"ENTRY e { a = s8[1,2] constant({{100, 100}}) b = s8[2,1] constant({{100}, {100}}) ROOT y = s32[1,1] dot(a, "
         "b), "
         "lhs_contracting_dims={1}, rhs_contracting_dims={0} }",
            "{{20000}}"},
        {"ENTRY e { a = s32[2] constant({65536, 1}) b = s32[2] constant({65536, 7}) ROOT y = s32[] dot(a, b), "
         "lhs_contracting_dims={0}, "
         "rhs_contracting_dims={0} }",
            "7"},
        {"ENTRY e { a = u64[2] constant({9223372036854775809, 1}) b = u64[2] constant({1, 1}) ROOT y = u64[] dot(a, "
         "b), "
         "lhs_contracting_dims={0}, rhs_contracting_dims={0} }",
            "9223372036854775810"},
        {"ENTRY e { a = pred[2] constant({1, 1}) b = pred[2] constant({1, 1}) ROOT y = pred[] dot(a, b), "
         "lhs_contracting_dims={0}, "
         "rhs_contracting_dims={0} }",
            "true"},
        {"ENTRY e { a = c64[2] constant({(1, 1), (0, 2)}) b = c64[2] constant({(1, -1), (0, 1)}) ROOT y = c64[] dot(a, "
         "b), "
         "lhs_contracting_dims={0}, rhs_contracting_dims={0} }",
            "(0, 0)"},
        {"ENTRY e { a = f32[2,2] constant({{1,2},{3,4}}) b = f32[2,2] constant({{5,6},{7,8}}) ROOT y = f32[2] dot(a, "
         "b), lhs_batch_dims={0}, "
         "rhs_batch_dims={0}, lhs_contracting_dims={1}, rhs_contracting_dims={1} }",
            "{17, 53}"},
        {"ENTRY e { a = bf16[2] constant({256, 1}) b = bf16[2] constant({1, 1}) ROOT y = f32[] dot(a, b), "
         "lhs_contracting_dims={0}, "
         "rhs_contracting_dims={0} }",
            "257"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define BRANCHES                                                                                                       \
    "one { p = f32[] parameter(0) ROOT r = f32[] add(p, p) }\ntwo { p = f32[] parameter(0) ROOT r = f32[] negate(p) "  \
    "}\n"                                                                                                              \
    "three { ROOT p = f32[] parameter(0) }\n"
#define BY_INDEX(index)                                                                                                \
    BRANCHES "ENTRY e { i = s32[] constant(" index ") a = f32[] constant(1) b = f32[] constant(2) c = f32[] "          \
             "constant(3) ROOT y = f32[] conditional(i, a, b, c), branch_computations={one, two, three} }"
#define BY_PRED(pred)                                                                                                  \
    BRANCHES "ENTRY e { i = pred[] constant(" pred ") a = f32[] constant(1) b = f32[] constant(2) ROOT y = f32[] "     \
             "conditional(i, a, b), true_computation=one, false_computation=two }"
#define LOOP(limit)                                                                                                    \
    "c { s = (s32[], f32[2]) parameter(0) i = s32[] get-tuple-element(s), index=0 n = s32[] constant(" limit           \
    ") ROOT r = pred[] "                                                                                               \
    "compare(i, n), direction=LT }\nb { s = (s32[], f32[2]) parameter(0) i = s32[] get-tuple-element(s), index=0 k = " \
    "s32[] "                                                                                                           \
    "constant(1) j = s32[] add(i, k) x = f32[2] get-tuple-element(s), index=1 y = f32[2] add(x, x) ROOT t = (s32[], "  \
    "f32[2]) tuple(j, "                                                                                                \
    "y) }\nENTRY e { z = s32[] constant(0) x = f32[2] constant({1, 3}) t = (s32[], f32[2]) tuple(z, x) ROOT w = "      \
    "(s32[], f32[2]) "                                                                                                 \
    "while(t), condition=c, body=b }"

static void control(void **state) {
    (void)state;
    static const fact facts[] = {
        {BY_INDEX("0"), "2"},
        {BY_INDEX("1"), "-2"},
        {BY_INDEX("-5"), "3"},
        {BY_INDEX("7"), "3"},
        {BY_PRED("1"), "2"},
        {BY_PRED("0"), "-2"},
        {LOOP("0"), "(0, {1, 3})"},
        {LOOP("10"), "(10, {1024, 3072})"},
        {"ENTRY e { a = f32[] constant(1) n = () tuple() t = (f32[], ()) tuple(a, n) ROOT o = (f32[], ()) "
         "opt-barrier(t) }",
            "(1, ())"},
        {"f { p = f32[2] parameter(0) ROOT r = f32[2] add(p, p) }\nENTRY e { x = f32[2] constant({1, 2}) ROOT y = "
         "f32[2] fusion(x), "
         "kind=kLoop, calls=f }",
            "{2, 4}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define LESS "less { a = f32[] parameter(0) b = f32[] parameter(1) ROOT r = pred[] compare(a, b), direction=LT }\n"

static void sorts(void **state) {
    (void)state;
    static const fact facts[] = {
        {LESS
            "ENTRY e { x = f32[5] constant({3, 1, 2, -1, 0}) ROOT y = f32[5] sort(x), dimensions={0}, to_apply=less }",
            "{-1, 0, 1, 2, 3}"},
        {LESS "ENTRY e { x = f32[3,2] constant({{3, 1}, {2, -1}, {0, 5}}) ROOT y = f32[3,2] sort(x), dimensions={0}, "
              "to_apply=less }",
            "{{0, -1},{2, 1},{3, 5}}"},
        {"less { a = f32[] parameter(0) b = f32[] parameter(1) c = s32[] parameter(2) d = s32[] parameter(3) ROOT r = "
         "pred[] compare(a, b), "
         "direction=LT }\nENTRY e { x = f32[6] constant({1, 0, 1, 0, 1, 0}) k = s32[6] iota(), iota_dimension=0 ROOT y "
         "= (f32[6], s32[6]) "
         "sort(x, k), dimensions={0}, is_stable=true, to_apply=less }",
            "({0, 0, 0, 1, 1, 1}, {1, 3, 5, 0, 2, 4})"},
    };
    check_facts(facts, FW_COUNT(facts));
}

static void refusals(void **state) {
    (void)state;
    assert_int_equal(status_of("ENTRY e { ROOT y = f32[300] constant({...}) }"), FW_INPUT);
    assert_int_equal(
        status_of("ENTRY e { x = f32[] constant(0) ROOT y = f32[4] custom-call(x), custom_call_target=\"foo\" }"),
        FW_UNSUPPORTED);
    assert_int_equal(status_of("ENTRY e { a = f32[] constant(0) ROOT y = f32[] rng(a, a), distribution=rng_uniform }"),
        FW_UNSUPPORTED);
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = read_module(arena, diag, "ENTRY e { x = f32[2] parameter(0) ROOT y = f32[2] negate(x) }");
    int64_t sizes[] = {3};
    ir_literal *wrong = ir_literal_new(arena, ir_shape_array(arena, IR_F32, 1, sizes));
    assert_null(ir_evaluate(arena, diag, module, &wrong, 1));
    assert_null(ir_evaluate(arena, diag, module, NULL, 0));
    assert_int_equal(fw_diag_errors(diag), 2);
    fw_arena_free(arena);
}

/* Arrays longer than a block of lanes, with scalars spread over every block. */
static void long_arrays(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD "ENTRY e { i = f32[1000] iota(), iota_dimension=0 l = f32[] constant(10) h = f32[] constant(900) c = "
             "f32[1000] clamp(l, i, h) z "
             "= f32[] constant(0) ROOT s = f32[] reduce(c, z), dimensions={0}, to_apply=add }",
            "494605"},
        {ADD "ENTRY e { i = f32[300,700] iota(), iota_dimension=1 z = f32[] constant(0) r = f32[300] reduce(i, z), "
             "dimensions={1}, "
             "to_apply=add ROOT s = f32[2] slice(r), slice={[298:300]} }",
            "{244650, 244650}"},
        {"ENTRY e { i = f16[2000] iota(), iota_dimension=0 t = f16[2000] add(i, i) ROOT s = f16[2] slice(t), "
         "slice={[1998:2000]} }",
            "{3996, 3998}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

/* Values of more than a page have memory of their own, which calls and loops share with what they hand on: here a loop
 * swaps its two arrays in every iteration, and a call returns its operand next to a new array. */
#define TOTAL(x) " r" x " = f32[] reduce(" x ", zero), dimensions={0}, to_apply=add "
static void large_values(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD
            "c { s = (s32[], f32[20000], f32[20000]) parameter(0) i = s32[] get-tuple-element(s), index=0 n = s32[] "
            "constant(5) ROOT r = pred[] compare(i, n), direction=LT }\n"
            "b { s = (s32[], f32[20000], f32[20000]) parameter(0) i = s32[] get-tuple-element(s), index=0 k = s32[] "
            "constant(1) j = s32[] add(i, k) x = f32[20000] get-tuple-element(s), index=1 y = f32[20000] "
            "get-tuple-element(s), index=2 z = f32[20000] add(x, y) ROOT t = (s32[], f32[20000], f32[20000]) tuple(j, "
            "y, z) }\n"
            "ENTRY e { o = f32[] constant(1) x = f32[20000] broadcast(o), dimensions={} y = f32[20000] negate(x) w = "
            "f32[20000] negate(y) i = s32[] constant(0) t = (s32[], f32[20000], f32[20000]) tuple(i, x, w) l = (s32[], "
            "f32[20000], f32[20000]) while(t), condition=c, body=b a = f32[20000] get-tuple-element(l), index=1 d = "
            "f32[20000] get-tuple-element(l), index=2 zero = f32[] constant(0)" TOTAL("a") TOTAL("d")
                TOTAL("x") "ROOT out = (f32[], f32[], f32[]) tuple(ra, rd, rx) }",
            "(160000, 260000, 20000)"},
        {ADD
            "f { p = f32[20000] parameter(0) v = f32[200,100] reshape(p) n = f32[20000] negate(p) ROOT t = "
            "(f32[200,100], "
            "f32[20000]) tuple(v, n) }\n"
            "ENTRY e { o = f32[] constant(2) x = f32[20000] broadcast(o), dimensions={} t = (f32[200,100], f32[20000]) "
            "call(x), to_apply=f v = f32[200,100] get-tuple-element(t), index=0 a = f32[20000] reshape(v) d = "
            "f32[20000] "
            "get-tuple-element(t), index=1 zero = f32[] constant(0)" TOTAL("a")
                TOTAL("d") "ROOT out = (f32[], f32[]) tuple(ra, rd) }",
            "(40000, -40000)"},
    };
    check_facts(facts, FW_COUNT(facts));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(element_types),
        cmocka_unit_test(integers),
        cmocka_unit_test(conversions),
        cmocka_unit_test(floats),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(indexing),
        cmocka_unit_test(gather_batches),
        cmocka_unit_test(scatters),
        cmocka_unit_test(reductions),
        cmocka_unit_test(contractions),
        cmocka_unit_test(control),
        cmocka_unit_test(sorts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(large_values),
        cmocka_unit_test(long_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
