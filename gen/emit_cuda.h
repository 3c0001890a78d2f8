/* Kernels as CUDA text; private to kernel_cuda.c, nest_cuda.c and driver_cuda.c.
 *
 * A kernel has one of two layouts. Without tile scratch every statement walks its whole result, spread over the grid.
 * With scratch a block computes a tile: the statements come one after the other, each spread over the block, with
 * __syncthreads() between them. Who computes one element is decided for each statement by itself:
 *
 *     POINTS    one thread: maps, short sums, sums down many columns, whose neighbours have neighbouring threads
 *     WARPS     one warp: sums along a row, folded with shuffles
 *     BLOCKS    one block: few long rows, folded with shuffles and then through shared memory
 *     COLUMNS   one column of 8 warps: 32 sums side by side, each warp adds every eighth row
 *     IN_ORDER  one thread for all updates of an element: scatter
 *
 * The order of every sum is fixed by these shapes, so results are equal bit for bit in every run. */
#ifndef FW_GEN_EMIT_CUDA_H
#define FW_GEN_EMIT_CUDA_H

#include "emit.h"

enum {
    CUDA_THREADS = 256,          /* of every block */
    CUDA_WARPS_A_BLOCK = CUDA_THREADS / 32,
    CUDA_SHARED_BYTES = 46 << 10 /* of tile scratch: 48 KB less what sums need for their partial results */
};

typedef enum { CUDA_POINTS, CUDA_WARPS, CUDA_BLOCKS, CUDA_COLUMNS, CUDA_IN_ORDER } cuda_form;

/* How a kernel is laid out and launched. */
typedef struct cuda_layout {
    bool whole;                  /* no tiles: statements walk their whole results */
    bool wide;                   /* some array has so many elements that int cannot number them */
    bool separate;               /* a statement overwrites what an earlier one reads: never two of them at one point */
    int64_t blocks, parts;       /* grid: parts blocks share a tile's points (contractions) */
    int64_t shared_bytes;        /* dynamic shared memory */
    int64_t spill_bytes;         /* scratch of one block in the workspace, where shared memory is too small; else 0 */
} cuda_layout;

/* One statement being written. */
typedef struct cuda_nest {
    emit *e;
    const cuda_layout *layout;
    const char *count;           /* C type of counters and indices */
    int indent;
    bool divided;                /* the blocks of a tile share the points; else each of them does all points */
} cuda_nest;

/* One variable of a statement: lo, hi and size are C text; lo is NULL for 0, fixed is 0 where the size differs between
 * tiles. */
typedef struct cuda_axis { const char *name, *lo, *hi, *size; int64_t fixed; } cuda_axis;
typedef struct cuda_axes { int count; cuda_axis at[EMIT_MAX_LEVELS]; } cuda_axes;

/* nest_cuda.c: loops over points, maps, scatters */
void cuda_stmt(cuda_nest *n, const sched_stmt *stmt, fw_text *out);
bool cuda_ends_in_barrier(const cuda_nest *n, const sched_stmt *stmt);
int64_t cuda_stmt_blocks(emit *e, const sched_stmt *stmt);   /* of a whole statement, each with something to do */
int64_t cuda_points(const sched_stmt *stmt);                 /* elements of its whole result */
void cuda_maps(cuda_nest *n, const sched_stmt *stmts, int count, fw_text *out);    /* one loop for several maps */
bool cuda_same_points(const sched_stmt *a, const sched_stmt *b);                   /* maps that can share a loop */
void cuda_map_point(const cuda_nest *n, const sched_stmt *stmt, fw_text *before, fw_text *body);
cuda_axes cuda_axes_of(const cuda_nest *n, const sched_stmt *stmt);
void cuda_add_axis(emit *e, cuda_axes *a, int var, int64_t extent);
const char *cuda_count(const cuda_nest *n, const cuda_axes *a, int from); /* points of axes `from` and on, as C text */
/* The variables that `body` reads, from one number, the last axis fastest. */
void cuda_decode(const cuda_nest *n, const cuda_axes *a, const char *number, const char *body, int indent,
    fw_text *out);
/* for (points of the form) { variables; body } */
void cuda_loop(const cuda_nest *n, const cuda_axes *a, cuda_form form, const char *body, fw_text *out);
/* Starts a statement whose values are printed at levels: 0 before the loop over points, up to `outer` once a point,
 * then one a reduction loop; `nested` loops are indented one by one. */
void cuda_begin(const cuda_nest *n, const sched_stmt *stmt, int outer, int count, const int *vars, bool nested);
void cuda_levels(emit *e, int from, int to, fw_text *out);
int cuda_vars(const sched_stmt *stmt, int *vars);
fw_text cuda_text(const cuda_nest *n, int indent);
void cuda_keep_names(emit *e);
bool cuda_mentions(const char *text, const char *word);      /* as an identifier of its own */
int64_t cuda_times(int64_t a, int64_t b);                    /* a * b, at most INT64_MAX */

/* sum_cuda.c */
cuda_form cuda_stmt_form(emit *e, const sched_stmt *stmt, bool whole);
void cuda_sum(const cuda_nest *n, const sched_stmt *stmt, cuda_form form, fw_text *out);
/* A contraction: every thread adds up one product at a time and applies the epilogues to it. */
void cuda_product(cuda_nest *n, const sched_stmt *core, const sched_stmt *const *epilogues, int count, fw_text *out);

/* kernel_cuda.c */
cuda_layout cuda_layout_of(gen_model *model, const gen_kernel *kernel);
bool cuda_spills(const sched_kernel *kernel);            /* tile scratch is a piece of the workspace */
void cuda_declare(gen_model *model, const gen_kernel *kernel, fw_text *out);

/* driver_cuda.c */
bool gen_driver_cuda(gen_model *model, fw_text *out);
const char *gen_main_cuda(gen_model *model, const char *slot);

#endif
