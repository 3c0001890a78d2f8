/* Reading and writing .npy files, and the distance of two arrays. */
#include "eval_test.h"

/* ---- distance ---- */

static ir_literal *constant_of(fw_arena *arena, const char *type, const char *values) {
    return run(arena, fw_format(arena, "ENTRY e { ROOT x = %s constant(%s) }", type, values), NULL, 0);
}

static void distances(void **state) {
    (void)state;
    fw_arena *arena = fw_arena_new();
    ir_distance d = ir_literal_distance(
        constant_of(arena, "f32[4]", "{1, -0.0, nan, 3}"), constant_of(arena, "f32[4]", "{1, 0, nan, 3}"));
    assert_true(d.max_ulp == 0 && d.mismatches == 0 && d.worst == -1 && d.max_ref == 3);
    d = ir_literal_distance(constant_of(arena, "f32[2]", "{1, 1.00000024}"), constant_of(arena, "f32[2]", "{1, 1}"));
    assert_true(d.max_ulp == 2 && d.mismatches == 1 && d.worst == 1);
    d = ir_literal_distance(constant_of(arena, "f32[1]", "{-1e-45}"), constant_of(arena, "f32[1]", "{1e-45}"));
    assert_true(d.max_ulp == 2);
    d = ir_literal_distance(constant_of(arena, "bf16[1]", "{inf}"), constant_of(arena, "bf16[1]", "{3e38}"));
    assert_true(isinf(d.max_ulp) && d.mismatches == 1);
    d = ir_literal_distance(
        constant_of(arena, "c64[1]", "{(1, 2)}"), constant_of(arena, "c64[1]", "{(1, 2.00000048)}"));
    assert_true(d.max_ulp == 2 && d.worst == 0);
    d = ir_literal_distance(constant_of(arena, "s32[3]", "{1, 2, 3}"), constant_of(arena, "s32[3]", "{1, 5, 4}"));
    assert_true(d.mismatches == 2 && d.max_abs == 3 && d.worst == 1);
    d = ir_literal_distance(constant_of(arena, "s32[1]", "{1}"), constant_of(arena, "s32[]", "1"));
    assert_true(d.mismatches == 1 && isinf(d.max_ulp));
    fw_arena_free(arena);
}

/* ---- .npy ---- */

static const char *npy_path(fw_arena *arena) {
    const char *folder = getenv("TMPDIR");
    return fw_format(arena, "%s/fw_test_eval.npy", folder ? folder : "/tmp");
}

static void npy_round_trips(void **state) {
    (void)state;
    static const char *const values[][2] = {{"f32[2,3]", "{{1,2,3},{4,5,nan}}"}, {"pred[3]", "{1,0,1}"},
        {"bf16[2]", "{1,-inf}"}, {"f8e4m3fn[2]", "{1,448}"}, {"s4[3]", "{-8,7,0}"}, {"u4[2]", "{15,0}"},
        {"c64[1]", "{(1,2)}"}, {"c128[1]", "{(1,2)}"}, {"f64[]", "3"}, {"s64[0]", "{}"}, {"u16[2,0]", "{{},{}}"},
        {"f4e2m1fn[2]", "{6,-0.5}"}, {"s8[1,1,1]", "{{{-3}}}"}, {"f16[1]", "{0.5}"}};
    for (int i = 0; i < FW_COUNT(values); i++) {
        fw_arena *arena = fw_arena_new();
        fw_diag *diag = fw_diag_new(arena);
        ir_literal *literal = constant_of(arena, values[i][0], values[i][1]);
        assert_true(ir_npy_write(diag, npy_path(arena), literal));
        ir_literal *again = ir_npy_read(arena, diag, npy_path(arena), literal->shape, "x");
        assert_non_null(again);
        assert_true(ir_literal_equal(literal, again));
        fw_arena_free(arena);
    }
}

