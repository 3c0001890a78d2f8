/* The mathematical functions of generated code against libm in double: largest error in ULP over samples of all floats, and the
 * values that have to be exact. The bounds are those that the comments in templates/c/math.h state. */
#include "../../templates/c/math.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds),
        cmocka_unit_test(special_values),
        cmocka_unit_test(integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
