/* check: generates the code of a module with its main program, builds and runs it on random inputs in a temporary
 * folder, and compares with the evaluator. */
#include "options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct check {
    fw_arena *arena;
    fw_diag *diag;
    const cli_line *line;
    fw_text *out;
    ir_module *module;
    const char *folder;          /* temporary */
    ir_literal **args;           /* by parameter */
    ir_literal *expected;
    int ninputs, noutputs;       /* leaves */
    uint64_t random;
    gen_model model;
} check;

/* ---- inputs ---- */

/* splitmix64: the same numbers on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Matrices and kernels are scaled by the root of the terms that go into one column, as trained weights are: a
 * recurrence of unscaled ones is chaotic, and then even two exact programs differ. */
static double scale_of(const ir_shape *shape)
{
    int64_t columns = shape->rank ? ir_shape_size(shape, shape->rank - 1) : 1;
    return shape->rank < 2 || columns == 0 ? 1 : 1 / sqrt((double)(ir_shape_count(shape) / columns) + 1);
}

/* Floats around 0 and at most 1, small integers: they serve as indices, counts and shifts. */
static void fill_random(check *c, ir_literal *literal)
{
    ir_type type = literal->shape->type;
    bool complex = ir_class_of(type) == IR_CLASS_COMPLEX;
    ir_type part = type == IR_C64 ? IR_F32 : type == IR_C128 ? IR_F64 : type;
    size_t bytes = ir_type_bytes(part);
    int64_t count = ir_shape_count(literal->shape) * (complex ? 2 : 1);
    double scale = scale_of(literal->shape);
    for (int64_t i = 0; i < count; i++) {
        char *at = (char *)literal->data + (size_t)i * bytes;
        uint64_t r = next_random(&c->random);
        if (ir_type_is_float(part))
            ir_number_set(part, at, scale * ((double)(r >> 11) * 0x1p-52 - 1));
        else if (type == IR_PRED)
            ir_number_set_int(type, at, (int64_t)(r >> 63));
        else
            ir_number_set_int(type, at, (int64_t)(r >> 32) % 11 - (ir_class_of(type) == IR_CLASS_SIGNED ? 3 : 0));
    }
}

typedef bool visitor(check *c, ir_literal *leaf, int number);

/* Calls `visit` for every array of a literal in order; tokens are left out. */
static bool each_leaf(check *c, ir_literal *literal, int *number, visitor *visit)
{
    if (literal->shape->type == IR_TOKEN)
        return true;
    if (literal->shape->type != IR_TUPLE)
        return visit(c, literal, (*number)++);
    for (int i = 0; i < literal->shape->nelems; i++)
        if (!each_leaf(c, literal->elems[i], number, visit))
            return false;
    return true;
}

static const char *input_path(const check *c, int number)
{
    return fw_format(c->arena, "%s/in.%d.npy", c->folder, number);
}

static bool make_input(check *c, ir_literal *leaf, int number)
{
    fill_random(c, leaf);
    return ir_npy_write(c->diag, input_path(c, number), leaf);
}

static bool make_inputs(check *c)
{
    const ir_comp *entry = c->module->entry;
    c->args = fw_alloc_array(c->arena, (size_t)entry->nparams + 1, sizeof *c->args);
    for (int i = 0; i < entry->nparams; i++) {
        if (!ir_shape_is_static(entry->params[i]->shape)) {
            fw_error(c->diag, FW_UNSUPPORTED, entry->params[i]->loc, "parameter '%s' has a symbolic size",
                entry->params[i]->name);
            return false;
        }
        c->args[i] = ir_literal_new(c->arena, entry->params[i]->shape);
        if (!each_leaf(c, c->args[i], &c->ninputs, make_input))
            return false;
    }
    return true;
}

/* ---- build and run ---- */

static bool run_step(check *c, const char *const *argv, const char *what)
{
    int status;
    if (!spawn_program(c->diag, argv, &status))
        return false;
    if (status)
        fw_error(c->diag, FW_INTERNAL, GEN_NOWHERE, "%s ended with status %d", what, status);
    return status == 0;
}

static bool build(check *c)
{
    const char *program = fw_format(c->arena, "%s/%s", c->folder, c->model.prefix);
    static const char *const flags[] = {"-std=c11", "-O3", "-march=native", "-Wall", "-Wextra", "-Werror"};
    const gen_output *output = c->model.output;
    const char **argv = fw_alloc_array(c->arena, (size_t)output->nfiles + 20, sizeof *argv);
    int n = 0;
    argv[n++] = c->line->cc;
    for (int i = 0; i < FW_COUNT(flags); i++)
        argv[n++] = flags[i];
    for (int i = 0; i < output->nfiles; i++) {
        const char *name = output->files[i].name;
        if (strlen(name) > 2 && !strcmp(name + strlen(name) - 2, ".c"))
            argv[n++] = fw_format(c->arena, "%s/%s", c->folder, name);
    }
    argv[n++] = "-o";
    argv[n++] = program;
    argv[n++] = "-lm";
    argv[n++] = "-lpthread";
    return run_step(c, argv, "building the generated code");
}

static bool run_built(check *c)
{
    const char **argv = fw_alloc_array(c->arena, (size_t)c->ninputs + 8, sizeof *argv);
    int n = 0;
    argv[n++] = fw_format(c->arena, "%s/%s", c->folder, c->model.prefix);
    for (int i = 0; i < c->ninputs; i++)
        argv[n++] = input_path(c, i);
    argv[n++] = "--out";
    argv[n++] = fw_format(c->arena, "%s/out", c->folder);
    return run_step(c, argv, "the generated program");
}

