/* What the passes share. Private to ir/pass/; the rest of the compiler sees ir_passes, ir_simplify and ir_inline_calls.
 *
 * A pass is a rule over one instruction, applied to every computation in one walk from operands to users (edit.c), or a
 * function over a whole computation where a rule is not enough (dead code, value numbers, loops). Passes are silent:
 * they run on verified modules, and where they cannot prove a rewrite they leave the instruction as it is. */
#ifndef FW_PASS_H
#define FW_PASS_H

#include "../ir.h"

/* ---- names.c: names that are unique in a computation or module ---- */
typedef struct pass_names pass_names;
pass_names *pass_names_new(fw_arena *scratch);
void pass_names_use(pass_names *names, const char *name);
/* `wanted` itself while it is free, else its stem (without `.N`) with the next free number. The text is in `arena`. */
const char *pass_names_unique(pass_names *names, fw_arena *arena, const char *wanted);

/* ---- edit.c: one walk over a computation that replaces instructions ---- */
typedef struct pass_edit pass_edit;
/* Looks at one instruction whose operands are final. Returns NULL when there is nothing to do, the same instruction
 * when it was changed in place (it is then looked at again), or one of the same shape that takes its place. */
typedef ir_instr *(*pass_rule)(pass_edit *edit, ir_instr *instr);
struct pass_edit {
    ir_comp *comp;
    pass_rule rule;
    void *context;     /* of the rule */
    fw_arena *scratch; /* freed after the pass */
    ir_instr **out;    /* the new order */
    int nout, out_cap;
    ir_instr **forward; /* by id: what to use instead, or NULL */
    int nforward, forward_cap;
    int *uses; /* by id: operand slots and the root that name it, never too low */
    int nuses, uses_cap;
    pass_names *names; /* made on first need */
    int depth;         /* of pass_place inside rules */
    bool changed;
};
void pass_rewrite(ir_module *module, pass_rule rule, void *context); /* every computation, callees first */
void pass_rewrite_comp(ir_comp *comp, pass_rule rule, void *context);
int pass_uses(const pass_edit *edit, const ir_instr *instr);
/* A new instruction that is not placed yet; position and op_name are those of `like`. */
ir_instr *pass_new(
    pass_edit *edit, const ir_instr *like, ir_op op, const ir_shape *shape, int count, ir_instr *const *operands);
/* Puts a new instruction in front of the one the rule looks at, after applying the rule to it. Returns what stands for
 * it. */
ir_instr *pass_place(pass_edit *edit, ir_instr *instr);
void pass_adopt(pass_edit *edit, ir_instr *instr); /* a copy made elsewhere joins the walk as it is */
/* Turns `instr` into another operation with the same result; attributes other than metadata go. Returns `instr`. */
ir_instr *pass_become(pass_edit *edit, ir_instr *instr, ir_op op, int count, ir_instr *const *operands);
const char *pass_fresh_name(pass_edit *edit, const char *wanted);

/* ---- build.c: instructions that rules need again and again ---- */
ir_instr *pass_reshape(
    pass_edit *edit, const ir_instr *like, ir_instr *operand, const ir_shape *dims); /* operand itself if equal */
ir_instr *pass_broadcast(
    pass_edit *edit, const ir_instr *like, ir_instr *operand, const ir_shape *dims, const int64_t *map);
ir_instr *pass_scalar(pass_edit *edit, const ir_instr *like, ir_type type, const void *element);
ir_instr *pass_become_reshape(pass_edit *edit, ir_instr *instr, ir_instr *operand);
ir_instr *pass_become_broadcast(pass_edit *edit, ir_instr *instr, ir_instr *operand, const int64_t *map);
ir_instr *pass_become_constant(pass_edit *edit, ir_instr *instr, ir_literal *literal);
const ir_shape *pass_shape_of(ir_module *module, ir_type type, int rank, const ir_dim *dims);

/* ---- attributes.c ---- */
void pass_attr_drop(ir_instr *instr, ir_attr_id id);
void pass_attr_set_int(ir_instr *instr, ir_attr_id id, int64_t value);
void pass_attr_set_ints(ir_instr *instr, ir_attr_id id, int count, const int64_t *ints);
void pass_attr_set_comp(ir_instr *instr, ir_attr_id id, ir_comp *comp);
void pass_attrs_drop_own(ir_instr *instr);                /* all but metadata */
void pass_attrs_copy(ir_instr *to, const ir_instr *from); /* lists are copied; computations and instructions shared */
bool pass_attr_is_note(const ir_instr *instr, ir_attr_id id); /* says nothing about the value of a pure instruction */

/* ---- elements.c: facts about constants ---- */
typedef enum {
    PASS_NEVER,
    PASS_ZERO,
    PASS_PLUS_ZERO,
    PASS_MINUS_ZERO,
    PASS_ONE,
    PASS_ONES,
    PASS_LOWEST,
    PASS_HIGHEST
} pass_value;
bool pass_element_is(ir_type type, const void *element, pass_value value);
/* The one element that every place of an array holds (constant, or broadcast of one), or NULL. */
const void *pass_splat(const ir_instr *instr);
bool pass_splat_is(const ir_instr *instr, pass_value value);
/* op(x, e) == x for every x, as operand `side` (0 or 1) holds the element. */
bool pass_is_identity(ir_op op, int side, ir_type type, const void *element);
/* op(x, e) == e for every x. */
bool pass_is_absorbing(ir_op op, ir_type type, const void *element);
bool pass_splat_int(const ir_instr *instr, int64_t *value); /* integer splat; unsigned 64-bit saturates */

