/* The Module: HLO as XLA defines it. Sectioned by the .c file that implements each part.
 *
 * A module owns an arena; every computation, instruction, shape and literal lives in it. Shapes and literals are immutable
 * once made and may be shared. Instructions stand in their computation in an order in which operands come first. */
#ifndef FW_IR_H
#define FW_IR_H

#include "base/base.h"

/* ---- types.c: the element types of types.def ---- */
typedef enum {
#define TYPE(id, text, bits, cls, bytes, c, u) IR_##id,
#include "types.def"
#undef TYPE
    IR_NTYPES
} ir_type;
typedef enum { IR_CLASS_PRED, IR_CLASS_SIGNED, IR_CLASS_UNSIGNED, IR_CLASS_FLOAT, IR_CLASS_COMPLEX, IR_CLASS_OTHER } ir_type_class;
const char *ir_type_name(ir_type type);
bool ir_type_find(const char *text, size_t length, ir_type *type);
ir_type_class ir_class_of(ir_type type);
int ir_type_bits(ir_type type);
size_t ir_type_bytes(ir_type type);              /* bytes of one element in memory; 0 for tuple, token, opaque */
const char *ir_type_c(ir_type type);             /* C type, "" when C has none */
const char *ir_type_c_unsigned(ir_type type);
bool ir_type_is_float(ir_type type);
bool ir_type_is_integer(ir_type type);           /* signed or unsigned; not pred */

/* ---- number.c: one element in memory <-> wide C values, for every type ----
 * Floats round to nearest even with the overflow behaviour of reference/hlo-semantics.md section 1; integers wrap. */
double ir_number_get(ir_type type, const void *element);           /* real part of complex; exact for everything but 64-bit ints */
int64_t ir_number_get_int(ir_type type, const void *element);      /* integer and pred types; u64 keeps its bits */
void ir_number_set(ir_type type, void *element, double value);     /* conversion of a double as HLO convert does it */
void ir_number_set_int(ir_type type, void *element, int64_t value);
bool ir_number_fits(ir_type type, double value);                   /* false when converting a finite value overflows the float type */
/* Decimal text of exactly `length` bytes (sign, digits, point, exponent; no inf or nan) to the nearest double, locale-free.
 * False when it is not one number; a value beyond the range of double gives an infinity. */
bool ir_number_parse(const char *text, size_t length, double *value);
/* A NaN of the type with the given sign and payload (all mantissa bits); the default payload where it is 0. False: no such NaN. */
bool ir_number_set_nan(ir_type type, void *element, bool negative, uint64_t payload);
/* Shortest text that reads back to the same element (%.9g / %.17g class), locale-free; `nan(0x..)` only for odd payloads. */
void ir_number_print(ir_type type, const void *element, fw_text *out);

/* ---- shape.c ---- */
/* A dimension is a constant or a symbol of the module. Code that needs a number asks ir_dim_const, which can fail. */
typedef struct ir_dim {
    int64_t bound;       /* the size, or for a symbol its upper bound (-1: unbounded) */
    int32_t symbol;      /* 0: constant; else 1 + index into module->symbols */
} ir_dim;
typedef struct ir_layout {
    int nminor;                  /* equals the rank where minor_to_major was written, else 0 */
    const int64_t *minor_to_major;
    const char *suffix;          /* tiles, memory space, ... exactly as written after ':', or NULL */
} ir_layout;
typedef struct ir_shape {
    ir_type type;
    int rank;                    /* arrays */
    const ir_dim *dims;
    const ir_layout *layout;     /* NULL: default, row-major */
    int nelems;                  /* tuples; also 1 for b(shape) */
    const struct ir_shape *const *elems;
} ir_shape;
bool ir_dim_const(ir_dim dim, int64_t *size);
ir_dim ir_dim_of(int64_t size);
const ir_shape *ir_shape_array(fw_arena *arena, ir_type type, int rank, const int64_t *sizes); /* constant dims, default layout */
const ir_shape *ir_shape_dims(fw_arena *arena, ir_type type, int rank, const ir_dim *dims);
const ir_shape *ir_shape_tuple(fw_arena *arena, int count, const ir_shape *const *elems);
const ir_shape *ir_shape_with_type(fw_arena *arena, const ir_shape *shape, ir_type type);
bool ir_shape_equal(const ir_shape *a, const ir_shape *b);         /* type, dims, tuple tree; layouts ignored */
bool ir_shape_same_dims(const ir_shape *a, const ir_shape *b);
bool ir_shape_is_static(const ir_shape *shape);                    /* no symbol anywhere */
bool ir_shape_is_row_major(const ir_shape *shape);                 /* or no layout; dims of size 1 do not matter */
int64_t ir_shape_count(const ir_shape *shape);                     /* elements of a static array; -1 on overflow or symbols */
int64_t ir_shape_bytes(const ir_shape *shape);                     /* the same in bytes; tuples summed */
int64_t ir_shape_size(const ir_shape *shape, int dim);             /* constant size of a dim; caller knows it is static */
void ir_shape_print(const ir_shape *shape, fw_text *out);          /* f32[2,3]{1,0}; layout printed when it is set */
bool ir_shape_is_scalar(const ir_shape *shape);                    /* array of rank 0 */

