/* Text tests of the passes (tests/pass/), what must hold for all of them, and their speed.
 *
 *     test_pass FOLDER [--accept]
 *
 * A case is one .hlo file: `// run: PASS` on the first line, a module, and behind it the module that PASS leaves, each
 * line after `//> `. With --accept the expected lines are written anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ir.h"

typedef struct {
    const char *folder;
    bool accept;
    const char **names;
    int count;
} test_folder;

typedef struct {
    const char *path, *pass;
    fw_source input; /* the module alone */
    const char *expected;
} test_case;

static const char marker[] = "//> ";

static void fail_with(fw_arena *arena, const fw_diag *diag, const char *what) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    fail_msg("%s\n%s", what, fw_text_string(&text));
}

static ir_module *parse(fw_arena *arena, const fw_source *source) {
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = ir_read_hlo(arena, diag, source);
    if (!module || !ir_verify(diag, module))
        fail_with(arena, diag, source->name);
    return module;
}

static const char *printed(fw_arena *arena, const ir_module *module) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_module_print(module, &text);
    return fw_text_string(&text);
}

static const char *unmarked(fw_arena *arena, const char *lines) {
    fw_text text;
    fw_text_init(&text, arena);
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        size_t skip = length < 4 ? length : 4;
        fw_text_addn(&text, lines + skip, length - skip);
        fw_text_char(&text, '\n');
        lines += length + (lines[length] == '\n');
    }
    return fw_text_string(&text);
}

static test_case read_case(fw_arena *arena, const char *folder, const char *name) {
    fw_diag *diag = fw_diag_new(arena);
    test_case test = {.path = fw_format(arena, "%s/%s", folder, name)};
    fw_source *file = fw_file_read(arena, diag, test.path);
    if (!file || strncmp(file->text, "// run: ", 8) != 0)
        fail_with(arena, diag, test.path);
    const char *word = file->text + 8, *split = strstr(file->text, marker);
    size_t size = split ? (size_t)(split - file->text) : file->size;
    test.pass = fw_strndup(arena, word, strcspn(word, "\n"));
    test.input = (fw_source){.name = test.path, .text = fw_strndup(arena, file->text, size), .size = size};
    test.expected = unmarked(arena, split ? split : "");
    return test;
}

static void run_pass(ir_module *module, const char *name) {
    if (strcmp(name, "simplify") == 0) {
        ir_simplify(module);
        return;
    }
    for (const ir_pass *pass = ir_passes; pass->name; pass++) {
        if (strcmp(pass->name, name) == 0) {
            pass->run(module);
            return;
        }
    }
    fail_msg("no pass is called %s", name);
}

static void accept_text(fw_arena *arena, const test_case *test, const char *text) {
    fw_text out;
    fw_text_init(&out, arena);
    size_t size = test->input.size;
    while (size > 0 && test->input.text[size - 1] == '\n')
        size--;
    fw_text_addn(&out, test->input.text, size);
    fw_text_add(&out, "\n\n");
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        fw_text_add(&out, marker);
        fw_text_addn(&out, line, length);
        fw_text_char(&out, '\n');
        line += length + (line[length] == '\n');
    }
    assert_true(fw_file_write(fw_diag_new(arena), test->path, out.data, out.size));
}

static void test_texts(void **state) {
    const test_folder *folder = *state;
    int failures = 0;
    for (int i = 0; i < folder->count; i++) {
        fw_arena *arena = fw_arena_new();
        test_case test = read_case(arena, folder->folder, folder->names[i]);
        ir_module *module = parse(arena, &test.input);
        run_pass(module, test.pass);
        const char *text = printed(arena, module);
        if (folder->accept) {
            accept_text(arena, &test, text);
        } else if (strcmp(text, test.expected) != 0) {
            fprintf(stderr, "%s: expected\n%s\nbut got\n%s\n", test.path, test.expected,
                text); /* cmocka cuts long messages */
            failures++;
        }
        fw_arena_free(arena);
    }
    assert_int_equal(failures, 0);
}

/* Every pass alone, and all of them, leave a module that verifies and reads back. */
static void test_verified(void **state) {
    const test_folder *folder = *state;
    for (int i = 0; i < folder->count; i++) {
        fw_arena *arena = fw_arena_new();
        test_case test = read_case(arena, folder->folder, folder->names[i]);
        for (const ir_pass *pass = ir_passes;; pass++) {
            ir_module *module = parse(arena, &test.input);
            run_pass(module, pass->name ? pass->name : "simplify");
            fw_diag *diag = fw_diag_new(arena);
            if (!ir_verify(diag, module))
                fail_with(
                    arena, diag, fw_format(arena, "%s after %s", test.path, pass->name ? pass->name : "simplify"));
            const char *text = printed(arena, module);
            fw_source again = {.name = test.path, .text = text, .size = strlen(text)};
            assert_string_equal(text, printed(arena, parse(arena, &again)));
            if (!pass->name)
                break;
        }
        fw_arena_free(arena);
    }
}

