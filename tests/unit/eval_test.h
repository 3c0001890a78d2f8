/* What the tests of the evaluator share: running a program that stands in the test. */
#ifndef FW_EVAL_TEST_H
#define FW_EVAL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

static inline ir_module *read_module(fw_arena *arena, fw_diag *diag, const char *program) {
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){"test.hlo", fw_format(arena, "HloModule test\n%s", program), 0};
    source->size = strlen(source->text);
    ir_module *module = ir_read_hlo(arena, diag, source);
    if (module)
        ir_verify(diag, module);
    return module;
}

static inline const char *messages(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    return fw_text_string(&text);
}

static inline ir_literal *run(fw_arena *arena, const char *program, ir_literal *const *args, int nargs) {
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = read_module(arena, diag, program);
    ir_literal *result = fw_diag_errors(diag) ? NULL : ir_evaluate(arena, diag, module, args, nargs);
    if (!result)
        fail_msg("%s\n%s", program, messages(arena, diag));
    return result;
}

#endif