/* ---- literal.c ---- */
typedef struct ir_literal {
    const ir_shape *shape;
    void *data;                          /* arrays: dense row-major logical order, ir_type_bytes each */
    struct ir_literal *const *elems;     /* tuples */
    bool elided;                         /* was written as {...}: the values are lost */
} ir_literal;
ir_literal *ir_literal_new(fw_arena *arena, const ir_shape *shape); /* zeroed; tuples with their elements */
bool ir_literal_equal(const ir_literal *a, const ir_literal *b);    /* bit for bit */
bool ir_literal_splat(const ir_literal *literal);                   /* array whose elements are all the same bits, count > 0 */
void ir_literal_print(const ir_literal *literal, fw_text *out);     /* as inside constant(...) */

/* ---- ops.c: the opcode table ---- */
typedef enum {
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req) IR_OP_##id,
#include "ops.def"
#undef OP
    IR_NOPS
} ir_op;
typedef enum {
    IR_LEAF, IR_ELEMENTWISE, IR_INDEX, IR_BITCAST_CLASS, IR_DYNAMIC, IR_REDUCE_CLASS, IR_CONTRACTION, IR_SCATTER_CLASS,
    IR_SORT_CLASS, IR_SCAN_CLASS, IR_MAP_CLASS, IR_LINALG, IR_COMPOSITE, IR_TUPLE_CLASS, IR_CONTROL, IR_FORWARD,
    IR_OPAQUE_CLASS, IR_RANDOM, IR_DYNAMIC_SHAPE, IR_COLLECTIVE, IR_HOST, IR_NCLASSES
} ir_op_class;
typedef enum {
#define ATTR(id, text, kind) IR_ATTR_##id,
#include "attrs.def"
#undef ATTR
    IR_NATTRS
} ir_attr_id;
typedef enum {
    IR_KIND_BOOL, IR_KIND_INT, IR_KIND_FLOAT, IR_KIND_WORD, IR_KIND_STRING, IR_KIND_INTS, IR_KIND_PREDS, IR_KIND_RANGES,
    IR_KIND_PADDING, IR_KIND_WINDOW, IR_KIND_DIM_LABELS, IR_KIND_COMP, IR_KIND_COMPS, IR_KIND_INSTRS, IR_KIND_WORDS,
    IR_KIND_RAW, IR_KIND_METADATA, IR_KIND_JSON, IR_KIND_ALIASING, IR_KIND_LITERAL
} ir_attr_kind;
typedef struct ir_op_info {
    const char *name;
    ir_op_class cls;
    int least, most;             /* operand counts; most -1: any */
    const char *infer, *eval, *access;           /* names of the table columns */
    const char *c_float, *c_int, *c_pred;        /* C patterns or NULL */
    int flops;
    const char *attrs, *required;                /* attribute ids, space-separated, as in ops.def */
} ir_op_info;
const ir_op_info *ir_op_of(ir_op op);
bool ir_op_find(const char *text, size_t length, ir_op *op);
const char *ir_class_name(ir_op_class cls);      /* "elementwise", "reduce", ... as rules see it */
const char *ir_attr_name(ir_attr_id id);
ir_attr_kind ir_attr_kind_of(ir_attr_id id);
bool ir_op_allows(ir_op op, ir_attr_id id);      /* in the op's own list, or an attribute that every instruction may carry */
bool ir_op_requires(ir_op op, ir_attr_id id);

/* ---- module.c ---- */
typedef struct ir_window_dim {
    int64_t size, stride, pad_low, pad_high, base_dilation, window_dilation;
    bool reversal;
} ir_window_dim;
typedef struct ir_window {
    int rank;
    ir_window_dim *dims;
} ir_window;
/* dim_labels: positions of batch, feature and spatial dims; -1 where a '?' stands. */
typedef struct ir_labels {
    int nspatial;
    int lhs_batch, lhs_feature, rhs_input, rhs_output, out_batch, out_feature;
    int *lhs_spatial, *rhs_spatial, *out_spatial;
    const char *text;                            /* as written */
} ir_labels;

