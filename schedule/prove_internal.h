/* Inside the proof. Sectioned by .c file. Everything here lives for one proof: one isl_ctx, one arena, freed at once.
 *
 * Instances of a statement are points [vars..., reductions..., run-time values...] of an unnamed space: inside it the graph and the
 * emitted values are partial functions, compared exactly (values). For the dataflow the reductions and run-time values are
 * projected out, and each statement is lifted into the tiles: T3[tile..., vars...] (tiles, flow).
 *
 * Names in isl are canonical (T3, b3, a7, R2), never HLO names: a rename in the graph cannot change a result. */
#ifndef FW_PROVE_INTERNAL_H
#define FW_PROVE_INTERNAL_H

#include "schedule.h"

#include <isl/aff.h>
#include <isl/ctx.h>
#include <isl/map.h>
#include <isl/set.h>
#include <isl/union_map.h>
#include <isl/val.h>

/* Instances: one convex set without a list of others; see prove_domain.c. */
typedef struct proof_excluded {
    isl_set *set;
    const struct proof_excluded *next; /* taken out before */
    struct proof_excluded *all;        /* every one of the proof, to be freed */
} proof_excluded;
typedef struct proof_domain {
    isl_set *in;
    const proof_excluded *out;
    bool dead;                   /* known to be empty */
} proof_domain;

/* One load of a statement: which elements each instance reads, by the emitted index and by the graph. */
typedef struct proof_read {
    const sched_value *load;
    int writer;                  /* statement of this kernel that stores the array, or -1 */
    isl_map *emitted, *graph;    /* [instance] -> [element], perhaps for more instances than read: those in `out` do not */
    const proof_excluded *out;
} proof_read;

/* A value that was found to be element `at` of `instr` on a domain: shared values are walked once. */
typedef struct proof_memo {
    const sched_value *value;
    const ir_instr *instr;
    proof_domain domain;
    isl_multi_aff *at;
} proof_memo;

typedef struct proof_stmt {
    const sched_stmt *stmt;
    int number;
    int nvars, nreds, natoms;    /* dims of an instance */
    int atoms_cap;
    const sched_atom **atoms;    /* the run-time values among them */
    const ir_instr **matched;    /* by atom: the graph's instruction whose element it was found to be, or NULL */
    int trial;                   /* > 0: looking for the value of a run-time index; nothing is recorded or reported */
    int nmemo, memo_cap;
    proof_memo *memo;
    isl_set *box;                /* all instances */
    isl_multi_aff *index;        /* [instance] -> [element of instr] */
    isl_multi_aff *stored;       /* the element that each instance is for: index, or where a kernel updates in place the update's */
    const ir_shape *stored_shape;
    int nreads, reads_cap;
    proof_read *reads;
    isl_set *tiles;              /* T[tile, vars]: the instances that run */
    isl_multi_aff *lift;         /* T[tile, vars] -> [vars] */
} proof_stmt;

typedef struct proof {
    isl_ctx *ctx;
    fw_arena *arena;
    sched_kernel const *kernel;
    int nmoving;                 /* loops of more than one tile: the tile dims */
    int moving[PLAN_MAX_LOOPS];
    int nstmts;
    proof_stmt *stmts;
    proof_excluded *excluded;
    bool *member;                /* by instruction id: computed in this kernel */
    int *numbers;                /* canonical number of an instruction, by id; -1 */
    const ir_instr **instrs;     /* and back */
    int ninstrs;
    const char *why;             /* first failure; <3> stands for the name of canonical instruction 3 */
    const char *line;            /* what was proved */
} proof;

/* isl answers in three values. Nothing else looks at an isl_bool. */
static inline bool proved(isl_bool answer)
{
    return answer == isl_bool_true;
}

/* ---- prove.c ---- */
bool proof_fail(proof *p, const char *format, ...) FW_PRINTF(2, 3);   /* keeps the first reason; false */
const char *proof_instr(const proof *p, const ir_instr *instr);      /* its placeholder <n> in messages */

/* ---- prove_key.c: what a verdict depends on, as bytes; numbers the instructions on the way ---- */
void proof_key(proof *p, fw_text *out);

/* ---- relation.c: records and index expressions as isl objects ---- */
__isl_give isl_set *relation_box(isl_ctx *ctx, int n, const int64_t *sizes);
__isl_give isl_set *relation_shape_box(isl_ctx *ctx, const ir_shape *shape);
__isl_give isl_multi_aff *relation_identity(isl_ctx *ctx, int n);
__isl_give isl_aff *relation_constant(__isl_take isl_space *domain, int64_t c);
__isl_give isl_aff *relation_var(__isl_take isl_space *domain, int dim, int64_t coef); /* coef * dim of a set space */
__isl_give isl_aff *relation_piece(__isl_take isl_aff *a, int64_t inner, int64_t size); /* floor(a / inner) mod size; size 0: no mod */
__isl_give isl_multi_aff *relation_zeros(__isl_take isl_space *domain, int n); /* a function into n unnamed dims, zero everywhere */
/* The record of one operand after `at`, a function into [result..., reductions..., run-time values...]. */
__isl_give isl_multi_aff *relation_of(const sched_access *access, __isl_keep isl_multi_aff *at);
__isl_give isl_multi_aff *relation_of_dims(const sched_access_dim *dims, int ndims, int plain, __isl_keep isl_multi_aff *at);
/* Where the operand is read: everywhere, or where its index lies in the operand's box and the scale divides; dims whose
 * run-time value is missing (NULL: none) are left out. */
