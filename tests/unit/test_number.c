/* Numbers: every element type to and from wide C values and text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int make_arena(void **state) {
    *state = fw_arena_new();
    return 0;
}

static int free_arena(void **state) {
    fw_arena_free(*state);
    return 0;
}

/* What the code of a small float means, written down without looking at number.c. */
typedef struct small_float {
    ir_type type;
    int bits, mantissa, bias;
    bool has_inf, is_fnuz, has_sign;
    int nan_from; /* magnitudes from this code on that are no number, -1: none */
} small_float;

static const small_float small_floats[] = {
    {IR_F4E2M1FN, 4, 1, 1, false, false, true, -1},
    {IR_F6E2M3FN, 6, 3, 1, false, false, true, -1},
    {IR_F6E3M2FN, 6, 2, 3, false, false, true, -1},
    {IR_F8E3M4, 8, 4, 3, true, false, true, 0x71},
    {IR_F8E4M3, 8, 3, 7, true, false, true, 0x79},
    {IR_F8E4M3FN, 8, 3, 7, false, false, true, 0x7f},
    {IR_F8E4M3FNUZ, 8, 3, 8, false, true, true, -1},
    {IR_F8E4M3B11FNUZ, 8, 3, 11, false, true, true, -1},
    {IR_F8E5M2, 8, 2, 15, true, false, true, 0x7d},
    {IR_F8E5M2FNUZ, 8, 2, 16, false, true, true, -1},
    {IR_F16, 16, 10, 15, true, false, true, 0x7c01},
    {IR_BF16, 16, 7, 127, true, false, true, 0x7f81},
};

static double meaning(const small_float *f, int code) {
    int sign = code >> (f->bits - 1), magnitude = code & ((1 << (f->bits - 1)) - 1);
    if (f->is_fnuz && sign && !magnitude)
        return NAN;
    if (f->nan_from >= 0 && magnitude >= f->nan_from)
        return NAN;
    double value;
    if (f->has_inf && magnitude == f->nan_from - 1)
        value = INFINITY;
    else if (magnitude < 1 << f->mantissa)
        value = magnitude * pow(2, 1 - f->bias - f->mantissa);
    else
        value = (1 + (magnitude % (1 << f->mantissa)) * pow(2, -f->mantissa)) *
                pow(2, (magnitude >> f->mantissa) - f->bias);
    return sign ? -value : value;
}

static int get_code(ir_type type, const void *element) {
    uint8_t byte;
    uint16_t word;
    memcpy(&byte, element, 1);
    if (ir_type_bytes(type) == 1)
        return byte;
    memcpy(&word, element, 2);
    return word;
}

static int code_of(ir_type type, double value) {
    uint16_t element = 0;
    ir_number_set(type, &element, value);
    return get_code(type, &element);
}

static double value_of(ir_type type, int code) {
    uint8_t byte = (uint8_t)code;
    uint16_t word = (uint16_t)code;
    return ir_type_bytes(type) == 1 ? ir_number_get(type, &byte) : ir_number_get(type, &word);
}

static void small_floats_convert_all_codes_both_ways(void **state) {
    (void)state;
    for (int i = 0; i < FW_COUNT(small_floats); i++) {
        const small_float *f = &small_floats[i];
        for (int code = 0; code < 1 << f->bits; code++) {
            double expected = meaning(f, code), actual = value_of(f->type, code);
            if (isnan(expected)) {
                assert_true(isnan(actual));
                assert_true(isnan(value_of(f->type, code_of(f->type, actual))));
                continue;
            }
            assert_true(expected == actual && !signbit(expected) == !signbit(actual));
            assert_int_equal(code_of(f->type, actual), code);
        }
    }
}

static void small_floats_round_to_nearest_even(void **state) {
    (void)state;
    for (int i = 0; i < FW_COUNT(small_floats); i++) {
        const small_float *f = &small_floats[i];
        int sign = 1 << (f->bits - 1);
        for (int code = 0; code + 1 < sign; code++) {
            double low = meaning(f, code), high = meaning(f, code + 1);
            if (isnan(high) || isinf(high))
                break;
            double middle = (low + high) / 2;
            assert_int_equal(code_of(f->type, middle), code & 1 ? code + 1 : code);
            assert_int_equal(code_of(f->type, nextafter(middle, 0)), code);
            assert_int_equal(code_of(f->type, nextafter(middle, INFINITY)), code + 1);
            int negative = code_of(f->type, -nextafter(middle, 0));
            assert_int_equal(negative, f->is_fnuz && code == 0 ? 0 : code | sign);
        }
    }
}

