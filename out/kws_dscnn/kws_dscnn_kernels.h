/* kws_dscnn_kernels.h: the kernels of kws_dscnn, for its own files only.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef kws_dscnn_KERNELS_H
#define kws_dscnn_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "build this code without -ffast-math: it relies on NaN, infinity and the order of additions"
#endif

#if defined(__GNUC__) || defined(__clang__) || defined(_MSC_VER)
#define kws_dscnn_RESTRICT __restrict
#else
#define kws_dscnn_RESTRICT restrict
#endif

/* A product may be fused with the sum it goes into: gcc does so under -std=c11 only when asked. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT ON
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=fast", "no-trapping-math")
#endif

static inline int64_t kws_dscnn_min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t kws_dscnn_max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline float kws_dscnn_f32_bits_of_s32(int32_t v)
{
    float r;
    memcpy(&r, &v, sizeof r);
    return r;
}

static inline int32_t kws_dscnn_s32_bits_of_f32(float v)
{
    int32_t r;
    memcpy(&r, &v, sizeof r);
    return r;
}

/* The larger; NaN if either is. */
static inline float kws_dscnn_max_f32(float a, float b)
{
    return a > b || a != a ? a : b;
}

static inline float kws_dscnn_abs_f32(float x)
{
    return fabsf(x);
}

static inline float kws_dscnn_rsqrt_f32(float x)
{
    return 1.0f / sqrtf(x);
}

/* e^x = 2^n e^r with n = round(x / ln 2); 1 ULP; the magic number rounds, and its low bits are n. */
static inline float kws_dscnn_exp_f32(float x)
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
    const int32_t k = kws_dscnn_s32_bits_of_f32(t) - 0x4b400000, half = k >> 1;
    return p * kws_dscnn_f32_bits_of_s32((int32_t)((uint32_t)(half + 127) << 23)) *
           kws_dscnn_f32_bits_of_s32((int32_t)((uint32_t)(k - half + 127) << 23));
}

/* Every kernel computes tiles [begin, end) of its result. `args` points to its own struct, `scratch` to memory that only
 * this thread uses, aligned to 64 bytes. */
typedef struct kws_dscnn_conv_general_dilated_args {
    const float *x; /* f32[1,49,10,1] */
    const float *p_0; /* f32[10,4,1,64] */
    const float *p_4; /* f32[64] */
    const float *p_3; /* f32[64] */
    const float *p_1; /* f32[64] */
    const float *p_2; /* f32[64] */
    float *max; /* f32[1,25,5,64] */
} kws_dscnn_conv_general_dilated_args;
void kws_dscnn_conv_general_dilated(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct kws_dscnn_conv_general_dilated_2_args {
    const float *max_3; /* f32[1,25,5,64] */
    const float *p_5; /* f32[3,3,1,64] */
    const float *p_9; /* f32[64] */
    const float *p_8; /* f32[64] */
    const float *p_6; /* f32[64] */
    const float *p_7; /* f32[64] */
    float *max_4; /* f32[1,25,5,64] */
} kws_dscnn_conv_general_dilated_2_args;
void kws_dscnn_conv_general_dilated_2(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct kws_dscnn_conv_general_dilated_3_args {
    const float *max_4; /* f32[1,25,5,64] */
    const float *p_10; /* f32[1,1,64,64] */
    const float *p_14; /* f32[64] */
    const float *p_13; /* f32[64] */
    const float *p_11; /* f32[64] */
    const float *p_12; /* f32[64] */
    float *max_7; /* f32[1,25,5,64] */
} kws_dscnn_conv_general_dilated_3_args;
void kws_dscnn_conv_general_dilated_3(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct kws_dscnn_reduce_sum_args {
    const float *max; /* f32[1,25,5,64] */
    float *div; /* f32[1,64] */
} kws_dscnn_reduce_sum_args;
void kws_dscnn_reduce_sum(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct kws_dscnn_dot_general_args {
    const float *div; /* f32[1,64] */
    const float *p_45; /* f32[64,12] */
    const float *p_46; /* f32[12] */
    float *add; /* f32[1,12] */
} kws_dscnn_dot_general_args;
void kws_dscnn_dot_general(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct kws_dscnn_reduce_sum_2_args {
    const float *add; /* f32[1,12] */
    float *div; /* f32[1,12] */
} kws_dscnn_reduce_sum_2_args;
void kws_dscnn_reduce_sum_2(const void *args, void *scratch, int64_t begin, int64_t end);

#endif
