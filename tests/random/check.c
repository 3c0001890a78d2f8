/* Random modules through the whole compiler, compared with the evaluator; many models are built by one call of the C compiler.
 *
 *     random_check [options] FROM COUNT
 *       --mode default|strict|chaos|bits   chaos: random proposals; bits: strict, shipped and random rules give the same bits
 *       --cc "COMMAND"                     compiler and flags (default: gcc -O1)
 *       --batch N                          models a program (default: 16)
 *       --keep FOLDER                      where modules that fail are kept (default: none)
 *       --data FOLDER                      the source tree with rules/, templates/ and tests/
 *       --print                            only print module FROM
 *       --file FILE.hlo                    check this module instead, with seed FROM
 *
 * Each module is generated and evaluated in a process of its own, with a limit of time. Exit status: 0, or 1 when something failed. */
#define _GNU_SOURCE              /* memmem */
#include "gen.h"
#include "random_hlo.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 60

typedef enum { DEFAULT, STRICT, CHAOS, BITS } mode;

typedef struct job {
    const char *data, *cc, *keep, *folder, *file;
    mode mode;
    int batch;
} job;

typedef struct model { uint64_t seed; bool ok; const char *why; } model;

/* ---- one module, in its own process ---- */

typedef struct world {
    const job *job;
    uint64_t seed, random;
    fw_arena *arena;
    fw_diag *diag;
    ir_literal **args;
    ir_literal *expected;
} world;

static const char *path(fw_arena *arena, const job *job, const char *name, const char *suffix)
{
    return fw_format(arena, "%s/%s%s", job->folder, name, suffix);
}

static const char *model_name(fw_arena *arena, uint64_t seed, int variant)
{
    return fw_format(arena, "r%llu%s", (unsigned long long)seed, variant ? "_b" : "");
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill(world *w, ir_literal *literal)
{
    ir_type type = literal->shape->type;
    size_t bytes = ir_type_bytes(type);
    for (int64_t i = 0; i < ir_shape_count(literal->shape); i++) {
        char *at = (char *)literal->data + (size_t)i * bytes;
        uint64_t r = next_random(&w->random);
        if (ir_type_is_float(type))
            ir_number_set(type, at, (double)(r >> 11) * 0x1p-52 - 1);
        else if (type == IR_PRED)
            ir_number_set_int(type, at, (int64_t)(r >> 63));
        else
            ir_number_set_int(type, at, (int64_t)(r >> 32) % 11 - (ir_class_of(type) == IR_CLASS_SIGNED ? 3 : 0));
    }
}

static ir_literal **leaves(ir_literal *value, int *count)
{
    *count = value->shape->type == IR_TUPLE ? value->shape->nelems : 1;
    static ir_literal *one[1];
    one[0] = value;
    return value->shape->type == IR_TUPLE ? (ir_literal **)value->elems : one;
}

static bool write_literals(const char *path, ir_literal **list, int count)
{
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < count && file; i++)
        fwrite(list[i]->data, 1, (size_t)ir_shape_count(list[i]->shape) * ir_type_bytes(list[i]->shape->type), file);
    return file && !fclose(file);
}