__isl_give isl_set *relation_guard(const sched_access *access, const ir_shape *operand, __isl_keep isl_multi_aff *at, const bool *missing);
/* The same as one map on boxes: { [result, reductions, run-time values] -> [operand] }. */
__isl_give isl_map *relation_map(isl_ctx *ctx, const ir_instr *instr, const sched_accesses *accesses, int operand);
/* An emitted index over the instances of a statement; NULL with p->why set where it uses what the statement does not have. */
__isl_give isl_aff *relation_of_index(proof *p, const proof_stmt *s, const sched_index *index);
__isl_give isl_multi_aff *relation_of_indices(proof *p, const proof_stmt *s, const sched_index *const *index, int n);
__isl_give isl_set *relation_of_conds(proof *p, const proof_stmt *s, const sched_cond *conds, int nconds);

/* ---- prove_domain.c ---- */
proof_domain proof_domain_of(__isl_take isl_set *set);
proof_domain proof_domain_copy(const proof_domain *d);
void proof_domain_free(proof_domain *d);
/* These two take the domain that they are given. */
proof_domain proof_domain_inside(proof_domain d, __isl_take isl_set *set);
proof_domain proof_domain_outside(proof *p, proof_domain d, __isl_take isl_set *set);
__isl_give isl_set *proof_domain_only(const proof_domain *d, __isl_take isl_set *set);
bool proof_domain_empty(const proof_domain *d);
bool proof_domain_within(const proof_domain *a, const proof_domain *b);
__isl_give isl_map *proof_domain_restrict(const proof_excluded *out, __isl_take isl_map *relation);

/* ---- prove_values.c: the emitted values are the graph's (index algebra, operand by operand) ---- */
/* `value` computes element `at` of `instr` wherever `domain`, which is taken, holds. Loads on the way are recorded in s->reads. */
bool proof_value_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, proof_domain domain,
    __isl_take isl_multi_aff *at);
/* The same without a message when it is not so; the domain is kept. */
bool proof_value_may_be(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const proof_domain *domain,
    __isl_keep isl_multi_aff *at);
/* The same for operand number `operand` of `instr`, whose own element is `at`; the domain is taken. */
bool proof_operand_is(proof *p, proof_stmt *s, const sched_value *value, const ir_instr *instr, const sched_accesses *accesses,
    int operand, proof_domain domain, __isl_keep isl_multi_aff *at);
/* The emitted run-time index that is element `at` of `instr`, clamped to [0, max], or its value where it is constant, or NULL. */
__isl_give isl_aff *proof_start(proof *p, proof_stmt *s, const ir_instr *instr, int64_t max, const proof_domain *domain,
    __isl_keep isl_multi_aff *at);
/* `at` followed by the run-time values of the instruction, 0 for those that are missing among the statement's. */
__isl_give isl_multi_aff *proof_with_dynamics(proof *p, proof_stmt *s, const ir_instr *instr, const sched_accesses *accesses,
    const proof_domain *domain, __isl_keep isl_multi_aff *at, bool **missing);
bool proof_same(const proof_stmt *s, __isl_take isl_aff *a, __isl_take isl_aff *b); /* on all instances */
const sched_accesses *proof_accesses(proof *p, const ir_instr *instr); /* NULL with p->why set */

/* ---- prove_stmt.c: one statement ---- */
bool proof_stmt_open(proof *p, proof_stmt *s, int number);
void proof_stmt_close(proof_stmt *s);
bool proof_values(proof *p, proof_stmt *s);

/* ---- prove_scatter.c: the values of a scatter ---- */
bool proof_scatter(proof *p, proof_stmt *s);

/* ---- prove_tiles.c: lifted instances, bounds, every output element once ---- */
bool proof_tiles(proof *p);          /* fills tiles and lift of every statement */
bool proof_bounds(proof *p);
bool proof_once(proof *p);
/* T[tile, vars] -> b[position in the scratch of s], for every point of the universe. */
__isl_give isl_map *proof_position(proof *p, const proof_stmt *s);

/* ---- prove_flow.c: the dataflow equation ---- */
bool proof_flow(proof *p);

/* ---- prove_in_place.c ---- */
bool proof_in_place(proof *p, const ir_instr *source);

/* ---- prove_point.c: counter-examples as text, of the lexicographically first point of a set ---- */
/* "<3>(i=1, r=2)": an instance of the statement. */
const char *proof_point(proof *p, const proof_stmt *s, __isl_take isl_set *instances);
/* "<3>(i=9) of tile (1, 0)": a lifted instance. */
const char *proof_tile_point(proof *p, const proof_stmt *s, __isl_take isl_set *lifted);
/* "[4, 0]": where the first point of the set goes; of an element set itself with `at` NULL. */
const char *proof_image(proof *p, __isl_keep isl_set *set, __isl_keep isl_multi_aff *at);

#endif