/* Writes a file with the given header text and bytes, and reads it as `type`. */
static fw_status read_npy(
    const char *type, int version, const char *header, const char *bytes, size_t size, const char *expected) {
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    fw_text file;
    fw_text_init(&file, arena);
    size_t length = strlen(header);
    fw_text_addn(&file, "\x93NUMPY", 6);
    fw_text_char(&file, (char)version);
    fw_text_char(&file, 0);
    for (int i = 0; i < (version == 1 ? 2 : 4); i++)
        fw_text_char(&file, (char)(length >> 8 * i));
    fw_text_add(&file, header);
    fw_text_addn(&file, bytes, size);
    assert_true(fw_file_write(diag, npy_path(arena), file.data, file.size));
    const ir_shape *shape =
        read_module(arena, diag, fw_format(arena, "ENTRY e { ROOT x = %s parameter(0) }", type))->entry->root->shape;
    ir_literal *literal = ir_npy_read(arena, diag, npy_path(arena), shape, "parameter x");
    fw_status status = fw_diag_status(diag);
    assert_true((literal != NULL) == (status == FW_OK));
    if (status == FW_INPUT)
        assert_non_null(strstr(messages(arena, diag), "parameter x"));
    if (literal) {
        fw_text text;
        fw_text_init(&text, arena);
        ir_literal_print(literal, &text);
        assert_string_equal(fw_text_string(&text), expected);
    }
    fw_arena_free(arena);
    return status;
}

static void npy_headers(void **state) {
    (void)state;
    const char six[] = {1, 2, 3, 4, 5, 6};
    assert_int_equal(read_npy("s8[2,3]", 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }\n", six, 6,
                         "{{1, 2, 3},{4, 5, 6}}"),
        FW_OK);
    assert_int_equal(read_npy("s8[2,3]", 2, "{'shape': (2L, 3L), 'fortran_order': True, \"descr\": '<i1'}", six, 6,
                         "{{1, 3, 5},{2, 4, 6}}"),
        FW_OK);
    assert_int_equal(read_npy("bf16[3]", 3, "{'descr': 'bfloat16', 'fortran_order': False, 'shape': (3,), }",
                         "\x80?\0\0\x80\xbf", 6, "{1, 0, -1}"),
        FW_OK);
    assert_int_equal(read_npy("bf16[3]", 1, "{'descr': '|V2', 'fortran_order': False, 'shape': (3,), }",
                         "\x80?\0\0\x80\xbf", 6, "{1, 0, -1}"),
        FW_OK);
    assert_int_equal(
        read_npy("s4[1]", 1, "{'descr': '|V1', 'fortran_order': False, 'shape': (1,), }", "\x0f", 1, "{-1}"), FW_OK);
    assert_int_equal(
        read_npy("pred[]", 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (), }", "\x02", 1, "true"), FW_OK);
    assert_int_equal(
        read_npy("s16[3]", 1, "{'descr': '>i2', 'fortran_order': False, 'shape': (3,), }", six, 6, NULL), FW_INPUT);
    assert_int_equal(
        read_npy("s16[3]", 1, "{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }", six, 6, NULL), FW_INPUT);
    assert_int_equal(
        read_npy("f32[3]", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", six, 6, NULL), FW_INPUT);
    assert_int_equal(
        read_npy("s8[6]", 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }", six, 6, NULL), FW_INPUT);
    assert_int_equal(
        read_npy("s8[6]", 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (6,), }", six, 5, NULL), FW_FILE);
    assert_int_equal(
        read_npy("s8[6]", 1, "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (6,), }", six, 6, NULL),
        FW_FILE);
    assert_int_equal(
        read_npy("s8[6]", 4, "{'descr': '|i1', 'fortran_order': False, 'shape': (6,), }", six, 6, NULL), FW_FILE);
    assert_int_equal(read_npy("s8[6]", 1, "{'descr': '|i1', 'fortran_order': False, ", six, 6, NULL), FW_FILE);
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    assert_null(ir_npy_read(arena, diag, "/nonexistent/x.npy", ir_shape_array(arena, IR_F32, 0, NULL), "x"));
    assert_int_equal(fw_diag_status(diag), FW_FILE);
    fw_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(npy_round_trips),
        cmocka_unit_test(npy_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