static void small_floats_overflow_as_xla_does(void **state) {
    (void)state;
    assert_int_equal(code_of(IR_BF16, 1 + pow(2, -8)), 0x3f80);
    assert_int_equal(code_of(IR_BF16, 1 + 3 * pow(2, -8)), 0x3f82);
    assert_int_equal(code_of(IR_BF16, 3.4e38), 0x7f80);
    assert_int_equal(code_of(IR_BF16, NAN) & 0x7fff, 0x7fc0);
    assert_int_equal(code_of(IR_F16, 65519), 0x7bff);
    assert_int_equal(code_of(IR_F16, 65520), 0x7c00);
    assert_int_equal(code_of(IR_F16, -INFINITY), 0xfc00);
    ir_type to_inf[] = {IR_F8E5M2, IR_F8E4M3, IR_F8E3M4};
    for (int i = 0; i < 3; i++)
        assert_true(value_of(to_inf[i], code_of(to_inf[i], -1e9)) == -INFINITY);
    ir_type to_nan[] = {IR_F8E4M3FN, IR_F8E4M3FNUZ, IR_F8E4M3B11FNUZ, IR_F8E5M2FNUZ};
    for (int i = 0; i < 4; i++) {
        assert_true(isnan(value_of(to_nan[i], code_of(to_nan[i], 1e9))));
        assert_true(isnan(value_of(to_nan[i], code_of(to_nan[i], -INFINITY))));
    }
    assert_true(value_of(IR_F8E4M3FN, code_of(IR_F8E4M3FN, 464)) == 448);
    assert_true(isnan(value_of(IR_F8E4M3FN, code_of(IR_F8E4M3FN, 465))));
    assert_true(value_of(IR_F4E2M1FN, code_of(IR_F4E2M1FN, -INFINITY)) == -6);
    assert_int_equal(code_of(IR_F4E2M1FN, NAN) & 7, 0);
    assert_int_equal(code_of(IR_F8E4M3FNUZ, -0.0), 0);
    assert_int_equal(code_of(IR_F8E4M3FN, -0.0), 0x80);
    assert_false(ir_number_fits(IR_F16, 65520) || ir_number_fits(IR_F32, 1e300) || ir_number_fits(IR_F4E2M1FN, 7));
    assert_true(ir_number_fits(IR_F16, 65519) && ir_number_fits(IR_F64, 1e300) && ir_number_fits(IR_F16, INFINITY));
    assert_true(ir_number_fits(IR_F4E2M1FN, 6.5) && ir_number_fits(IR_C64, 1) && !ir_number_fits(IR_C64, 1e39));
}

static void scale_type_is_a_bare_exponent(void **state) {
    (void)state;
    for (int code = 0; code < 255; code++) {
        assert_true(value_of(IR_F8E8M0FNU, code) == ldexp(1, code - 127));
        assert_int_equal(code_of(IR_F8E8M0FNU, ldexp(1, code - 127)), code);
        int even = code & 1 ? code + 1 : code;
        assert_int_equal(code_of(IR_F8E8M0FNU, ldexp(1.5, code - 127)), even);
        assert_int_equal(code_of(IR_F8E8M0FNU, ldexp(1.49, code - 127)), code);
        assert_int_equal(code_of(IR_F8E8M0FNU, ldexp(1.51, code - 127)), code + 1);
    }
    double nans[] = {0, -1, NAN, INFINITY, 1e300};
    for (int i = 0; i < 5; i++)
        assert_int_equal(code_of(IR_F8E8M0FNU, nans[i]), 255);
    assert_int_equal(code_of(IR_F8E8M0FNU, 1e-300), 0);
    assert_true(isnan(value_of(IR_F8E8M0FNU, 255)));
    assert_false(ir_number_fits(IR_F8E8M0FNU, 0) || ir_number_fits(IR_F8E8M0FNU, -1));
}

static int64_t int_after(ir_type type, int64_t value) {
    int64_t element = 0;
    ir_number_set_int(type, &element, value);
    return ir_number_get_int(type, &element);
}

static int64_t int_of_double(ir_type type, double value) {
    int64_t element = 0;
    ir_number_set(type, &element, value);
    return ir_number_get_int(type, &element);
}

