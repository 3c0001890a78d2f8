/* kws_dscnn: kernel reduce_sum_2
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "kws_dscnn_kernels.h"

/* reduce, broadcast, subtract, exponential, divide
 * all passes over a row find it in cache
 * Rule rows_in_cache, rules/reduce.lua:102. 228 flops, 48 bytes read, 48 written. */
void kws_dscnn_reduce_sum_2(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const kws_dscnn_reduce_sum_2_args *const a = args;
    const float *kws_dscnn_RESTRICT add = a->add;
    float *kws_dscnn_RESTRICT div = a->div;
    float *const reduce_max_7_tile = scratch;
    float *const exp_1_tile = (float *)((char *)scratch + 64);
    float *const reduce_sum_15_tile = (float *)((char *)scratch + 128);
    if (begin < end) {
        float sum = -INFINITY;
        for (int64_t r = 0; r < 12; r++) {
            sum = kws_dscnn_max_f32(sum, add[r]);
        }
        reduce_max_7_tile[0] = sum;
        const float reduce_max_7 = reduce_max_7_tile[0];
        for (int64_t i = 0; i < 12; i++) {
            exp_1_tile[i] = kws_dscnn_exp_f32(add[i] - reduce_max_7);
        }
        float sum_2 = 0.0f;
        for (int64_t r = 0; r < 12; r++) {
            sum_2 = sum_2 + exp_1_tile[r];
        }
        reduce_sum_15_tile[0] = sum_2;
        const float reduce_sum_15 = reduce_sum_15_tile[0];
        for (int64_t i = 0; i < 12; i++) {
            div[i] = exp_1_tile[i] / reduce_sum_15;
        }
    }
}
