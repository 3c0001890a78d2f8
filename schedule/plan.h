/* The Plan: what rules propose and C accepted. Plain data; rules/ fills it, schedule/ and gen/ read it.
 *
 * A computation's plan is a list of kernels. A kernel has members (instructions computed inside it), outputs (members that
 * get a buffer) and kept members (members that get tile scratch); every other member is composed into its readers. A value
 * that no kernel outputs exists only inside kernels. Instructions may be members of several kernels (recomputed). */
#ifndef FW_PLAN_H
#define FW_PLAN_H

#include "ir.h"

#define PLAN_MAX_LOOPS 12

typedef struct plan_kernel {
    int nmembers;
    ir_instr **members;          /* ascending id */
    int noutputs;
    ir_instr **outputs;          /* subset of members; outputs[0] is the root that defines the tile space */
    int nkeep;
    ir_instr **keep;             /* subset of members: tile scratch */
    const char *template_name;   /* "nest", "reduce", "contraction", "scatter" */
    int ntile;                   /* entries of tile, one a loop of the tile space (see sched_loops); missing: 0 */
    int64_t tile[PLAN_MAX_LOOPS];/* points a tile; 0: the whole loop in one tile */
    ir_instr *in_place;          /* output[0] may take this operand's buffer (dynamic-update-slice, scatter, elementwise), or NULL */
    const char *rule, *rule_file;
    int rule_line;
    const char *why;             /* one line for people, from the rule */
    bool reassociate, contract, approximate; /* value-changing permissions the rule asked for and the mode grants */
    struct sched_kernel *schedule; /* built and proved */
} plan_kernel;

/* One decision, for explain. */
typedef struct plan_record {
    const ir_instr *instr;       /* root of the proposal */
    const char *rule, *rule_file;
    int rule_line;
    bool accepted;
    const char *reason;          /* rule's words, or why it was refused */
    int nmembers;
    int64_t flops, bytes_read, bytes_written, bytes_saved; /* figures of the proposed kernel, 0 when not built */
} plan_record;

typedef struct plan_comp {
    const ir_comp *comp;
    int nkernels, cap;
    plan_kernel **kernels;       /* in execution order: ascending id of the last output, adjusted for in-place updates */
    struct plan_comp **called;   /* by instruction id: NULL, or for while {condition, body}, for conditional one a branch */
} plan_comp;

typedef struct plan {
    const ir_module *module;
    const ir_target *target;
    plan_comp *entry;
    int nrecords, records_cap;
    plan_record *records;
} plan;

void plan_print(const plan *plan, fw_text *out);

#endif
