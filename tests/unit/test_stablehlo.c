/* The reader of StableHLO text: what each form of an operation becomes in HLO, and how texts are rejected. */
#include "read_test.h"

static ir_module *import_text(fw_arena *arena, fw_diag *diag, const char *text) {
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){"t", fw_strdup(arena, text), strlen(text)};
    return ir_read_stablehlo(arena, diag, source);
}

/* Imports and verifies; the print is HLO text that reads back to itself. */
static ir_module *must_import(fw_arena *arena, const char *text) {
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = import_text(arena, diag, text);
    if (!module || !ir_verify(diag, module))
        fail_msg("rejected: %s\n%s", text, diag_text(arena, diag));
    must_read(arena, module_text(arena, module));
    return module;
}

/* A function of two parameters around the operations; %0 is returned. */
static ir_module *import_ops(fw_arena *arena, const char *params, const char *ops, const char *result) {
    return must_import(
        arena, fw_format(arena, "func.func @main(%s) -> %s {\n%s\nreturn %%0 : %s\n}\n", params, result, ops, result));
}

static void root_is(fw_arena *arena, const ir_module *module, const char *words) {
    const char *text = instr_text(arena, module->entry->root);
    if (!strstr(text, words))
        fail_msg("expected '%s' in\n%s\nof\n%s", words, text, module_text(arena, module));
}

static void holds(fw_arena *arena, const ir_module *module, const char *words) {
    const char *text = module_text(arena, module);
    if (!strstr(text, words))
        fail_msg("expected '%s' in\n%s", words, text);
}

static void must_refuse(fw_arena *arena, const char *text, fw_status status, const char *place, const char *words) {
    fw_diag *diag = fw_diag_new(arena);
    if (import_text(arena, diag, text))
        fail_msg("accepted: %s", text);
    const char *message = diag_text(arena, diag), *start = fw_format(arena, "t:%s: error: ", place);
    if (!strstr(message, start) || !strstr(message, words) || !strstr(message, "^"))
        fail_msg("expected '%s' with '%s' and a caret, not\n%s", start, words, message);
    assert_int_equal(fw_diag_status(diag), status);
}

/* ---- spellings ---- */

static void pretty_and_generic_are_equal(void **state) {
    fw_arena *arena = *state;
    static const char *const forms[][2] = {
        {"%0 = stablehlo.add %a, %b : tensor<4x4xf32>",
            "%0 = \"stablehlo.add\"(%a, %b) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>"},
        {"%0 = stablehlo.transpose %a, dims = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>",
            "%0 = \"stablehlo.transpose\"(%a) <{permutation = array<i64: 1, 0>}> : (tensor<4x4xf32>) -> "
            "tensor<4x4xf32>"},
        {"%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [HIGH, DEFAULT] : "
         "(tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>",
            "%0 = \"stablehlo.dot_general\"(%a, %b) <{dot_dimension_numbers = "
            "#stablehlo.dot<lhs_contracting_dimensions = "
            "[1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGH>, "
            "#stablehlo<precision "
            "DEFAULT>]}> : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>"},
        {"%0 = stablehlo.concatenate %a, %b, dim = 1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>",
            "%0 = \"stablehlo.concatenate\"(%a, %b) {dimension = 1 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> "
            "tensor<4x8xf32>"},
        {"%0 = stablehlo.slice %a [0:4:2, 1:3] : (tensor<4x4xf32>) -> tensor<2x2xf32>",
            "%0 = \"stablehlo.slice\"(%a) {start_indices = array<i64: 0, 1>, limit_indices = array<i64: 4, 3>, strides "
            "= "
            "dense<[2, 1]> : tensor<2xi64>} : (tensor<4x4xf32>) -> tensor<2x2xf32>"},
    };
    for (int i = 0; i < FW_COUNT(forms); i++) {
        const char *result = strstr(forms[i][1], "-> ") + 3;
        const char *a =
            module_text(arena, import_ops(arena, "%a: tensor<4x4xf32>, %b: tensor<4x4xf32>", forms[i][0], result));
        const char *b =
            module_text(arena, import_ops(arena, "%a: tensor<4x4xf32>, %b: tensor<4x4xf32>", forms[i][1], result));
        assert_string_equal(a, b);
    }
}

