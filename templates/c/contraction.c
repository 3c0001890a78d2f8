/*@banner*/
/* A product of two matrices with its operands packed and its result finished tile by tile. */
/*@end*/
#include "MODEL_kernels.h"

/*@comment*/
/* out[m, n] = sum over k of x[m, k] * y[k, n]. */
/*@end*/

typedef /*@type*/ float /*@end*/ element;

enum {
    /*@sizes*/
    K = 64,                      /* terms of a sum */
    KC = 64,                     /* terms that are added before the next panel is packed */
    TILE_M = 64                  /* rows of a tile */
    /*@end*/
};

/* The register tile: MR rows of NV vectors, as many accumulators as the machine can hold. */
#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, /*@tile64*/ MR = 8, NV = 3 /*@end*/ };
#elif defined(__AVX__)
enum { VECTOR_BYTES = 32, /*@tile32*/ MR = 6, NV = 2 /*@end*/ };
#else
enum { VECTOR_BYTES = 16, /*@tile16*/ MR = 4, NV = 2 /*@end*/ };
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
WIDE static void multiply(int64_t terms, const element *MODEL_RESTRICT rows, const element *MODEL_RESTRICT panel,
    int64_t panel_stride, element *MODEL_RESTRICT block, int first)
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

void MODEL_KERNEL(const void *args, void *scratch, int64_t begin, int64_t end)
{
    /*@declarations*/
    const struct { const float *x, *y; float *out; } *a = args;
    const float *MODEL_RESTRICT x = a->x, *MODEL_RESTRICT y = a->y;
    float *MODEL_RESTRICT out = a->out;
    /*@end*/
    element *const packed = (element *)((char *)scratch + /*@packed_at*/ 0 /*@end*/);
    element *const rows = packed, *const panel = packed + PANEL_AT, *const block = packed + BLOCK_AT;
    for (int64_t t = begin; t < end; t++) {
        /*@ranges*/
        const int64_t b0 = 0, b1 = 1, m0 = t * 64, m1 = m0 + 64, n0 = 0, n1 = 64;
        /*@end*/
        /*@before*/ /*@end*/
        for (int64_t b = b0; b < b1; b++) {
            /*@pack_rows*/
            for (int64_t m = m0; m < m1; m++)
                for (int64_t k = 0; k < 64; k++)
                    rows[(m - m0) * ROW_STRIDE + k] = x[m * 64 + k];
            /*@end*/
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
                    /*@pack_panel*/
                    for (int64_t k = k0; k < k1; k++)
                        for (int64_t n = j0; n < j1; n++)
                            panel[(k - k0) * NR + n - j0] = y[k * 64 + n];
                    /*@end*/
                    for (int64_t i = 0; i < m1 - m0; i += MR)
                        multiply(k1 - k0, rows + i * ROW_STRIDE + k0, columns, column_stride, block + i * NR, k0 == 0);
                }
                /*@finish*/
                for (int64_t m = m0; m < m1; m++)
                    for (int64_t n = j0; n < j1; n++)
                        out[m * 64 + n] = block[(m - m0) * NR + n - j0];
                /*@end*/
            }
            (void)b;
        }
    }
}
