/* Schedules: access relations, index algebra, statements, proofs, buffers and steps. Sectioned by .c file.
 * Only this folder includes isl. Everything lives in one arena given by the caller; isl objects never leave their file. */
#ifndef FW_SCHEDULE_H
#define FW_SCHEDULE_H

#include "ir.h"
#include "plan.h"

/* ---- index.c: integer index expressions with known ranges, hash-consed and kept in normal form ----
 * An index is c + sum coef_i * atom_i, atoms distinct and in a fixed order. An atom is a loop variable, floor(index / k),
 * index mod k, or a run-time value that is clamped into [0, max]. Equal expressions are equal pointers. */
typedef struct sched_index sched_index;
typedef struct sched_value sched_value;
typedef enum { SCHED_VAR, SCHED_DIV, SCHED_MOD, SCHED_DYN } sched_atom_kind;
typedef struct sched_atom {
    sched_atom_kind kind;
    int order;                   /* creation order: the sort key */
    int var;                     /* VAR: number in the space */
    const sched_index *of;       /* DIV, MOD */
    int64_t k;                   /* DIV, MOD: the positive divisor */
    const sched_value *value;    /* DYN: an integer scalar; the index is clamp(value, 0, max) */
    int64_t min, max;            /* inclusive range */
} sched_atom;
typedef struct sched_term { int64_t coef; const sched_atom *atom; } sched_term;
struct sched_index {
    int64_t c;
    int nterms;
    const sched_term *terms;
    int64_t min, max;            /* inclusive range over all variables */
    int number;                  /* creation order */
};
typedef struct sched_space sched_space;   /* owns the variables and the table of expressions */
sched_space *sched_space_new(fw_arena *arena);
int sched_var_new(sched_space *space, const char *name, int64_t extent); /* ranges over 0 .. extent-1 */
const char *sched_var_name(const sched_space *space, int var);
int64_t sched_var_extent(const sched_space *space, int var);
const sched_index *sched_const(sched_space *space, int64_t c);
const sched_index *sched_var(sched_space *space, int var);
const sched_index *sched_dyn(sched_space *space, const sched_value *value, int64_t max);
const sched_index *sched_add(sched_space *space, const sched_index *a, const sched_index *b);
const sched_index *sched_addc(sched_space *space, const sched_index *a, int64_t c);
const sched_index *sched_mul(sched_space *space, const sched_index *a, int64_t k);
const sched_index *sched_div(sched_space *space, const sched_index *a, int64_t k);   /* floor */
const sched_index *sched_mod(sched_space *space, const sched_index *a, int64_t k);   /* result in [0, k) */
bool sched_index_is_const(const sched_index *a, int64_t *c);
bool sched_index_is_linear(const sched_index *a);                   /* only VAR atoms (and DYN) */
int64_t sched_index_coef(const sched_index *a, int var);            /* coefficient of a variable outside DIV/MOD */
bool sched_index_uses(const sched_index *a, int var);               /* anywhere, DIV, MOD and DYN arguments included */
const sched_index *sched_index_replace(sched_space *space, const sched_index *a, int var, const sched_index *by);
void sched_index_print(const sched_space *space, const sched_index *a, fw_text *out);

/* ---- access.c: the one relation of each operand ----
 * Operand dim j of an access is floor((c + sum coef*floor(var/div_t)) / div) mod `mod` + run-time offset, with scale * j = ... for base
 * dilation and interior padding. Variables: result dims 0..nout-1, then reduction dims nout..nout+nred-1. */
#define SCHED_MAX_TERMS 4
typedef struct sched_access_dim {
    int64_t c;
    int nterms;
    struct { int var; int64_t coef, div; } terms[SCHED_MAX_TERMS]; /* coef * floor(var / div); div is 1 but for grouped convolutions */
    int64_t div, mod;            /* 1 and 0: absent */
    int64_t scale;               /* 1: absent */
    int dyn;                     /* -1, or number of the run-time value that is added (sign +1) or taken away (sign -1) */
    int dyn_sign;
    int64_t dyn_max;             /* the value is clamped to [0, dyn_max] */
} sched_access_dim;
typedef struct sched_access {
    int nout, nred;
    const int64_t *red;          /* extents of the reduction variables */
    int ndims;
    const sched_access_dim *dims;
    bool guarded;                /* the operand is read only where its index lies in its box (and scale divides) */
} sched_access;
/* A run-time index value: element `index` of operand `operand`. Its dims are affine in the result dims. */
typedef struct sched_dynamic { int operand; int ndims; const sched_access_dim *dims; } sched_dynamic;
typedef struct sched_accesses {
    int noperands;
    const sched_access *operand; /* by operand number; index operands of dynamic ops have ndims of their own reads */
    int ndynamic;
    const sched_dynamic *dynamic;
    bool exact;                  /* false where some dim depends on data */
} sched_accesses;
/* NULL when the op has no relation (OPAQUE in ops.def) or a shape is symbolic in a way that is not affine; *why says so. */
const sched_accesses *sched_access_of(fw_arena *arena, const ir_instr *instr, const char **why);
void sched_access_print(const sched_access *access, fw_text *out);