/* The table entry of the model in C, and what it calls. */
static void write_entry(world *w, const gen_model *m, const char *name, ir_literal **outs, int nouts)
{
    FILE *file = fopen(path(w->arena, w->job, name, "_entry.c"), "w");
    if (!file)
        return;
    const ir_comp *entry = m->module->entry;
    fprintf(file, "#include \"batch.h\"\n#include \"%s.h\"\n\nstatic int run(void **in, void **out, void *workspace, int threads)\n{\n", name);
    fprintf(file, "    %s_args args = {0};\n    %s_exec exec = {.threads = threads};\n", name, name);
    fprintf(file, "    (void)in;\n");
    for (int i = 0; i < entry->nparams; i++)
        fprintf(file, "    args.%s = in[%d];\n", m->input_fields[i], i);
    for (int i = 0; i < nouts; i++)
        fprintf(file, "    args.%s = out[%d];\n", m->output_fields[i], i);
    fprintf(file, "    return %s_run(&args, workspace, &exec);\n}\n\n", name);
    fprintf(file, "static size_t workspace_bytes(int threads)\n{\n    return %s_workspace_bytes(0, threads);\n}\n\n", name);
    fprintf(file, "extern const batch_model %s_entry;\nconst batch_model %s_entry = {\"%s\", %d, %d, {", name, name, name, entry->nparams, nouts);
    for (int i = 0; i < entry->nparams; i++)
        fprintf(file, "%s%lld", i ? ", " : "", (long long)(ir_shape_count(entry->params[i]->shape) * (int64_t)ir_type_bytes(entry->params[i]->shape->type)));
    fprintf(file, "%s}, {", entry->nparams ? "" : "0");
    for (int i = 0; i < nouts; i++)
        fprintf(file, "%s%lld", i ? ", " : "", (long long)(ir_shape_count(outs[i]->shape) * (int64_t)ir_type_bytes(outs[i]->shape->type)));
    fprintf(file, "}, workspace_bytes, run};\n");
    fclose(file);
}

static const char *chaos_rules(world *w)
{
    fw_source *text = fw_file_read(w->arena, w->diag, fw_format(w->arena, "%s/tests/rules/chaos.lua", w->job->data));
    const char *file = path(w->arena, w->job, model_name(w->arena, w->seed, 0), ".lua");
    FILE *out = text ? fopen(file, "w") : NULL;
    if (!out)
        return NULL;
    fprintf(out, "local seed = %llu\n%s", (unsigned long long)(w->seed % 2147483646 + 1), text->text);
    fclose(out);
    return file;
}

/* Kernels that define nothing but functions are compiled together, NAME_all.c; the others each by itself. NAME.files lists both. */
static bool write_files(world *w, const gen_model *m, const char *name)
{
    const char *folder = w->job->folder;
    FILE *all = fopen(path(w->arena, w->job, name, "_all.c"), "w"), *list = fopen(path(w->arena, w->job, name, ".files"), "w");
    bool ok = all && list && fprintf(list, "%s_all.c\n", name) > 0;
    for (int i = 0; i < m->output->nfiles && ok; i++) {
        const gen_file *f = &m->output->files[i];
        const char *end = strrchr(f->name, '.');
        bool code = end && !strcmp(end, ".c"), header = end && !strcmp(end, ".h");
        if (code && memmem(f->data, f->size, "ROW_STRIDE", 10))
            fprintf(list, "%s\n", f->name);
        else if (code)
            fprintf(all, "#include \"%s\"\n", f->name);
        if (code || header)
            ok = fw_file_write(w->diag, fw_format(w->arena, "%s/%s", folder, f->name), f->data, f->size);
    }
    ok = ok && fprintf(all, "#include \"%s_entry.c\"\n", name) > 0;
    if (all)
        ok = !fclose(all) && ok;
    if (list)
        ok = !fclose(list) && ok;
    return ok;
}

static bool generate(world *w, const char *input, int variant)
{
    gen_options options = {.input = input, .output = w->job->folder, .name = model_name(w->arena, w->seed, variant), .data = w->job->data};
    const char *packs[1];
    options.rules.data = w->job->data;
    options.rules.target = "c";
    options.rules.numerics = w->job->mode == STRICT || w->job->mode == BITS ? RULES_STRICT : RULES_DEFAULT;
    options.parallel = GEN_PARALLEL_PTHREADS;
    options.force = true;
    if (w->job->mode == CHAOS || variant) {
        packs[0] = chaos_rules(w);
        options.rules.paths = packs;
        options.rules.npaths = 1;
        options.rules.instructions = (int64_t)4000000000;
        if (!packs[0])
            return false;
    }
    fw_text report;
    fw_text_init(&report, w->arena);
    ir_module *module = gen_read(w->arena, w->diag, input);
    gen_model m;
    gen_model_start(&m, w->arena, w->diag, &options);
    bool ok = module && gen_model_plan(&m, module, &report) && gen_model_texts(&m);
    int nouts;
    ir_literal **outs = leaves(w->expected, &nouts);
    ok = ok && write_files(w, &m, options.name);
    if (ok)
        write_entry(w, &m, options.name, outs, nouts);
    gen_model_end(&m);
    return ok;
}

