/* What the program is built from before it has steps: values, nodes, scopes and places. Private to program*.c, loops_program.c,
 * order.c and memory.c.
 *
 * A scope is one run of a computation: the entry, a loop's condition or body, a branch. Its nodes are kernels, copies, loops and
 * conditionals; edges say what must run before what. A value is one array in single-assignment form. Its place is the buffer it
 * will live in: values that provably may share a buffer have one place, and inside a scope they form a chain prev -> next in
 * which all readers of a value run before the writer of the next one.
 *
 *     lower (values, nodes) -> needed -> link (edges) -> share (copies, places, turns), order -> steps -> names, memory */
#ifndef FW_PROGRAM_GRAPH_H
#define FW_PROGRAM_GRAPH_H

#include "schedule.h"

typedef struct prog_value prog_value;
typedef struct prog_node prog_node;
typedef struct prog_scope prog_scope;

/* A buffer in the making; a forest of places that were found to be one, and a second one of places that exchange pointers. */
typedef struct prog_place {
    struct prog_place *parent;   /* the place it was joined with, or NULL */
    struct prog_place *group;    /* towards the representative of the places it swaps with, or NULL */
    int nswaps;                  /* of the representative: swaps inside the group */
    int64_t bytes;
    int output;                  /* result leaf whose buffer this is, or -1 */
    bool donated;                /* that buffer may be a parameter's: nothing may come before the proved first writer */
    sched_buffer *buffer;        /* made when a step first touches it */
} prog_place;

typedef enum {
    PROG_INPUT,                  /* leaf of an entry parameter */
    PROG_CONSTANT,
    PROG_CARRIED,                /* what a loop body finds in its parameter, or a branch in its operand (then `same` is set) */
    PROG_MADE                    /* written by a node */
} prog_value_kind;
struct prog_value {
    prog_value_kind kind;
    int index;                   /* INPUT: leaf; CARRIED: element of the loop; MADE: position in the writer's writes */
    const ir_instr *instr;       /* names it */
    const char *suffix;          /* "_copy" for copies, else "" */
    const ir_shape *shape;
    const ir_literal *literal;   /* CONSTANT */
    prog_scope *scope;           /* where it comes into being; CARRIED: the body */
    prog_node *writer;           /* MADE */
    prog_value *same;            /* another value that this one always equals, or NULL */
    bool needed;
    prog_place *place;
    prog_value *prev, *next;     /* neighbours in the same place, in the same scope */
    int nreaders, readers_cap;
    prog_node **readers;         /* nodes of `scope`, each once */
};

/* One array of a loop's state. */
typedef struct prog_elem {
    prog_value *init, *carried, *update, *result; /* before, at the start of the body, at its end, after */
    bool invariant;              /* the body hands it on: carried and result are the init */
} prog_elem;

/* How a loop's pointers turn at the end of its body: afterwards place vars[v] points to what vars[from[v]] pointed to. */
typedef struct prog_turn {
    int nvars;
    prog_place **vars;
    int *from;
    int nswaps;                  /* the same as a sequence of exchanges */
    struct { prog_place *a, *b; } *swaps;
} prog_turn;

typedef enum { PROG_KERNEL, PROG_COPY, PROG_WHILE, PROG_IF, PROG_END } prog_node_kind;
struct prog_node {
    prog_node_kind kind;
    int number;                  /* in its scope, in order of creation */
    int64_t key;                 /* preferred place in the order */
    prog_scope *scope;
    const plan_kernel *plan;     /* KERNEL */
    const ir_instr *instr;       /* WHILE, IF */
    int nreads;
    prog_value **reads;          /* KERNEL: by kernel->inputs, then the copy that it updates; COPY: one; others: see prog_reads */
    int nwrites;
    prog_value **writes;         /* KERNEL: by plan->outputs; COPY: one; WHILE, IF: the leaves of the result */
    bool needed;
    bool shares;                 /* an in-place proof was used: it does not cover a second one */
    int nafter, after_cap;
    prog_node **after;           /* nodes that must run later */
    int waits, position;         /* of prog_order: scratch, and place in scope->order */
    unsigned mark;               /* scratch of prog_reaches */
    prog_scope *cond, *body;     /* WHILE; cond is NULL when trips is known */
    int64_t trips;
    int nelems;
    prog_elem *elems;
    prog_turn turn;
    int nbranches;               /* IF */
    prog_scope **branches;
    prog_value *selector;
};

typedef struct prog_leaves { bool known; int count; prog_value **values; } prog_leaves;
struct prog_scope {
    prog_scope *parent;
    prog_node *owner;            /* loop or conditional; NULL for the entry */
    const plan_comp *plan;
    prog_leaves *map;            /* by instruction id */
    int nparams;
    prog_value **params;         /* leaves of the parameters */
    int nnodes, nodes_cap;
    prog_node **nodes;           /* END is not among them */
    prog_node *end;              /* reads the results; every node comes before it */
    int nresults;
    prog_value **results;        /* leaves of the root */
    prog_node **order;           /* needed nodes in execution order */
    int norder;
};