static void integers_wrap_and_floats_saturate(void **state) {
    (void)state;
    assert_int_equal(int_after(IR_S4, 8), -8);
    assert_int_equal(int_after(IR_S4, 20), 4);
    assert_int_equal(int_after(IR_S1, 1), -1);
    assert_int_equal(int_after(IR_U2, -1), 3);
    assert_int_equal(int_after(IR_S8, 300), 44);
    assert_int_equal(int_after(IR_U16, -1), 65535);
    assert_int_equal(int_after(IR_S64, INT64_MIN), INT64_MIN);
    assert_int_equal(int_after(IR_U64, -1), -1);
    assert_int_equal(int_after(IR_PRED, 77), 1);
    assert_int_equal(int_of_double(IR_S32, 1e20), INT32_MAX);
    assert_int_equal(int_of_double(IR_S32, -1e20), INT32_MIN);
    assert_int_equal(int_of_double(IR_S8, 300), 127);
    assert_int_equal(int_of_double(IR_S8, -128.9), -128);
    assert_int_equal(int_of_double(IR_U8, -1), 0);
    assert_int_equal(int_of_double(IR_S64, 1e19), INT64_MAX);
    assert_int_equal(int_of_double(IR_S64, -1e19), INT64_MIN);
    assert_int_equal(int_of_double(IR_U64, 1e20), -1);
    assert_int_equal(int_of_double(IR_S16, NAN), 0);
    assert_int_equal(int_of_double(IR_S16, -7.9), -7);
    assert_int_equal(int_of_double(IR_S4, -9), -8);
    assert_int_equal(int_of_double(IR_PRED, 0.5), 1);
    assert_int_equal(int_of_double(IR_PRED, NAN), 1);
    uint64_t most = UINT64_MAX;
    assert_true(ir_number_get(IR_U64, &most) == ldexp(1, 64));
}

static void wide_integers_round_once(void **state) {
    (void)state;
    /* 2^60 + 2^36 + 1 lies just above a tie of f32; through double it would become the tie and round down. */
    float single;
    int64_t value = (INT64_C(1) << 60) + (INT64_C(1) << 36) + 1;
    ir_number_set_int(IR_F32, &single, value);
    assert_true(single == (float)value && (double)single == ldexp(1, 60) + ldexp(1, 37));
    ir_number_set_int(IR_F32, &single, -value);
    assert_true((double)single == -(ldexp(1, 60) + ldexp(1, 37)));
    double wide[2];
    ir_number_set_int(IR_F64, wide, INT64_MAX);
    assert_true(wide[0] == ldexp(1, 63));
    ir_number_set(IR_C128, wide, 2.5);
    assert_true(wide[0] == 2.5 && wide[1] == 0 && ir_number_get(IR_C128, wide) == 2.5);
}

static const char *printed(fw_arena *arena, ir_type type, const void *element) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_number_print(type, element, &text);
    return fw_text_string(&text);
}

static const char *printed_double(fw_arena *arena, ir_type type, double value) {
    double element[2] = {0, 0};
    ir_number_set(type, element, value);
    return printed(arena, type, element);
}

static void numbers_print_shortest(void **state) {
    fw_arena *arena = *state;
    assert_string_equal(printed_double(arena, IR_F32, 0.1f), "0.1");
    assert_string_equal(printed_double(arena, IR_F32, 1 / 3.0f), "0.33333334");
    assert_string_equal(printed_double(arena, IR_F64, 0.1), "0.1");
    assert_string_equal(printed_double(arena, IR_F6E2M3FN, 7.5), "7.5"); /* 8 would saturate to it, but a reader refuses 8 */
    assert_string_equal(printed_double(arena, IR_F64, 1 / 3.0), "0.3333333333333333");
    assert_string_equal(printed_double(arena, IR_F64, 5e-324), "4.94065645841247e-324");
    assert_string_equal(printed_double(arena, IR_BF16, 0.1), "0.1");
    assert_string_equal(printed_double(arena, IR_F16, 65504), "65504");
    assert_string_equal(printed_double(arena, IR_F8E4M3FN, 448), "448");
    assert_string_equal(printed_double(arena, IR_F32, 1e6), "1e+06");
    assert_string_equal(printed_double(arena, IR_F32, -999999), "-999999");
    assert_string_equal(printed_double(arena, IR_F32, -0.0), "-0");
    assert_string_equal(printed_double(arena, IR_F32, -INFINITY), "-inf");
    assert_string_equal(printed_double(arena, IR_C64, 1.5), "(1.5, 0)");
    assert_string_equal(printed_double(arena, IR_PRED, 1), "true");
    assert_string_equal(printed_double(arena, IR_S4, -8), "-8");
    uint64_t most = UINT64_MAX;
    assert_string_equal(printed(arena, IR_U64, &most), "18446744073709551615");
    uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7fc00001, 0x7f800001};
    const char *texts[] = {"nan", "-nan", "nan(0x400001)", "nan(0x1)"};
    for (int i = 0; i < 4; i++)
        assert_string_equal(printed(arena, IR_F32, &nans[i]), texts[i]);
    uint8_t fnuz = 0x80, fn = 0xff;
    assert_string_equal(printed(arena, IR_F8E5M2FNUZ, &fnuz), "nan");
    assert_string_equal(printed(arena, IR_F8E4M3FN, &fn), "-nan");
}

