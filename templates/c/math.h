/* Small functions that kernels call. fusewright copies those that a model uses into MODEL_kernels.h.
 *
 * A block stands between `@helper NAME: NEEDS` and `@end`. `@generic` blocks are written for f32, s32 or u32 and serve the other
 * types of the same class by replacing the type names; `@strict` blocks replace those of the same name under --numerics=strict.
 * Nothing here depends on flags: no rounding mode, no errno, no fast-math. */
#ifndef MODEL_MATH_H
#define MODEL_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/*@helper min_i64*/
static inline int64_t MODEL_min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
/*@end*/
/*@helper max_i64*/
static inline int64_t MODEL_max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}
/*@end*/
/*@helper clamp*/
/* A run-time index, kept inside [0, max] as HLO demands. */
static inline int64_t MODEL_clamp(int64_t v, int64_t max)
{
    return v < 0 ? 0 : v > max ? max : v;
}
/*@end*/

/* ---- bits ---- */
/*@helper f32_bits_of_s32*/
static inline float MODEL_f32_bits_of_s32(int32_t v)
{
    float r;
    memcpy(&r, &v, sizeof r);
    return r;
}
/*@end*/
/*@helper s32_bits_of_f32*/
static inline int32_t MODEL_s32_bits_of_f32(float v)
{
    int32_t r;
    memcpy(&r, &v, sizeof r);
    return r;
}
/*@end*/
/*@helper f32_bits_of_u32*/
static inline float MODEL_f32_bits_of_u32(uint32_t v)
{
    float r;
    memcpy(&r, &v, sizeof r);
    return r;
}
/*@end*/
/*@helper u32_bits_of_f32*/
static inline uint32_t MODEL_u32_bits_of_f32(float v)
{
    uint32_t r;
    memcpy(&r, &v, sizeof r);
    return r;
}
/*@end*/
/*@helper s32_bits_of_u32*/
static inline int32_t MODEL_s32_bits_of_u32(uint32_t v)
{
    int32_t r;
    memcpy(&r, &v, sizeof r);
    return r;
}
/*@end*/
/*@helper u32_bits_of_s32*/
static inline uint32_t MODEL_u32_bits_of_s32(int32_t v)
{
    return (uint32_t)v;
}
/*@end*/
/*@helper f32_of_bf16: f32_bits_of_u32*/
static inline float MODEL_f32_of_bf16(uint16_t v)
{
    return MODEL_f32_bits_of_u32((uint32_t)v << 16);
}
/*@end*/
/*@helper bf16_of_f32: u32_bits_of_f32*/
/* To nearest, ties to even; a NaN stays one. */
static inline uint16_t MODEL_bf16_of_f32(float v)
{
    const uint32_t b = MODEL_u32_bits_of_f32(v);
    return (uint16_t)(v != v ? b >> 16 | 0x40u : (b + 0x7fffu + (b >> 16 & 1u)) >> 16);
}
/*@end*/
/*@helper round_bf16: f32_of_bf16 bf16_of_f32*/
static inline float MODEL_round_bf16(float v)
{
    return MODEL_f32_of_bf16(MODEL_bf16_of_f32(v));
}
/*@end*/
/*@helper f32_of_f16: f32_bits_of_u32*/
/* Exponents 1..30 are shifted into place, 31 becomes 255; denormals are whole numbers of 2^-24. */
static inline float MODEL_f32_of_f16(uint16_t v)
{
    const uint32_t sign = (uint32_t)(v & 0x8000u) << 16, e = v >> 10 & 31u, m = v & 0x3ffu;
    const float small = (float)m * 5.9604644775390625e-8f;
    const float large = MODEL_f32_bits_of_u32((e == 31 ? 255u : e + 112u) << 23 | m << 13);
    const float magnitude = e ? large : small;
    return sign ? -magnitude : magnitude;
}
/*@end*/
/*@helper f16_of_f32: u32_bits_of_f32*/
/* To nearest, ties to even; from 65520 on infinite; adding 0.5 rounds a denormal to the grid of 2^-24. */
static inline uint16_t MODEL_f16_of_f32(float v)
{
    const uint32_t b = MODEL_u32_bits_of_f32(v), sign = b >> 16 & 0x8000u, a = b & 0x7fffffffu;
    const uint32_t normal = (a - 0x38000000u + 0xfffu + (a >> 13 & 1u)) >> 13;
    const uint32_t denormal = MODEL_u32_bits_of_f32((v < 0 ? -v : v) + 0.5f) - 0x3f000000u;
    const uint32_t finite = a < 0x38800000u ? denormal : normal;
    return (uint16_t)(sign | (v != v ? 0x7e00u : a >= 0x477ff000u ? 0x7c00u : finite));
}
/*@end*/
/*@helper round_f16: f32_of_f16 f16_of_f32*/
static inline float MODEL_round_f16(float v)
{
    return MODEL_f32_of_f16(MODEL_f16_of_f32(v));
}
/*@end*/
/*@helper order_f32: s32_bits_of_f32*/
/* -NaN < -inf < ... < -0 < +0 < ... < inf < NaN */
static inline int32_t MODEL_order_f32(float v)
{
    const int32_t b = MODEL_s32_bits_of_f32(v);
    return b < 0 ? INT32_MAX ^ b : b;
}
/*@end*/

