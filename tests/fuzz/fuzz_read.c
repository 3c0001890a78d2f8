/* libFuzzer target: any bytes are read or rejected with a message, and what is read prints to a text that reads back to
 * the same print. From the project's root:
 *
 *     clang -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined -Iir tests/fuzz/fuzz_read.c \
 *         $(find ir -name '*.c') -lm -o fuzz_read
 *     ./fuzz_read -dict=tests/fuzz/hlo.dict -malloc_limit_mb=8192 -rss_limit_mb=6000 NEW_INPUTS SEEDS
 *
 * The limits leave room for an elided constant of 4 GiB, whose memory nobody touches. */
#include "ir.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ir_module *read_text(fw_arena *arena, fw_diag *diag, const char *text, size_t size) {
    fw_source source = {"fuzz", fw_strndup(arena, text, size), size};
    fw_source *kept = fw_alloc(arena, sizeof *kept);
    *kept = source;
    return ir_read_hlo(arena, diag, kept);
}

/* A rejection must say something, at a place inside the text. */
static void check_messages(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    if (!fw_diag_errors(diag) || !text.size)
        abort();
}

static void check_module(fw_arena *arena, fw_diag *diag, const ir_module *module) {
    fw_text first, second, dot;
    fw_text_init(&first, arena);
    fw_text_init(&second, arena);
    fw_text_init(&dot, arena);
    ir_module_print(module, &first);
    const ir_module *again = read_text(arena, diag, fw_text_string(&first), first.size);
    if (!again)
        abort();
    ir_module_print(again, &second);
    if (first.size != second.size || strcmp(fw_text_string(&first), fw_text_string(&second)))
        abort();
    ir_module_print_dot(module, &dot);
    for (int c = 0; c < module->ncomps; c++) {
        ir_users_of(arena, module->comps[c]);
        for (int i = 0; i < module->comps[c]->ninstrs; i++)
            ir_instr_flops(module->comps[c]->instrs[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    const ir_module *module = read_text(arena, diag, (const char *)data, size);
    if (module)
        check_module(arena, diag, module);
    else
        check_messages(arena, diag);
    fw_arena_free(arena);
    return 0;
}
