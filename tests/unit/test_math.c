/* The mathematical functions of generated code against libm in double: largest error in ULP over samples of all floats, and the
 * values that have to be exact. The bounds are those that the comments in templates/c/math.h state. */
#include "../../templates/c/math.h"

#include "ir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { STEP = 4099 }; /* every so many bit patterns: a million samples a function */

static float of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Distance of a float from the exact value, in units of the float grid there. */
static double ulps(float actual, double exact)
{
    float nearest = (float)exact;
    if (actual != actual || nearest != nearest)
        return (actual != actual) == (nearest != nearest) ? 0 : INFINITY;
    if (isinf(nearest) || isinf(actual))
        return actual == nearest ? 0 : 1e9;
    double unit = (double)nextafterf(fabsf(nearest), INFINITY) - fabs((double)nearest);
    return fabs((double)actual - exact) / unit;
}

static double worst(float (*f)(float), double (*exact)(double), float low, float high)
{
    double most = 0;
    for (uint64_t b = 0; b < UINT64_C(1) << 32; b += STEP) {
        float x = of_bits((uint32_t)b);
        if (!(x >= low && x <= high))
            continue;
        double u = ulps(f(x), exact(x));
        most = u > most ? u : most;
    }
    return most;
}

static double exact_logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static void bounds(void **state)
{
    (void)state;
    assert_true(worst(MODEL_exp_f32, exp, -INFINITY, INFINITY) <= 2);
    assert_true(worst(MODEL_log_f32, log, 0, INFINITY) <= 2);
    assert_true(worst(MODEL_tanh_f32, tanh, -INFINITY, INFINITY) <= 4);
    assert_true(worst(MODEL_logistic_f32, exact_logistic, -80, INFINITY) <= 4);
}

static void special_values(void **state)
{
    (void)state;
    assert_true(MODEL_exp_f32(-INFINITY) == 0 && MODEL_exp_f32(-1e9f) == 0);
    assert_true(MODEL_exp_f32(INFINITY) == INFINITY && MODEL_exp_f32(100) == INFINITY);
    assert_true(MODEL_exp_f32(0) == 1);
    assert_true(isnan(MODEL_exp_f32(NAN)) && isnan(MODEL_log_f32(NAN)) && isnan(MODEL_tanh_f32(NAN)));
    assert_true(MODEL_log_f32(0) == -INFINITY && MODEL_log_f32(-0.0f) == -INFINITY && isnan(MODEL_log_f32(-1)));
    assert_true(MODEL_log_f32(INFINITY) == INFINITY && MODEL_log_f32(1) == 0);
    assert_true(MODEL_tanh_f32(INFINITY) == 1 && MODEL_tanh_f32(-INFINITY) == -1);
    assert_true(!signbit(MODEL_tanh_f32(0.0f)) && signbit(MODEL_tanh_f32(-0.0f)));
    assert_true(MODEL_logistic_f32(-1000) == 0 && MODEL_logistic_f32(1000) == 1);
    assert_true(isnan(MODEL_max_f32(NAN, 1)) && isnan(MODEL_max_f32(1, NAN)) && isnan(MODEL_min_f32(1, NAN)));
}

static void integers(void **state)
{
    (void)state;
    assert_int_equal(MODEL_idiv_s32(7, 0), -1);
    assert_int_equal(MODEL_idiv_s32(INT32_MIN, -1), INT32_MIN);
    assert_int_equal(MODEL_irem_s32(INT32_MIN, -1), 0);
    assert_int_equal(MODEL_irem_s32(7, 0), 7);
    assert_int_equal(MODEL_irem_s32(-7, 3), -1);
    assert_int_equal(MODEL_iabs_s32(INT32_MIN), INT32_MIN);
    assert_int_equal(MODEL_shl_s32(1, 32), 0);
    assert_int_equal(MODEL_shl_s32(1, -1), 0);
    assert_int_equal(MODEL_sra_s32(-8, 32), -1);
    assert_int_equal(MODEL_srl_s32(-8, 1), 0x7ffffffc);
    assert_int_equal(MODEL_ipow_s32(2, 64), 1);
    assert_int_equal(MODEL_ipow_s32(3, 40), 689956897);
    assert_int_equal(MODEL_clz_s32(0), 32);
    assert_int_equal(MODEL_popcnt_s32(-1), 32);
    assert_int_equal(MODEL_s32_from_f32(1e20f), INT32_MAX);
    assert_int_equal(MODEL_s32_from_f32(NAN), 0);
    assert_int_equal(MODEL_u32_from_f32(-1), 0);
    assert_true(MODEL_order_f32(-0.0f) < MODEL_order_f32(0.0f) && MODEL_order_f32(INFINITY) < MODEL_order_f32(NAN));
}

/* All 16-bit patterns to float, and floats around every one of them back, as the reference conversions do it. */
static void narrow_floats(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < 65536; b++) {
        const uint16_t v = (uint16_t)b;
        const float f16 = MODEL_f32_of_f16(v), bf16 = MODEL_f32_of_bf16(v);
        const double e16 = ir_number_get(IR_F16, &v), e8 = ir_number_get(IR_BF16, &v);
        assert_true((f16 != f16 && e16 != e16) || ((double)f16 == e16 && !signbit(f16) == !signbit(e16)));
        assert_true((bf16 != bf16 && e8 != e8) || (double)bf16 == e8);
        for (int step = -2; step <= 2; step++) {
            const float near16 = of_bits((uint32_t)((int64_t)MODEL_u32_bits_of_f32(f16) + step * 0x800));
            const float near8 = of_bits((uint32_t)((int64_t)MODEL_u32_bits_of_f32(bf16) + step * 0x4000));
            uint16_t r16, r8;
            ir_number_set(IR_F16, &r16, near16);
            ir_number_set(IR_BF16, &r8, near8);
            assert_true(near16 != near16 || MODEL_f16_of_f32(near16) == r16);
            assert_true(near8 != near8 || MODEL_bf16_of_f32(near8) == r8);
        }
    }
    assert_true(isnan(MODEL_f32_of_f16(MODEL_f16_of_f32(NAN))) && isnan(MODEL_f32_of_bf16(MODEL_bf16_of_f32(NAN))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds),
        cmocka_unit_test(special_values),
        cmocka_unit_test(integers),
        cmocka_unit_test(narrow_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
