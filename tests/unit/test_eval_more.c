/* The evaluator beyond elementwise work, reductions and contractions: windows that scatter, order, scans, linear
 * algebra, transforms, normalisation, random bits, and what is left of a distributed program on one device. Values are
 * those that XLA gives (reference/hlo-semantics.md, and runs of XLA:CPU). */
#include "eval_test.h"

typedef struct fact {
    const char *program, *result;
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

/* What reading, verifying or running a program says first. */
static void check_error(const char *program, fw_status status, const char *part) {
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = read_module(arena, diag, program);
    if (!fw_diag_errors(diag))
        assert_null(ir_evaluate(arena, diag, module, NULL, 0));
    if (fw_diag_status(diag) != status || !strstr(messages(arena, diag), part))
        fail_msg("%s\n%s", program, messages(arena, diag));
    fw_arena_free(arena);
}

#define REGION(name, result, op) name " { a = f32[] parameter(0) b = f32[] parameter(1) ROOT r = " result " " op " }\n"
#define GE REGION("ge", "pred[]", "compare(a, b), direction=GE")
#define ADD REGION("add", "f32[]", "add(a, b)")

static void windows(void **state) {
    (void)state;
    static const fact facts[] = {
        {GE ADD "ENTRY e { x = f32[4] constant({1, 1, 3, 2}) s = f32[2] constant({10, 20}) z = f32[] constant(0.5) "
                "ROOT r = f32[4] select-and-scatter(x, s, z), window={size=2 stride=2}, select=ge, scatter=add }",
            "{10.5, 0.5, 20.5, 0.5}"},
        {GE ADD "ENTRY e { x = f32[4] constant({1, 9, 3, 2}) s = f32[3] constant({10, 20, 30}) z = f32[] constant(0) "
                "ROOT r = f32[4] select-and-scatter(x, s, z), window={size=2}, select=ge, scatter=add }",
            "{0, 30, 30, 0}"},
        {GE ADD "ENTRY e { x = f32[3] constant({-5, -7, -9}) s = f32[3] constant({1, 2, 4}) z = f32[] constant(0) "
                "ROOT r = f32[3] select-and-scatter(x, s, z), window={size=3 pad=1_1}, select=ge, scatter=add }",
            "{3, 4, 0}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define TOPK(values, attrs)                                                                                            \
    "ENTRY e { x = f32[6] constant(" values ") ROOT r = (f32[4], s32[4]) topk(x), k=4" attrs " }"
#define BY_PLACE                                                                                                       \
    "later { a = f32[] parameter(0) b = f32[] parameter(1) i = s32[] parameter(2) j = s32[] parameter(3) "             \
    "ROOT r = pred[] compare(i, j), direction=GT }\n"

static void order(void **state) {
    (void)state;
    static const fact facts[] = {
        {TOPK("{-0.0, 0.0, -0.0, 1, nan, 1}", ", largest=true"), "({nan, 1, 1, 0}, {4, 3, 5, 1})"},
        {TOPK("{-0.0, 0.0, -0.0, 1, nan, 1}", ", largest=false"), "({-0, -0, 0, 1}, {0, 2, 1, 3})"},
        {TOPK("{1, 2, 2, inf, -inf, 0}", ""), "({inf, 2, 2, 1}, {3, 1, 2, 0})"},
        {"ENTRY e { x = u64[3] constant({1, 18446744073709551615, 2}) ROOT r = (u64[2], s32[2]) topk(x), k=2 }",
            "({18446744073709551615, 2}, {1, 2})"},
        {BY_PLACE "ENTRY e { x = f32[3] constant({7, 8, 9}) ROOT r = (f32[2], s32[2]) custom-call(x), "
                  "custom_call_target=\"TopK\", called_computations={later} }",
            "({9, 8}, {2, 1})"},
    };
    check_facts(facts, FW_COUNT(facts));
    check_error("ENTRY e { x = f32[3] constant({7, 8, 9}) ROOT r = (f32[4], s32[4]) topk(x), k=4 }", FW_INPUT, "k=4");
}

/* out = 10 * in + carried, carried = carried + in */
#define STEP                                                                                                           \
    "step { x = f32[] parameter(0) c = f32[] parameter(1) ten = f32[] constant(10) m = f32[] multiply(x, ten) "        \
    "o = f32[] add(m, c) n = f32[] add(c, x) ROOT r = (f32[], f32[]) tuple(o, n) }\n"
#define SCAN(attrs)                                                                                                    \
    STEP "ENTRY e { x = f32[3] constant({1, 2, 3}) c = f32[] constant(100) "                                           \
         "ROOT r = (f32[3], f32[]) scan(x, c), dimensions={0}, num_carries=1, to_apply=step" attrs " }"

static void scans(void **state) {
    (void)state;
    static const fact facts[] = {
        {SCAN(""), "({110, 121, 133}, 106)"},
        {SCAN(", is_reverse=true"), "({115, 123, 130}, 106)"},
    };
    check_facts(facts, FW_COUNT(facts));
    check_error(STEP "ENTRY e { x = f32[3] constant({1, 2, 3}) c = f32[2] constant({1, 2}) "
                     "ROOT r = (f32[3], f32[2]) scan(x, c), dimensions={0}, num_carries=1, to_apply=step }",
        FW_INPUT, "parameter 1");
}

static void transforms(void **state) {
    (void)state;
    static const fact facts[] = {
        {"ENTRY e { x = c64[4] constant({(1, 0), (2, 0), (3, 0), (4, 0)}) "
         "ROOT r = c64[4] fft(x), fft_type=FFT, fft_length={4} }",
            "{(10, 0), (-2, 2), (-2, 0), (-2, -2)}"},
        {"ENTRY e { x = c64[4] constant({(10, 0), (-2, 2), (-2, 0), (-2, -2)}) "
         "ROOT r = c64[4] fft(x), fft_type=IFFT, fft_length={4} }",
            "{(1, 0), (2, 0), (3, 0), (4, 0)}"},
        {"ENTRY e { x = f32[2,2] constant({{1, 2}, {3, 5}}) ROOT r = c64[2,2] fft(x), fft_type=RFFT, fft_length={2,2} "
         "}",
            "{{(11, 0), (-3, 0)},{(-5, 0), (1, 0)}}"},
        /* the imaginary parts of the first and the middle element do not count */
        {"ENTRY e { x = c64[3] constant({(4, 7), (0, 0), (2, 9)}) "
         "ROOT r = f32[4] fft(x), fft_type=IRFFT, fft_length={4} }",
            "{1.5, 0.5, 1.5, 0.5}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define SOLVE(attrs)                                                                                                   \
    "ENTRY e { a = f32[2,2] constant({{2, 5}, {3, 4}}) b = f32[2,2] constant({{2, 4}, {11, 10}}) "                     \
    "ROOT r = f32[2,2] triangular-solve(a, b), " attrs " }"

static void linear_algebra(void **state) {
    (void)state;
    static const fact facts[] = {
        {"ENTRY e { a = f32[2,2] constant({{4, 99}, {6, 10}}) ROOT r = f32[2,2] cholesky(a), lower=true }",
            "{{2, 0},{3, 1}}"},
        {"ENTRY e { a = f32[2,2] constant({{4, 6}, {99, 10}}) ROOT r = f32[2,2] cholesky(a) }", "{{2, 3},{0, 1}}"},
        {"ENTRY e { a = f32[1,1] constant({{-1}}) ROOT r = f32[1,1] cholesky(a), lower=true }", "{{nan}}"},
        {SOLVE("left_side=true, lower=true"), "{{1, 2},{2, 1}}"},
        {SOLVE("left_side=true, lower=true, unit_diagonal=true"), "{{2, 4},{5, -2}}"},
        {SOLVE("left_side=true, lower=false, unit_diagonal=true, transpose_a=TRANSPOSE"), "{{2, 4},{1, -10}}"},
        {SOLVE("left_side=false, lower=false, unit_diagonal=true"), "{{2, -6},{11, -45}}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

static void normalisation(void **state) {
    (void)state;
    static const fact facts[] = {
        {"ENTRY e { x = f32[2,2] constant({{1, 10}, {3, 10}}) s = f32[2] constant({2, 1}) o = f32[2] constant({5, 7}) "
         "ROOT r = (f32[2,2], f32[2], f32[2]) batch-norm-training(x, s, o), epsilon=3, feature_index=1 }",
            "({{4, 7},{6, 7}}, {2, 10}, {1, 0})"},
        {"ENTRY e { x = f32[2,1] constant({{1}, {5}}) s = f32[1] constant({2}) o = f32[1] constant({10}) "
         "m = f32[1] constant({3}) v = f32[1] constant({3}) "
         "ROOT r = f32[2,1] batch-norm-inference(x, s, o, m, v), epsilon=1, feature_index=1 }",
            "{{8},{12}}"},
        {"ENTRY e { x = f32[2,1] constant({{1}, {5}}) s = f32[1] constant({2}) m = f32[1] constant({3}) "
         "v = f32[1] constant({3}) g = f32[2,1] constant({{1}, {3}}) "
         "ROOT r = (f32[2,1], f32[1], f32[1]) batch-norm-grad(x, s, m, v, g), epsilon=1, feature_index=1 }",
            "({{0},{0}}, {2}, {4})"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define BITS(state, n, type, algorithm)                                                                                \
    "ENTRY e { s = u64[" n "] constant(" state ") ROOT r = (u64[" n "], " type ") rng-bit-generator(s), "              \
    "algorithm=" algorithm " }"

static void random_bits(void **state) {
    (void)state;
    static const fact facts[] = {
        {BITS("{1, 2}", "2", "u32[5]", "rng_three_fry"),
            "({1, 5}, {43444564, 2150618427, 3979645651, 3745730563, 1672743891})"},
        {BITS("{1, 2, 3}", "3", "u32[5]", "rng_philox"),
            "({1, 4, 3}, {4031113034, 1366700262, 495645701, 3051723414, 89414891})"},
        {BITS("{1, 2}", "2", "u32[5]", "rng_default"),
            "({1, 4}, {2100602697, 2847456232, 2074354647, 800269529, 1828267006})"},
        {BITS("{1, 2, 3}", "3", "u64[2]", "rng_philox"), "({1, 3, 3}, {5869932932755744586, 13107052260063114245})"},
        {BITS("{1, 2}", "2", "u64[2]", "rng_three_fry"), "({1, 4}, {9236835810183407956, 16087790271692313299})"},
        {BITS("{1, 2}", "2", "u8[5]", "RNG_THREE_FRY"), "({1, 5}, {84, 59, 211, 3, 211})"},
        {BITS("{1, 18446744073709551615, 3}", "3", "u32[0]", "rng_philox"), "({1, 18446744073709551615, 3}, {})"},
        {"ENTRY e { x = f32[5] constant({1.5, -1.5, 1e9, nan, -inf}) u = u32[5] constant({0, 4294967295, 0, 0, 0}) "
         "ROOT r = s8[5] stochastic-convert(x, u) }",
            "{2, -1, 127, 0, -128}"},
        {"ENTRY e { x = f32[2] constant({2.25, -2.25}) u = u32[2] constant({1073741824, 1073741823}) "
         "ROOT r = s32[2] stochastic-convert(x, u) }",
            "{2, -3}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define RAGGED(lhs, rhs, sizes, result, attrs)                                                                         \
    "ENTRY e { x = " lhs " y = " rhs " g = s32[2] constant(" sizes ") ROOT r = " result " ragged-dot(x, y, g), " attrs \
    " }"

static void ragged_dots(void **state) {
    (void)state;
    static const fact facts[] = {
        /* row 2 is behind both groups */
        {RAGGED("f32[3,1] constant({{1}, {2}, {3}})", "f32[2,1,1] constant({{{10}}, {{100}}})", "{1, 1}", "f32[3,1]",
             "lhs_contracting_dims={1}, rhs_contracting_dims={1}, lhs_ragged_dims={0}, rhs_group_dims={0}"),
            "{{10},{200},{0}}"},
        {RAGGED("s32[1,3] constant({{1, 2, 3}})", "s32[3,1] constant({{1}, {10}, {100}})", "{2, 1}", "s32[2,1,1]",
             "lhs_contracting_dims={1}, rhs_contracting_dims={0}, lhs_ragged_dims={1}"),
            "{{{21}},{{300}}}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

#define X "x = f32[2] constant({1, 2}) "
#define DONE(shape, start, done, attrs)                                                                                \
    "ENTRY e { " X "s = " shape " " start "(x)" attrs " ROOT r = f32[2] " done "(s) }"

static void one_device(void **state) {
    (void)state;
    static const fact facts[] = {
        {ADD "ENTRY e { " X "ROOT r = f32[2] all-reduce(x), replica_groups={{0}}, to_apply=add }", "{1, 2}"},
        {"ENTRY e { " X "ROOT r = f32[2] all-gather(x), replica_groups=[1,1]<=[1], dimensions={0} }", "{1, 2}"},
        {"ENTRY e { " X "ROOT r = (f32[2]) all-to-all(x), replica_groups={} }", "({1, 2})"},
        {"ENTRY e { " X "ROOT r = f32[2] collective-permute(x), source_target_pairs={{0,0}} }", "{1, 2}"},
        {"ENTRY e { " X "ROOT r = f32[2] collective-permute(x), source_target_pairs={} }", "{0, 0}"},
        {"ENTRY e { a = u32[] partition-id() b = u32[] replica-id() ROOT r = (u32[], u32[]) tuple(a, b) }", "(0, 0)"},
        {DONE("(f32[2], f32[2], u32[])", "copy-start", "copy-done", ""), "{1, 2}"},
        {DONE("(f32[2], f32[2])", "all-gather-start", "all-gather-done", ", dimensions={0}"), "{1, 2}"},
        {DONE("((f32[2]), f32[2], s32[])", "negate-start", "negate-done", ""), "{-1, -2}"},
        {"ENTRY e { " X "t = token[] after-all() u = token[] after-all(t) ROOT y = f32[2] add-dependency(x, u) }",
            "{1, 2}"},
        {"ENTRY e { " X "ROOT r = f32[2] custom-call(x), custom_call_target=\"Sharding\", sharding={replicated} }",
            "{1, 2}"},
        {"ENTRY e { " X "ROOT r = s32[] get-dimension-size(x), dimensions={0} }", "2"},
        {"ENTRY e { " X "n = s32[] constant(2) ROOT r = f32[2] set-dimension-size(x, n), dimensions={0} }", "{1, 2}"},
        {"ENTRY e { " X "a = s32[] constant(2) b = s32[] constant(1) ROOT r = f32[2,1] dynamic-reshape(x, a, b) }",
            "{{1},{2}}"},
    };
    check_facts(facts, FW_COUNT(facts));
}

static void refusals(void **state) {
    (void)state;
    check_error(ADD "ENTRY e { " X "ROOT r = f32[2] all-reduce(x), replica_groups={{0,1}}, to_apply=add }",
        FW_UNSUPPORTED, "several participants");
    check_error(ADD "ENTRY e { " X "ROOT r = f32[2] all-reduce(x), replica_groups=[1,8]<=[8], to_apply=add }",
        FW_UNSUPPORTED, "several participants");
    check_error(
        "ENTRY e { " X "ROOT r = f32[2] custom-call(x), custom_call_target=\"mine\" }", FW_UNSUPPORTED, "\"mine\"");
    check_error("ENTRY e { " X "n = s32[] constant(1) ROOT r = f32[2] set-dimension-size(x, n), dimensions={0} }",
        FW_UNSUPPORTED, "size");
    check_error("ENTRY e { " X "ROOT r = f32[3] all-gather(x), dimensions={0} }", FW_INPUT, "whole factor");
    check_error("ENTRY e { " X "ROOT r = (f32[2], f32[3], u32[]) copy-start(x) }", FW_INPUT, "shaped like");
    check_error("ENTRY e { x = s32[2,2] constant({{1, 2}, {3, 4}}) ROOT r = s32[2,2] triangular-solve(x, x) }",
        FW_INPUT, "not defined");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),
        cmocka_unit_test(order),
        cmocka_unit_test(scans),
        cmocka_unit_test(transforms),
        cmocka_unit_test(linear_algebra),
        cmocka_unit_test(normalisation),
        cmocka_unit_test(random_bits),
        cmocka_unit_test(ragged_dots),
        cmocka_unit_test(one_device),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