typedef struct prog_span { int first, last; } prog_span;
typedef struct prog {
    fw_arena *arena;
    fw_diag *diag;
    sched_prover *prover;
    const plan *plan;
    sched_program *program;
    prog_scope *main;
    int nconstants, constants_cap;
    prog_value **constants;      /* one a different literal */
    unsigned stamp;              /* of prog_node.mark */
    bool failed;
    int nsteps;
    int nloops, loops_cap;
    prog_span *loops;            /* step ranges of loops, the loop's own step included */
    int places_count, places_cap;
    prog_place **places;         /* by buffer id */
} prog;

/* program_lower.c */
prog_value *prog_value_new(prog *p, prog_scope *scope, prog_value_kind kind, const ir_instr *instr, const ir_shape *shape);
prog_value *prog_same(prog_value *value);                     /* the value it always equals; NULL for NULL */
prog_node *prog_node_new(prog *p, prog_scope *scope, prog_node_kind kind, int64_t key);
int prog_count_leaves(const ir_shape *shape);                 /* arrays in it; tokens are none */
int prog_leaf_shapes(const ir_shape *shape, const ir_shape **shapes); /* into `shapes`; returns the count */
prog_scope *prog_lower(prog *p, prog_scope *parent, prog_node *owner, const plan_comp *plan, int nparams, prog_value **params);
const char *prog_value_name(const prog_value *value);         /* of its instruction */

/* loops_program.c */
void prog_lower_while(prog *p, prog_scope *scope, const ir_instr *instr);
void prog_lower_conditional(prog *p, prog_scope *scope, const ir_instr *instr);
int64_t prog_trip_count(const prog_node *loop, const ir_comp *condition, const ir_comp *body); /* -1: not known */
bool prog_elem_live(const prog_elem *elem);                   /* it has a buffer of its own */

/* program_turn.c */
void prog_share_carried(prog *p, prog_node *loop);            /* in place where possible, else a turn */
prog_place *prog_turn_back(const prog_node *loop, prog_place *place); /* which place pointed there before all iterations */

/* program_needed.c */
void prog_need(prog *p, prog_value *const *roots, int count); /* marks values and nodes that the roots depend on */
void prog_link(prog *p, prog_scope *scope);                   /* readers and edges of needed nodes, here and below */
bool prog_result_needed(const prog_scope *scope, int i);      /* does the scope's owner ask for this result? */
int prog_times_read(const prog_node *node, const prog_value *value);
void prog_reads(prog *p, prog_node *node);                    /* of WHILE, IF and END; kernels keep theirs */
prog_value *prog_insert_copy(prog *p, prog_node *user, prog_value **slot); /* `user` reads a copy instead of *slot */

/* order.c */
void prog_edge(prog *p, prog_node *before, prog_node *after);
bool prog_reaches(prog *p, prog_node *from, const prog_node *to);
bool prog_may_follow(prog *p, prog_node *writer, const prog_value *value);  /* can writer run after all other readers of value? */
void prog_follow(prog *p, prog_node *writer, prog_value *value);            /* edges that make it so */
void prog_order(prog *p, prog_scope *scope);

/* program_place.c */
prog_place *prog_place_of(prog *p, prog_value *value);
prog_place *prog_place_find(prog_place *place);
prog_place *prog_place_join(prog *p, prog_value *a, prog_value *b); /* one buffer from now on */
void prog_place_swap(prog_place *a, prog_place *b);
prog_place *prog_place_group(prog_place *place);
bool prog_place_swaps(prog_place *place);
prog_value *prog_chain_head(prog_value *value);
prog_value *prog_chain_tail(prog_value *value);
bool prog_writable(const prog_scope *scope, const prog_value *value);
bool prog_kernel_may_overwrite(prog *p, prog_node *node, prog_value *old, prog_value *fresh); /* asks the prover */
bool prog_try_share(prog *p, prog_value *old, prog_value *fresh); /* fresh takes old's place; adds edges */

/* program_share.c, program_outputs.c */
void prog_share(prog *p, prog_scope *scope);                   /* places and order of a scope and of all below it */
void prog_share_outputs(prog *p);                              /* which places are the caller's output buffers */

/* program_steps.c */
void prog_steps(prog *p);                                     /* buffers, steps, totals */

/* program_names.c */
const char *prog_identifier(fw_arena *arena, const char *text);/* C identifier, no keyword */
char *prog_short_name(fw_arena *arena, const char *text);      /* without the trailing `.1` of HLO names */
void prog_name_inputs(prog *p, const ir_comp *entry, const char **names);
void prog_name_buffers(prog *p);

/* memory.c */
void prog_memory(prog *p);

#endif
