/* gen/: filling templates, making names, the command line, and the last step that writes files. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fixture {
    fw_arena *arena;
    fw_diag *diag;
    char folder[32];             /* temporary */
    gen_options options;
    gen_model model;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->arena = fw_arena_new();
    f->diag = fw_diag_new(f->arena);
    strcpy(f->folder, "/tmp/fwtest-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->options.data = f->folder;
    f->options.rules = (rules_options){.data = FW_SOURCE_DATA, .target = "c", .numerics = RULES_DEFAULT};
    gen_model_start(&f->model, f->arena, f->diag, &f->options);
    f->model.prefix = "net";
    *state = f;
    return 0;
}

static void remove_all(fixture *f, const char *folder)
{
    const char **names;
    int count = fw_file_exists(folder) ? fw_folder_list(f->arena, f->diag, folder, "", &names) : 0;
    for (int i = 0; i < count; i++)
        unlink(fw_format(f->arena, "%s/%s", folder, names[i]));
    rmdir(folder);
}

static int teardown(void **state)
{
    fixture *f = *state;
    gen_model_end(&f->model);
    static const char *const inside[] = {"/templates/c", "/templates/project", "/templates", "/out", ""};
    for (int i = 0; i < FW_COUNT(inside); i++)
        remove_all(f, fw_format(f->arena, "%s%s", f->folder, inside[i]));
    fw_arena_free(f->arena);
    free(f);
    return 0;
}

static void assert_message(fixture *f, fw_status status, const char *part)
{
    fw_text out;
    fw_text_init(&out, f->arena);
    fw_diag_print(f->diag, &out);
    assert_int_equal(fw_diag_status(f->diag), status);
    if (!strstr(fw_text_string(&out), part))
        fail_msg("'%s' is not in: %s", part, fw_text_string(&out));
}

/* ---- fill.c ---- */

static void put(fixture *f, const char *folder, const char *name, const char *text)
{
    fw_named_text file = {name, text, strlen(text)};
    assert_true(fw_files_write(f->diag, fw_format(f->arena, "%s/%s", f->folder, folder), &file, 1, NULL, 0));
}

static const char *fill(fixture *f, const char *template_text, const gen_slot *slots, int nslots)
{
    fw_text out;
    fw_text_init(&out, f->arena);
    put(f, "templates/c", "t.c", template_text);
    f->model.ntemplates = 0;
    return gen_fill(&f->model, "c/t.c", "dot_2", slots, nslots, &out) ? fw_text_string(&out) : NULL;
}

static void fill_replaces(void **state)
{
    fixture *f = *state;
    gen_slot one[] = {{"body", "y = 1;"}};
    assert_string_equal(fill(f, "a /*@body*/ x /*@end*/ b\n", one, 1), "a y = 1; b\n");
    gen_slot lines[] = {{"body", "y = 1;\n\nz = 2;\n"}};
    assert_string_equal(fill(f, "{\n    /*@body*/\n    x\n    /*@end*/\n}\n", lines, 1),
        "{\n    y = 1;\n\n    z = 2;\n}\n");
    gen_slot keep[] = {{"body", NULL}};
    assert_string_equal(fill(f, "    /*@body*/\n    MODEL_x();\n    /*@end*/\n", keep, 1), "    net_x();\n");
}

static void fill_renames_words(void **state)
{
    fixture *f = *state;
    assert_string_equal(fill(f, "MODEL_KERNEL(MODEL, \"MODEL.h\"); MODELS XKERNEL", NULL, 0),
        "net_dot_2(net, \"net.h\"); MODELS XKERNEL");
    gen_slot one[] = {{"body", "MODEL"}};
    assert_string_equal(fill(f, "/*@body*/ /*@end*/", one, 1), "MODEL"); /* a filler's text is final */
}

static void fill_drops_empty_lines(void **state)
{
    fixture *f = *state;
    gen_slot none[] = {{"body", ""}};
    assert_string_equal(fill(f, "a\n    /*@body*/ x /*@end*/\nb\n", none, 1), "a\nb\n");
    assert_string_equal(fill(f, "a\n\n/*@body*/ x /*@end*/\n\nb\n", none, 1), "a\n\nb\n");
    assert_string_equal(fill(f, "a /*@body*/ x /*@end*/\nb\n", none, 1), "a \nb\n");
}

static void fill_project_files(void **state)
{
    fixture *f = *state;
    fw_text out;
    fw_text_init(&out, f->arena);
    put(f, "templates/project", "Makefile", "MODEL: @objects@\n\tcc -o $@ me@home @objects@\n");
    gen_slot slots[] = {{"objects", "a.o"}};
    assert_true(gen_fill(&f->model, "project/Makefile", NULL, slots, 1, &out));
    assert_string_equal(fw_text_string(&out), "net: a.o\n\tcc -o $@ me@home a.o\n");
}