typedef struct ir_comp ir_comp;
typedef struct ir_instr ir_instr;
typedef struct ir_attr {
    ir_attr_id id;
    int count;                                   /* elements of the list kinds */
    int64_t i;                                   /* BOOL, INT */
    double f;                                    /* FLOAT */
    const char *text;                            /* WORD, STRING, RAW, METADATA, JSON, ALIASING */
    const int64_t *ints;                         /* INTS, PREDS, RANGES, PADDING */
    const char *const *words;
    const ir_window *window;
    const ir_labels *labels;
    ir_comp **comps;                             /* COMP (count 1), COMPS */
    ir_instr **instrs;
    ir_literal *literal;
} ir_attr;

struct ir_instr {
    ir_op op;
    int id;                      /* position in comp->instrs; kept by ir_comp_renumber */
    const char *name;            /* unique in its computation, without % */
    const ir_shape *shape;
    ir_comp *comp;
    int noperands;
    ir_instr **operands;
    int nattrs;
    ir_attr *attrs;
    ir_literal *literal;         /* constant */
    int64_t param;               /* parameter number */
    fw_loc loc;
    const char *op_name;         /* from metadata, or NULL */
    const char *async_op;        /* the X of `X-start` sugar, or NULL */
};

struct ir_comp {
    const char *name;
    struct ir_module *module;
    int ninstrs, cap;
    ir_instr **instrs;           /* operands before users */
    ir_instr *root;
    int nparams;
    ir_instr **params;           /* by parameter number */
    const char *execution_thread;
    fw_loc loc;
};

typedef struct ir_symbol {
    const char *name;
    int64_t least, most;         /* inclusive; most -1: unbounded */
} ir_symbol;

typedef struct ir_alias {        /* input_output_alias: output leaf may be the parameter's buffer */
    int noutput; const int64_t *output;          /* tuple index of the output */
    int64_t param;
    int nindex; const int64_t *index;            /* tuple index inside the parameter */
    bool must;
} ir_alias;

typedef struct ir_module {
    fw_arena *arena;
    const char *name;
    int ncomps, cap;
    ir_comp **comps;             /* callees before callers */
    ir_comp *entry;
    int nsymbols;
    ir_symbol *symbols;
    int naliases;
    ir_alias *aliases;
    const ir_shape *entry_layout;                /* entry_computation_layout: ((parameters), result) with the layouts at the boundary, or NULL */
    bool is_scheduled;
    int64_t replica_count, num_partitions;
    const char *header;          /* module attributes after the name exactly as written, without the leading ", "; for printing */
    const char *stack_tables;    /* FileNames ... StackFrames as written, or NULL */
    const fw_source *source;
} ir_module;

ir_module *ir_module_new(fw_arena *arena, const char *name);
ir_comp *ir_comp_new(ir_module *module, const char *name);         /* appended to module->comps */
/* Appends an instruction; `operands` is copied. Parameters are entered into comp->params by the caller of ir_comp_add_param. */
ir_instr *ir_comp_add(ir_comp *comp, ir_op op, const char *name, const ir_shape *shape, int noperands, ir_instr *const *operands);
ir_instr *ir_comp_add_param(ir_comp *comp, const char *name, const ir_shape *shape, int64_t number); /* also entered into comp->params */
void ir_comp_renumber(ir_comp *comp);                              /* ids from positions */
ir_attr *ir_attr_add(ir_instr *instr, ir_attr_id id);              /* new zeroed attribute (moves instr->attrs) */
const ir_attr *ir_attr_get(const ir_instr *instr, ir_attr_id id);  /* NULL when absent */
int64_t ir_attr_int(const ir_instr *instr, ir_attr_id id, int64_t absent);
int ir_attr_ints(const ir_instr *instr, ir_attr_id id, const int64_t **ints); /* count; 0 when absent */
ir_comp *ir_attr_comp(const ir_instr *instr, ir_attr_id id);       /* NULL when absent */
const char *ir_attr_word(const ir_instr *instr, ir_attr_id id);    /* NULL when absent */
/* users[i] lists the instructions that use instrs[i] (each once), in order. Arrays live in `arena`. */
typedef struct ir_users {
    int *count;
    ir_instr ***users;
} ir_users;
ir_users ir_users_of(fw_arena *arena, const ir_comp *comp);
/* If the instruction's computation is a plain binary combiner `op(p0, p1)` (either order when commutative) returns its op. */
bool ir_comp_is_binary(const ir_comp *comp, ir_op *op);
int64_t ir_instr_flops(const ir_instr *instr);                     /* of one execution, operands not counted */