static void test_simplify_twice(void **state) {
    const test_folder *folder = *state;
    for (int i = 0; i < folder->count; i++) {
        fw_arena *arena = fw_arena_new();
        test_case test = read_case(arena, folder->folder, folder->names[i]);
        ir_module *module = parse(arena, &test.input);
        ir_simplify(module);
        const char *once = printed(arena, module);
        ir_simplify(module);
        assert_string_equal(once, printed(arena, module));
        fw_arena_free(arena);
    }
}

/* Halves of small integers, so that sums are exact in any order; zeros of both signs, infinities and NaN between. */
static void fill(ir_literal *literal, uint64_t seed, bool special) {
    static const double odd[] = {-0.0, 0.0, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0};
    const ir_shape *shape = literal->shape;
    for (int i = 0; i < shape->nelems; i++)
        fill(literal->elems[i], seed * 31 + (uint64_t)i, special);
    for (int64_t i = 0; shape->nelems == 0 && i < ir_shape_count(shape); i++) {
        uint64_t key[] = {seed, (uint64_t)i}, hash = fw_hash64(key, sizeof key, 1) >> 20;
        void *element = (char *)literal->data + (size_t)i * ir_type_bytes(shape->type);
        if (!ir_type_is_float(shape->type))
            ir_number_set_int(shape->type, element, shape->type == IR_PRED ? (int64_t)(hash & 1) : (int64_t)(hash % 5));
        else
            ir_number_set(shape->type, element,
                special && hash % 4 == 0 ? odd[(hash >> 8) % 5] : (double)(int64_t)(hash % 9) / 2 - 2);
    }
}

static ir_literal *evaluated(fw_arena *arena, const ir_module *module, bool special) {
    fw_diag *diag = fw_diag_new(arena);
    const ir_comp *entry = module->entry;
    ir_literal **args = fw_alloc_array(arena, (size_t)entry->nparams, sizeof *args);
    for (int i = 0; i < entry->nparams; i++) {
        args[i] = ir_literal_new(arena, entry->params[i]->shape);
        fill(args[i], (uint64_t)i + 7, special);
    }
    ir_literal *result = ir_evaluate(arena, diag, module, args, entry->nparams);
    return fw_diag_status(diag) == FW_UNSUPPORTED ? NULL : result;
}

static void assert_same(const char *path, const ir_literal *actual, const ir_literal *expected) {
    assert_true(ir_shape_equal(actual->shape, expected->shape));
    for (int i = 0; i < actual->shape->nelems; i++)
        assert_same(path, actual->elems[i], expected->elems[i]);
    if (actual->shape->nelems > 0 || actual->shape->type == IR_TUPLE)
        return;
    ir_distance distance = ir_literal_distance(actual, expected);
    if (distance.max_ulp > 1 || (distance.mismatches > 0 && !ir_type_is_float(actual->shape->type)))
        fail_msg("%s: %g ULP, %d mismatches", path, distance.max_ulp, (int)distance.mismatches);
}

static void test_values(void **state) {
    const test_folder *folder = *state;
    for (int i = 0; i < folder->count; i++) {
        fw_arena *arena = fw_arena_new();
        test_case test = read_case(arena, folder->folder, folder->names[i]);
        for (int special = 0; special < 2; special++) {
            ir_literal *before = evaluated(arena, parse(arena, &test.input), special);
            ir_module *module = parse(arena, &test.input), *all = parse(arena, &test.input);
            run_pass(module, test.pass);
            ir_simplify(all);
            if (before) {
                assert_same(test.path, evaluated(arena, module, special), before);
                assert_same(test.path, evaluated(arena, all, special), before);
            }
        }
        fw_arena_free(arena);
    }
}

/* ---- size ---- */

static double seconds_to_simplify(const char *text) {
    fw_arena *arena = fw_arena_new();
    fw_source source = {.name = "generated", .text = text, .size = strlen(text)};
    ir_module *module = parse(arena, &source);
    clock_t start = clock();
    ir_simplify(module);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    fw_arena_free(arena);
    return seconds;
}