/* ---- value.c: the scalar computation of one element ----
 * A DAG of values over index expressions. gen/ prints it; prove.c reads its loads. Members of a kernel that get no buffer are
 * composed away here, through the accesses. */
typedef enum { SCHED_LOAD, SCHED_LITERAL, SCHED_IOTA, SCHED_OP, SCHED_GUARD, SCHED_PARAM } sched_value_kind;
typedef struct sched_cond { const sched_index *index; int64_t count, scale; } sched_cond; /* 0 <= index/scale < count and scale | index */
struct sched_value {
    sched_value_kind kind;
    int number;                  /* creation order inside its builder: operands have smaller numbers */
    ir_type type;
    const ir_instr *instr;       /* OP: the operation; LOAD: the array (a source, or a kept or output member); LITERAL: the constant;
                                    IOTA: the iota; PARAM: the region's parameter */
    int nargs;
    const sched_value **args;    /* OP: operands; GUARD: value where all conditions hold, value elsewhere */
    int nindex;
    const sched_index **index;   /* LOAD: one a dimension of instr; IOTA: one */
    int nconds;
    const sched_cond *conds;     /* GUARD */
};

/* ---- kernel.c: a proposal as statements over a tiled space ---- */
typedef struct sched_loop {      /* one dimension of the tile space */
    const char *name;            /* "m", "n", "i0", ... */
    int64_t extent, tile, ntiles;/* tile == extent when untiled */
    int var;                     /* its variable in the space */
} sched_loop;
/* Range of a statement's variable inside a tile: [coef*lo_L + first, coef*(hi_L - 1) + last + 1) clipped to [0, extent), where
 * [lo_L, hi_L) is the tile's range of loop L; the whole [0, extent) where loop is -1. */
typedef struct sched_range {
    int var;
    int64_t extent;
    int loop;
    int64_t coef, first, last;
    int64_t size;                /* upper bound of the number of points a tile */
} sched_range;
typedef enum { SCHED_MAP, SCHED_REDUCE, SCHED_SCATTER } sched_stmt_kind;
typedef struct sched_stmt {
    const ir_instr *instr;       /* whose value it stores */
    sched_stmt_kind kind;
    int nvars;
    sched_range *vars;           /* loops around the statement, outermost first */
    const sched_index **index;   /* one a dimension of instr: where the value goes, over vars */
    const sched_value *value;    /* MAP: what is stored. REDUCE: the element, over vars and reds */
    bool output;                 /* stored into the buffer of instr; else into tile scratch */
    bool after_contraction;      /* template "contraction": the product itself and what depends on it */
    int64_t scratch_offset;      /* bytes from the start of the thread's scratch, 64-byte aligned; -1 for pure outputs */
    bool scratch;                /* has tile scratch: product of the vars' sizes, row-major in vars order, relative to the range's start */
    int nreds;                   /* REDUCE */
    struct { int var; int64_t extent; } *reds;
    /* Template "contraction": the one reduction variable k is the row-major number of these pieces, outermost first (window dims, then
     * the input feature; contracting dims); each is an expression of k. */
    int ncuts;
    struct { const sched_index *index; int64_t extent; const char *name; } *cuts;
    int nconds;
    const sched_cond *conds;     /* REDUCE: the element is skipped where one fails */
    const sched_value *init;     /* REDUCE: scalar start value; NULL: zero (contractions) */
    ir_op combine;               /* REDUCE: IR_OP_ADD, ... ; IR_NOPS when only `region` says it */
    const ir_comp *region;       /* the combiner (accumulator, element), NULL for contractions */
    const sched_value *lhs, *rhs;/* contractions: value is an OP of the contraction with these two arguments */
    int nskips;                  /* SCATTER: the update is dropped where a run-time index lies outside [0, max] */
    struct { const sched_value *value; int64_t max; } *skips;
    int64_t flops;               /* of all tiles together, recompute included */
} sched_stmt;
typedef struct sched_read { const ir_instr *source; int64_t bytes; bool whole; } sched_read;
typedef struct sched_kernel {
    const plan_kernel *plan;
    sched_space *space;
    int nloops;
    sched_loop *loops;           /* tile space; tiles are numbered row-major over ntiles */
    int64_t ntiles;
    int nstmts;
    sched_stmt *stmts;           /* in execution order inside a tile */
    int nvalues;                 /* sched_value numbers are below this */
    const sched_stmt *contraction; /* template "contraction": the statement that the template computes; its vars are the loops b, m, n */
    int ninputs;
    const ir_instr **inputs;     /* arrays read from outside (sources and other kernels' outputs), by first use */
    int64_t scratch_bytes;       /* per thread, tile scratch of statements; a template may add packing: see template_bytes */
    /* Scratch of a kept contraction's tile, at scratch_bytes: the contraction template has a block of its own instead; a backend that
     * writes the product there counts it in template_bytes. */
    int64_t product_bytes;
    int64_t template_bytes;      /* scratch that the template needs besides (packing); set by gen/ before buffers are planned */
    /* The kernel writes only part of outputs[0] (the window of a dynamic-update-slice whose plan is in_place, a scatter); the rest
     * must already hold this operand: both share a buffer, or a COPY step comes before. Else NULL. The single statement's vars then
     * walk the update, `index` (with run-time offsets) says where it goes. */
    const ir_instr *updates;
    int64_t flops, bytes_read, bytes_written; /* footprints: each array element counted once */
    int64_t points, points_recomputed;        /* statement instances over all tiles beyond one each */
    bool proved;
    const char *proof;           /* one line: what was proved, or why not */
} sched_kernel;
/* True for instructions that are arrays by themselves: parameters, array constants, get-tuple-element of a parameter, while or
 * conditional. They are never members. */