static void check_fill_error(fixture *f, const char *text, const gen_slot *slots, int nslots, const char *message)
{
    f->diag = f->model.diag = fw_diag_new(f->arena);
    assert_null(fill(f, text, slots, nslots));
    assert_message(f, FW_INTERNAL, message);
}

static void fill_errors_have_lines(void **state)
{
    fixture *f = *state;
    gen_slot body[] = {{"body", "x"}};
    check_fill_error(f, "a\n/*@body*/ /*@end*/\n  /*@other*/ /*@end*/\n", body, 1,
        "t.c:3:3: error: unknown slot 'other'");
    check_fill_error(f, "/*@body*/ /*@end*/\n\n /*@body*/ /*@end*/", body, 1,
        "t.c:3:2: error: slot 'body' stands here a second time");
    check_fill_error(f, "a\nb\n", body, 1, "t.c:3:1: error: the template has no slot 'body'");
    check_fill_error(f, "\n/*@body*/ x\n", body, 1, "t.c:2:1: error: slot 'body' has no /*@end*/");
    check_fill_error(f, "/*@body*/ /*@body*/ /*@end*/", body, 1, "t.c:1:1: error: slot 'body' has no /*@end*/");
    check_fill_error(f, "x /*@end*/", NULL, 0, "t.c:1:3: error: /*@end*/ without a slot before it");
    check_fill_error(f, "/*@Body*/ /*@end*/", body, 1, "t.c:1:1: error: a slot is written");
}

/* Every template of the tree has the slots that its filler knows: filling them is tested by compiling models. */
static void fill_finds_templates(void **state)
{
    fixture *f = *state;
    fw_text out;
    fw_text_init(&out, f->arena);
    assert_false(gen_fill(&f->model, "c/absent.c", NULL, NULL, 0, &out));
    assert_message(f, FW_FILE, "absent.c");
}

/* ---- names.c ---- */

static void identifiers(void **state)
{
    fixture *f = *state;
    static const char *const pairs[][2] = {{"add", "add"}, {"dot.3", "dot_3"}, {"jit(run)", "jit_run_"}, {"3d", "v3d"},
        {"", "v"},
        {"int", "int_"}, {"class", "class_"}, {"main", "main_"}, {"a b-c", "a_b_c"}, {"\xc3\xa4", "__"}, {"_x", "_x"}};
    for (int i = 0; i < FW_COUNT(pairs); i++)
        assert_string_equal(gen_c_identifier(f->arena, pairs[i][0]), pairs[i][1]);
}

static void unique_names(void **state)
{
    fixture *f = *state;
    fw_intern *taken = fw_intern_new(f->arena);
    assert_string_equal(gen_unique(f->arena, taken, "add"), "add");
    assert_string_equal(gen_unique(f->arena, taken, "add"), "add_2");
    assert_string_equal(gen_unique(f->arena, taken, "add_2"), "add_2_2");
    assert_string_equal(gen_unique(f->arena, taken, "add"), "add_3");
}

/* Plans and names the module; its texts are not made. */
static void name_module(fixture *f, const char *text)
{
    put(f, "out", "in.hlo", text);
    f->options.data = FW_SOURCE_DATA;
    ir_module *module = gen_read(f->arena, f->diag, fw_format(f->arena, "%s/out/in.hlo", f->folder));
    assert_non_null(module);
    assert_true(gen_model_plan(&f->model, module, NULL));
    assert_true(gen_model_names(&f->model));
}

static bool has_kernel(const gen_model *model, const char *name)
{
    for (int i = 0; i < model->nkernels; i++)
        if (!strcmp(model->kernels[i].name, name))
            return true;
    return false;
}

static void kernels_are_named_for_their_op(void **state)
{
    fixture *f = *state;
    name_module(f, "HloModule m\n"
        "ENTRY e {\n"
        "  out0 = f32[8,16] parameter(0)\n"
        "  int = f32[16,4] parameter(1)\n"
        "  b = f32[4] parameter(2)\n"
        "  my_product.7 = f32[8,4] dot(out0, int), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
        "  bb = f32[8,4] broadcast(b), dimensions={1}\n"
        "  add.3 = f32[8,4] add(my_product.7, bb)\n"
        "  c = f32[8,4] tanh(add.3), metadata={op_name=\"jit(f)/jit(squash)/tanh\"}\n"
        "  ROOT t = (f32[8,4], f32[16,4]) tuple(c, int)\n"
        "}\n");
    assert_true(has_kernel(&f->model, "my_product"));
    assert_string_equal(f->model.output_fields[0], "out0");
    assert_string_equal(f->model.input_fields[0], "out0_2");
    assert_string_equal(f->model.input_fields[1], "int_");
}