/* 20,000 instructions like those of a deep network: a bias through ones, a scale, a maximum that does nothing. */
static void test_large_module(void **state) {
    (void)state;
    fw_arena *arena = fw_arena_new();
    fw_text text;
    fw_text_init(&text, arena);
    fw_text_add(&text, "HloModule large\nENTRY main {\n  x.0 = f32[8,64] parameter(0)\n  p = f32[64] parameter(1)\n");
    for (int i = 0; i < 2500; i++) {
        fw_text_printf(
            &text, "  r.%d = f32[1,64] reshape(p)\n  b.%d = f32[1,64] broadcast(r.%d), dimensions={0,1}\n", i, i, i);
        fw_text_printf(
            &text, "  s.%d = f32[64] reshape(b.%d)\n  w.%d = f32[8,64] broadcast(s.%d), dimensions={1}\n", i, i, i, i);
        fw_text_printf(&text, "  a.%d = f32[8,64] add(x.%d, w.%d)\n  c.%d = f32[] constant(-inf)\n", i, i, i, i);
        fw_text_printf(&text,
            "  n.%d = f32[8,64] broadcast(c.%d), dimensions={}\n  x.%d = f32[8,64] maximum(a.%d, n.%d)\n", i, i, i + 1,
            i, i);
    }
    fw_text_add(&text, "  ROOT out = f32[8,64] negate(x.2500)\n}\n");
    double seconds = seconds_to_simplify(fw_text_string(&text));
    print_message("20,000 instructions: %.3f s\n", seconds);
    assert_true(seconds < 5); /* ten times the budget: this also runs under sanitizers */
    fw_arena_free(arena);
}

/* A chain as long as the module must neither recurse nor take a round a link. */
static void test_long_chains(void **state) {
    (void)state;
    fw_arena *arena = fw_arena_new();
    fw_text text;
    fw_text_init(&text, arena);
    fw_text_add(&text, "HloModule chain\nENTRY main {\n  x.0 = f32[4,6] parameter(0)\n");
    for (int i = 0; i < 4000; i++) {
        fw_text_printf(&text, "  c.%d = f32[8,6] concatenate(x.%d, x.%d), dimensions={0}\n", i, i, i);
        fw_text_printf(&text, "  s.%d = f32[4,6] slice(c.%d), slice={[%d:%d], [0:6]}\n", i, i, i % 5, i % 5 + 4);
        fw_text_printf(&text, "  t.%d = f32[6,4] transpose(s.%d), dimensions={1,0}\n", i, i);
        fw_text_printf(&text, "  r.%d = f32[6,4,1] reshape(t.%d)\n  n.%d = f32[6,4,1] negate(r.%d)\n", i, i, i, i);
        fw_text_printf(&text, "  x.%d = f32[4,6] reshape(n.%d)\n", i + 1, i);
    }
    fw_text_add(&text, "  ROOT out = f32[4,6] negate(x.4000)\n}\n");
    double seconds = seconds_to_simplify(fw_text_string(&text));
    print_message("chains of 4,000: %.3f s\n", seconds);
    assert_true(seconds < 5);
    fw_arena_free(arena);
}

/* Calls that double with every level stop at a limit instead of filling the memory. */
static void test_doubling_calls(void **state) {
    (void)state;
    fw_arena *arena = fw_arena_new();
    fw_text text;
    fw_text_init(&text, arena);
    fw_text_add(&text, "HloModule doubling\nlevel.0 {\n  x = f32[] parameter(0)\n  ROOT y = f32[] sine(x)\n}\n");
    for (int i = 1; i <= 40; i++)
        fw_text_printf(&text,
            "level.%d {\n  x = f32[] parameter(0)\n  a = f32[] call(x), to_apply=level.%d\n  ROOT b = f32[] call(a), "
            "to_apply=level.%d\n}\n",
            i, i - 1, i - 1);
    fw_text_add(&text, "ENTRY main {\n  x = f32[] parameter(0)\n  ROOT y = f32[] call(x), to_apply=level.40\n}\n");
    fw_source source = {.name = "generated", .text = fw_text_string(&text), .size = text.size};
    ir_module *module = parse(arena, &source);
    ir_inline_calls(module);
    assert_true(ir_verify(fw_diag_new(arena), module));
    assert_true(fw_arena_bytes(arena) < (size_t)2 << 30);
    fw_arena_free(arena);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("usage: test_pass FOLDER [--accept]\n", stderr);
        return 2;
    }
    fw_arena *arena = fw_arena_new();
    test_folder folder = {.folder = argv[1], .accept = argc > 2 && strcmp(argv[2], "--accept") == 0};
    folder.count = fw_folder_list(arena, fw_diag_new(arena), folder.folder, ".hlo", &folder.names);
    if (folder.count <= 0) {
        fprintf(stderr, "test_pass: no cases in %s\n", argv[1]);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_texts, &folder),
        cmocka_unit_test_prestate(test_verified, &folder),
        cmocka_unit_test_prestate(test_simplify_twice, &folder),
        cmocka_unit_test_prestate(test_values, &folder),
        cmocka_unit_test(test_large_module),
        cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_doubling_calls),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fw_arena_free(arena);
    return failed;
}