/* Text, inputs, expected results and C code of one seed, all in the folder. */
static bool prepare(world *w)
{
    const char *name = model_name(w->arena, w->seed, 0), *input = w->job->file ? w->job->file : path(w->arena, w->job, name, ".hlo");
    if (!w->job->file) {
        FILE *file = fopen(input, "w");
        if (!file)
            return false;
        random_hlo(w->seed, file);
        fclose(file);
    }
    ir_module *module = gen_read(w->arena, w->diag, input);
    if (!module)
        return false;
    int n = module->entry->nparams, nouts;
    w->args = fw_alloc_array(w->arena, (size_t)n + 1, sizeof *w->args);
    for (int i = 0; i < n; i++) {
        w->args[i] = ir_literal_new(w->arena, module->entry->params[i]->shape);
        fill(w, w->args[i]);
    }
    w->expected = ir_evaluate(w->arena, w->diag, module, w->args, n);
    if (!w->expected)
        return false;
    ir_literal **outs = leaves(w->expected, &nouts);
    bool ok = write_literals(path(w->arena, w->job, name, ".in"), w->args, n) && generate(w, input, 0);
    if (ok && w->job->mode == BITS)
        ok = write_literals(path(w->arena, w->job, model_name(w->arena, w->seed, 1), ".in"), w->args, n) && generate(w, input, 1);
    FILE *file = ok ? fopen(path(w->arena, w->job, name, ".expected"), "wb") : NULL;
    if (!file)
        return false;
    fprintf(file, "%d\n", nouts);
    for (int i = 0; i < nouts; i++) {
        int64_t count = ir_shape_count(outs[i]->shape);
        fprintf(file, "%d %lld\n", (int)outs[i]->shape->type, (long long)count);
        fwrite(outs[i]->data, 1, (size_t)count * ir_type_bytes(outs[i]->shape->type), file);
    }
    return !fclose(file);
}

static int prepare_seed(const job *job, uint64_t seed)
{
    world w = {.job = job, .seed = seed, .random = seed, .arena = fw_arena_new()};
    w.diag = fw_diag_new(w.arena);
    alarm(SECONDS);
    bool ok = prepare(&w);
    fw_text text;
    fw_text_init(&text, w.arena);
    fw_diag_print(w.diag, &text);
    if (!ok)
        fputs(fw_text_string(&text), stdout);
    fflush(stdout);
    return ok ? 0 : 1;
}

/* ---- the batch ---- */

static const char *note(const char *format, long long a)
{
    char *text = malloc(strlen(format) + 40);
    if (text)
        sprintf(text, format, a);
    return text;
}

static int shell(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void prepare_model(const job *job, model *m)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(prepare_seed(job, m->seed));
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        exit(3);
    m->ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!m->ok)
        m->why = WIFSIGNALED(status) ? note(WTERMSIG(status) == SIGALRM ? "generating takes too long" : "the generator died of signal %lld", WTERMSIG(status))
                                     : "the module was rejected";
}

