/* By hand: reads a module, simplifies it, and compares values before and after.
 *
 *     simplify_check MODEL.hlo [--print | --random | INPUT.npy...]
 *
 * It prints instruction counts and the time; then the module, or how far the values lie apart on random or recorded
 * inputs. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ir.h"

static int instructions(const ir_module *module) {
    int count = 0;
    for (int i = 0; i < module->ncomps; i++)
        count += module->comps[i]->ninstrs;
    return count;
}

static int report(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    fputs(fw_text_string(&text), stderr);
    return fw_diag_status(diag) == FW_OK ? 70 : (int)fw_diag_status(diag);
}

static void compare(const ir_literal *after, const ir_literal *before, int leaf) {
    for (int i = 0; i < before->shape->nelems; i++)
        compare(after->elems[i], before->elems[i], i);
    if (before->shape->nelems > 0)
        return;
    ir_distance distance = ir_literal_distance(after, before);
    printf("  output %d: %s, %g ULP, %g absolute of %g\n", leaf,
        ir_literal_equal(after, before) ? "bit-equal" : "differs", distance.max_ulp, distance.max_abs,
        distance.max_ref);
}

static int check_values(
    fw_arena *arena, fw_diag *diag, const ir_module *before, const ir_module *after, ir_literal **args) {
    int count = before->entry->nparams;
    ir_literal *expected = ir_evaluate(arena, diag, before, args, count);
    ir_literal *actual = expected ? ir_evaluate(arena, diag, after, args, count) : NULL;
    if (!actual)
        return report(arena, diag);
    compare(actual, expected, 0);
    return 0;
}

static ir_literal **read_inputs(fw_arena *arena, fw_diag *diag, const ir_comp *entry, char **paths, int count) {
    ir_literal **args = fw_alloc_array(arena, (size_t)entry->nparams, sizeof *args);
    if (count != entry->nparams) {
        fw_error(diag, FW_USAGE, entry->loc, "%d inputs for %d parameters", count, entry->nparams);
        return NULL;
    }
    for (int i = 0; i < count; i++)
        if (!(args[i] = ir_npy_read(arena, diag, paths[i], entry->params[i]->shape, entry->params[i]->name)))
            return NULL;
    return args;
}

static void fill(ir_literal *literal, uint64_t seed) {
    const ir_shape *shape = literal->shape;
    for (int i = 0; i < shape->nelems; i++)
        fill(literal->elems[i], seed * 31 + (uint64_t)i);
    for (int64_t i = 0; shape->nelems == 0 && i < ir_shape_count(shape); i++) {
        uint64_t key[] = {seed, (uint64_t)i}, hash = fw_hash64(key, sizeof key, 1) >> 20;
        void *element = (char *)literal->data + (size_t)i * ir_type_bytes(shape->type);
        if (ir_type_is_float(shape->type))
            ir_number_set(shape->type, element, (double)(hash % 20001) / 10000 - 1);
        else
            ir_number_set_int(shape->type, element, shape->type == IR_PRED ? (int64_t)(hash & 1) : (int64_t)(hash % 5));
    }
}

static ir_literal **random_inputs(fw_arena *arena, const ir_comp *entry) {
    ir_literal **args = fw_alloc_array(arena, (size_t)entry->nparams, sizeof *args);
    for (int i = 0; i < entry->nparams; i++)
        fill(args[i] = ir_literal_new(arena, entry->params[i]->shape), (uint64_t)i);
    return args;
}

static void print(fw_arena *arena, const ir_module *module) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_module_print(module, &text);
    fputs(fw_text_string(&text), stdout);
}

static double simplify(ir_module *module) {
    clock_t start = clock();
    ir_simplify(module);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("usage: simplify_check MODEL.hlo [--print | --random | INPUT.npy...]\n", stderr);
        return 2;
    }
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    const fw_source *source = fw_file_read(arena, diag, argv[1]);
    ir_module *before = source ? ir_read_hlo(arena, diag, source) : NULL;
    ir_module *after = before ? ir_read_hlo(arena, diag, source) : NULL;
    if (!after || !ir_verify(diag, after))
        return report(arena, diag);
    double seconds = simplify(after);
    printf("%s: %d instructions in %d computations -> %d in %d, %.2f ms\n", before->name, instructions(before),
        before->ncomps, instructions(after), after->ncomps, seconds * 1e3);
    if (!ir_verify(diag, after))
        return report(arena, diag);
    if (argc == 2)
        return 0;
    if (strcmp(argv[2], "--print") == 0) {
        print(arena, after);
        return 0;
    }
    bool random = strcmp(argv[2], "--random") == 0;
    ir_literal **args =
        random ? random_inputs(arena, before->entry) : read_inputs(arena, diag, before->entry, argv + 2, argc - 2);
    return args ? check_values(arena, diag, before, after, args) : report(arena, diag);
}