/* ---- unit_dims.c: dims of size 1 ---- */
bool pass_dim_is_one(ir_dim dim);
int pass_units(const ir_shape *shape); /* how many dims are one */
/* For shapes that differ in dims of size 1 only: map[i] is the dim of `from` that is dim i of `to`, -1 for ones. */
bool pass_unit_map(const ir_shape *from, const ir_shape *to, int *map);
const ir_shape *pass_squeezed(ir_module *module, const ir_shape *shape);
ir_instr *pass_lift_unit_reshape(pass_edit *edit, ir_instr *instr);

/* ---- computations.c: the call graph ---- */
typedef struct pass_comps {
    ir_module *module;
    int count, table_size;
    int *table; /* hash of the pointer -> position + 1 */
} pass_comps;
pass_comps pass_comps_of(fw_arena *scratch, ir_module *module);
int pass_comp_position(const pass_comps *comps, const ir_comp *comp);
bool pass_op_has_effect(const ir_instr *instr); /* by itself, called computations not counted */
const bool *pass_effects_of(fw_arena *scratch, const pass_comps *comps); /* by position: contains an effect */
bool pass_has_effect(const pass_comps *comps, const bool *effects, const ir_instr *instr);
void pass_drop_unused_comps(ir_module *module);
ir_comp *pass_clone_comp(ir_comp *comp, const char *name); /* not entered into the module's list */
/* Copies the body of `callee` into the walk; returns what its root became. */
ir_instr *pass_clone_into(pass_edit *edit, const ir_comp *callee, const ir_instr *call);

/* ---- structure.c: hash and equality, operands by number ---- */
typedef struct pass_identity pass_identity;
uint64_t pass_hash_instr(const pass_identity *identity, const ir_instr *instr, const int *numbers);
bool pass_same_instr(const pass_identity *identity, const ir_instr *a, const ir_instr *b, const int *na, const int *nb);

/* ---- value_numbers.c: which instructions compute the same ---- */
struct pass_identity {
    pass_comps comps;
    int *canon; /* by position: first computation of the same structure */
    const bool *effects;
};
pass_identity pass_identity_of(fw_arena *scratch, ir_module *module);
/* Number of each instruction: its id, or the id of an earlier equal one. `seed` (may be NULL) gives numbers >= 0 that
 * hold from the start; they must lie above all ids. */
int *pass_value_numbers(fw_arena *scratch, const pass_identity *identity, const ir_comp *comp, const int *seed);
uint64_t pass_fingerprint(ir_module *module);

/* ---- dce.c ---- */
bool pass_dce_comp(const pass_comps *comps, const bool *effects, fw_arena *scratch, ir_comp *comp);

/* ---- loops: loop_parts.c, loop_private.c, loop_merge.c ---- */
typedef struct pass_loop {
    ir_instr *loop, *init, *update; /* the while, its tuple and the tuple that the body returns */
    ir_comp *body, *condition;
    int count;        /* carried elements */
    ir_instr **reads; /* every get-tuple-element of the loop or of a parameter of its computations */
    int nreads, reads_cap;
    int noutside; /* the first ones are of the loop itself */
} pass_loop;
/* The loops of `comp` that are tuple in, tuple out, read by get-tuple-element only, and do not share their
 * computations. */
int pass_loops_of(fw_arena *scratch, const pass_comps *comps, const int *references, ir_comp *comp, pass_loop **loops);
int *pass_references_of(
    fw_arena *scratch, const pass_comps *comps); /* by position: attributes that name the computation */
void pass_make_loops_private(ir_module *module);
void pass_merge_carried(ir_module *module);

/* ---- combiners.c: sums and orders that rules call ---- */
typedef struct pass_combiners pass_combiners;
pass_combiners *pass_combiners_new(fw_arena *scratch, ir_module *module);
ir_comp *pass_sum(pass_combiners *combiners, ir_type type);
/* Comparator of two elements and their s32 positions; floats in total order. */
ir_comp *pass_ordering(pass_combiners *combiners, ir_type type, bool descending);
void pass_combiners_list(pass_combiners *combiners); /* enters what was made into the module; after the walk */

/* ---- rules and passes ---- */
ir_instr *pass_expand_map(pass_edit *edit, ir_instr *instr);
ir_instr *pass_expand_batch_norm(pass_edit *edit, ir_instr *instr); /* the context is a pass_combiners */
ir_instr *pass_rule_reshape(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_broadcast(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_transpose(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_slice(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_pad(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_concatenate(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_dynamic(pass_edit *edit, ir_instr *instr);
ir_instr *pass_rule_reduce(pass_edit *edit, ir_instr *instr);
void pass_expand(ir_module *module);
void pass_layouts(ir_module *module);
void pass_forward(ir_module *module);
void pass_tuples(ir_module *module);
void pass_algebra(ir_module *module);
void pass_fold(ir_module *module);
void pass_shapes(ir_module *module);
void pass_contraction(ir_module *module);
void pass_scatter(ir_module *module);
void pass_cse(ir_module *module);
void pass_dce(ir_module *module);
void pass_while(ir_module *module);

#endif