/* ---- floats ---- */
/*@generic max_f32*/
/* The larger; NaN if either is. */
static inline float MODEL_max_f32(float a, float b)
{
    return a > b || a != a ? a : b;
}
/*@end*/
/*@generic min_f32*/
/* The smaller; NaN if either is. */
static inline float MODEL_min_f32(float a, float b)
{
    return a < b || a != a ? a : b;
}
/*@end*/
/*@helper abs_f32*/
static inline float MODEL_abs_f32(float x)
{
    return fabsf(x);
}
/*@end*/
/*@helper abs_f64*/
static inline double MODEL_abs_f64(double x)
{
    return fabs(x);
}
/*@end*/
/*@generic sign_f32*/
static inline float MODEL_sign_f32(float x)
{
    return x > 0 ? (float)1 : x < 0 ? (float)-1 : x;
}
/*@end*/
/*@generic is_finite_f32*/
static inline int MODEL_is_finite_f32(float x)
{
    return x - x == 0;
}
/*@end*/
/*@helper ceil_f32*/
static inline float MODEL_ceil_f32(float x)
{
    return ceilf(x);
}
/*@end*/
/*@helper ceil_f64*/
static inline double MODEL_ceil_f64(double x)
{
    return ceil(x);
}
/*@end*/
/*@helper floor_f32*/
static inline float MODEL_floor_f32(float x)
{
    return floorf(x);
}
/*@end*/
/*@helper floor_f64*/
static inline double MODEL_floor_f64(double x)
{
    return floor(x);
}
/*@end*/
/*@helper round_afz_f32*/
static inline float MODEL_round_afz_f32(float x)
{
    return roundf(x);
}
/*@end*/
/*@helper round_afz_f64*/
static inline double MODEL_round_afz_f64(double x)
{
    return round(x);
}
/*@end*/
/*@helper round_even_f32*/
static inline float MODEL_round_even_f32(float x)
{
    return rintf(x);
}
/*@end*/
/*@helper round_even_f64*/
static inline double MODEL_round_even_f64(double x)
{
    return rint(x);
}
/*@end*/
/*@helper fmod_f32*/
static inline float MODEL_fmod_f32(float a, float b)
{
    return fmodf(a, b);
}
/*@end*/
/*@helper fmod_f64*/
static inline double MODEL_fmod_f64(double a, double b)
{
    return fmod(a, b);
}
/*@end*/
/*@helper sqrt_f32*/
static inline float MODEL_sqrt_f32(float x)
{
    return sqrtf(x);
}
/*@end*/
/*@helper sqrt_f64*/
static inline double MODEL_sqrt_f64(double x)
{
    return sqrt(x);
}
/*@end*/
/*@helper rsqrt_f32*/
static inline float MODEL_rsqrt_f32(float x)
{
    return 1.0f / sqrtf(x);
}
/*@end*/
/*@helper rsqrt_f64*/
static inline double MODEL_rsqrt_f64(double x)
{
    return 1.0 / sqrt(x);
}
/*@end*/
#ifdef MODEL_STRICT
/*@strict exp_f32*/
static inline float MODEL_exp_f32(float x)
{
    return expf(x);
}
/*@end*/
#else
/*@helper exp_f32: s32_bits_of_f32 f32_bits_of_s32*/
/* e^x = 2^n e^r with n = round(x / ln 2); 1 ULP; the magic number rounds, and its low bits are n. */
static inline float MODEL_exp_f32(float x)
{
    const float c = x < -104.0f ? -104.0f : x > 89.0f ? 89.0f : x;
    const float t = c * 1.44269504f + 12582912.0f, n = t - 12582912.0f;
    const float r = (c - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.98756915e-4f;
    p = p * r + 1.39819995e-3f;
    p = p * r + 8.33345191e-3f;
    p = p * r + 4.16657959e-2f;
    p = p * r + 1.66666655e-1f;
    p = p * r + 5.00000012e-1f;
    p = p * (r * r) + r + 1.0f;
    const int32_t k = MODEL_s32_bits_of_f32(t) - 0x4b400000, half = k >> 1;
    return p * MODEL_f32_bits_of_s32((int32_t)((uint32_t)(half + 127) << 23)) *
           MODEL_f32_bits_of_s32((int32_t)((uint32_t)(k - half + 127) << 23));
}
/*@end*/
#endif
/*@helper exp_f64*/
static inline double MODEL_exp_f64(double x)
{
    return exp(x);
}
/*@end*/
/*@helper expm1_f32*/
static inline float MODEL_expm1_f32(float x)
{
    return expm1f(x);
}
/*@end*/
/*@helper expm1_f64*/
static inline double MODEL_expm1_f64(double x)
{
    return expm1(x);
}
/*@end*/
#ifdef MODEL_STRICT
/*@strict log_f32*/
static inline float MODEL_log_f32(float x)
{
    return logf(x);
}
/*@end*/
#else
/*@helper log_f32: s32_bits_of_f32 f32_bits_of_s32*/
/* log x = k ln 2 + log m with m in [sqrt(1/2), sqrt(2)); 1 ULP; denormals are scaled up first. */
static inline float MODEL_log_f32(float x)
{
    const int small = x < 1.17549435e-38f;
    const int32_t b = MODEL_s32_bits_of_f32(small ? x * 8388608.0f : x) - 0x3f3504f3;
    const float k = (float)(b >> 23) - (small ? 23.0f : 0.0f);
    const float f = MODEL_f32_bits_of_s32((b & 0x007fffff) + 0x3f3504f3) - 1.0f;
    float p = 7.03768358e-2f;
    p = p * f - 1.15146101e-1f;
    p = p * f + 1.16769999e-1f;
    p = p * f - 1.24201410e-1f;
    p = p * f + 1.42493233e-1f;
    p = p * f - 1.66680574e-1f;
    p = p * f + 2.00007141e-1f;
    p = p * f - 2.49999940e-1f;
    p = p * f + 3.33333313e-1f;
    const float s = f * f;
    float y = f * (s * p) - 2.12194440e-4f * k;
    y = (y - 0.5f * s) + f;
    y = y + 0.693359375f * k;
    return x > 0 ? (x < INFINITY ? y : x) : x == 0 ? -INFINITY : NAN;
}
/*@end*/
#endif
/*@helper log_f64*/
static inline double MODEL_log_f64(double x)
{
    return log(x);
}
/*@end*/
#ifdef MODEL_STRICT
/*@strict tanh_f32*/
static inline float MODEL_tanh_f32(float x)
{
    return tanhf(x);
}
/*@end*/
#else
/*@helper tanh_f32: s32_bits_of_f32 f32_bits_of_s32*/
/* |tanh x| = |e / (e + 2)| with e = exp(-2|x|) - 1, computed without adding the 1; 3 ULP. */
static inline float MODEL_tanh_f32(float x)
{
    const int32_t sign = MODEL_s32_bits_of_f32(x) & INT32_MIN;
    const float a = fabsf(x), c = -2.0f * (a > 10.0f ? 10.0f : a);
    const float t = c * 1.44269504f + 12582912.0f, n = t - 12582912.0f;
    const float r = (c - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.98756915e-4f;
    p = p * r + 1.39819995e-3f;
    p = p * r + 8.33345191e-3f;
    p = p * r + 4.16657959e-2f;
    p = p * r + 1.66666655e-1f;
    p = p * r + 5.00000012e-1f;
    p = p * (r * r) + r;
    const float scale = MODEL_f32_bits_of_s32((int32_t)((uint32_t)(MODEL_s32_bits_of_f32(t) - 0x4b400000 + 127) << 23));
    const float e = p * scale + (scale - 1.0f);
    return MODEL_f32_bits_of_s32((MODEL_s32_bits_of_f32(e / (e + 2.0f)) & INT32_MAX) | sign);
}
/*@end*/
#endif
/*@helper tanh_f64*/
static inline double MODEL_tanh_f64(double x)
{
    return tanh(x);
}
/*@end*/
/*@helper logistic_f32: exp_f32*/
static inline float MODEL_logistic_f32(float x)
{
    return 1.0f / (1.0f + MODEL_exp_f32(-x));
}
/*@end*/
/*@helper logistic_f64*/
static inline double MODEL_logistic_f64(double x)
{
    return 1.0 / (1.0 + exp(-x));
}
/*@end*/
/*@generic s32_from_f32*/
/* Truncates; NaN becomes 0, what is too large the nearest limit. */
static inline int32_t MODEL_s32_from_f32(float x)
{
    return x != x ? 0 : x >= (float)INT32_MAX ? INT32_MAX : x <= (float)INT32_MIN ? INT32_MIN : (int32_t)x;
}
/*@end*/
/*@generic u32_from_f32*/
/* Truncates; NaN and what is negative become 0, what is too large the limit. */
static inline uint32_t MODEL_u32_from_f32(float x)
{
    return !(x > 0) ? 0 : x >= (float)UINT32_MAX ? UINT32_MAX : (uint32_t)x;
}
/*@end*/
/*@libm log1p pow atan2 tan sin cos sinh cosh asin acos asinh acosh atanh erf cbrt*/

/* ---- integers: two's complement, no trap ---- */
/*@generic iabs_s32*/
static inline int32_t MODEL_iabs_s32(int32_t x)
{
    return x < 0 ? (int32_t)(0 - (uint32_t)x) : x;
}
/*@end*/
/*@generic iabs_u32*/
static inline uint32_t MODEL_iabs_u32(uint32_t x)
{
    return x;
}
/*@end*/
/*@generic isign_s32*/
static inline int32_t MODEL_isign_s32(int32_t x)
{
    return (int32_t)((x > 0) - (x < 0));
}
/*@end*/
/*@generic isign_u32*/
static inline uint32_t MODEL_isign_u32(uint32_t x)
{
    return (uint32_t)(x > 0);
}
/*@end*/
/*@generic idiv_s32*/
/* x / 0 is -1, INT_MIN / -1 is INT_MIN. */
static inline int32_t MODEL_idiv_s32(int32_t a, int32_t b)
{
    return b == 0 ? (int32_t)-1 : b == -1 ? (int32_t)(0 - (uint32_t)a) : (int32_t)(a / b);
}
/*@end*/
/*@generic idiv_u32*/
static inline uint32_t MODEL_idiv_u32(uint32_t a, uint32_t b)
{
    return b == 0 ? (uint32_t)-1 : (uint32_t)(a / b);
}
/*@end*/
/*@generic irem_s32*/
static inline int32_t MODEL_irem_s32(int32_t a, int32_t b)
{
    return b == 0 ? a : b == -1 ? 0 : (int32_t)(a % b);
}
/*@end*/
/*@generic irem_u32*/
static inline uint32_t MODEL_irem_u32(uint32_t a, uint32_t b)
{
    return b == 0 ? a : (uint32_t)(a % b);
}
/*@end*/
/*@generic imax_s32*/
static inline int32_t MODEL_imax_s32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}
/*@end*/
/*@generic imax_u32*/
static inline uint32_t MODEL_imax_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}
/*@end*/
/*@generic imin_s32*/
static inline int32_t MODEL_imin_s32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}
/*@end*/
/*@generic imin_u32*/
static inline uint32_t MODEL_imin_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}
/*@end*/
/*@generic ipow_s32*/
/* The exponent's low six bits, by squaring; negative exponents give 0, but 1 for base 1. */
static inline int32_t MODEL_ipow_s32(int32_t base, int32_t exponent)
{
    uint64_t r = 1, b = (uint64_t)base;
    for (int bit = 0; bit < 6; bit++, b *= b)
        r *= (exponent >> bit) & 1 ? b : 1;
    return exponent < 0 ? (int32_t)(base == 1) : (int32_t)r;
}
/*@end*/
/*@generic ipow_u32*/
static inline uint32_t MODEL_ipow_u32(uint32_t base, uint32_t exponent)
{
    uint64_t r = 1, b = base;
    for (int bit = 0; bit < 6; bit++, b *= b)
        r *= (exponent >> bit) & 1 ? b : 1;
    return (uint32_t)r;
}
/*@end*/
/*@generic shl_s32*/
static inline int32_t MODEL_shl_s32(int32_t a, int32_t n)
{
    return (uint32_t)n < 8 * sizeof a ? (int32_t)((uint32_t)a << n) : 0;
}
/*@end*/
/*@generic shl_u32*/
static inline uint32_t MODEL_shl_u32(uint32_t a, uint32_t n)
{
    return n < 8 * sizeof a ? (uint32_t)(a << n) : 0;
}
/*@end*/
/*@generic srl_s32*/
static inline int32_t MODEL_srl_s32(int32_t a, int32_t n)
{
    return (uint32_t)n < 8 * sizeof a ? (int32_t)((uint32_t)a >> n) : 0;
}
/*@end*/
/*@generic srl_u32*/
static inline uint32_t MODEL_srl_u32(uint32_t a, uint32_t n)
{
    return n < 8 * sizeof a ? (uint32_t)(a >> n) : 0;
}
/*@end*/
/*@generic sra_s32*/
static inline int32_t MODEL_sra_s32(int32_t a, int32_t n)
{
    const int32_t s = (uint32_t)n < 8 * sizeof a ? n : (int32_t)(8 * sizeof a - 1);
    return (int32_t)(a < 0 ? ~(~a >> s) : a >> s);
}
/*@end*/
/*@generic sra_u32*/
static inline uint32_t MODEL_sra_u32(uint32_t a, uint32_t n)
{
    const uint32_t sign = (uint32_t)(a >> (8 * sizeof a - 1)), s = n < 8 * sizeof a ? n : (uint32_t)(8 * sizeof a - 1);
    const uint32_t ones = (uint32_t)(0 - sign);
    return (uint32_t)((uint32_t)((a ^ ones) >> s) ^ ones);
}
/*@end*/
/*@generic popcnt_u32*/
static inline uint32_t MODEL_popcnt_u32(uint32_t a)
{
    uint32_t n = 0;
    for (; a; a = (uint32_t)(a & (uint32_t)(a - 1)))
        n++;
    return n;
}
/*@end*/
/*@generic popcnt_s32*/
static inline int32_t MODEL_popcnt_s32(int32_t a)
{
    int32_t n = 0;
    for (uint32_t b = (uint32_t)a; b; b = (uint32_t)(b & (uint32_t)(b - 1)))
        n++;
    return n;
}
/*@end*/
/*@generic clz_u32*/
static inline uint32_t MODEL_clz_u32(uint32_t a)
{
    uint32_t n = (uint32_t)(8 * sizeof a);
    for (; a; a = (uint32_t)(a >> 1))
        n--;
    return n;
}
/*@end*/
/*@generic clz_s32*/
static inline int32_t MODEL_clz_s32(int32_t a)
{
    int32_t n = (int32_t)(8 * sizeof a);
    for (uint32_t b = (uint32_t)a; b; b = (uint32_t)(b >> 1))
        n--;
    return n;
}
/*@end*/

#endif