bool sched_is_source(const ir_instr *instr);
/* value.c: builds the values of one kernel; members without a buffer are composed away. */
typedef struct sched_builder sched_builder;
sched_builder *sched_builder_new(fw_arena *arena, sched_space *space, const plan_kernel *plan);
const sched_value *sched_value_at(sched_builder *builder, const ir_instr *instr, const sched_index *const *index);
/* Operand indices of an access at (out, red); with guards the conditions under which the operand is read, NULL *conds when it never is. */
const sched_index **sched_operand_index(sched_builder *builder, const ir_instr *instr, int operand, const sched_index *const *out,
    const sched_index *const *red, sched_cond **conds, int *nconds, bool *never);
const sched_value *sched_dynamic_value(sched_builder *builder, const ir_instr *instr, int dynamic, const sched_index *const *out);
const sched_value *sched_contraction_value(sched_builder *builder, const ir_instr *instr, const sched_value *lhs, const sched_value *rhs);
const char *sched_builder_error(const sched_builder *builder); /* NULL while all went well */
/* The value of a member computed here even though it has a buffer: what its own statement stores. */
const sched_value *sched_composed_value(sched_builder *builder, const ir_instr *instr, const sched_index *const *index);
int sched_builder_count(const sched_builder *builder);
const sched_accesses *sched_builder_accesses(sched_builder *builder, const ir_instr *instr);

/* Builds statements, ranges, scratch and figures of a proposal. NULL with *why when it cannot be expressed. */
sched_kernel *sched_build(fw_arena *arena, const plan_kernel *plan, const char **why);
/* Names and extents of the tile space of a root (what `tile` in a proposal indexes): for contractions b..., m, n; else the
 * dims of the root whose size is not 1. Returns the count. */
int sched_loops(fw_arena *arena, const ir_instr *root, const ir_instr *contraction, sched_loop loops[PLAN_MAX_LOOPS]);
/* scatter.c, range.c, figures.c: parts of sched_build */
bool sched_scatter_stmt(fw_arena *arena, sched_kernel *kernel, sched_builder *values, sched_stmt *stmt, const char **why);
bool sched_ranges(fw_arena *arena, sched_kernel *kernel, const char **why);
void sched_figures(fw_arena *arena, sched_kernel *kernel);
/* Calls `visit` once for each distinct value that the statement needs: DAG, start value, conditions and run-time indices. */
typedef void sched_visit_fn(void *user, const sched_value *value);
void sched_visit(fw_arena *scratch, const sched_kernel *kernel, const sched_stmt *stmt, sched_visit_fn *visit, void *user);
const sched_stmt *sched_stmt_of(const sched_kernel *kernel, const ir_instr *instr); /* NULL: not stored by this kernel */
void sched_kernel_print(const sched_kernel *kernel, fw_text *out);