static void all_small_floats_print_and_read_back(void **state) {
    fw_arena *arena = *state;
    for (int i = 0; i <= FW_COUNT(small_floats); i++) {
        ir_type type = i < FW_COUNT(small_floats) ? small_floats[i].type : IR_F8E8M0FNU;
        int bits = ir_type_bits(type);
        for (int code = 0; code < 1 << bits; code++) {
            double value = value_of(type, code), again;
            if (isnan(value) || isinf(value))
                continue;
            const char *text = printed_double(arena, type, value);
            assert_true(ir_number_parse(text, strlen(text), &again));
            assert_int_equal(code_of(type, again), code);
        }
    }
}

/* A fixed stream of bits (xorshift), so that a failure repeats. */
static uint64_t next_bits(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void random_floats_print_and_read_back(void **state) {
    fw_arena *arena = *state;
    uint64_t seed = 20261121;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_bits(&seed);
        double wide, again;
        float single;
        uint32_t half = (uint32_t)bits;
        memcpy(&wide, &bits, 8);
        memcpy(&single, &half, 4);
        if (isfinite(wide)) {
            const char *text = printed(arena, IR_F64, &wide);
            assert_true(ir_number_parse(text, strlen(text), &again) && again == wide);
            assert_true(strtod(text, NULL) == wide);
        }
        if (isfinite(single)) {
            const char *text = printed(arena, IR_F32, &single);
            assert_true(ir_number_parse(text, strlen(text), &again) && (float)again == single);
        }
    }
}

static bool parses(const char *text, double *value) {
    return ir_number_parse(text, strlen(text), value);
}

static void decimals_round_correctly(void **state) {
    static const char *const texts[] = {"0", "-0.0", "1.", "-.5", "1e22", "1e23", "9007199254740993",
        "2.2250738585072011e-308", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062329e-324",
        "1.7976931348623157e308", "123456789012345678901234567890", "0.000000000000000000000000000001",
        "179769313486231580793e288", "1e-400", "8.5e-5", "5e-1",
        /* just above and at the middle of 1 and its successor, with digits past every fast path */
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203126"};
    (void)state;
    for (int i = 0; i < FW_COUNT(texts); i++) {
        double value;
        assert_true(parses(texts[i], &value));
        assert_true(value == strtod(texts[i], NULL));
    }
    char text[3000];
    double value;
    memset(text, '0', sizeof text);
    memcpy(text, "1.00000000000000011102230246251565404236316680908203125", 55);
    assert_true(ir_number_parse(text, sizeof text, &value) && value == 1);
    text[2999] = '1'; /* the last of 3000 digits lifts the tie */
    assert_true(ir_number_parse(text, sizeof text, &value) && value == nextafter(1, 2));
    assert_true(parses("1e999999999999", &value) && isinf(value));
    assert_true(parses("1e-999999999999", &value) && value == 0);
    assert_true(parses("0e999999999999", &value) && value == 0);
    static const char *const wrong[] = {
        "", "-", ".", "1e", "1e+", "1.5.5", "0x10", "inf", "nan", "1,5", " 1", "1 ", "--1"};
    for (int i = 0; i < FW_COUNT(wrong); i++)
        assert_false(parses(wrong[i], &value));
}

static void nans_keep_their_payload(void **state) {
    uint32_t bits;
    uint8_t byte;
    (void)state;
    assert_true(ir_number_set_nan(IR_F32, &bits, true, 0x400001) && bits == 0xffc00001);
    assert_true(ir_number_set_nan(IR_F32, &bits, false, 0) && bits == 0x7fc00000);
    assert_false(ir_number_set_nan(IR_F32, &bits, false, 0x800000));
    assert_true(ir_number_set_nan(IR_F8E4M3FN, &byte, true, 0) && byte == 0xff);
    assert_true(ir_number_set_nan(IR_F8E4M3FNUZ, &byte, true, 0) && byte == 0x80);
    assert_false(ir_number_set_nan(IR_F8E4M3FN, &byte, false, 1));
    assert_false(ir_number_set_nan(IR_F4E2M1FN, &byte, false, 0));
    assert_false(ir_number_set_nan(IR_S32, &bits, false, 0));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(small_floats_convert_all_codes_both_ways),
        TEST(small_floats_round_to_nearest_even),
        TEST(small_floats_overflow_as_xla_does),
        TEST(scale_type_is_a_bare_exponent),
        TEST(integers_wrap_and_floats_saturate),
        TEST(wide_integers_round_once),
        TEST(numbers_print_shortest),
        TEST(all_small_floats_print_and_read_back),
        TEST(random_floats_print_and_read_back),
        TEST(decimals_round_correctly),
        TEST(nans_keep_their_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
