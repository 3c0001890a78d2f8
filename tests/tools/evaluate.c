/* Runs the reference evaluator on a module, or only the verifier:
 *
 *     evaluate FILE.hlo IN.npy... [--out PREFIX] [--expect PREFIX]
 *     evaluate --verify FILE.hlo...
 *
 * Inputs are the leaves of the entry's parameters in order; outputs go to PREFIX.0.npy, PREFIX.1.npy, ... With --expect
 * each output is compared with such a file, and the distance is printed. */
#include "ir.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct job {
    fw_arena *arena;
    fw_diag *diag;
    const char *file, *out, *expect;
    const char **inputs;
    int ninputs, next; /* input that is read next */
} job;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int report(const fw_diag *diag, fw_arena *arena) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    fputs(fw_text_string(&text), stderr);
    return (int)fw_diag_status(diag);
}

static ir_literal *read_value(job *j, const ir_shape *shape, const char *name) {
    if (shape->type != IR_TUPLE) {
        if (j->next < j->ninputs)
            return ir_npy_read(j->arena, j->diag, j->inputs[j->next++], shape, name);
        fw_error(j->diag, FW_INPUT, (fw_loc){NULL, 0, 0}, "no file is given for %s", name);
        return NULL;
    }
    ir_literal *tuple = fw_alloc(j->arena, sizeof *tuple);
    ir_literal **elems = fw_alloc_array(j->arena, (size_t)shape->nelems + 1, sizeof *elems);
    tuple->shape = shape;
    tuple->elems = elems;
    for (int i = 0; i < shape->nelems; i++) {
        elems[i] = read_value(j, shape->elems[i], fw_format(j->arena, "%s.%d", name, i));
        if (!elems[i])
            return NULL;
    }
    return tuple;
}

static void compare(job *j, const ir_literal *value, int number) {
    ir_literal *expected = ir_npy_read(j->arena, j->diag, fw_format(j->arena, "%s.%d.npy", j->expect, number),
        value->shape, fw_format(j->arena, "output %d", number));
    if (!expected)
        return;
    ir_distance d = ir_literal_distance(value, expected);
    printf("  output %d: max|diff| %.3g, max|ref| %.3g, relative %.3g, %.3g ULP, %lld differ\n", number, d.max_abs,
        d.max_ref, d.max_ref > 0 ? d.max_abs / d.max_ref : d.max_abs, d.max_ulp, (long long)d.mismatches);
}

/* Writes and compares the leaves of a result; returns the number of the next one. */
static int finish_value(job *j, const ir_literal *value, int number) {
    if (value->shape->type == IR_TUPLE) {
        for (int i = 0; i < value->shape->nelems; i++)
            number = finish_value(j, value->elems[i], number);
        return number;
    }
    if (j->out)
        ir_npy_write(j->diag, fw_format(j->arena, "%s.%d.npy", j->out, number), value);
    if (j->expect)
        compare(j, value, number);
    return number + 1;
}

static void evaluate(job *j) {
    const fw_source *source = fw_file_read(j->arena, j->diag, j->file);
    ir_module *module = source ? ir_read_hlo(j->arena, j->diag, source) : NULL;
    if (!module || !ir_verify(j->diag, module))
        return;
    ir_literal **args = fw_alloc_array(j->arena, (size_t)module->entry->nparams + 1, sizeof *args);
    for (int i = 0; i < module->entry->nparams; i++) {
        const ir_instr *param = module->entry->params[i];
        args[i] = read_value(j, param->shape, param->name);
        if (!args[i])
            return;
    }
    if (j->next < j->ninputs) {
        fw_error(j->diag, FW_INPUT, (fw_loc){NULL, 0, 0}, "%d files are given, %d are needed", j->ninputs, j->next);
        return;
    }
    double start = seconds();
    ir_literal *result = ir_evaluate(j->arena, j->diag, module, args, module->entry->nparams);
    printf("%s: %.2f s\n", j->file, seconds() - start);
    if (result)
        finish_value(j, result, 0);
}

static int verify(int count, char **files) {
    int status = 0;
    for (int i = 0; i < count; i++) {
        fw_arena *arena = fw_arena_new();
        fw_diag *diag = fw_diag_new(arena);
        double start = seconds(), read = start;
        const fw_source *source = fw_file_read(arena, diag, files[i]);
        ir_module *module = source ? ir_read_hlo(arena, diag, source) : NULL;
        read = seconds();
        bool ok = module && ir_verify(diag, module);
        printf("%s: %s, read %.0f ms, verified %.1f ms\n", files[i], ok ? "ok" : "rejected", (read - start) * 1e3,
            (seconds() - read) * 1e3);
        if (!ok)
            status = report(diag, arena);
        fw_arena_free(arena);
    }
    return status;
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "--verify") == 0)
        return verify(argc - 2, argv + 2);
    fw_arena *arena = fw_arena_new();
    job j = {.arena = arena, .diag = fw_diag_new(arena)};
    j.inputs = fw_alloc_array(arena, (size_t)argc, sizeof *j.inputs);
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--out") == 0)
            j.out = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--expect") == 0)
            j.expect = argv[++i];
        else if (!j.file)
            j.file = argv[i];
        else
            j.inputs[j.ninputs++] = argv[i];
    }
    if (!j.file) {
        fputs("usage: evaluate FILE.hlo IN.npy... [--out PREFIX] [--expect PREFIX] | evaluate --verify FILE.hlo...\n",
            stderr);
        return FW_USAGE;
    }
    evaluate(&j);
    int status = report(j.diag, arena);
    fw_arena_free(arena);
    return status;
}
