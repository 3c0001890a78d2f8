/* softmax: kernel reduce_sum
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "softmax_kernels.h"

/* reduce, broadcast, subtract, exponential, divide
 * all passes over a row find it in cache
 * Rule rows_in_cache, rules/reduce.lua:102. 1216000 flops, 256000 bytes read, 256000 written. */
void softmax_reduce_sum(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const softmax_reduce_sum_args *const a = args;
    const float *softmax_RESTRICT x = a->x;
    float *softmax_RESTRICT div = a->div;
    float *const reduce_max_7_tile = scratch;
    float *const exp_1_tile = (float *)((char *)scratch + 64);
    float *const reduce_sum_7_tile = (float *)((char *)scratch + 16064);
    for (int64_t t = begin; t < end; t++) {
        const int64_t i0 = t * 4, i1 = i0 + 4;
        for (int64_t i = i0; i < i1; i++) {
            float lanes[64];
            for (int l = 0; l < 64; l++)
                lanes[l] = -INFINITY;
            for (int64_t r0 = 0; r0 < 960; r0 += 64) {
                for (int64_t r = r0; r < r0 + 64; r++) {
                    lanes[r - r0] = softmax_max_f32(lanes[r - r0], x[1000 * i + r]);
                }
            }
            {
                const int64_t r0 = 960;
                for (int64_t r = r0; r < 1000; r++) {
                    lanes[r - r0] = softmax_max_f32(lanes[r - r0], x[1000 * i + r]);
                }
            }
            for (int half = 32; half > 0; half /= 2)
                for (int l = 0; l < half; l++)
                    lanes[l] = softmax_max_f32(lanes[l], lanes[l + half]);
            reduce_max_7_tile[i - i0] = lanes[0];
        }
        for (int64_t i = i0; i < i1; i++) {
            const float reduce_max_7 = reduce_max_7_tile[i - i0];
            for (int64_t j = 0; j < 1000; j++) {
                exp_1_tile[1000 * i + j - 1000 * i0] = softmax_exp_f32(x[1000 * i + j] - reduce_max_7);
            }
        }
        for (int64_t i = i0; i < i1; i++) {
            float lanes[64];
            for (int l = 0; l < 64; l++)
                lanes[l] = 0.0f;
            for (int64_t r0 = 0; r0 < 960; r0 += 64) {
                for (int64_t r = r0; r < r0 + 64; r++) {
                    lanes[r - r0] = lanes[r - r0] + exp_1_tile[1000 * i + r - 1000 * i0];
                }
            }
            {
                const int64_t r0 = 960;
                for (int64_t r = r0; r < 1000; r++) {
                    lanes[r - r0] = lanes[r - r0] + exp_1_tile[1000 * i + r - 1000 * i0];
                }
            }
            for (int half = 32; half > 0; half /= 2)
                for (int l = 0; l < half; l++)
                    lanes[l] = lanes[l] + lanes[l + half];
            reduce_sum_7_tile[i - i0] = lanes[0];
        }
        for (int64_t i = i0; i < i1; i++) {
            const float reduce_sum_7 = reduce_sum_7_tile[i - i0];
            for (int64_t j = 0; j < 1000; j++) {
                div[1000 * i + j] = exp_1_tile[1000 * i + j - 1000 * i0] / reduce_sum_7;
            }
        }
    }
}