/* ---- single_device.c ---- */
bool ir_is_alone(const ir_instr *instr);         /* a collective with one participant: a copy */
bool ir_call_forwards(const ir_instr *instr);    /* a custom call that returns its operand: Sharding and the like */

/* ---- read/: HLO text ---- */
/* Parses one module. NULL after errors were reported. With `allow_elided` false, `constant({...})` is an error in the reader's
 * caller (see ir_module_elided); the reader itself accepts it. */
ir_module *ir_read_hlo(fw_arena *arena, fw_diag *diag, const fw_source *source);
const ir_instr *ir_module_elided(const ir_module *module);         /* first constant whose values were elided, or NULL */

/* ---- read_stablehlo/: StableHLO text ---- */
/* Imports the first module of a text into HLO. NULL after errors were reported; operations without a meaning in HLO are listed
 * all at once (FW_UNSUPPORTED). */
ir_module *ir_read_stablehlo(fw_arena *arena, fw_diag *diag, const fw_source *source);

/* ---- print.c ---- */
void ir_module_print(const ir_module *module, fw_text *out);       /* HLO text that ir_read_hlo reads back to the same module */
void ir_instr_print(const ir_instr *instr, fw_text *out);          /* one line without newline */
void ir_attr_print(const ir_attr *attr, fw_text *out);             /* name=value */
void ir_module_print_dot(const ir_module *module, fw_text *out);   /* graphviz */
void ir_module_print_html(const ir_module *module, fw_text *out);  /* one page that needs nothing else */
/* StableHLO in MLIR's generic form. False after everything that StableHLO cannot say was reported (FW_UNSUPPORTED). */
bool ir_module_print_stablehlo(const ir_module *module, fw_diag *diag, fw_text *out);

/* ---- infer.c, verify.c ---- */
/* Result shape of `instr` from operands and attributes; NULL when it cannot be inferred (infer column "none") or after an error
 * was reported (then *failed is true). */
const ir_shape *ir_infer(fw_arena *arena, fw_diag *diag, const ir_instr *instr, bool *failed);
bool ir_verify(fw_diag *diag, const ir_module *module);            /* structure, arity, types, shapes; all errors reported with places */

/* ---- pass/ ---- */
/* Each pass edits the module in place and keeps it verified. ir_simplify runs all of them to a fixed point. */
void ir_inline_calls(ir_module *module);         /* call and fusion bodies into their callers; one-use regions of reduce etc. stay */
void ir_simplify(ir_module *module);
typedef struct ir_pass { const char *name; void (*run)(ir_module *module); } ir_pass;
extern const ir_pass ir_passes[];                /* ends with {NULL, NULL}; in the order of ir_simplify, for --after PASS */

/* ---- eval/: the slow, obviously correct reference ---- */
/* Runs the entry on literals shaped like the parameters (values in the parameter's tuple shape). NULL after an error. */
ir_literal *ir_evaluate(fw_arena *arena, fw_diag *diag, const ir_module *module, ir_literal *const *args, int nargs);
ir_literal *ir_evaluate_comp(fw_arena *arena, fw_diag *diag, const ir_comp *comp, ir_literal *const *args, int nargs);
/* Largest distance of two arrays of the same shape: in ULP for floats, mismatches for the rest; NaN equals NaN. */
typedef struct ir_distance { double max_ulp, max_abs, max_ref; int64_t mismatches, worst; } ir_distance;
ir_distance ir_literal_distance(const ir_literal *actual, const ir_literal *expected);

/* ---- npy.c: .npy 1.0 to 3.0 ---- */
/* Reads an array that must have `shape` (type and dims); the messages name `what`. NULL after an error (FW_INPUT or FW_FILE). */
ir_literal *ir_npy_read(fw_arena *arena, fw_diag *diag, const char *path, const ir_shape *shape, const char *what);
bool ir_npy_write(fw_diag *diag, const char *path, const ir_literal *literal);

/* ---- target.c: a device as plain facts, read from rules/targets/NAME.lua by rules/ ---- */
typedef struct ir_target {
    const char *name, *backend;  /* backend: "c" or "cuda" */
    int64_t vector_bytes;        /* 0: not known, the generated code asks the compiler */
    int64_t l1, l2, l3, line;    /* bytes per core */
    int64_t cores;
    int64_t registers;           /* vector registers */
    const char *cuda_arch;       /* "sm_80" */
    const char *text;            /* canonical key=value lines, for hashes and the lock file */
} ir_target;

#endif
