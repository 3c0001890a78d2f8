/* mlp: kernel reduce_sum
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "mlp_kernels.h"

/* reduce, broadcast, subtract, exponential, divide
 * all passes over a row find it in cache
 * Rule rows_in_cache, rules/reduce.lua:102. 3040 flops, 640 bytes read, 640 written. */
void mlp_reduce_sum(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const mlp_reduce_sum_args *const a = args;
    const float *mlp_RESTRICT add = a->add;
    float *mlp_RESTRICT div = a->div;
    float *const reduce_max_7_tile = scratch;
    float *const exp_1_tile = (float *)((char *)scratch + 64);
    float *const reduce_sum_7_tile = (float *)((char *)scratch + 704);
    if (begin < end) {
        for (int64_t i = 0; i < 16; i++) {
            float sum = -INFINITY;
            for (int64_t r = 0; r < 10; r++) {
                sum = mlp_max_f32(sum, add[10 * i + r]);
            }
            reduce_max_7_tile[i] = sum;
        }
        for (int64_t i = 0; i < 16; i++) {
            const float reduce_max_7 = reduce_max_7_tile[i];
            for (int64_t j = 0; j < 10; j++) {
                exp_1_tile[10 * i + j] = mlp_exp_f32(add[10 * i + j] - reduce_max_7);
            }
        }
        for (int64_t i = 0; i < 16; i++) {
            float sum = 0.0f;
            for (int64_t r = 0; r < 10; r++) {
                sum = sum + exp_1_tile[10 * i + r];
            }
            reduce_sum_7_tile[i] = sum;
        }
        for (int64_t i = 0; i < 16; i++) {
            const float reduce_sum_7 = reduce_sum_7_tile[i];
            for (int64_t j = 0; j < 10; j++) {
                div[10 * i + j] = exp_1_tile[10 * i + j] / reduce_sum_7;
            }
        }
    }
}
