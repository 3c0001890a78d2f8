/* libFuzzer target: any bytes are imported from StableHLO or rejected with a message; what is imported and verified
 * prints to HLO text that reads back to the same print.
 *
 *     cmake -DFW_FUZZ=ON -DCMAKE_C_COMPILER=clang, then:
 *     tests/fuzz_stablehlo -dict=../tests/fuzz/stablehlo.dict -malloc_limit_mb=8192 -rss_limit_mb=6000 NEW_INPUTS SEEDS
 *
 * The limits leave room for a splat constant of 4 GiB. */
#include "ir.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Constants of many elements would take the printer long; they are not what is tested. */
#define MOST_BYTES (1 << 20)

static fw_source *source_of(fw_arena *arena, const char *text, size_t size) {
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){"fuzz", fw_strndup(arena, text, size), size};
    return source;
}

/* A rejection must say something. */
static void check_messages(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    if (!fw_diag_errors(diag) || !text.size)
        abort();
}

/* The largest values of types without infinity print rounded up, and then do not read back: ir_number_print's matter.
 */
static bool saturates(ir_type type) {
    return type == IR_F4E2M1FN || type == IR_F6E2M3FN || type == IR_F6E3M2FN;
}

static int64_t constant_bytes(const ir_module *module) {
    int64_t bytes = 0;
    for (int c = 0; c < module->ncomps; c++)
        for (int i = 0; i < module->comps[c]->ninstrs; i++) {
            const ir_instr *instr = module->comps[c]->instrs[i];
            if (instr->literal)
                bytes += saturates(instr->shape->type) ? MOST_BYTES : ir_shape_bytes(instr->shape);
        }
    return bytes;
}

static void check_print(fw_arena *arena, fw_diag *diag, const ir_module *module) {
    fw_text first, second;
    fw_text_init(&first, arena);
    fw_text_init(&second, arena);
    ir_module_print(module, &first);
    const ir_module *again = ir_read_hlo(arena, diag, source_of(arena, fw_text_string(&first), first.size));
    if (!again)
        abort();
    ir_module_print(again, &second);
    if (first.size != second.size || strcmp(fw_text_string(&first), fw_text_string(&second)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    const ir_module *module = ir_read_stablehlo(arena, diag, source_of(arena, (const char *)data, size));
    if (!module)
        check_messages(arena, diag);
    else if (!ir_verify(diag, module))
        check_messages(arena, diag);
    else if (constant_bytes(module) < MOST_BYTES)
        check_print(arena, diag, module);
    fw_arena_free(arena);
    return 0;
}
