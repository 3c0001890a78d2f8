/* What the files of the Lua host share. Nothing outside rules/ sees Lua, and no Lua value outlives its rules_set.
 *
 * lua_error jumps over C frames, so every function that Lua calls checks its arguments before it does anything, and everything
 * that may raise an error runs below host_protected(), the only lua_pcall of the host. */
#ifndef FW_RULES_HOST_H
#define FW_RULES_HOST_H

#include "rules.h"

#include <lauxlib.h>
#include <lua.h>

#define RULES_DEFAULT_STEPS 200000000
#define RULES_DEFAULT_BYTES (64 << 20)
#define RULES_MAX_STRING (64 << 10)      /* one VM instruction may compare or copy a whole string, so strings stay small */
#define RULES_MAX_MATCH 1000000          /* steps of one pattern match */

typedef struct rules_file {
    const char *name;            /* in records and generated comments: relative, so that output does not depend on the machine */
    const fw_source *source;     /* its name is the path that was read: for messages */
} rules_file;

typedef struct rules_rule {
    const char *name;
    int file, line;
    int64_t priority;            /* higher first; equal ones in order of files, then of rules in a file */
    int order;                   /* position in which it was loaded */
    int propose;                 /* reference into the Lua registry */
    int non;
    const char **on;             /* names of ops or classes, or "*" */
    bool failed;                 /* raised an error and is skipped from now on */
} rules_rule;

/* Where and why a protected call ended with an error. */
typedef struct rules_failure {
    const char *message;
    int file, line;              /* -1: no rule file was running */
} rules_failure;

struct plan_state;
struct rules_set {
    fw_arena *arena;
    lua_State *L;
    rules_options options;
    int64_t steps, left;         /* instruction budget of one module, and what is left of it */
    int interval;                /* instructions between two calls of the hook */
    bool exhausted;              /* the budget is used up: every further instruction raises an error */
    size_t bytes, used, peak;    /* memory cap and use of the Lua state */
    bool string_refused;         /* the last allocation that failed was a string over RULES_MAX_STRING */
    bool bitwise_is_broken;      /* the self-test found Debian's miscompiled bitwise operators */
    int nfiles, files_cap;
    rules_file *files;
    int nrules, rules_cap;
    rules_rule *rules;           /* in the order in which they are asked */
    ir_target target;
    const char *digest;
    rules_failure failure;
    int loading;                 /* file being loaded, -1 otherwise */
    const rules_rule *asking;    /* rule being asked, NULL otherwise */
    struct plan_state *state;    /* computation being planned, NULL otherwise */
    int generation;              /* views of other generations are refused */
};

/* ---- sandbox.c: the state, its budgets, protected calls ---- */
bool host_open(rules_set *set);                          /* false: not enough memory for an empty state */
void host_close(rules_set *set);
rules_set *host_set(lua_State *L);
void host_start(rules_set *set);                         /* full budgets again: called once a module */
void host_charge(lua_State *L, int64_t steps);           /* C functions pay for loops that the hook cannot see */
/* Runs `function` with one light userdata. False after an error, which set->failure then describes. */
bool host_protected(rules_set *set, lua_CFunction function, void *argument);
/* set->failure as an FW_RULE error, or as a warning where --rules-on-error=skip goes on without the culprit */
void host_report(rules_set *set, fw_diag *diag, const char *what, bool skipped);

/* ---- chunk.c: from text to a function ---- */
bool host_bitwise_is_broken(lua_State *L);
bool host_uses_bitwise(const char *text, size_t size, int *line);
/* Pushes the chunk of a file, with an environment of its own that falls back to `base` (a stack index). Raises on errors. */
void host_load_chunk(lua_State *L, int file, int base);

/* ---- library.c, table.c, text.c, pattern.c: what rules may call ---- */
void host_push_base(lua_State *L);                       /* pushes the table of everything a rule file sees */
void host_add_tables(lua_State *L, int base);
void host_add_strings(lua_State *L, int base);
void host_read_only(lua_State *L);                       /* replaces the table on top by a read-only view of it */
bool host_is_read_only(lua_State *L, int index);         /* then pushes the table behind the view */
void host_push_text(lua_State *L, int index);            /* tostring without addresses */
void host_push_number(lua_State *L, const char *format, double value);  /* always with a decimal point */
void host_sort_keys(lua_State *L, int keys, int count);  /* array of numbers, strings, booleans and views, in their order */

typedef struct host_match {
    lua_State *L;
    const char *text, *text_end, *pattern_end;
    int64_t steps;               /* taken by this match */
    int depth;
    int ncaptures;
    struct { const char *start; ptrdiff_t size; } captures[32];
} host_match;
enum { HOST_CAPTURE_OPEN = -1, HOST_CAPTURE_POSITION = -2 };
/* End of the match of `pattern` at `at`, or NULL. Raises when the pattern is malformed or takes too many steps. */
const char *host_match_at(host_match *match, const char *at, const char *pattern);