static void names_are_free_of_clashes(void **state)
{
    fixture *f = *state;
    name_module(f, "HloModule m\n"
        "ENTRY e {\n"
        "  args = f32[8] parameter(0)\n"
        "  scratch = f32[3,5] parameter(1)\n"
        "  run.1 = f32[8] exponential(args), metadata={op_name=\"a/run\"}\n"
        "  x.1 = f32[3,5] add(scratch, scratch), metadata={op_name=\"jit(add)\"}\n"
        "  ROOT t = (f32[8], f32[3,5]) tuple(run.1, x.1)\n"
        "}\n");
    assert_false(has_kernel(&f->model, "run")); /* NAME_run is the model's own */
    assert_true(has_kernel(&f->model, "run_2"));
    assert_true(has_kernel(&f->model, "add")); /* the last component of jit(add) */
    for (int i = 0; i < f->model.nkernels; i++)
        for (int j = 0; j < f->model.kernels[i].step->kernel->ninputs; j++)
            assert_string_not_equal(f->model.kernels[i].inputs[j], "scratch");
}

/* ---- options.c ---- */

static bool parse(fixture *f, const char *text, cli_line *line)
{
    static char copy[256];
    char *argv[24];
    int argc = 0;
    f->diag = fw_diag_new(f->arena);
    strcpy(copy, text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return cli_parse(f->arena, f->diag, argc, argv, line);
}

static void options_are_read(void **state)
{
    fixture *f = *state;
    cli_line line;
    assert_true(parse(f, "fw compile m.hlo -o dir --name=net --rules a --rules b --numerics strict --force", &line));
    assert_int_equal(line.command, CLI_COMPILE);
    assert_string_equal(line.gen.input, "m.hlo");
    assert_string_equal(line.gen.output, "dir");
    assert_string_equal(line.gen.name, "net");
    assert_int_equal(line.gen.rules.npaths, 2);
    assert_string_equal(line.gen.rules.paths[1], "b");
    assert_int_equal(line.gen.rules.numerics, RULES_STRICT);
    assert_int_equal(line.gen.parallel, GEN_PARALLEL_NONE);
    assert_true(line.gen.force);
    assert_true(parse(f, "fw compile - -odir --with-main", &line));
    assert_string_equal(line.gen.input, "-");
    assert_string_equal(line.gen.output, "dir");
    assert_int_equal(line.gen.parallel, GEN_PARALLEL_PTHREADS);
    assert_true(parse(f, "fw compile m --output=d --with-main --parallel none", &line));
    assert_int_equal(line.gen.parallel, GEN_PARALLEL_NONE);
    assert_true(parse(f, "fw run m.hlo -- -o --x", &line));
    assert_int_equal(line.nwords, 3);
    assert_true(parse(f, "fw --version", &line));
    assert_int_equal(line.command, CLI_VERSION);
}

static void usage_errors(void **state)
{
    fixture *f = *state;
    static const char *const cases[][2] = {
        {"fw", "no command"},
        {"fw complie m", "unknown command 'complie'; did you mean 'compile'?"},
        {"fw frobnicate", "unknown command 'frobnicate'\n"},
        {"fw compile m --nmae x -o d", "did you mean '--name'?"},
        {"fw compile m", "compile needs -o DIR"},
        {"fw compile m -o", "-o needs a value: DIR"},
        {"fw compile m -o d --name=", "--name needs a value: N"},
        {"fw compile m -o d --force=1", "--force takes no value"},
        {"fw compile -o d", "usage: fusewright compile IN -o DIR"},
        {"fw compile m n -o d", "'n' is one word too many"},
        {"fw compile m -o d --parallel pthred", "did you mean 'pthreads'?"},
        {"fw compile m -o d --parallel openmp", "--parallel openmp is not built yet"},
        {"fw compile m -o d --arena 100", "--arena is not built yet"},
        {"fw compile m -o d --bind=N=3", "--bind is not built yet"},
        {"fw compile m --dump=plam", "did you mean 'plan'?"},
        {"fw compile m -o d --cc gcc", "unknown option of 'compile' '--cc'"},
        {"fw print m --format htm", "did you mean 'html'?"},
        {"fw explain m --diff r", "--diff is not built yet"},
        {"fw verify d", "'fusewright verify' is not built yet"},
        {"fw reduce m", "'fusewright reduce' is not built yet"},
        {"fw rules test r", "'fusewright rules test' is not built yet"},
        {"fw rules chek r", "usage: fusewright rules check|test PATH"},
        {"fw targets x", "one word too many"},
    };
    for (int i = 0; i < FW_COUNT(cases); i++) {
        cli_line line;
        assert_false(parse(f, cases[i][0], &line));
        assert_message(f, FW_USAGE, cases[i][1]);
    }
}

static void help_names_every_option(void **state)
{
    fixture *f = *state;
    cli_line line;
    fw_text out;
    fw_text_init(&out, f->arena);
    assert_true(parse(f, "fw compile --help", &line));
    cli_help(&line, &out);
    static const char *const words[] = {"-o, --output DIR", "--with-main", "--arena BYTES", "(not built yet)",
        "examples:"};
    for (int i = 0; i < FW_COUNT(words); i++)
        assert_non_null(strstr(fw_text_string(&out), words[i]));
    assert_true(parse(f, "fw help print", &line));
    assert_true(line.help);
    assert_int_equal(line.command, CLI_PRINT);
}

static void nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"compile", "check", "print"};
    assert_string_equal(cli_nearest("chek", words, 3), "check");
    assert_null(cli_nearest("zzzzz", words, 3));
    assert_null(cli_nearest("a-word-that-is-longer-than-any-name-there-could-be", words, 3));
}

