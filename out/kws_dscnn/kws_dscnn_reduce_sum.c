/* kws_dscnn: kernel reduce_sum
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "kws_dscnn_kernels.h"

/* reduce, broadcast, divide
 * all passes over a row find it in cache
 * Rule rows_in_cache, rules/reduce.lua:102. 8256 flops, 32000 bytes read, 256 written. */
void kws_dscnn_reduce_sum(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const kws_dscnn_reduce_sum_args *const a = args;
    const float *kws_dscnn_RESTRICT max = a->max;
    float *kws_dscnn_RESTRICT div = a->div;
    float *const reduce_sum_14_tile = scratch;
    if (begin < end) {
        {
            float acc[64];
            for (int64_t i = 0; i < 64; i++)
                acc[i] = 0.0f;
            for (int64_t r = 0; r < 25; r++) {
                for (int64_t s = 0; s < 5; s++) {
                    for (int64_t i = 0; i < 64; i++) {
                        acc[i] = acc[i] + max[i + 320 * r + 64 * s];
                    }
                }
            }
            for (int64_t i = 0; i < 64; i++)
                reduce_sum_14_tile[i] = acc[i];
        }
        for (int64_t i = 0; i < 64; i++) {
            div[i] = reduce_sum_14_tile[i] / 125.0f;
        }
    }
}