/* ---- prove.c: isl is the judge ----
 * The dataflow of the tiled, contracted, aliased program must equal the graph's dataflow lifted to tiles; every output element is
 * written once and all are covered; every access stays inside its box. *why names the failed obligation with two instances where it has them. */
typedef struct sched_prover sched_prover; /* quota and cache of verdicts by structure */
sched_prover *sched_prover_new(fw_arena *arena, unsigned long quota);
void sched_prover_free(sched_prover *prover);
bool sched_prove(sched_prover *prover, fw_arena *arena, sched_kernel *kernel, const char **why);
/* May output[0] of the kernel live in the buffer of `source` (one of its inputs)? Proved the same way, with both in one buffer. */
bool sched_prove_in_place(sched_prover *prover, fw_arena *arena, const sched_kernel *kernel, const ir_instr *source, const char **why);

/* ---- program.c: buffers, order, steps ---- */
typedef enum {
    SCHED_BUF_PARAM,             /* caller's input: entry parameter leaf `index` */
    SCHED_BUF_OUTPUT,            /* caller's output: entry result leaf `index` */
    SCHED_BUF_CONSTANT,          /* an array constant */
    SCHED_BUF_WORK               /* workspace at `offset` */
} sched_buffer_kind;
typedef struct sched_buffer {
    int id;
    sched_buffer_kind kind;
    int index;
    const ir_literal *literal;   /* CONSTANT */
    const ir_shape *shape;       /* of the first value in it */
    int64_t bytes, offset;       /* offset: WORK, 64-byte aligned */
    int first, last;             /* steps (numbered over the whole program, loop bodies once) between which it is live */
    const char *name;            /* C identifier, unique */
    bool swapped;                /* SWAP steps move its address: the driver keeps it in a variable that it sets once, at its start */
} sched_buffer;
typedef struct sched_block sched_block;
typedef enum { SCHED_STEP_KERNEL, SCHED_STEP_COPY, SCHED_STEP_WHILE, SCHED_STEP_IF, SCHED_STEP_SWAP } sched_step_kind;
typedef struct sched_step {
    sched_step_kind kind;
    int number;                  /* order over the whole program */
    sched_kernel *kernel;        /* KERNEL */
    sched_buffer **inputs;       /* KERNEL: one an entry of kernel->inputs */
    sched_buffer **outputs;      /* KERNEL: one an entry of plan->outputs; equals an input where proved in place */
    const ir_instr *instr;       /* WHILE, IF; COPY: the value copied */
    sched_buffer *may_equal;     /* KERNEL, COPY: an input whose array the caller may also have passed as the output that is written here
                                    (output_alias): no restrict, no memcpy between the two; or NULL */
    sched_buffer *from, *to;     /* COPY: whole buffers. SWAP: two pointers that change places at the end of a loop body */
    sched_buffer *pred;          /* WHILE: written by `cond`; IF: the selector (pred: 0 is branch 1; s32: out of range is the last) */
    sched_block *cond, *body;    /* WHILE */
    int64_t trip_count;          /* WHILE: known number of iterations (then cond is NULL), or -1 */
    int nbranches;
    sched_block **branches;      /* IF */
} sched_step;
struct sched_block { int nsteps, cap; sched_step *steps; };
typedef struct sched_program {
    const plan *plan;
    sched_block *main;
    int nbuffers, cap;
    sched_buffer **buffers;
    int ninputs;                 /* leaves of the entry parameters, in order, tokens left out */
    sched_buffer **inputs;
    const ir_shape **input_shapes;
    const char **input_names;    /* C identifiers, unique */
    int noutputs;
    sched_buffer **outputs;      /* OUTPUT buffers by leaf */
    const ir_shape **output_shapes;
    int *output_alias;           /* input leaf that output may equal (donation), or -1 */
    int nkernels;                /* KERNEL and COPY steps, loop bodies once */
    int64_t buffer_bytes;        /* shared workspace */
    int64_t thread_bytes;        /* scratch and packing of one thread: the largest of all kernels, 64-byte aligned */
    int64_t live_bytes;          /* largest set live at once: the lower bound of buffer_bytes */
    int64_t constant_bytes;
} sched_program;
/* workspace of n threads = buffer_bytes + n * thread_bytes */
sched_program *sched_program_build(fw_arena *arena, fw_diag *diag, sched_prover *prover, const plan *plan);
void sched_program_print(const sched_program *program, fw_text *out);

#endif