/* ---- view.c, members.c: instructions as rules see them ---- */
void host_add_views(lua_State *L);
void host_push_view(lua_State *L, const ir_instr *instr);
const ir_instr *host_to_view(lua_State *L, int index);           /* NULL when it is not a view; raises for an old one */
const ir_instr *host_check_view(lua_State *L, int index);
void host_push_kernel(lua_State *L, plan_kernel *kernel);
plan_kernel *host_check_kernel(lua_State *L, int index);
void host_new_set(lua_State *L);                                 /* pushes an empty array with + and :has */
struct plan_state *host_check_state(lua_State *L, const char *what);
void host_add_searches(lua_State *L, int methods);               /* methods that walk the graph */
void host_add_sets(lua_State *L, int base);                        /* `set` and `producers` */
typedef struct host_sizes { int64_t b, m, n, k; } host_sizes;
host_sizes host_contraction_sizes(const ir_instr *instr);        /* of a dot or convolution as a batched matrix product */

/* ---- proposal.c ---- */
typedef enum { RULES_FUSE, RULES_REFUSE, RULES_EXPORT } rules_verdict;
enum { RULES_REASSOCIATE = 1, RULES_CONTRACT = 2, RULES_RESCALE = 4, RULES_APPROXIMATE = 8, RULES_EXCESS_PRECISION = 16 };
typedef struct rules_tile { const char *name; int64_t size; } rules_tile;
typedef struct rules_proposal {
    rules_verdict verdict;
    int line;                    /* of the call in the rule's file, 0 when it was made elsewhere */
    const char *why;             /* refusals: the reason */
    const char *template_name;   /* NULL: chosen by the members */
    int nmembers, noutputs, nkeep;
    ir_instr **members, **outputs, **keep;   /* as given; outputs NULL: the root alone */
    int ntile;
    int64_t tile[PLAN_MAX_LOOPS];
    int nnamed;
    rules_tile named[PLAN_MAX_LOOPS];
    ir_instr *in_place;
    unsigned allow;              /* RULES_REASSOCIATE ... */
    plan_kernel *kernel;         /* RULES_EXPORT */
} rules_proposal;
#define RULES_MAX_PROPOSALS 16
typedef struct rules_answer {
    int count;
    rules_proposal *proposals[RULES_MAX_PROPOSALS];
} rules_answer;
void host_add_proposals(lua_State *L, int base);
/* Calls a rule's propose(root, target). False after an error. */
bool rules_ask(rules_set *set, const rules_rule *rule, ir_instr *root, rules_answer *answer);
bool rules_matches(const rules_rule *rule, const ir_instr *instr);

/* ---- load.c, target.c ---- */
void host_add_rules(lua_State *L, int base);             /* `rule` and `share` */
void host_get_base(lua_State *L);                        /* pushes what every rule file falls back to */
int host_add_file(rules_set *set, fw_diag *diag, const char *path, const char *name); /* reads it; -1 after an error */
bool host_load_target(rules_set *set, fw_diag *diag);
extern const char host_target_key;                       /* registry key of the target table */

/* ---- plan.c, accept.c, order.c, print.c, check.c: the planner ---- */
typedef struct plan_state {      /* one computation being planned; arrays by instruction id */
    rules_set *rules;
    fw_arena *arena;
    fw_diag *diag;
    sched_prover *prover;
    plan *plan;
    const ir_comp *comp;
    plan_comp *out;
    ir_users users;
    bool *live;                  /* reachable from the root */
    bool *result;                /* leaves the computation: element of its root */
    bool *demanded;              /* has to be in memory: a result, or read by a kernel or a loop */
    plan_kernel **computed;      /* kernel that stores it */
    plan_kernel **inside;        /* kernel accepted last that computes it without storing it */
    int *mark;                   /* scratch of graph walks: equal to `walk` where visited */
    int walk;
} plan_state;
/* A fresh state in which only what the computation returns is demanded; views of older states are refused from now on. */
plan_state *plan_state_new(rules_set *rules, fw_arena *arena, fw_diag *diag, sched_prover *prover, plan *whole, const ir_comp *comp,
    plan_comp *out);
bool plan_is_constant(const ir_instr *instr);            /* a literal in every kernel: scalar or splat */
bool plan_can_be_member(const ir_instr *instr);
/* Checks, builds and proves a proposal for `root`. NULL with *why when it is refused. */
plan_kernel *plan_try(plan_state *state, ir_instr *root, const rules_rule *rule, const rules_proposal *proposal, const char **why);
bool plan_try_export(plan_state *state, ir_instr *root, const rules_proposal *proposal, const char **why);
bool plan_is_cyclic(plan_state *state, const plan_kernel *kernel);      /* with all accepted kernels */
void plan_order(plan_state *state);                      /* sorts state->out->kernels into an order that can run */
void plan_demand(plan_state *state, const ir_instr *instr, bool result);
void plan_record_add(plan_state *state, const ir_instr *root, const rules_rule *rule, int line, bool accepted, const char *reason,
    const plan_kernel *kernel);

#endif