static void stretched_dimensions_are_reshaped_away(void **state) {
    fw_arena *arena = *state;
    const ir_module *module = import_ops(arena, "%a: tensor<1x4xf32>",
        "%0 = stablehlo.broadcast_in_dim %a, dims = [0, 1] : (tensor<1x4xf32>) -> tensor<3x4xf32>", "tensor<3x4xf32>");
    root_is(arena, module, "broadcast(reshape");
    root_is(arena, module, "dimensions={1}");
    holds(arena, module, "f32[4] reshape(a)");
}

static void reductions(void **state) {
    fw_arena *arena = *state;
    const char *params = "%a: tensor<2x3xf32>, %b: tensor<f32>";
    const ir_module *applied = import_ops(arena, params,
        "%0 = stablehlo.reduce(%a init: %b) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, "
        "tensor<f32>) "
        "-> tensor<2xf32>",
        "tensor<2xf32>");
    root_is(arena, applied, "reduce(a, b), dimensions={1}, to_apply=region.1");
    const ir_module *written = import_ops(arena, params,
        "%0 = stablehlo.reduce(%a init: %b) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>\n"
        " reducer(%x: tensor<f32>, %y: tensor<f32>) {\n %s = stablehlo.add %x, %y : tensor<f32>\n"
        " stablehlo.return %s : tensor<f32>\n}",
        "tensor<2xf32>");
    root_is(arena, written, "reduce(a, b), dimensions={1}");
    const ir_module *promoted = import_ops(arena, "%a: tensor<2x3xi8>, %b: tensor<i8>",
        "%0 = \"stablehlo.reduce\"(%a, %b) <{dimensions = array<i64: 0>}> ({\n^bb0(%x: tensor<i32>, %y: tensor<i32>):\n"
        "%s = stablehlo.add %x, %y : tensor<i32>\nstablehlo.return %s : tensor<i32>\n}) : (tensor<2x3xi8>, tensor<i8>) "
        "-> tensor<3xi32>",
        "tensor<3xi32>");
    holds(arena, promoted, "s32[2,3] convert(a)");
}

static void windows_say_where_they_differ(void **state) {
    fw_arena *arena = *state;
    const char *text = "%%0 = \"stablehlo.reduce_window\"(%%a, %%b) <{window_dimensions = array<i64: 3>%s}> ({\n"
                       "^bb0(%%x: tensor<f32>, %%y: tensor<f32>):\n%%s = stablehlo.%s %%x, %%y : tensor<f32>\n"
                       "stablehlo.return %%s : tensor<f32>\n}) : (tensor<4xf32>, tensor<f32>) -> tensor<%dxf32>";
    const char *padding = ", padding = dense<1> : tensor<1x2xi64>", *params = "%a: tensor<4xf32>, %b: tensor<f32>";
    const char *mark = "fusewright.semantics=\"stablehlo\"";
    root_is(arena, import_ops(arena, params, fw_format(arena, text, padding, "add", 4), "tensor<4xf32>"), mark);
    assert_null(strstr(
        module_text(arena, import_ops(arena, params, fw_format(arena, text, padding, "maximum", 4), "tensor<4xf32>")),
        mark));
    assert_null(strstr(
        module_text(arena, import_ops(arena, params, fw_format(arena, text, "", "add", 2), "tensor<2xf32>")), mark));
}

/* ---- control flow ---- */

