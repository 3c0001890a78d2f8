/* What the tests of the reader share: reading a text, and saying how it must be rejected. */
#ifndef FW_READ_TEST_H
#define FW_READ_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ir.h"

#include <stdio.h>
#include <string.h>

static inline int make_arena(void **state) {
    *state = fw_arena_new();
    return 0;
}

static inline int free_arena(void **state) {
    fw_arena_free(*state);
    return 0;
}

static inline const char *diag_text(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    return fw_text_string(&text);
}

static inline ir_module *try_read(fw_arena *arena, fw_diag *diag, const char *text) {
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){"t", fw_strdup(arena, text), strlen(text)};
    return ir_read_hlo(arena, diag, source);
}

static inline const char *module_text(fw_arena *arena, const ir_module *module) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_module_print(module, &text);
    return fw_text_string(&text);
}

/* Reads a text that must be accepted, and whose print must read back to itself. */
static inline ir_module *must_read(fw_arena *arena, const char *text) {
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = try_read(arena, diag, text);
    if (!module)
        fail_msg("rejected: %s\n%s", text, diag_text(arena, diag));
    const char *print = module_text(arena, module);
    ir_module *again = try_read(arena, diag, print);
    if (!again)
        fail_msg("the print is rejected: %s\n%s", print, diag_text(arena, diag));
    assert_string_equal(print, module_text(arena, again));
    return module;
}

/* Reads a text that must be rejected with a message that begins `line:col: error: ` and holds `words`. */
static inline void must_reject(fw_arena *arena, const char *text, const char *place, const char *words) {
    fw_diag *diag = fw_diag_new(arena);
    if (try_read(arena, diag, text))
        fail_msg("accepted: %s", text);
    assert_true(fw_diag_errors(diag) == 1);
    const char *message = diag_text(arena, diag), *start = fw_format(arena, "t:%s: error: ", place);
    if (strncmp(message, start, strlen(start)) || !strstr(message, words))
        fail_msg("expected '%s' with '%s', not\n%s", start, words, message);
}

static inline const ir_instr *entry_instr(const ir_module *module, const char *name) {
    for (int i = 0; i < module->entry->ninstrs; i++)
        if (!strcmp(module->entry->instrs[i]->name, name))
            return module->entry->instrs[i];
    fail_msg("no instruction %s", name);
    return NULL;
}

static inline const char *instr_text(fw_arena *arena, const ir_instr *instr) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_instr_print(instr, &text);
    return fw_text_string(&text);
}

#endif
