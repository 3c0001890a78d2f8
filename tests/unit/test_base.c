/* ir/base and the plain data of ir/: arenas, texts, files, diagnostics, hashes, tables, shapes, literals, modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const fw_loc nowhere = {NULL, 0, 0};

static int make_arena(void **state) {
    *state = fw_arena_new();
    return 0;
}

static int free_arena(void **state) {
    fw_arena_free(*state);
    return 0;
}

/* ---- arena, text, intern, hash ---- */

static void arena_blocks_are_zero_and_aligned(void **state) {
    fw_arena *arena = *state;
    for (size_t size = 0; size < 100000; size = size * 2 + 1) {
        unsigned char *block = fw_alloc(arena, size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, size);
    }
    assert_true(fw_arena_bytes(arena) > 100000);
    fw_arena_free(NULL);
}

static void arena_grow_keeps_and_zeroes(void **state) {
    fw_arena *arena = *state;
    int *items = NULL, count = 0, cap = 0, *other = NULL, other_count = 0, other_cap = 0;
    for (int i = 0; i < 5000; i++) {
        FW_PUSH(arena, items, count, cap, i);
        if (i % 3 == 0)
            FW_PUSH(arena, other, other_count, other_cap, -i);
    }
    for (int i = 0; i < 5000; i++)
        assert_int_equal(items[i], i);
    for (int i = 0; i < other_count; i++)
        assert_int_equal(other[i], -3 * i);
    for (int i = count; i < cap; i++)
        assert_int_equal(items[i], 0);
    assert_string_equal(fw_format(arena, "%s-%d", "a", 7), "a-7");
    assert_string_equal(fw_strndup(arena, "abcdef", 3), "abc");
}

static void text_lines_are_indented(void **state) {
    fw_text text;
    fw_text_init(&text, *state);
    assert_string_equal(fw_text_string(&text), "");
    text.indent = 1;
    fw_text_line(&text, "a = %d;", 1);
    fw_text_line(&text, "%s", "");
    text.indent = 0;
    fw_text_line(&text, "}");
    assert_string_equal(fw_text_string(&text), "    a = 1;\n\n}\n");
    for (int i = 0; i < 1000; i++)
        fw_text_printf(&text, "%d,", i);
    assert_int_equal(strlen(fw_text_string(&text)), text.size);
}

static void intern_numbers_strings_in_order(void **state) {
    fw_arena *arena = *state;
    fw_intern *table = fw_intern_new(arena);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            const char *name = fw_format(arena, "name.%d", i);
            assert_int_equal(fw_intern_id(table, name, strlen(name)), i);
        }
    assert_int_equal(fw_intern_count(table), 3000);
    assert_string_equal(fw_intern_text(table, 42), "name.42");
    assert_int_equal(fw_intern_find(table, "name.42", 7), 42);
    assert_int_equal(fw_intern_find(table, "name.42x", 8), -1);
    assert_int_equal(fw_intern_find(table, "", 0), -1);
}