static void loops_carry_what_they_capture(void **state) {
    fw_arena *arena = *state;
    const ir_module *module = must_import(arena,
        "func.func @main(%n: tensor<i32>, %x: tensor<2xf32>) -> (tensor<i32>, tensor<2xf32>) {\n"
        "  %zero = stablehlo.constant dense<0> : tensor<i32>\n"
        "  %r:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, tensor<2xf32>\n"
        "  cond {\n    %p = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>\n"
        "    stablehlo.return %p : tensor<i1>\n  } do {\n"
        "    %one = stablehlo.constant dense<1> : tensor<i32>\n    %j = stablehlo.add %i, %one : tensor<i32>\n"
        "    %w = stablehlo.add %v, %x : tensor<2xf32>\n    stablehlo.return %j, %w : tensor<i32>, tensor<2xf32>\n  }\n"
        "  return %r#0, %r#1 : tensor<i32>, tensor<2xf32>\n}\n");
    holds(arena, module, "(s32[], f32[2], s32[], f32[2]) while(");
    ir_literal *n = ir_literal_new(arena, ir_shape_array(arena, IR_S32, 0, NULL));
    ir_literal *x = ir_literal_new(arena, module->entry->params[1]->shape);
    ir_literal *args[2] = {n, x};
    ir_number_set_int(IR_S32, n->data, 3);
    ((float *)x->data)[1] = 2;
    const ir_literal *result = ir_evaluate(arena, fw_diag_new(arena), module, args, 2);
    assert_non_null(result);
    assert_true(((float *)result->elems[1]->data)[1] == 8);
}

static void branches_see_the_function(void **state) {
    fw_arena *arena = *state;
    const ir_module *module = import_ops(arena, "%p: tensor<i1>, %x: tensor<2xf32>",
        "%c = stablehlo.constant dense<1.0> : tensor<2xf32>\n"
        "%0 = \"stablehlo.if\"(%p) ({\n stablehlo.return %x : tensor<2xf32>\n}, {\n %1 = stablehlo.add %x, %c : "
        "tensor<2xf32>\n"
        " stablehlo.return %1 : tensor<2xf32>\n}) : (tensor<i1>) -> tensor<2xf32>",
        "tensor<2xf32>");
    root_is(arena, module, "conditional(p, ");
    holds(arena, module, "true_computation=region.1, false_computation=region.2");
}

static void functions_are_called_before_they_are_defined(void **state) {
    fw_arena *arena = *state;
    const ir_module *module = must_import(arena,
        "module @m attributes {mhlo.num_partitions = 2 : i32} {\n"
        "  func.func public @main(%a: tensor<2xf32> {tf.aliasing_output = 1 : i32}) -> (tensor<2xf32> {jax.x = \"\"}, "
        "tensor<2xf32>) {\n    %0:2 = call @f(%a) : (tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)\n"
        "    return %0#1, %0#0 : tensor<2xf32>, tensor<2xf32>\n  }\n"
        "  func.func private @f(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {\n"
        "    return %a, %a : tensor<2xf32>, tensor<2xf32>\n  }\n}\n");
    assert_string_equal(module->name, "m");
    assert_string_equal(module->entry->name, "main");
    assert_int_equal(module->num_partitions, 2);
    assert_int_equal(module->naliases, 1);
    assert_int_equal(module->aliases[0].output[0], 1);
}

/* ---- constants, types, locations ---- */

static void constants(void **state) {
    fw_arena *arena = *state;
    static const char *const rows[][3] = {
        {"dense<0xFF800000>", "tensor<2xf32>", "{-inf, -inf}"},
        {"dense<\"0x0000803F00000040\">", "tensor<2xf32>", "{1, 2}"},
        {"dense<\"0x05\">", "tensor<3xi1>", "{1, 0, 1}"},
        {"dense<[[1, -2], [0x7F, 4]]>", "tensor<2x2xi8>", "{ { 1, -2 }, { 127, 4 } }"},
        {"dense<>", "tensor<0x2xf32>", "{"},
        {"dense<[(1.0, -2.5), (0x7F800000, 0.0)]>", "tensor<2xcomplex<f32>>", "{(1, -2.5), (inf, 0)}"},
        {"dense<true>", "tensor<i1>", "true"},
        {"dense<3.5>", "tensor<bf16>", "3.5"},
        {"dense<-8>", "tensor<i4>", "-8"},
        {"dense<18446744073709551615>", "tensor<ui64>", "18446744073709551615"},
    };
    for (int i = 0; i < FW_COUNT(rows); i++) {
        const ir_module *module = import_ops(
            arena, "", fw_format(arena, "%%0 = stablehlo.constant %s : %s", rows[i][0], rows[i][1]), rows[i][1]);
        fw_text actual;
        fw_text_init(&actual, arena);
        ir_literal_print(module->entry->root->literal, &actual);
        const char *wanted = rows[i][2], *got = fw_text_string(&actual);
        for (; *wanted; wanted++) { /* blanks and line breaks do not matter */
            while (*got == ' ' || *got == '\n')
                got++;
            if (*wanted == ' ')
                continue;
            if (*got++ != *wanted)
                fail_msg("expected %s, not %s", rows[i][2], fw_text_string(&actual));
        }
    }
}

