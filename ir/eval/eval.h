/* The evaluator: what the files of ir/eval/ share. Literals in, literals out; slow where nobody waits, plain
 * everywhere.
 *
 * Values are dense row-major arrays whatever the layouts say. Elementwise work goes through blocks of lanes: elements
 * of any type are widened to double, int64_t or double complex, computed there, and rounded once to the result's own
 * type. For all types up to f32 that is the correctly rounded result of + - * / and sqrt, and nearly always of the
 * other functions. */
#ifndef FW_EVAL_H
#define FW_EVAL_H

#include "ir.h"

/* One execution of a computation. */
typedef struct eval_frame {
    fw_arena *arena; /* where the result of the instruction that runs now goes */
    fw_diag *diag;
    ir_literal *const *args; /* values of the parameters */
    int depth;               /* of nested calls */
} eval_frame;

/* ---- every eval_<name> of ops.def; NULL after an error ---- */
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req)                                  \
    ir_literal *eval_##eval(eval_frame *f, const ir_instr *instr, ir_literal *const *operands);
#include "ops.def"
#undef OP

/* ---- evaluate.c ---- */
/* Large arrays that outlive a call, so that its result may share them instead of copying: what a loop only hands on,
 * such as the weights of a model, is never copied. */
typedef struct eval_lenders {
    int count;
    const void **data;
} eval_lenders;
eval_lenders eval_lenders_of(fw_arena *arena, ir_literal *const *values, int count);
/* Runs a computation; the result is a copy in `arena` except for what it shares with the lenders (none: NULL),
 * everything else is freed. */
ir_literal *eval_comp(fw_arena *arena, fw_diag *diag, const ir_comp *comp, ir_literal *const *args,
    const eval_lenders *lenders, int depth);
ir_literal *eval_copy_unlent(fw_arena *arena, const ir_literal *literal, const eval_lenders *lenders);
ir_literal *eval_fail(eval_frame *f, const ir_instr *instr, const char *problem); /* FW_UNSUPPORTED; NULL */
ir_literal *eval_copy(fw_arena *arena, const ir_literal *literal);
/* A literal of `shape` over the data of another one. */
ir_literal *eval_view(fw_arena *arena, const ir_shape *shape, const ir_literal *literal);

/* ---- collective.c, custom_call.c ---- */
/* Why the evaluator cannot run this instruction although it knows the operation ("among several participants"), or
 * NULL. */
const char *eval_problem(fw_arena *arena, const ir_instr *instr);
const char *eval_custom_call_problem(fw_arena *arena, const ir_instr *instr);

/* ---- lanes.c: blocks of elements <-> wide C values ---- */
#define EVAL_LANES 256
void lanes_get(ir_type type, int64_t n, const void *from, double *to); /* any type but complex */
void lanes_set(ir_type type, int64_t n, const double *from, void *to);
void lanes_get_int(ir_type type, int64_t n, const void *from, int64_t *to); /* pred and integers; u64 keeps its bits */
void lanes_set_int(ir_type type, int64_t n, const int64_t *from, void *to); /* wraps */
void lanes_get_complex(ir_type type, int64_t n, const void *from, double *to); /* re, im, re, im, ... */
void lanes_set_complex(ir_type type, int64_t n, const double *from, void *to);
void lanes_fill(size_t bytes, int64_t n, const void *element, void *to);                        /* n copies */
void lanes_gather(size_t bytes, int64_t n, const void *base, const int64_t *offsets, void *to); /* offset -1: zero */
void lanes_scatter(size_t bytes, int64_t n, const void *from, void *base, const int64_t *offsets);