/* ---- compare ---- */

/* How far results may be apart where sums are added in another order, relative to the largest element. */
static double tolerance(ir_type type)
{
    switch (type) {
    case IR_F64: case IR_C128: return 1e-10;
    case IR_F32: case IR_C64: return 1e-4;
    case IR_F16: return 1e-2;
    case IR_BF16: return 2e-2;
    default: return 0.25; /* the 8-bit floats and smaller */
    }
}

static bool close_enough(ir_type type, const ir_distance *d)
{
    bool real = ir_type_is_float(type) || ir_class_of(type) == IR_CLASS_COMPLEX;
    if (!real)
        return d->mismatches == 0;
    if (d->max_ulp <= 4) /* functions like exp and tanh differ by so much */
        return true;
    return d->max_abs <= tolerance(type) * d->max_ref;
}

static const char *element_text(const check *c, const ir_literal *literal, int64_t at)
{
    fw_text text;
    fw_text_init(&text, c->arena);
    ir_number_print(literal->shape->type,
        (const char *)literal->data + (size_t)at * ir_type_bytes(literal->shape->type), &text);
    return fw_text_string(&text);
}

static bool compare(check *c, ir_literal *expected, int number)
{
    const char *what = fw_format(c->arena, "out%d", number), *shape = gen_shape_text(c->arena, expected->shape);
    const char *path = fw_format(c->arena, "%s/out.%d.npy", c->folder, number);
    const ir_literal *actual = ir_npy_read(c->arena, c->diag, path, expected->shape, what);
    if (!actual)
        return false;
    ir_distance d = ir_literal_distance(actual, expected);
    bool ok = close_enough(expected->shape->type, &d);
    if (ir_type_is_float(expected->shape->type) || ir_class_of(expected->shape->type) == IR_CLASS_COMPLEX)
        fw_text_printf(c->out, "%s %s: at most %.4g ULP, %.3g absolute, largest element %.3g: %s\n", what, shape,
            d.max_ulp, d.max_abs,
            d.max_ref, ok ? "agrees" : "DIFFERS");
    else
        fw_text_printf(c->out, "%s %s: %lld elements differ: %s\n", what, shape, (long long)d.mismatches,
            ok ? "agrees" : "DIFFERS");
    if (!ok && d.worst >= 0)
        fw_error(c->diag, FW_MISMATCH, GEN_NOWHERE, "output %d: element %lld is %s, but the evaluator says %s", number,
            (long long)d.worst,
            element_text(c, actual, d.worst), element_text(c, expected, d.worst));
    else if (!ok)
        fw_error(c->diag, FW_MISMATCH, GEN_NOWHERE, "output %d differs from the evaluator's", number);
    return true;
}

/* ---- all of it ---- */

static bool make_folder(check *c)
{
    char *folder = fw_strdup(c->arena, "/tmp/fusewright-XXXXXX");
    c->folder = mkdtemp(folder);
    if (!c->folder)
        fw_error(c->diag, FW_FILE, GEN_NOWHERE, "cannot make a folder in /tmp");
    return c->folder != NULL;
}

static void remove_folder(check *c)
{
    const char **names;
    int count = fw_folder_list(c->arena, c->diag, c->folder, "", &names);
    for (int i = 0; i < count; i++)
        unlink(fw_format(c->arena, "%s/%s", c->folder, names[i]));
    rmdir(c->folder);
}

/* What another device computes cannot be seen here; its source can still be written. */
static bool runs_here(const check *c)
{
    if (c->model.backend->host)
        return true;
    fw_error(c->diag, FW_UNSUPPORTED, GEN_NOWHERE, "check runs what it builds on this machine, and code for target '%s' does not run on it",
        c->model.target->name);
    fw_note(c->diag, GEN_NOWHERE, "'fusewright compile --target %s --with-main' writes a program to run there", c->model.target->name);
    return false;
}

/* The evaluator goes first: the compiler rewrites the module. */
static bool run_check(check *c, gen_options *options)
{
    options->output = c->folder;
    options->with_main = true;
    options->parallel = GEN_PARALLEL_PTHREADS;
    c->module = gen_read(c->arena, c->diag, c->line->words[0]);
    if (!c->module || !make_inputs(c))
        return false;
    c->expected = ir_evaluate(c->arena, c->diag, c->module, c->args, c->module->entry->nparams);
    gen_model_start(&c->model, c->arena, c->diag, options);
    bool ok = c->expected && gen_model_plan(&c->model, c->module, c->out) && runs_here(c) &&
              gen_model_texts(&c->model) && gen_output_write(&c->model) && build(c) && run_built(c) && each_leaf(c, c->expected, &c->noutputs, compare);
    gen_model_end(&c->model);
    return ok && fw_diag_errors(c->diag) == 0;
}

bool command_check(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out)
{
    check c = {.arena = arena, .diag = diag, .line = line, .out = out, .random = 1};
    gen_options options = line->gen;
    if (!make_folder(&c))
        return false;
    bool ok = run_check(&c, &options);
    if (ok)
        fw_text_printf(out, "%d output%s of %d kernel%s agree%s with the evaluator\n", c.noutputs,
            c.noutputs == 1 ? "" : "s", c.model.nkernels,
            c.model.nkernels == 1 ? "" : "s", c.noutputs == 1 ? "s" : "");
    if (fw_diag_status(diag) == FW_MISMATCH || fw_diag_status(diag) == FW_INTERNAL)
        fw_note(diag, GEN_NOWHERE, "the generated code and its inputs are in %s", c.folder);
    else
        remove_folder(&c);
    return ok;
}