static void sha256_knows_its_vectors(void **state) {
    char hex[65];
    (void)state;
    fw_sha256("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    fw_sha256("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    fw_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    fw_sha256(million, 1000000, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
    assert_true(fw_hash64("a", 1, 0) != fw_hash64("b", 1, 0));
    assert_true(fw_hash64("a", 1, 0) != fw_hash64("a", 1, 1));
}

/* ---- diagnostics ---- */

static void diagnostics_show_line_and_caret(void **state) {
    fw_arena *arena = *state;
    fw_diag *diag = fw_diag_new(arena);
    fw_source source = {"m.hlo", "first\n\tsec\xc3\xb6nd line\r\nlast", 25};
    assert_int_equal(fw_diag_status(diag), FW_OK);
    fw_warning(diag, nowhere, "only a warning");
    assert_int_equal(fw_diag_errors(diag), 0);
    fw_error(diag, FW_INPUT, (fw_loc){&source, 2, 9}, "bad %s", "line");
    fw_error(diag, FW_FILE, (fw_loc){&source, 3, 99}, "two\nlines");
    fw_note(diag, (fw_loc){&source, 0, 0}, "file only");
    assert_int_equal(fw_diag_errors(diag), 2);
    assert_int_equal(fw_diag_status(diag), FW_INPUT);
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    assert_string_equal(fw_text_string(&text), "warning: only a warning\n"
                                               "m.hlo:2:9: error: bad line\n"
                                               "  \tsec\xc3\xb6nd line\n"
                                               "  \t      ^\n"
                                               "m.hlo:3:99: error: two\n    lines\n"
                                               "  last\n"
                                               "      ^\n"
                                               "m.hlo: note: file only\n");
}

static void long_lines_are_cut_around_the_caret(void **state) {
    fw_arena *arena = *state;
    fw_diag *diag = fw_diag_new(arena);
    char *line = fw_alloc(arena, 5001);
    memset(line, 'x', 5000);
    line[2000] = '!';
    line[2001] = 1;
    fw_source source = {"m", line, 5000};
    fw_error(diag, FW_INPUT, (fw_loc){&source, 1, 2001}, "here");
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    const char *shown = strchr(fw_text_string(&text), '\n') + 1, *caret = strchr(shown, '\n') + 1;
    assert_true(text.size < 500);
    assert_int_equal(strchr(shown, '!') - shown, strchr(caret, '^') - caret);
    assert_int_equal(strchr(shown, '!')[1], '?');
    assert_non_null(strstr(shown, "x..."));
    assert_non_null(strstr(shown, "...x"));
}

/* ---- files ---- */

static const char *test_folder(fw_arena *arena) {
    char *folder = fw_strdup(arena, "/tmp/fw_test_base_XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

/* Names in a folder, joined by blanks; hidden leftovers of a failed write would show here. */
static const char *listing(fw_arena *arena, const char *folder) {
    const char **names = NULL;
    int count = 0, cap = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            FW_PUSH(arena, names, count, cap, fw_strdup(arena, entry->d_name));
    closedir(dir);
    fw_text text;
    fw_text_init(&text, arena);
    for (int done = 0; done < count; done++) {
        const char *least = NULL;
        int at = 0;
        for (int i = 0; i < count; i++)
            if (names[i] && (!least || strcmp(names[i], least) < 0))
                least = names[at = i];
        fw_text_printf(&text, "%s%s", done ? " " : "", least);
        names[at] = NULL;
    }
    return fw_text_string(&text);
}

static const char *content(fw_arena *arena, const char *folder, const char *name) {
    fw_source *source = fw_file_read(arena, fw_diag_new(arena), fw_format(arena, "%s/%s", folder, name));
    return source ? source->text : NULL;
}

static void remove_folder(fw_arena *arena, const char *folder) {
    assert_int_equal(system(fw_format(arena, "rm -rf '%s'", folder)), 0);
}

static const char *messages(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    return fw_text_string(&text);
}

static void files_are_written_into_new_folders(void **state) {
    fw_arena *arena = *state;
    const char *base = test_folder(arena), *folder = fw_format(arena, "%s/a/b", base);
    fw_diag *diag = fw_diag_new(arena);
    fw_named_text files[] = {{"one.c", "1", 1}, {"two.h", "22", 2}, {"empty", "", 0}};
    assert_true(fw_files_write(diag, folder, files, 3, NULL, 0));
    assert_string_equal(listing(arena, folder), "empty one.c two.h");
    assert_string_equal(content(arena, folder, "two.h"), "22");
    /* Again with other content; what is listed for removal goes, what was just written stays. */
    const char *old[] = {"two.h", "empty", "was never there"};
    files[1].data = "33";
    assert_true(fw_files_write(diag, folder, files, 2, old, 3));
    assert_string_equal(listing(arena, folder), "one.c two.h");
    assert_string_equal(content(arena, folder, "two.h"), "33");
    const char **names;
    assert_int_equal(fw_folder_list(arena, diag, folder, "", &names), 2);
    assert_int_equal(fw_folder_list(arena, diag, folder, ".c", &names), 1);
    assert_string_equal(names[0], "one.c");
    assert_int_equal(fw_diag_errors(diag), 0);
    assert_true(fw_file_exists(folder));
    remove_folder(arena, base);
    assert_false(fw_file_exists(folder));
    assert_int_equal(fw_folder_list(arena, diag, folder, ".c", &names), -1);
    assert_int_equal(fw_diag_status(diag), FW_FILE);
}

static void failed_write_leaves_everything_as_it_was(void **state) {
    fw_arena *arena = *state;
    const char *folder = test_folder(arena);
    fw_diag *diag = fw_diag_new(arena);
    fw_named_text files[] = {{"a", "old a", 5}, {"b", "old b", 5}};
    assert_true(fw_files_write(diag, folder, files, 2, NULL, 0));
    /* "c" is a folder, so the third of four files cannot take its name. */
    assert_int_equal(mkdir(fw_format(arena, "%s/c", folder), 0777), 0);
    fw_named_text more[] = {{"a", "new a", 5}, {"new", "new", 3}, {"c", "new c", 5}, {"d", "new d", 5}};
    const char *old[] = {"b"};
    assert_false(fw_files_write(diag, folder, more, 4, old, 1));
    assert_int_equal(fw_diag_status(diag), FW_FILE);
    assert_non_null(strstr(messages(arena, diag), "/c': Is a directory"));
    assert_string_equal(listing(arena, folder), "a b c");
    assert_string_equal(content(arena, folder, "a"), "old a");
    assert_string_equal(content(arena, folder, "b"), "old b");
    remove_folder(arena, folder);
}

static void failed_write_removes_the_folders_it_made(void **state) {
    fw_arena *arena = *state;
    const char *base = test_folder(arena);
    fw_diag *diag = fw_diag_new(arena);
    fw_named_text files[] = {{"fine", "x", 1}, {"no/such/folder", "x", 1}};
    assert_false(fw_files_write(diag, fw_format(arena, "%s/x/y", base), files, 2, NULL, 0));
    assert_string_equal(listing(arena, base), "");
    assert_non_null(strstr(messages(arena, diag), "No such file or directory"));
    fw_named_text file = {"file", "x", 1};
    assert_true(fw_files_write(diag, base, &file, 1, NULL, 0));
    assert_false(fw_files_write(diag, fw_format(arena, "%s/file/y", base), &file, 1, NULL, 0));
    assert_string_equal(listing(arena, base), "file");
    remove_folder(arena, base);
}

static void single_files_and_devices(void **state) {
    fw_arena *arena = *state;
    const char *folder = test_folder(arena), *path = fw_format(arena, "%s/x.npy", folder);
    fw_diag *diag = fw_diag_new(arena);
    assert_true(fw_file_write(diag, path, "abc", 3));
    assert_true(fw_file_write(diag, path, "de\0f", 4));
    assert_string_equal(listing(arena, folder), "x.npy");
    fw_source *source = fw_file_read(arena, diag, path);
    assert_int_equal(source->size, 4);
    assert_memory_equal(source->text, "de\0f", 5);
    assert_true(fw_file_write(diag, "/dev/null", "abc", 3));
    assert_int_equal(fw_diag_errors(diag), 0);
    assert_false(fw_file_write(diag, folder, "abc", 3));
    assert_null(fw_file_read(arena, diag, folder));
    assert_null(fw_file_read(arena, diag, fw_format(arena, "%s/none", folder)));
    assert_non_null(strstr(messages(arena, diag), "/none': No such file or directory"));
    assert_int_equal(fw_diag_errors(diag), 3);
    remove_folder(arena, folder);
}

static void large_files_and_pipes_are_read_whole(void **state) {
    fw_arena *arena = *state;
    const char *folder = test_folder(arena), *fifo = fw_format(arena, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0666), 0);
    assert_int_equal(system(fw_format(arena, "(head -c 300000 /dev/zero | tr '\\0' 'x' > '%s') &", fifo)), 0);
    fw_source *source = fw_file_read(arena, fw_diag_new(arena), fifo);
    assert_non_null(source);
    assert_int_equal(source->size, 300000);
    assert_int_equal(strspn(source->text, "x"), 300000);
    remove_folder(arena, folder);
}

/* ---- types and ops ---- */

static void every_type_has_its_columns(void **state) {
    (void)state;
    for (int t = 0; t < IR_NTYPES; t++) {
        const char *name = ir_type_name((ir_type)t);
        ir_type found;
        bool is_element = t != IR_TUPLE && t != IR_BUFFER;
        assert_int_equal(ir_type_find(name, strlen(name), &found), is_element);
        if (is_element)
            assert_int_equal(found, t);
        assert_int_equal(ir_type_bytes((ir_type)t) == 0, ir_class_of((ir_type)t) == IR_CLASS_OTHER);
    }
    ir_type type;
    assert_false(ir_type_find("f3", 2, &type));
    assert_false(ir_type_find("f32x", 4, &type));
    assert_true(ir_type_is_float(IR_BF16) && !ir_type_is_float(IR_S32) && !ir_type_is_float(IR_C64));
    assert_true(ir_type_is_integer(IR_U4) && !ir_type_is_integer(IR_PRED));
    assert_string_equal(ir_type_c(IR_S32), "int32_t");
    assert_string_equal(ir_type_c_unsigned(IR_F32), "uint32_t");
    assert_int_equal(ir_type_bits(IR_C128), 128);
}

/* Are all words of the list names of attributes that the op allows? */
static int listed_attrs(ir_op op, const char *list, bool required) {
    int words = 0, found = 0;
    for (const char *at = list; *at; at += strcspn(at, " "), at += *at == ' ')
        words++;
    for (int i = IR_ATTR_ORIGIN + 1; i < IR_NATTRS; i++)
        found += required ? ir_op_requires(op, (ir_attr_id)i) : ir_op_allows(op, (ir_attr_id)i);
    return words - found;
}

static void every_op_has_its_columns(void **state) {
    (void)state;
    for (int i = 0; i < IR_NOPS; i++) {
        ir_op op = (ir_op)i, found;
        const ir_op_info *info = ir_op_of(op);
        assert_true(*info->name && *info->infer && *info->eval && *info->access);
        assert_true(ir_op_find(info->name, strlen(info->name), &found) && found == op);
        assert_true(info->most < 0 || info->least <= info->most);
        assert_non_null(ir_class_name(info->cls));
        assert_int_equal(listed_attrs(op, info->attrs, false), 0);
        assert_int_equal(listed_attrs(op, info->required, true), 0);
        for (int a = 0; a < IR_NATTRS; a++)
            assert_true(!ir_op_requires(op, (ir_attr_id)a) || ir_op_allows(op, (ir_attr_id)a));
        assert_true(ir_op_allows(op, IR_ATTR_METADATA));
    }
    ir_op op;
    assert_false(ir_op_find("ad", 2, &op));
    assert_false(ir_op_find("addx", 4, &op));
    assert_true(ir_op_allows(IR_OP_REDUCE, IR_ATTR_DIMENSIONS));
    assert_false(ir_op_allows(IR_OP_ADD, IR_ATTR_DIMENSIONS));
    assert_string_equal(ir_attr_name(IR_ATTR_CONTROL_PREDECESSORS), "control-predecessors");
    assert_int_equal(ir_attr_kind_of(IR_ATTR_WINDOW), IR_KIND_WINDOW);
}

/* ---- shapes and literals ---- */

static const char *shape_text(fw_arena *arena, const ir_shape *shape) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_shape_print(shape, &text);
    return fw_text_string(&text);
}

static void shapes_count_compare_and_print(void **state) {
    fw_arena *arena = *state;
    const ir_shape *a = ir_shape_array(arena, IR_F32, 2, (int64_t[]){2, 3});
    const ir_shape *scalar = ir_shape_array(arena, IR_S32, 0, NULL);
    const ir_shape *tuple = ir_shape_tuple(arena, 2, (const ir_shape *const[]){a, scalar});
    assert_int_equal(ir_shape_count(a), 6);
    assert_int_equal(ir_shape_bytes(a), 24);
    assert_int_equal(ir_shape_bytes(tuple), 28);
    assert_int_equal(ir_shape_size(a, 1), 3);
    assert_true(ir_shape_is_scalar(scalar) && !ir_shape_is_scalar(a));
    assert_string_equal(shape_text(arena, tuple), "(f32[2,3], s32[])");
    assert_true(ir_shape_equal(tuple, ir_shape_tuple(arena, 2, (const ir_shape *const[]){a, scalar})));
    assert_false(ir_shape_equal(a, ir_shape_with_type(arena, a, IR_BF16)));
    assert_true(ir_shape_same_dims(a, ir_shape_with_type(arena, a, IR_BF16)));
    assert_int_equal(ir_shape_count(ir_shape_array(arena, IR_S8, 3, (int64_t[]){INT64_MAX, INT64_MAX, 0})), 0);
    assert_int_equal(ir_shape_count(ir_shape_array(arena, IR_S8, 2, (int64_t[]){INT64_MAX, 2})), -1);
    assert_int_equal(ir_shape_bytes(ir_shape_array(arena, IR_F32, 1, (int64_t[]){INT64_MAX / 2})), -1);
    ir_dim dims[] = {{8, 1}, {-1, 2}, {4, 0}};
    const ir_shape *dynamic = ir_shape_dims(arena, IR_F32, 3, dims);
    int64_t size;
    assert_string_equal(shape_text(arena, dynamic), "f32[<=8,?,4]");
    assert_false(ir_shape_is_static(dynamic) || ir_dim_const(dims[0], &size));
    assert_true(ir_dim_const(dims[2], &size) && size == 4);
    assert_int_equal(ir_shape_count(dynamic), -1);
    assert_false(ir_shape_is_static(ir_shape_tuple(arena, 1, &dynamic)));
}

static void row_major_ignores_dimensions_of_one(void **state) {
    fw_arena *arena = *state;
    int64_t orders[][3] = {{2, 1, 0}, {2, 0, 1}, {1, 2, 0}, {0, 1, 2}};
    bool expected[] = {true, true, false, false};
    for (int i = 0; i < 4; i++) {
        ir_shape shape = *ir_shape_array(arena, IR_F32, 3, (int64_t[]){4, 1, 5});
        ir_layout layout = {3, orders[i], NULL};
        shape.layout = &layout;
        if (i == 2) /* only dimension 1 moves, and it has size 1 */
            expected[i] = true;
        assert_int_equal(ir_shape_is_row_major(&shape), expected[i]);
    }
    ir_shape shape = *ir_shape_array(arena, IR_F32, 2, (int64_t[]){2, 3});
    ir_layout layout = {2, (int64_t[]){0, 1}, "T(8,128)"};
    shape.layout = &layout;
    assert_false(ir_shape_is_row_major(&shape));
    assert_string_equal(shape_text(arena, &shape), "f32[2,3]{0,1:T(8,128)}");
}

static const char *literal_text(fw_arena *arena, const ir_literal *literal) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_literal_print(literal, &text);
    return fw_text_string(&text);
}

static void literals_compare_and_print(void **state) {
    fw_arena *arena = *state;
    const ir_shape *shape = ir_shape_array(arena, IR_S32, 2, (int64_t[]){2, 2});
    ir_literal *a = ir_literal_new(arena, shape), *b = ir_literal_new(arena, shape);
    assert_true(ir_literal_splat(a) && ir_literal_equal(a, b));
    ((int32_t *)b->data)[3] = 7;
    assert_false(ir_literal_splat(b) || ir_literal_equal(a, b));
    assert_string_equal(literal_text(arena, b), "{{0, 0},{0, 7}}");
    ir_literal *pred = ir_literal_new(arena, ir_shape_array(arena, IR_PRED, 1, (int64_t[]){2}));
    assert_string_equal(literal_text(arena, pred), "{0, 0}");
    ir_literal *scalar = ir_literal_new(arena, ir_shape_array(arena, IR_PRED, 0, NULL));
    assert_string_equal(literal_text(arena, scalar), "false");
    ir_literal *empty = ir_literal_new(arena, ir_shape_array(arena, IR_F32, 2, (int64_t[]){2, 0}));
    assert_string_equal(literal_text(arena, empty), "{{},{}}");
    assert_false(ir_literal_splat(empty));
    const ir_shape *elems[] = {shape, scalar->shape};
    ir_literal *tuple = ir_literal_new(arena, ir_shape_tuple(arena, 2, elems));
    assert_string_equal(literal_text(arena, tuple), "({{0, 0},{0, 0}}, false)");
    assert_true(ir_literal_equal(tuple, ir_literal_new(arena, tuple->shape)));
}

/* ---- modules ---- */

static void users_and_combiners(void **state) {
    fw_arena *arena = *state;
    ir_module *module = ir_module_new(arena, "m");
    ir_comp *comp = ir_comp_new(module, "c");
    const ir_shape *shape = ir_shape_array(arena, IR_F32, 0, NULL);
    ir_instr *p0 = ir_comp_add_param(comp, "p0", shape, 0), *p1 = ir_comp_add_param(comp, "p1", shape, 1);
    ir_instr *swapped[] = {p1, p0}, *twice[] = {p0, p0};
    ir_op op;
    assert_false(ir_comp_is_binary(comp, &op));
    comp->root = ir_comp_add(comp, IR_OP_ADD, "sum", shape, 2, swapped);
    assert_true(ir_comp_is_binary(comp, &op) && op == IR_OP_ADD);
    comp->root->op = IR_OP_SUBTRACT;
    assert_false(ir_comp_is_binary(comp, &op));
    comp->root = ir_comp_add(comp, IR_OP_MULTIPLY, "square", shape, 2, twice);
    assert_false(ir_comp_is_binary(comp, &op));
    ir_users users = ir_users_of(arena, comp);
    assert_int_equal(users.count[0], 2);
    assert_int_equal(users.count[1], 1);
    assert_ptr_equal(users.users[0][1], comp->root);
    assert_int_equal(users.count[3], 0);
    for (int i = 0; i < 9; i++)
        ir_attr_add(p0, (ir_attr_id)i)->i = i;
    assert_int_equal(ir_attr_int(p0, (ir_attr_id)7, -1), 7);
    assert_int_equal(ir_attr_int(p0, IR_ATTR_INDEX, -1), -1);
    assert_null(ir_attr_comp(p0, IR_ATTR_TO_APPLY));
    assert_null(ir_attr_word(p1, IR_ATTR_KIND));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(arena_blocks_are_zero_and_aligned),
        TEST(arena_grow_keeps_and_zeroes),
        TEST(text_lines_are_indented),
        TEST(intern_numbers_strings_in_order),
        TEST(sha256_knows_its_vectors),
        TEST(diagnostics_show_line_and_caret),
        TEST(long_lines_are_cut_around_the_caret),
        TEST(files_are_written_into_new_folders),
        TEST(failed_write_leaves_everything_as_it_was),
        TEST(failed_write_removes_the_folders_it_made),
        TEST(single_files_and_devices),
        TEST(large_files_and_pipes_are_read_whole),
        TEST(every_type_has_its_columns),
        TEST(every_op_has_its_columns),
        TEST(shapes_count_compare_and_print),
        TEST(row_major_ignores_dimensions_of_one),
        TEST(literals_compare_and_print),
        TEST(users_and_combiners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