/* ---- elementwise.c: one elementwise instruction on n <= EVAL_LANES lanes; false where the type has no such op ---- */
bool lanes_apply(const ir_instr *instr, int64_t n, void *out, const void *const *in);
bool lanes_unary(const ir_instr *instr, int64_t n, void *out, const void *const *in);   /* unary.c */
bool lanes_binary(const ir_instr *instr, int64_t n, void *out, const void *const *in);  /* binary.c */
bool lanes_compare(const ir_instr *instr, int64_t n, void *out, const void *const *in); /* compare.c */
bool lanes_select(const ir_instr *instr, int64_t n, void *out, const void *const *in);
bool lanes_clamp(const ir_instr *instr, int64_t n, void *out, const void *const *in);
bool lanes_convert(const ir_instr *instr, int64_t n, void *out, const void *const *in); /* convert.c */
bool lanes_bitcast_convert(const ir_instr *instr, int64_t n, void *out, const void *const *in);
bool lanes_reduce_precision(const ir_instr *instr, int64_t n, void *out, const void *const *in);
bool lanes_stochastic_convert(const ir_instr *instr, int64_t n, void *out, const void *const *in); /* random.c */
bool lanes_unary_complex(const ir_instr *instr, int64_t n, void *out, const void *in); /* complex.c */
bool lanes_binary_complex(const ir_instr *instr, int64_t n, void *out, const void *const *in);
/* re + im i; C11's CMPLX is not in every libc, and re + im * I would turn infinities into NaNs. */
double _Complex eval_number(double re, double im);
double eval_max(double a, double b); /* NaN from either side, -0 < +0 */
double eval_min(double a, double b);

/* ---- region.c: computations over scalars, run on lanes ---- */
typedef struct eval_region eval_region;
/* Compiles `comp`, which takes and returns scalars; `owner` gives errors their place. */
eval_region *eval_region_new(fw_arena *arena, fw_diag *diag, const ir_comp *comp, const ir_instr *owner, int depth);
/* out[j] gets result j for n <= EVAL_LANES lanes; results may be written over the inputs. False after an error. */
bool eval_region_run(eval_region *region, int64_t n, const void *const *in, void *const *out);
/* Does a reduce or reduce-window only add floats? Such sums are kept in double and rounded once. */
bool eval_is_float_sum(const ir_instr *instr);

/* ---- strided.c: index arithmetic ---- */
int64_t *eval_ints(fw_arena *arena, int64_t count); /* zeroed, one more than asked for */
int64_t *eval_sizes(fw_arena *arena, const ir_shape *shape);
int64_t *eval_strides(fw_arena *arena, const ir_shape *shape); /* row-major, in elements */
bool eval_listed(const int64_t *ints, int count, int64_t value);
/* Steps a row-major index; false after the last one. */
bool eval_step(int rank, const int64_t *sizes, int64_t *index);
/* Moves a box of elements between two arrays: element `index` goes from `from` + sum index * from_strides to the same
 * place of `to`. Pointers stand at index 0; strides are in elements and may be zero or negative. */
void eval_move(size_t bytes, int rank, const int64_t *sizes, const void *from, const int64_t *from_strides, void *to,
    const int64_t *to_strides);
/* An index element as int64_t; a u64 beyond INT64_MAX becomes INT64_MAX. */
int64_t eval_index_at(const ir_literal *indices, int64_t position);

/* ---- contraction.c: sums of products, for dot and convolution ---- */
typedef struct contraction {
    int64_t m, n, k;
    const void *lhs, *rhs;
    void *out;
    ir_type lhs_type, rhs_type, out_type;
    /* Element offsets of the k left factors of an output row; -1 is a factor 0. */
    void (*row_offsets)(const struct contraction *c, int64_t row, int64_t *offsets);
    const void *row_data;             /* for row_offsets */
    const int64_t *rhs_k, *col;       /* right factor (k, column) at rhs_k[k] + col[column] */
    const int64_t *out_row, *out_col; /* output (row, column) at out_row[row] + out_col[column] */
} contraction;
void eval_contract(const contraction *c);
int64_t *eval_multiples(fw_arena *arena, int64_t count, int64_t step); /* 0, step, 2 * step, ... */

/* ---- dot.c: element offsets of all index combinations of some dimensions, row-major ---- */
typedef struct eval_table {
    int64_t count;
    int64_t *at;
} eval_table;
eval_table eval_table_of(fw_arena *arena, const ir_shape *shape, const int64_t *dims, int count);

#endif