static bool build(const job *job, fw_arena *arena, const model *models, int count, const char *program)
{
    fw_text files, list;
    fw_text_init(&files, arena);
    fw_text_init(&list, arena);
    bool any = false;
    fw_text_add(&list, "#include \"batch.h\"\n");
    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            fw_text_add(&list, "const batch_model *const batch_models[] = {");
        for (int i = 0; i < count; i++)
            for (int v = 0; v < (job->mode == BITS ? 2 : 1); v++) {
                if (!models[i].ok)
                    continue;
                const char *name = model_name(arena, models[i].seed, v);
                any = true;
                fw_text_printf(&list, pass ? "&%s_entry, " : "extern const batch_model %s_entry;\n", name);
                if (!pass)
                    fw_text_printf(&files, " %s.files", name);
            }
    }
    fw_text_add(&list, "0};\n");
    FILE *file = fopen(path(arena, job, "batch_list", ".c"), "w");
    if (!any || !file)
        return false;
    fputs(fw_text_string(&list), file);
    fclose(file);
    const char *command = fw_format(arena, "cd %s && %s -std=c11 -w -I. -I%s/tests/random batch_list.c %s/tests/random/batch.c $(cat%s) -o %s -lm -lpthread 2>errors",
        job->folder, job->cc, job->data, job->data, fw_text_string(&files), program);
    return shell(command) == 0;
}

/* How far floats may be apart, relative to the largest element of the result. */
static double tolerance(ir_type type)
{
    return type == IR_F64 ? 1e-10 : 1e-4;
}

static const char *compare_output(ir_type type, int64_t count, const char *want, const char *have, int number)
{
    size_t bytes = ir_type_bytes(type);
    if (!ir_type_is_float(type))
        return memcmp(want, have, (size_t)count * bytes) ? note("output %lld differs", number) : NULL;
    double largest = 0.1, worst = 0;
    int64_t at = -1;
    for (int64_t i = 0; i < count; i++) {
        double a = ir_number_get(type, want + (size_t)i * bytes), b = ir_number_get(type, have + (size_t)i * bytes);
        if (a - a == 0 && (a < 0 ? -a : a) > largest)
            largest = a < 0 ? -a : a;
        double d = a == b || (a != a && b != b) ? 0 : a > b ? a - b : b - a;
        if (!(d <= worst)) {
            worst = d;
            at = i;
        }
    }
    if (worst <= tolerance(type) * largest)
        return NULL;
    printf("output %d: element %lld is %.9g, the evaluator says %.9g, largest %.3g\n", number, (long long)at, ir_number_get(type, have + (size_t)at * bytes),
        ir_number_get(type, want + (size_t)at * bytes), largest);
    return note("output %lld differs", number);
}

static const char *compare(const char *expected, const char *actual)
{
    FILE *want = fopen(expected, "rb"), *have = fopen(actual, "rb");
    int n = 0, type;
    long long count;
    const char *why = want && have && fscanf(want, "%d", &n) == 1 && fgetc(want) == '\n' ? NULL : "no results";
    for (int i = 0; i < n && !why; i++) {
        if (fscanf(want, "%d %lld", &type, &count) != 2 || fgetc(want) != '\n')
            return "no results";
        size_t bytes = (size_t)count * ir_type_bytes((ir_type)type);
        char *a = malloc(bytes + 1), *b = malloc(bytes + 1);
        why = !a || !b || fread(a, 1, bytes, want) != bytes || fread(b, 1, bytes, have) != bytes ? "no results"
                                                                                              : compare_output((ir_type)type, count, a, b, i);
        free(a);
        free(b);
    }
    if (want)
        fclose(want);
    if (have)
        fclose(have);
    return why;
}

static void run_model(const job *job, fw_arena *arena, const char *program, model *m)
{
    for (int v = 0; v < (job->mode == BITS ? 2 : 1) && m->ok; v++) {
        int status = shell(fw_format(arena, "timeout 60 %s %s %s 2>&1", program, model_name(arena, m->seed, v), job->folder));
        if (status)
            *m = (model){m->seed, false, note("the program ended with status %lld", status)};
    }
    const char *name = model_name(arena, m->seed, 0), *out = path(arena, job, name, ".out");
    const char *why = m->ok ? compare(path(arena, job, name, ".expected"), out) : NULL;
    if (!why && m->ok && job->mode == BITS && shell(fw_format(arena, "cmp -s %s %s", out, path(arena, job, model_name(arena, m->seed, 1), ".out"))))
        why = "the bits depend on the rules";
    if (why)
        *m = (model){m->seed, false, why};
}

