/* Values and loop nests as C text; private to the kernel writers of gen/.
 *
 * A nest is a list of loops; level 0 is before the first loop, level l inside l loops. Each value is printed at the level of the
 * innermost loop that it depends on, into that level's text, so that nothing is computed more often than it has to be. */
#ifndef FW_GEN_EMIT_H
#define FW_GEN_EMIT_H

#include "gen.h"

#define EMIT_MAX_LEVELS 24

typedef struct emit_name { const char *text; int level; } emit_name;   /* level: of the loop that it lives in */
typedef struct emit_piece { const sched_index *index; const char *text; int level; } emit_piece;

typedef struct emit {
    gen_model *model;
    fw_arena *arena;
    const sched_kernel *kernel;
    const gen_kernel *names;
    int nlevels;                         /* loops of the nest */
    int level_var[EMIT_MAX_LEVELS];      /* variable of the loop that opens level i + 1 */
    fw_text text[EMIT_MAX_LEVELS + 1];   /* what is computed at each level */
    const char **name;                   /* by value number: C text, NULL before it is printed */
    signed char *level;                  /* by value number; -1 not known */
    int *uses;                           /* by value number: readers in the statement at hand */
    emit_name *identifiers;              /* names that are taken: fields, loops, temporaries that are still visible */
    int nidentifiers, identifiers_cap;
    int npieces;
    emit_piece pieces[16];               /* index expressions with a C name of their own */
    int segment_var;                     /* -1, or the variable whose range is narrowed to [segment_lo, segment_hi) */
    int64_t segment_lo, segment_hi;
    const sched_value *leaf;             /* LOADs of this instruction are printed as leaf_text */
    const ir_instr *leaf_instr;
    const char *leaf_text;
    fw_text *branch;                     /* inside an arm of a guard: where its temporaries go */
    int branch_level;
    const char *guard;                   /* NULL, or the condition under which loads are inside their arrays */
    int guard_level;                     /* the level at which it is known */
    const char *suffix;                  /* of temporaries: "" or "_1" in an unrolled copy */
} emit;

emit *emit_new(gen_model *model, const sched_kernel *kernel, const gen_kernel *names);
/* Starts a nest over `count` variables at an indentation; forgets values of the nest before. */
void emit_begin(emit *e, const sched_stmt *stmt, int count, const int *vars, int indent);
/* How tightly an expression binds. */
enum { EMIT_TERNARY, EMIT_LOGIC, EMIT_COMPARE, EMIT_SUM = 4, EMIT_PRODUCT, EMIT_UNARY, EMIT_PRIMARY };
void emit_forget(emit *e, int level);    /* values at `level` and deeper will be printed again */
int emit_level(emit *e, const sched_value *value);
int emit_index_level(emit *e, const sched_index *index);
const char *emit_index(emit *e, const sched_index *index);
const char *emit_value(emit *e, const sched_value *value);        /* a C expression, perhaps the name of a temporary */
const char *emit_expression(emit *e, const sched_value *value);   /* a whole right-hand side */
const char *emit_cond(emit *e, const sched_cond *cond);           /* "1", "0" or a C condition */
const char *emit_conds(emit *e, int count, const sched_cond *conds);
const char *emit_flat(emit *e, const ir_instr *array, const sched_index *const *index); /* element number in a dense row-major array */
const char *emit_pattern(emit *e, const ir_instr *instr, ir_type type, ir_type operand_type, const char *const *args);
const char *emit_combine(emit *e, const sched_stmt *stmt, const char *acc, const char *value, fw_text *out);
const char *emit_identity(emit *e, ir_op op, ir_type type);       /* NULL when the op has none */
const char *emit_literal(fw_arena *arena, ir_type type, const void *element);
const char *emit_identifier(emit *e, const char *wish, int level);
const char *emit_paren(fw_arena *arena, const char *text, int need); /* parentheses unless the text binds at least so tightly */
const char *emit_array(emit *e, const ir_instr *instr);           /* local pointer of an input, output or scratch */
const char *emit_lo(emit *e, const sched_range *range);           /* first point in the tile */
const char *emit_hi(emit *e, const sched_range *range);           /* one past the last */
const emit_piece *emit_piece_of(const emit *e, const sched_atom *atom);  /* its C name, or NULL */
const char *emit_element(emit *e, const ir_instr *instr, const sched_index *const *index); /* array[...] of an array or of scratch */
const char *emit_store(emit *e, const sched_stmt *stmt);          /* the lvalue of a statement */
void emit_assign(emit *e, const sched_stmt *stmt, const char *value, fw_text *out); /* its store, rounded where the array is narrow */
ir_type emit_type(ir_type type);                                  /* the type that values of `type` are computed in */
const char *emit_widen(emit *e, ir_type type, const char *stored);/* an element as it is computed with */
void gen_use_helper(gen_model *model, const char *name);          /* helpers.c */

/* nest_c.c: one statement as loops appended to `out` */
void emit_open_loop(emit *e, fw_text *out, int indent, int var, const char *lo, const char *hi);
void emit_close_loops(fw_text *out, int from, int to);  /* braces at indents from - 1 down to `to` */
void emit_sum(emit *e, const sched_stmt *stmt, int indent, fw_text *out); /* sum_c.c: a REDUCE statement */
bool emit_stmt(emit *e, const sched_stmt *stmt, int indent, fw_text *out);
/* Elements of the arrays that the statement walks through side by side when `var` moves; 0 when none. */
int64_t emit_unit_stride(emit *e, const sched_stmt *stmt, int var);
/* contraction_c.c */
bool emit_contraction(emit *e, const gen_kernel *kernel, const char *banner, const char *comment, fw_text *out);
int64_t emit_contraction_bytes(const sched_kernel *kernel);
void emit_declarations(emit *e, int indent, fw_text *out);
void emit_tile_ranges(emit *e, int indent, fw_text *out);

#endif
