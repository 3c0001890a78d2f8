/* kws_dscnn: kernel dot_general
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "kws_dscnn_kernels.h"

/* dot, reshape, add
 * too thin to pack: plain sums, vectorised along memory
 * Rule thin_contraction, rules/contraction.lua:88. 1548 flops, 3376 bytes read, 48 written. */
void kws_dscnn_dot_general(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const kws_dscnn_dot_general_args *const a = args;
    const float *kws_dscnn_RESTRICT div = a->div;
    const float *kws_dscnn_RESTRICT p_45 = a->p_45;
    const float *kws_dscnn_RESTRICT p_46 = a->p_46;
    float *kws_dscnn_RESTRICT add = a->add;
    float *const dot_general_1_tile = scratch;
    if (begin < end) {
        {
            float acc[12];
            for (int64_t i = 0; i < 12; i++)
                acc[i] = 0.0f;
            for (int64_t r = 0; r < 64; r += 4) {
                const float div_7 = div[r];
                const float div_7_1 = div[(r + 1)];
                const float div_7_2 = div[(r + 2)];
                const float div_7_3 = div[(r + 3)];
                for (int64_t i = 0; i < 12; i++) {
                    float sum = acc[i];
                    sum = sum + div_7 * p_45[i + 12 * r];
                    sum = sum + div_7_1 * p_45[i + 12 * (r + 1)];
                    sum = sum + div_7_2 * p_45[i + 12 * (r + 2)];
                    sum = sum + div_7_3 * p_45[i + 12 * (r + 3)];
                    acc[i] = sum;
                }
            }
            for (int64_t i = 0; i < 12; i++)
                dot_general_1_tile[i] = acc[i];
        }
        for (int64_t i = 0; i < 12; i++) {
            add[i] = dot_general_1_tile[i] + p_46[i];
        }
    }
}
