/* make_inputs FILE.hlo PREFIX [SEED]: writes random inputs of a module as PREFIX.0.npy, PREFIX.1.npy, ... and prints their names.
 * Floats lie in [-1, 1), integers in -3 .. 7, unsigned ones in 0 .. 10. The same numbers on every machine. */
#include "ir.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct maker {
    fw_arena *arena;
    fw_diag *diag;
    const char *prefix;
    uint64_t state;
    int count;
} maker;

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill(maker *m, ir_literal *array)
{
    ir_type type = array->shape->type;
    ir_type part = type == IR_C64 ? IR_F32 : type == IR_C128 ? IR_F64 : type;
    int64_t count = ir_shape_count(array->shape) * (part == type ? 1 : 2);
    for (int64_t i = 0; i < count; i++) {
        char *at = (char *)array->data + (size_t)i * ir_type_bytes(part);
        uint64_t r = next_random(&m->state);
        if (ir_type_is_float(part))
            ir_number_set(part, at, (double)(r >> 11) * 0x1p-52 - 1);
        else if (type == IR_PRED)
            ir_number_set_int(type, at, (int64_t)(r >> 63));
        else
            ir_number_set_int(type, at, (int64_t)(r >> 32) % 11 - (ir_class_of(type) == IR_CLASS_SIGNED ? 3 : 0));
    }
}

static void make(maker *m, const ir_shape *shape)
{
    if (shape->type == IR_TUPLE) {
        for (int i = 0; i < shape->nelems; i++)
            make(m, shape->elems[i]);
        return;
    }
    if (shape->type == IR_TOKEN)
        return;
    ir_literal *array = ir_literal_new(m->arena, shape);
    fill(m, array);
    const char *path = fw_format(m->arena, "%s.%d.npy", m->prefix, m->count++);
    if (ir_npy_write(m->diag, path, array))
        puts(path);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: make_inputs FILE.hlo PREFIX [SEED]\n", stderr);
        return FW_USAGE;
    }
    fw_arena *arena = fw_arena_new();
    maker m = {.arena = arena, .diag = fw_diag_new(arena), .prefix = argv[2], .state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1};
    const fw_source *source = fw_file_read(arena, m.diag, argv[1]);
    const ir_module *module = source ? ir_read_hlo(arena, m.diag, source) : NULL;
    for (int i = 0; module && i < module->entry->nparams; i++)
        make(&m, module->entry->params[i]->shape);
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(m.diag, &text);
    fputs(fw_text_string(&text), stderr);
    int status = (int)fw_diag_status(m.diag);
    fw_arena_free(arena);
    return status;
}
