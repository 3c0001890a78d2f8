/* mlp: kernel dot_general
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "mlp_kernels.h"

/* dot, broadcast, add, maximum
 * the epilogue works on the finished tile
 * Rule contraction_with_epilogue, rules/contraction.lua:68. 6430720 flops, 854016 bytes read, 16384 written. */

typedef float element;

enum {
    K = 784, /* terms of a sum */
    KC = 392, /* terms that are added before the next panel is packed */
    TILE_M = 16 /* rows of a tile */
};

/* The register tile: MR rows of NV vectors, as many accumulators as the machine can hold. */
#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, MR = 4, NV = 4 };
#elif defined(__AVX__)
enum { VECTOR_BYTES = 32, MR = 4, NV = 3 };
#else
enum { VECTOR_BYTES = 16, MR = 4, NV = 3 };
#endif
enum {
    VL = VECTOR_BYTES / (int)sizeof(element),
    NR = NV * VL,                                   /* columns of a panel */
    ROWS = (TILE_M + MR - 1) / MR * MR,             /* rows of a tile, filled up with zeros */
    ROW_STRIDE = K + 16,                            /* of packed rows: no power of two */
    PANEL_AT = (ROWS * ROW_STRIDE + 15) / 16 * 16,  /* elements from the start of the packing scratch */
    BLOCK_AT = PANEL_AT + KC * NR
};

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#define WIDE __attribute__((noinline, min_vector_width(8 * VECTOR_BYTES)))
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 64")
#define WIDE __attribute__((noinline))
#else
#define UNROLL
#define WIDE
#endif

#if defined(__GNUC__)
typedef element vector __attribute__((vector_size(VECTOR_BYTES)));
typedef element unaligned __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(element)), may_alias));

/* block[MR][NR] (+)= rows[MR][terms] * panel[terms][NR], all in registers; the k loop is the whole cost of the kernel. */
WIDE static void multiply(int64_t terms, const element *mlp_RESTRICT rows, const element *mlp_RESTRICT panel,
    int64_t panel_stride, element *mlp_RESTRICT block, int first)
{
    vector sum[MR][NV];
    UNROLL
    for (int i = 0; i < MR; i++) {
        UNROLL
        for (int v = 0; v < NV; v++)
            sum[i][v] = first ? (vector){0} : (vector)*(const unaligned *)(block + i * NR + v * VL);
    }
    for (int64_t k = 0; k < terms; k++) {
        vector column[NV];
        UNROLL
        for (int v = 0; v < NV; v++)
            column[v] = *(const unaligned *)(panel + k * panel_stride + v * VL);
        UNROLL
        for (int i = 0; i < MR; i++) {
            const element row = rows[i * ROW_STRIDE + k];
            UNROLL
            for (int v = 0; v < NV; v++)
                sum[i][v] = sum[i][v] + row * column[v];
        }
    }
    UNROLL
    for (int i = 0; i < MR; i++) {
        UNROLL
        for (int v = 0; v < NV; v++)
            *(unaligned *)(block + i * NR + v * VL) = sum[i][v];
    }
}
#else
static void multiply(int64_t terms, const element *rows, const element *panel, int64_t panel_stride, element *block, int first)
{
    for (int i = 0; i < MR; i++)
        for (int j = 0; j < NR; j++) {
            element sum = first ? 0 : block[i * NR + j];
            for (int64_t k = 0; k < terms; k++)
                sum = sum + rows[i * ROW_STRIDE + k] * panel[k * panel_stride + j];
            block[i * NR + j] = sum;
        }
}
#endif

void mlp_dot_general(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const mlp_dot_general_args *const a = args;
    const float *mlp_RESTRICT x = a->x;
    const float *mlp_RESTRICT w1 = a->w1;
    const float *mlp_RESTRICT b1_2 = a->b1_2;
    float *mlp_RESTRICT max = a->max;
    element *const packed = (element *)((char *)scratch + 0);
    element *const rows = packed, *const panel = packed + PANEL_AT, *const block = packed + BLOCK_AT;
    for (int64_t t = begin; t < end; t++) {
        const int64_t b0 = 0, b1 = 1;
        const int64_t m0 = 0, m1 = 16;
        const int64_t n0 = 0, n1 = 256;
        for (int64_t b = b0; b < b1; b++) {
            for (int64_t m = m0; m < m1; m++) {
                element *const row = rows + (m - m0) * ROW_STRIDE;
                for (int64_t k = 0; k < 784; k++) {
                    row[k] = x[784 * m + k];
                }
            }
            for (int64_t m = m1 - m0; m % MR; m++)
                memset(rows + m * ROW_STRIDE, 0, K * sizeof(element));
            for (int64_t j0 = n0; j0 < n1; j0 += NR) {
                const int64_t j1 = j0 + NR < n1 ? j0 + NR : n1;
                for (int64_t k0 = 0; k0 < K; k0 += KC) {
                    const int64_t k1 = k0 + KC < K ? k0 + KC : K;
                    const element *columns = panel;
                    int64_t column_stride = NR;
                    if (j1 - j0 < NR)
                        memset(panel, 0, (size_t)(k1 - k0) * NR * sizeof(element));
                    if (j1 - j0 == NR) {
                        columns = w1 + 256 * k0 + j0;
                        column_stride = 256;
                    } else {
                        for (int64_t k = k0; k < k1; k++) {
                            for (int64_t n = j0; n < j1; n++) {
                                panel[(k - k0) * NR + n - j0] = w1[n + 256 * k];
                            }
                        }
                    }
                    for (int64_t i = 0; i < m1 - m0; i += MR)
                        multiply(k1 - k0, rows + i * ROW_STRIDE + k0, columns, column_stride, block + i * NR, k0 == 0);
                }
                for (int64_t m = m0; m < m1; m++) {
                    for (int64_t n = j0; n < j1; n++) {
                        max[256 * m + n] = mlp_max_f32(block[(m - m0) * NR + n - j0] + b1_2[n], 0.0f);
                    }
                }
            }
            (void)b;
        }
    }
}
