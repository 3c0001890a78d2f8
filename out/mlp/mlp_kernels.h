/* mlp_kernels.h: the kernels of mlp, for its own files only.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef mlp_KERNELS_H
#define mlp_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "build this code without -ffast-math: it relies on NaN, infinity and the order of additions"
#endif

#if defined(__GNUC__) || defined(__clang__) || defined(_MSC_VER)
#define mlp_RESTRICT __restrict
#else
#define mlp_RESTRICT restrict
#endif

/* A product may be fused with the sum it goes into: gcc does so under -std=c11 only when asked. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT ON
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=fast", "no-trapping-math")
#endif

static inline float mlp_f32_bits_of_s32(int32_t v)
{
    float r;
    memcpy(&r, &v, sizeof r);
    return r;
}

static inline int32_t mlp_s32_bits_of_f32(float v)
{
    int32_t r;
    memcpy(&r, &v, sizeof r);
    return r;
}

/* The larger; NaN if either is. */
static inline float mlp_max_f32(float a, float b)
{
    return a > b || a != a ? a : b;
}

/* e^x = 2^n e^r with n = round(x / ln 2); 1 ULP; the magic number rounds, and its low bits are n. */
static inline float mlp_exp_f32(float x)
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
    const int32_t k = mlp_s32_bits_of_f32(t) - 0x4b400000, half = k >> 1;
    return p * mlp_f32_bits_of_s32((int32_t)((uint32_t)(half + 127) << 23)) *
           mlp_f32_bits_of_s32((int32_t)((uint32_t)(k - half + 127) << 23));
}

/* Every kernel computes tiles [begin, end) of its result. `args` points to its own struct, `scratch` to memory that only
 * this thread uses, aligned to 64 bytes. */
typedef struct mlp_dot_general_args {
    const float *x; /* f32[16,784] */
    const float *w1; /* f32[784,256] */
    const float *b1_2; /* f32[256] */
    float *max; /* f32[16,256] */
} mlp_dot_general_args;
void mlp_dot_general(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct mlp_dot_general_2_args {
    const float *max; /* f32[16,256] */
    const float *w2; /* f32[256,10] */
    const float *b2; /* f32[10] */
    float *add; /* f32[16,10] */
} mlp_dot_general_2_args;
void mlp_dot_general_2(const void *args, void *scratch, int64_t begin, int64_t end);

typedef struct mlp_reduce_sum_args {
    const float *add; /* f32[16,10] */
    float *div; /* f32[16,10] */
} mlp_reduce_sum_args;
void mlp_reduce_sum(const void *args, void *scratch, int64_t begin, int64_t end);

#endif
