/* The order of the passes, and the fixed point. */
#include "pass.h"

enum { SIMPLIFY_ROUNDS = 24 };

/* Composite operations first, since some become calls; then calls, so that everything else sees through them; layouts
 * before the copies that they made necessary are dropped; dead code before loops, which count reads. */
const ir_pass ir_passes[] = {
    {"expand", pass_expand},
    {"inline", ir_inline_calls},
    {"layouts", pass_layouts},
    {"forward", pass_forward},
    {"tuples", pass_tuples},
    {"algebra", pass_algebra},
    {"shapes", pass_shapes},
    {"fold", pass_fold},
    {"contraction", pass_contraction},
    {"scatter", pass_scatter},
    {"cse", pass_cse},
    {"dce", pass_dce},
    {"while", pass_while},
    {NULL, NULL},
};

void ir_simplify(ir_module *module) {
    uint64_t before = 0, after = pass_fingerprint(module);
    for (int round = 0; round < SIMPLIFY_ROUNDS && (round == 0 || before != after); round++) {
        before = after;
        for (const ir_pass *pass = ir_passes; pass->name; pass++)
            pass->run(module);
        after = pass_fingerprint(module);
    }
}
