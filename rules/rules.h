/* The Lua host: rule files and targets in, a Plan out. Only this folder includes Lua. */
#ifndef FW_RULES_H
#define FW_RULES_H

#include "ir.h"
#include "plan.h"
#include "schedule.h"

typedef enum { RULES_STRICT, RULES_DEFAULT, RULES_FAST } rules_numerics;

typedef struct rules_options {
    const char *data;            /* folder that holds rules/ (the source tree or the installed share folder) */
    int npaths;
    const char *const *paths;    /* --rules: files or folders, loaded before the shipped rules so that they win */
    const char *target;          /* name of a table in rules/targets/ or in a pack; "c" by default */
    rules_numerics numerics;     /* the ceiling of permissions */
    bool skip_on_error;          /* --rules-on-error=skip */
    int64_t instructions, bytes; /* Lua budgets for one module; 0: defaults (200 million, 64 MiB) */
} rules_options;

typedef struct rules_set rules_set;      /* a sandboxed Lua state with rules and a target */
/* Loads the shipped rules, the packs and the target. NULL after errors (FW_RULE with rule file and line, FW_FILE, FW_USAGE). */
rules_set *rules_load(fw_arena *arena, fw_diag *diag, const rules_options *options);
void rules_free(rules_set *rules);
const ir_target *rules_target(const rules_set *rules);
/* Asks the rules for every computation of the module that runs (entry, loop bodies, conditions, branches) and proves what they
 * propose. Instructions that no rule covers get the fallback plan: one kernel each. NULL after an error; unsupported
 * instructions are reported all at once with FW_UNSUPPORTED. */
plan *rules_plan(rules_set *rules, fw_arena *arena, fw_diag *diag, const ir_module *module, sched_prover *prover);
/* `fusewright rules check PATH`: loads and dry-runs every rule on a small built-in graph; messages into `report`. */
bool rules_check(fw_arena *arena, fw_diag *diag, const rules_options *options, fw_text *report);
/* Names of all targets with their facts, for `fusewright targets`. */
bool rules_list_targets(fw_arena *arena, fw_diag *diag, const rules_options *options, fw_text *out);
int rules_count(const rules_set *rules);
const char *rules_digest(const rules_set *rules); /* SHA-256 over names and texts of all loaded Lua files */

#endif