static void aliases_and_locations(void **state) {
    fw_arena *arena = *state;
    const ir_module *module =
        must_import(arena, "#loc1 = loc(\"file.py\":3:4)\n!t = tensor<2xf32>\n"
                           "func.func @main(%a: !t loc(\"a\")) -> !t {\n"
                           "  %0 = stablehlo.negate %a : !t loc(#loc2)\n  return %0 : !t loc(unknown)\n} loc(#loc1)\n"
                           "#loc2 = loc(\"jit(f)/neg\"(#loc1))\n{-# dialect_resources: {} #-}\n");
    assert_string_equal(module->entry->root->op_name, "jit(f)/neg");
    root_is(arena, module, "metadata={op_name=\"jit(f)/neg\"}");
}

static void dynamic_dimensions_are_symbols(void **state) {
    fw_arena *arena = *state;
    const ir_module *module =
        import_ops(arena, "%a: tensor<?x4xf32>", "%0 = stablehlo.negate %a : tensor<?x4xf32>", "tensor<?x4xf32>");
    assert_int_equal(module->nsymbols, 1);
    assert_int_equal(module->entry->root->shape->dims[0].symbol, 1);
}

static void common_attributes_are_kept(void **state) {
    fw_arena *arena = *state;
    const ir_module *module = import_ops(arena, "%a: tensor<2xf32>",
        "%0 = stablehlo.negate %a {mhlo.frontend_attributes = {k = \"v\"}, mhlo.sharding = \"{replicated}\"} : "
        "tensor<2xf32>",
        "tensor<2xf32>");
    root_is(arena, module, "frontend_attributes={k=\"v\"}");
    root_is(arena, module, "sharding={replicated}");
}

/* ---- rejections ---- */

static void bad_texts(void **state) {
    fw_arena *arena = *state;
    static const char *const rows[][3] = {
        {"func.func @main() -> tensor<f32> {\n  return %x : tensor<f32>\n}", "2:10", "no value '%x'"},
        {"func.func @main(%a: tensor<2xf32>) {\n  %a = stablehlo.negate %a : tensor<2xf32>\n  return\n}", "2:3",
            "a second value with the name '%a'"},
        {"func.func @main(%a: tensor<2xf32>) -> tensor<3xf32> {\n  return %a : tensor<2xf32>\n}", "1:11",
            "another type"},
        {"func.func @main(%a: tensor<2xf32>) {\n  %0 = stablehlo.negate %a : (tensor<3xf32>) -> tensor<3xf32>\n "
         "return\n}",
            "2:8", "is written as f32[3], but it is f32[2]"},
        {"func.func @main() {\n  %0 = stablehlo.constant dense<[1, 2]> : tensor<3xi32>\n  return\n}", "2:38",
            "needs 3 values"},
        {"func.func @main() {\n  %0 = stablehlo.constant dense<300> : tensor<i8>\n  return\n}", "2:33",
            "does not fit s8"},
        {"func.func @main() {\n  call @f() : () -> ()\n  return\n}", "2:3", "no function @f"},
        {"func.func @main() {\n  call @main() : () -> ()\n  return\n}", "2:3", "leads back"},
        {"func.func @main() {\n", "2:1", "the text ends here"},
        {"func.func @main(%a: tensor<4y5xf32>) {\n  return\n}", "1:29", "expected 'x'"},
        {"", "1:1", "empty"},
    };
    for (int i = 0; i < FW_COUNT(rows); i++)
        must_refuse(arena, rows[i][0], FW_INPUT, rows[i][1], rows[i][2]);
}

