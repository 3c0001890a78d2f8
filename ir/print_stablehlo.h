/* Printing a module as StableHLO: what print_stablehlo*.c share. Private to ir/.
 *
 * StableHLO has no tuples between operations: a value of HLO is the list of its leaves, each an SSA name with a type. */
#ifndef FW_PRINT_STABLEHLO_H
#define FW_PRINT_STABLEHLO_H

#include "ir.h"

typedef struct shlo_value {
    const char *name;            /* %x or %x#1 */
    const ir_shape *shape;       /* an array or a token */
} shlo_value;
typedef struct shlo_values {
    int count, cap;
    shlo_value *items;
} shlo_values;

typedef struct shlo {
    fw_arena *arena;             /* names and values, for as long as the printing lasts */
    fw_text *out;                /* out->indent counts the regions around */
    const ir_module *module;
    fw_intern *places;           /* names of computations, numbered by place in the module */
    const char **functions;      /* symbol of each computation that is called by name, else NULL; by place */
    bool *reached;               /* by place */
    shlo_values *frame;          /* values of the computation being printed, by instruction id */
    fw_intern *names;            /* every SSA name so far ... */
    int nvisible, visible_cap;
    bool *visible;               /* ... and whether a region around defines it, by number */
    int nscope, scope_cap;
    int *scope;                  /* numbers of the visible names in order of definition */
    int nattrs;                  /* attributes printed in the dictionary that is open */
} shlo;

typedef struct shlo_op {
    const char *name;            /* NULL: StableHLO has no such operation */
    void (*form)(shlo *p, const ir_instr *instr);
    void (*attrs)(shlo *p, const ir_instr *instr);
} shlo_op;

/* ---- print_stablehlo.c ---- */
const shlo_op *shlo_op_of(ir_op op);
int shlo_place(const shlo *p, const ir_comp *comp);

/* ---- print_stablehlo_types.c ---- */
bool shlo_has_type(const ir_shape *shape);                         /* every leaf has an MLIR type */
void shlo_type(const ir_shape *shape, fw_text *out);               /* tensor<2x?xf32>; arrays and tokens */
void shlo_types(const shlo_values *values, bool always_list, fw_text *out); /* (a, b); one alone without parentheses unless asked for */
void shlo_dense(const ir_literal *literal, fw_text *out);          /* dense<...> : type; arrays */
void shlo_string(const char *text, fw_text *out);                  /* "..." as MLIR escapes it */
void shlo_symbol(const char *text, fw_text *out);                  /* @name, quoted where it has to be */

/* ---- print_stablehlo_attrs.c ---- */
/* Starts `key = ` in the properties of the operation, which open with the first key; the value is added to the text returned. */
fw_text *shlo_attr(shlo *p, const char *key);
void shlo_attr_array(shlo *p, const char *key, int count, const int64_t *ints); /* array<i64: 1, 2> */
#define SHLO(id, name, form, attrs) void attrs_##attrs(shlo *p, const ir_instr *instr);
#include "stablehlo.def"
#undef SHLO
bool shlo_dot_algorithm(const char *word, fw_text *out);           /* false: StableHLO cannot say it */

/* ---- print_stablehlo_calls.c ---- */
void shlo_discardable(shlo *p, const ir_instr *instr);             /* {fusewright.semantics = ...}: what MLIR tools may drop */

/* ---- print_stablehlo_collectives.c ---- */
typedef struct shlo_groups {
    int count, size;             /* groups, devices in each */
    int64_t *ids;                /* row after row; -1 behind the end of a shorter group */
} shlo_groups;
/* The groups (or pairs) that a raw attribute lists; false where it is written in a way that is not known. */
bool shlo_groups_of(fw_arena *arena, const ir_instr *instr, ir_attr_id id, shlo_groups *groups);

/* ---- print_stablehlo_check.c ---- */
/* Marks the computations that the entry reaches, names those that become functions, and reports every instruction that
 * cannot be said in StableHLO. */
bool shlo_check(shlo *p, fw_diag *diag);

/* ---- print_stablehlo_semantics.c ---- */
/* Whether XLA's meaning of the instruction and the one of the StableHLO specification can give different results. */
bool shlo_differs(const ir_instr *instr);

#endif
