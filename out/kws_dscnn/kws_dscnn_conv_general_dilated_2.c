/* kws_dscnn: kernel conv_general_dilated_2
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "kws_dscnn_kernels.h"

/* broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum
 * too thin to pack: plain sums, vectorised along memory
 * Rule thin_contraction, rules/contraction.lua:88. 194112 flops, 35328 bytes read, 32000 written. */
void kws_dscnn_conv_general_dilated_2(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const kws_dscnn_conv_general_dilated_2_args *const a = args;
    const float *kws_dscnn_RESTRICT max_3 = a->max_3;
    const float *kws_dscnn_RESTRICT p_5 = a->p_5;
    const float *kws_dscnn_RESTRICT p_9 = a->p_9;
    const float *kws_dscnn_RESTRICT p_8 = a->p_8;
    const float *kws_dscnn_RESTRICT p_6 = a->p_6;
    const float *kws_dscnn_RESTRICT p_7 = a->p_7;
    float *kws_dscnn_RESTRICT max_4 = a->max_4;
    float *const conv_general_dilated_10_tile = scratch;
    float *const rsqrt_10_tile = (float *)((char *)scratch + 11520);
    for (int64_t t = begin; t < end; t++) {
        const int64_t i0 = t * 9, i1 = kws_dscnn_min_i64(i0 + 9, 25);
        for (int64_t i = i0; i < i1; i++) {
            for (int64_t j = 0; j < 5; j++) {
                float acc[64];
                for (int64_t k = 0; k < 64; k++)
                    acc[k] = 0.0f;
                for (int64_t r = kws_dscnn_max_i64(0, -i + 1); r < kws_dscnn_min_i64(3, -i + 26); r++) {
                    for (int64_t s = kws_dscnn_max_i64(0, -j + 1); s < kws_dscnn_min_i64(3, -j + 6); s++) {
                        for (int64_t k = 0; k < 64; k++) {
                            const float conv_general_dilated_10 = max_3[320 * i + 64 * j + k + 320 * r + 64 * s - 384] * p_5[k + 192 * r + 64 * s];
                            acc[k] = acc[k] + conv_general_dilated_10;
                        }
                    }
                }
                for (int64_t k = 0; k < 64; k++)
                    conv_general_dilated_10_tile[320 * i + 64 * j + k - 320 * i0] = acc[k];
            }
        }
        for (int64_t i = 0; i < 64; i++) {
            rsqrt_10_tile[i] = kws_dscnn_rsqrt_f32(kws_dscnn_abs_f32(p_9[i]) + 1.0f + 1e-05f);
        }
        for (int64_t i = i0; i < i1; i++) {
            for (int64_t j = 0; j < 5; j++) {
                for (int64_t k = 0; k < 64; k++) {
                    const float mul_83 = (conv_general_dilated_10_tile[320 * i + 64 * j + k - 320 * i0] - p_8[k]) * (p_6[k] + 1.0f);
                    max_4[320 * i + 64 * j + k] = kws_dscnn_max_f32(mul_83 * rsqrt_10_tile[k] + p_7[k], 0.0f);
                }
            }
        }
    }
}