static int report(const job *job, fw_arena *arena, const model *models, int count)
{
    int failures = 0;
    for (int i = 0; i < count; i++) {
        if (models[i].ok)
            continue;
        failures++;
        printf("FAILED: seed %llu: %s\n", (unsigned long long)models[i].seed, models[i].why);
        const char *name = model_name(arena, models[i].seed, 0);
        if (job->keep && !job->file)
            shell(fw_format(arena, "mkdir -p %s && cp %s %s/", job->keep, path(arena, job, name, ".hlo"), job->keep));
    }
    return failures;
}

static int run_batch(const job *job, uint64_t from, int count)
{
    fw_arena *arena = fw_arena_new();
    model *models = fw_alloc_array(arena, (size_t)count, sizeof *models);
    const char *program = path(arena, job, "batch", "");
    for (int i = 0; i < count; i++) {
        models[i].seed = from + (uint64_t)i;
        prepare_model(job, &models[i]);
    }
    /* Where the whole batch does not build, each model is built alone. */
    if (build(job, arena, models, count, program)) {
        for (int i = 0; i < count; i++)
            if (models[i].ok)
                run_model(job, arena, program, &models[i]);
    } else {
        for (int i = 0; i < count; i++) {
            if (!models[i].ok)
                continue;
            if (build(job, arena, &models[i], 1, program)) {
                run_model(job, arena, program, &models[i]);
                continue;
            }
            models[i].ok = false;
            models[i].why = "the generated code does not compile";
            shell(fw_format(arena, "grep -m 3 error %s/errors", job->folder));
        }
    }
    int failures = report(job, arena, models, count);
    shell(fw_format(arena, "rm -rf %s/*", job->folder));
    fw_arena_free(arena);
    fflush(stdout);
    return failures;
}

static bool take(job *j, const char *name, const char *value)
{
    static const char *const modes[] = {"default", "strict", "chaos", "bits"};
    if (!strcmp(name, "--cc"))
        j->cc = value;
    else if (!strcmp(name, "--keep"))
        j->keep = value;
    else if (!strcmp(name, "--data"))
        j->data = value;
    else if (!strcmp(name, "--file"))
        j->file = value;
    else if (!strcmp(name, "--batch"))
        j->batch = atoi(value);
    else
        for (int i = 0; i < 4; i++)
            if (!strcmp(name, "--mode") && !strcmp(value, modes[i])) {
                j->mode = (mode)i;
                return true;
            }
    return strcmp(name, "--mode") && j->batch > 0;
}

int main(int argc, char **argv)
{
    job j = {.cc = "gcc -O1", .data = FW_SOURCE_DATA, .batch = 16};
    char folder[] = "/tmp/fw-random-XXXXXX";
    int at = 1;
    bool print = false;
    for (; at < argc && !strncmp(argv[at], "--", 2); at++) {
        if (!strcmp(argv[at], "--print"))
            print = true;
        else if (at + 1 >= argc || !take(&j, argv[at], argv[at + 1]))
            return 2;
        else
            at++;
    }
    if (argc - at != (print ? 1 : 2))
        return 2;
    uint64_t from = strtoull(argv[at], NULL, 10), end = print ? 0 : from + strtoull(argv[at + 1], NULL, 10);
    if (print) {
        random_hlo(from, stdout);
        return 0;
    }
    j.folder = mkdtemp(folder);
    if (!j.folder)
        return 3;
    int failures = 0;
    for (uint64_t seed = from; seed < end; seed += (uint64_t)j.batch)
        failures += run_batch(&j, seed, end - seed < (uint64_t)j.batch ? (int)(end - seed) : j.batch);
    printf("%llu modules, %d failures\n", (unsigned long long)(end - from), failures);
    rmdir(j.folder);
    return failures ? 1 : 0;
}