static void unsupported_operations_are_listed(void **state) {
    fw_arena *arena = *state;
    const char *text =
        "func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {\n  %0 = chlo.lgamma %a : tensor<2xf32>\n"
        "  %1 = chlo.lgamma %0 : tensor<2xf32>\n  %2 = foo.bar %1, %a {x = 1 : i32} : tensor<2xf32>\n"
        "  %q = stablehlo.uniform_quantize %2 : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:-3>>\n"
        "  return %2 : tensor<2xf32>\n}\n";
    must_refuse(arena, text, FW_UNSUPPORTED, "2:8", "'chlo.lgamma' is not supported (2 uses)");
    must_refuse(arena, text, FW_UNSUPPORTED, "4:8", "'foo.bar'");
    must_refuse(arena, text, FW_UNSUPPORTED, "5:8", "quantized");
}

static void deep_nesting_is_refused(void **state) {
    fw_arena *arena = *state;
    fw_text text;
    static const char *const open[] = {"tuple<", "{a = [", "({", "loc(fused["};
    for (int kind = 0; kind < FW_COUNT(open); kind++) {
        fw_text_init(&text, arena);
        fw_text_add(&text, kind == 0 ? "func.func @main(%a: " : kind == 3 ? "#l = " : "func.func @main() { \"foo\"() ");
        for (int i = 0; i < 100000; i++)
            fw_text_add(&text, open[kind]);
        fw_diag *diag = fw_diag_new(arena);
        assert_null(import_text(arena, diag, fw_text_string(&text)));
        assert_true(fw_diag_errors(diag) > 0);
    }
}

static void only_the_first_module_is_read(void **state) {
    fw_arena *arena = *state;
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = import_text(arena, diag, "// comment\nfunc.func @a() {\n  return\n}\n// -----\nnonsense\n");
    assert_non_null(module);
    assert_string_equal(module->entry->name, "a");
    assert_non_null(strstr(diag_text(arena, diag), "only the first one is read"));
}

/* Every beginning of a text is read or rejected, and never both silent and wrong. */
static void truncated_texts(void **state) {
    fw_arena *arena = *state;
    const char *text =
        "module @m attributes {a.b = 1 : i32} {\n  func.func public @main(%a: tensor<2x?xf32>) -> (tensor<i1> {x = "
        "\"\"}) {\n"
        "    %c = stablehlo.constant dense<[[1.0, 0x7F800000]]> : tensor<1x2xf32> loc(\"x\"(\"y\":1:2))\n"
        "    %0:2 = \"stablehlo.sort\"(%c, %c) <{dimension = 1 : i64}> ({\n    ^bb0(%x: tensor<f32>, %y: tensor<f32>, "
        "%z: tensor<f32>, %w: tensor<f32>):\n      %1 = stablehlo.compare LT, %x, %y, TOTALORDER : (tensor<f32>, "
        "tensor<f32>) -> tensor<i1>\n      stablehlo.return %1 : tensor<i1>\n    }) : (tensor<1x2xf32>, "
        "tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>)\n    %t = stablehlo.constant dense<true> : tensor<i1>\n"
        "    return %t : tensor<i1>\n  }\n}\n";
    must_import(arena, text);
    for (size_t length = 0; length + 2 < strlen(text); length++) {
        fw_arena *own = fw_arena_new();
        fw_diag *diag = fw_diag_new(own);
        const ir_module *module = import_text(own, diag, fw_strndup(own, text, length));
        assert_true(!module && fw_diag_errors(diag) > 0);
        fw_arena_free(own);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pretty_and_generic_are_equal, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(stretched_dimensions_are_reshaped_away, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(reductions, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(windows_say_where_they_differ, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(loops_carry_what_they_capture, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(branches_see_the_function, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(functions_are_called_before_they_are_defined, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(constants, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(aliases_and_locations, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(dynamic_dimensions_are_symbols, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(common_attributes_are_kept, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(bad_texts, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(unsupported_operations_are_listed, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(deep_nesting_is_refused, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(only_the_first_module_is_read, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(truncated_texts, make_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