/* ---- output.c ---- */

static bool write_output(fixture *f, const char *file, const char *text)
{
    f->options.output = fw_format(f->arena, "%s/out", f->folder);
    f->model.output->nfiles = 0;
    f->diag = f->model.diag = fw_diag_new(f->arena);
    char hash[65];
    fw_sha256(text, strlen(text), hash);
    const char *manifest = fw_format(f->arena,
        "{\"generator\": \"fusewright 0\", \"files\": [{\"name\": \"%s\", \"sha256\": \"%s\"}]}", file, hash);
    gen_output_add(&f->model, file, text, strlen(text));
    gen_output_add(&f->model, "net.json", manifest, strlen(manifest));
    return gen_output_write(&f->model);
}

static bool exists(fixture *f, const char *name)
{
    return fw_file_exists(fw_format(f->arena, "%s/out/%s", f->folder, name));
}

static void output_replaces_its_own(void **state)
{
    fixture *f = *state;
    assert_true(write_output(f, "a.c", "1"));
    assert_true(write_output(f, "a.c", "2"));
    assert_true(write_output(f, "b.c", "3"));
    assert_false(exists(f, "a.c"));
    assert_true(exists(f, "b.c"));
}

static void output_keeps_the_users(void **state)
{
    fixture *f = *state;
    assert_true(write_output(f, "a.c", "1"));
    put(f, "out", "a.c", "edited");
    assert_false(write_output(f, "b.c", "2"));
    assert_message(f, FW_FILE, "a.c' was edited");
    assert_false(exists(f, "b.c"));
    f->options.force = true;
    assert_true(write_output(f, "b.c", "2"));
    assert_false(exists(f, "a.c"));
    f->options.force = false;
    put(f, "out", "c.c", "the user's");
    assert_false(write_output(f, "c.c", "3"));
    assert_message(f, FW_FILE, "c.c' was not written by fusewright");
}

/* A manifest that lists files elsewhere must not make us delete them. */
static void output_stays_in_its_folder(void **state)
{
    fixture *f = *state;
    put(f, "", "outside.c", "mine");
    char hash[65];
    fw_sha256("mine", 4, hash);
    put(f, "out", "net.json", fw_format(f->arena,
        "{\"generator\": \"fusewright 0\", \"files\": [{\"name\": \"../outside.c\", \"sha256\": \"%s\"}]}", hash));
    assert_true(write_output(f, "a.c", "1"));
    assert_true(fw_file_exists(fw_format(f->arena, "%s/outside.c", f->folder)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(fill_replaces), TEST(fill_renames_words), TEST(fill_drops_empty_lines), TEST(fill_project_files),
            TEST(fill_errors_have_lines),
        TEST(fill_finds_templates), TEST(identifiers), TEST(unique_names), TEST(kernels_are_named_for_their_op),
        TEST(names_are_free_of_clashes),
        TEST(options_are_read), TEST(usage_errors), TEST(help_names_every_option), TEST(nearest),
        TEST(output_replaces_its_own),
        TEST(output_keeps_the_users), TEST(output_stays_in_its_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
