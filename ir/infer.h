/* Shape inference and verification: what infer*.c and verify*.c share. Private to ir/.
 *
 * A symbolic dimension agrees with every size that its bound permits: whether they are equal in truth is known only
 * when the program runs, so the checks here reject what can never be right and leave the rest. */
#ifndef FW_INFER_H
#define FW_INFER_H

#include "ir.h"

/* One instruction under inspection. An infer_ or check_ function reports through infer_fail and returns its NULL (or
 * false). */
typedef struct infer_site {
    fw_arena *arena;
    fw_diag *diag;
    const ir_instr *instr;
} infer_site;

/* ---- infer.c: reporting and the checks that many ops share ---- */
/* Reports `op %name: message` at the instruction; always NULL, so that callers can return it. */
const ir_shape *infer_fail(const infer_site *c, const char *format, ...) FW_PRINTF(2, 3);
const char *infer_text(const infer_site *c, const ir_shape *shape); /* for messages */
/* Operand count, operand shapes present, required attributes present and complete. */
bool infer_ready(const infer_site *c);
bool infer_is_array(const ir_shape *shape);
bool infer_array(const infer_site *c, int operand); /* reports when the operand is a tuple, token or opaque */
bool infer_integer_scalar(const infer_site *c, int operand);
/* `ints` holds distinct dimensions of a shape of this rank; reports with the attribute's name. */
bool infer_dim_list(const infer_site *c, ir_attr_id id, const int64_t *ints, int count, int rank);
bool infer_ascending(const infer_site *c, ir_attr_id id, const int64_t *ints, int count);
bool infer_has(const int64_t *ints, int count, int64_t value);
bool infer_dim_agrees(ir_dim a, ir_dim b);
bool infer_dims_agree(const ir_shape *a, const ir_shape *b); /* arrays; element types may differ */
bool infer_agrees(const ir_shape *a, const ir_shape *b);     /* the whole tuple tree; layouts ignored */
ir_type infer_component(ir_type type);                       /* f32 of c64, f64 of c128, else the type itself */
/* The size of a dimension that depends on a symbol: what the text declares, or an error that asks for it. */
bool infer_declared_dim(const infer_site *c, int dim, ir_dim *out);
/* a * b + c, false on overflow. */
bool infer_mul_add(int64_t a, int64_t b, int64_t c, int64_t *out);

/* ---- infer_window.c ---- */
bool infer_window_ok(const infer_site *c, const ir_window *window, int rank); /* rank, sizes, strides, dilations */
/* Output size of one window dimension over `size` elements. */
bool infer_window_size(const infer_site *c, int64_t size, const ir_window_dim *w, int64_t *out);

/* ---- every infer_<name> of ops.def ---- */
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req)                                  \
    const ir_shape *infer_##infer(const infer_site *c);
#include "ops.def"
#undef OP

/* ---- verify_op.c, verify_calls.c ---- */
bool verify_types(const infer_site *c); /* element types that the op is defined for */
bool verify_shape(const infer_site *c); /* ops whose result shape the text must state */
bool verify_collective(const infer_site *c); /* infer_collective.c: the same for collectives and starts */
bool verify_calls(const infer_site *c); /* signatures of the computations that the instruction calls */

#endif
