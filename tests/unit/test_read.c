/* The reader of HLO text: tokens, modules, computations, instructions, operands, positions of errors. */
#include "read_test.h"

#define P0 "  p = f32[2]{0} parameter(0)\n"

static const char *body(fw_arena *arena, const char *lines) {
    return fw_format(arena, "HloModule m\n\nENTRY e {\n" P0 "%s}\n", lines);
}

/* ---- modules ---- */

static void prints_canonical_text(void **state) {
    fw_arena *arena = *state;
    ir_module *module = must_read(arena,
        "HloModule jit_f,/*c*/ is_scheduled=true, entry_computation_layout={(f32[2]{0})->\n f32[2]{0}}\n"
        "%r (a: f32[], b: f32[]) -> f32[] {\n  %a = f32[] parameter(0)\n %b=f32[] parameter(1)\n"
        "  ROOT %s = f32[] add(f32[] %a, f32[] %b), metadata={op_name=\"x\\\"y\" source_line=3}\n}\n"
        "// a comment\nENTRY %main (p: f32[2]) -> f32[2] { /* index=5 */\n"
        "  %p = f32[2]{0} parameter(0), sharding={replicated}\n"
        "  ROOT %n = f32[2]{0} negate(f32[2]{0} %p)\n}, execution_thread=\"main\"\n");
    assert_string_equal(module_text(arena, module),
        "HloModule jit_f, is_scheduled=true, entry_computation_layout={(f32[2]{0})-> f32[2]{0}}\n\n"
        "r {\n  a = f32[] parameter(0)\n  b = f32[] parameter(1)\n"
        "  ROOT s = f32[] add(a, b), metadata={op_name=\"x\\\"y\" source_line=3}\n}\n\n"
        "ENTRY main {\n  p = f32[2]{0} parameter(0), sharding={replicated}\n  ROOT n = f32[2]{0} negate(p)\n}, "
        "execution_thread=\"main\"\n");
    assert_true(module->is_scheduled);
    assert_string_equal(module->comps[0]->root->op_name, "x\"y");
    assert_int_equal(module->comps[0]->nparams, 2);
    assert_int_equal(module->entry->root->loc.line, 11);
    assert_int_equal(module->entry->root->loc.col, 8);
    assert_int_equal(module->entry_layout->nelems, 2);
    assert_string_equal(module->entry->execution_thread, "main");
}

static void header_attributes_are_kept_and_understood(void **state) {
    fw_arena *arena = *state;
    const char *text =
        "HloModule m, input_output_alias={ {0}: (0, {}, may-alias), {1}: (0, {}, must-alias), {}: (1, {0}) }, "
        "buffer_donor={ (1, {1}) }, replica_count=2, num_partitions=4, alias_passthrough_params=true, "
        "frontend_attributes={a=\"b\",c={\"d\": [1, \"}\"]}}, "
        "allow_spmd_sharding_propagation_to_parameters={true,false}, "
        "allow_spmd_sharding_propagation_to_output=true, origin_recovery_table={ {\"x\" {0}} : {\"y\"}, \"HloModule "
        "t\" }, "
        "debug_attributes={ {\"x\" {0}} : {log_mode=a, op_id=3} }\n\nENTRY e {\n  a = f32[] parameter(0)\n"
        "  b = (f32[], f32[]) parameter(1)\n  ROOT t = (f32[], f32[]) tuple(a, a)\n}\n";
    ir_module *module = must_read(arena, text);
    assert_string_equal(module_text(arena, module), text);
    assert_int_equal(module->naliases, 3);
    assert_int_equal(module->aliases[0].noutput, 1);
    assert_true(module->aliases[1].must && !module->aliases[0].must && !module->aliases[2].must);
    assert_int_equal(module->aliases[2].param, 1);
    assert_int_equal(module->aliases[2].index[0], 0);
    assert_int_equal(module->replica_count, 2);
    assert_int_equal(module->num_partitions, 4);
}

static void stack_tables_are_kept(void **state) {
    fw_arena *arena = *state;
    const char *text = "HloModule m\n\nFileNames\n1 \"a b.py\"\n2 \"//c\"\n\nFunctionNames\n1 \"f\"\n\nFileLocations\n"
                       "1 {file_name_id=1 function_name_id=1 line=1 end_line=1 column=0 end_column=9}\n\nStackFrames\n"
                       "1 {file_location_id=1 parent_frame_id=0}\n\nENTRY e {\n  ROOT c = s32[] constant(1), "
                       "metadata={op_name=\"a\" stack_frame_id=1}\n}\n";
    ir_module *module = must_read(arena, text);
    assert_string_equal(module_text(arena, module), text);
    must_read(
        arena, "HloModule m FileNames FunctionNames FileLocations StackFrames ENTRY e { ROOT c = s32[] constant(1) }");
    must_reject(arena, "HloModule m\nFileNames\n1 \"a\"\nENTRY e {}", "4:1", "FunctionNames");
    must_reject(arena, "HloModule m\nFileNames 1 {}", "2:13", "a string");
}

static void modules_without_header(void **state) {
    fw_arena *arena = *state;
    assert_string_equal(must_read(arena, "ENTRY main.5 { ROOT c = s32[] constant(1) }")->name, "module_main.5");
    assert_string_equal(must_read(arena, "a { c = s32[] constant(1) } b { c = s32[] constant(2) }")->entry->name, "b");
    assert_string_equal(must_read(arena, "%a (x: f32[]) -> f32[] { x = f32[] parameter(0) }")->name, "module_a");
}

static void single_instructions_make_their_parameters(void **state) {
    fw_arena *arena = *state;
    ir_module *module = must_read(arena, "add = f32[2] add(f32[2], f32[2] x)");
    assert_string_equal(module_text(arena, module),
        "HloModule add\n\nENTRY entry {\n  parameter = f32[2] parameter(0)\n  x = f32[2] parameter(1)\n"
        "  ROOT add = f32[2] add(parameter, x)\n}\n");
    module = must_read(arena, "ROOT s = add(f32[2] x, f32[2] %x)");
    assert_int_equal(module->entry->nparams, 1);
    module = must_read(arena, "r = f32[] reduce(f32[4] a, f32[] b), dimensions={0}, to_apply={ x = f32[] parameter(0) "
                              "y = f32[] parameter(1) z = f32[] add(x, y) }");
    assert_int_equal(module->ncomps, 2);
    assert_ptr_equal(module->comps[1], module->entry);
    must_reject(arena, "add = f32[2] add(x, y)", "1:18", "no instruction 'x'");
    must_reject(arena, "add = f32[2] add(f32[2] x, f32[3] x)", "1:28", "written as f32[3]");
    must_reject(arena, "a=f32[2] negate(f32[2])", "1:1", "put a blank");
    must_reject(arena, "n = f32[2] negate(f32[2] true)", "1:26", "word of the language");
}

static void entry_and_root_rules(void **state) {
    fw_arena *arena = *state;
    ir_module *module = must_read(
        arena, "HloModule m\na { x = s32[] constant(1) }\nb { ROOT x = s32[] constant(2)\n y = s32[] constant(3) }");
    assert_string_equal(module->entry->name, "b");
    assert_string_equal(module->entry->root->name, "x");
    module = must_read(arena, "HloModule m\nENTRY a { x = s32[] constant(1) }\nb { x = s32[] constant(2) }");
    assert_string_equal(module->entry->name, "a");
    must_reject(arena, "HloModule m\nENTRY a { x = s32[] constant(1) }\nENTRY b { x = s32[] constant(2) }", "3:1",
        "second ENTRY");
    must_reject(arena, "ENTRY a {\n ROOT x = s32[] constant(1)\n ROOT y = s32[] constant(1) }", "3:2", "second ROOT");
    must_reject(
        arena, "HloModule m\na { x = s32[] constant(1) }\na { x = s32[] constant(1) }", "3:1", "second computation");
    must_reject(arena, "ENTRY a {\n x = s32[] constant(1)\n %x = s32[] constant(1) }", "3:2", "second instruction");
    must_reject(arena, "ENTRY a {\n}", "2:1", "at least one instruction");
    must_reject(arena, "HloModule m", "1:12", "the text ends here");
    must_reject(arena, "", "1:1", "empty");
    must_reject(arena, "// nothing", "1:11", "empty");
    must_reject(arena, "HloModule a\nENTRY e { x = s32[] constant(1) }\n// -----\nHloModule b", "4:1", "second module");
    must_reject(arena, "ENTRY e { x = s32[] constant(1) } }", "1:35", "end of the text");
    must_reject(arena, "HloModule m, is_sheduled=true\n", "1:14", "did you mean 'is_scheduled'");
    must_reject(arena, "HloModule m, is_scheduled=true, is_scheduled=true\n", "1:33", "stands twice");
    must_reject(arena, "HloModule m, replica_count=0\n", "1:28", "at least 1");
    must_reject(arena, "HloModule m, input_output_alias={ {1}: (0, {}) }\nENTRY e {\n p = f32[] parameter(0) }", "2:7",
        "does not exist");
}

static void entry_layout_that_does_not_fit_is_dropped(void **state) {
    fw_arena *arena = *state;
    fw_diag *diag = fw_diag_new(arena);
    ir_module *module = try_read(
        arena, diag, "HloModule m, entry_computation_layout={(f32[3])->f32[3]}\nENTRY e { p = f32[2] parameter(0) }");
    assert_non_null(module);
    assert_null(module->entry_layout);
    assert_non_null(strstr(diag_text(arena, diag), "warning: entry_computation_layout"));
}

static void signatures_check_the_result_only(void **state) {
    fw_arena *arena = *state;
    must_read(arena, "ENTRY e (other: s8[7]) -> f32[2]{0} { p = f32[2] parameter(0) }");
    must_read(arena, "ENTRY e (%a: s8[7], b: (f32[], s32[])) -> f32[2] { p = f32[2] parameter(0) }");
    must_reject(arena, "ENTRY e () -> f32[3] { p = f32[2] parameter(0) }", "1:9", "f32[2]");
    must_reject(arena, "ENTRY e (a f32[]) -> f32[3] { p = f32[2] parameter(0) }", "1:10", "a parameter name:");
    must_reject(arena, "ENTRY e () f32[3] { p = f32[2] parameter(0) }", "1:12", "'->'");
}

static void parameters_must_be_dense(void **state) {
    fw_arena *arena = *state;
    must_reject(arena, "ENTRY e {\n p = f32[] parameter(1) }", "2:2", "parameter 1");
    must_reject(arena, "ENTRY e {\n p = f32[] parameter(0)\n q = f32[] parameter(0) }", "3:2", "a second parameter 0");
    must_reject(arena, "ENTRY e {\n p = f32[] parameter(-1) }", "2:22", "negative");
    must_reject(arena, "ENTRY e {\n p = f32[] parameter(99999999999) }", "2:2", "99999999999");
    must_reject(arena, "ENTRY e {\n p = parameter(0) }", "2:2", "needs its result shape");
    ir_module *module =
        must_read(arena, "ENTRY e { b = s32[] parameter(1) a = f32[] parameter(0) ROOT t = tuple(b, a) }");
    assert_string_equal(module->entry->params[0]->name, "a");
}

/* ---- tokens ---- */

static void names_and_blanks(void **state) {
    fw_arena *arena = *state;
    must_read(arena, body(arena, " %a.1-b_c=f32[2] negate(p)\r\n\t_x =f32[2] negate( %a.1-b_c )\n"
                                 " add = f32[2] add(_x,/*i*/_x) f32.1 = f32[2] negate(add) // end\n"
                                 " ROOT t =f32[2] negate(f32.1)\n"));
}

static void reserved_words_are_no_names(void **state) {
    fw_arena *arena = *state;
    static const char *const words[] = {
        "s32", "true", "nan", "inf", "ENTRY", "replicated", "token", "shard_as", "bf16"};
    for (int i = 0; i < FW_COUNT(words); i++) {
        must_reject(
            arena, body(arena, fw_format(arena, "  %s = f32[2] negate(p)\n", words[i])), "5:3", "word of the language");
        must_reject(arena, body(arena, fw_format(arena, "  %%%s = f32[2] negate(p)\n", words[i])), "5:3",
            "word of the language");
    }
    must_read(
        arena, body(arena, "  add = f32[2] negate(p)\n  reduce = f32[2] negate(add)\n  b = f32[2] negate(reduce)\n"
                           "  tuple = tuple(b)\n  f33 = f32[2] negate(b)\n"));
}

static void traps_of_the_lexer(void **state) {
    fw_arena *arena = *state;
    must_reject(arena, body(arena, "  a=f32[2] negate(p)\n"), "5:3", "put a blank in front of '='");
    must_reject(arena, body(arena, "  c = f32[] constant(.5)\n"), "5:22", "f32");
    must_reject(arena, body(arena, "  c = f32[] constant(+1)\n"), "5:22", "f32");
    must_reject(arena, body(arena, "  c = f32[] constant(0x10)\n"), "5:22", "f32");
    must_read(arena, body(arena, "  c = f32[] constant(5.)\n  d = f32[] constant(-.5)\n  e = f32[] constant(1e9)\n"));
    must_reject(arena, body(arena, "  c = f32[] constant(1) /* open\n"), "5:25", "comment is not closed");
    must_reject(arena, body(arena, "  c = f32[2] negate(p), metadata={op_name=\"x}\n"), "5:43", "not closed");
    must_reject(arena, body(arena, "  c = f32[2] custom-call(p), custom_call_target=\"x\n"), "5:49", "not closed");
    must_reject(arena, body(arena, "  $c = f32[2] negate(p)\n"), "5:3", "no meaning");
    must_reject(arena, body(arena, "  % c = f32[2] negate(p)\n"), "5:3", "a name must follow '%'");
    must_reject(arena, body(arena, "  c = f32[2] get-tuple-element(p), index=.5\n"), "5:42", "cannot begin with '.'");
    must_reject(arena, body(arena, "  c = f32[2] iota(), iota_dimension=+1\n"), "5:37", "cannot begin with '+'");
    must_reject(arena, body(arena, "  c = f32[2] iota(), iota_dimension=99999999999999999999\n"), "5:37", "64 bits");
}

static void zero_bytes_are_errors(void **state) {
    fw_arena *arena = *state;
    fw_diag *diag = fw_diag_new(arena);
    fw_source source = {"t", "ENTRY e { c = s32[] constant(1) \0 }", 35};
    assert_null(ir_read_hlo(arena, diag, &source));
    assert_non_null(strstr(diag_text(arena, diag), "t:1:33: error: a zero byte"));
    must_reject(arena, body(arena, "  c = f32[2] custom-call(p), custom_call_target=\"a\\0\"\n"), "5:50", "zero byte");
    must_reject(arena, body(arena, "  c = f32[2] negate(p), metadata={op_name=\"a\\x00b\"}\n"), "5:44", "zero byte");
}

/* ---- instructions ---- */

static void operands_in_every_form(void **state) {
    fw_arena *arena = *state;
    ir_module *module = must_read(arena,
        body(arena,
            "  t = tuple(p, f32[2]{0} %p)\n  nested = (f32[2], (f32[2], s32[])) tuple(p, tuple(p, s32[] constant(3)))\n"
            "  x = f32[2] add(t#0, nested#1#0)\n  y = add(f32[2] multiply(x, x), negate(x))\n"
            "  add = f32[2] add(y, f32[2] parameter(1))\n"));
    assert_string_equal(module_text(arena, module),
        "HloModule m\n\nENTRY e {\n  p = f32[2]{0} parameter(0)\n  t = (f32[2]{0}, f32[2]{0}) tuple(p, p)\n"
        "  constant = s32[] constant(3)\n  tuple = (f32[2]{0}, s32[]) tuple(p, constant)\n"
        "  nested = (f32[2], (f32[2], s32[])) tuple(p, tuple)\n"
        "  get-tuple-element = f32[2]{0} get-tuple-element(t), index=0\n"
        "  get-tuple-element.1 = (f32[2], s32[]) get-tuple-element(nested), index=1\n"
        "  get-tuple-element.2 = f32[2] get-tuple-element(get-tuple-element.1), index=0\n"
        "  x = f32[2] add(get-tuple-element, get-tuple-element.2)\n  multiply = f32[2] multiply(x, x)\n"
        "  negate = f32[2] negate(x)\n  y = f32[2] add(multiply, negate)\n  parameter = f32[2] parameter(1)\n"
        "  ROOT add = f32[2] add(y, parameter)\n}\n");
    must_reject(arena, body(arena, "  t = tuple(p)\n  x = negate(t#1)\n"), "6:15", "no tuple element 1");
    must_reject(arena, body(arena, "  x = negate(p#0)\n"), "5:15", "no tuple element 0");
    must_reject(arena, body(arena, "  x = negate(q)\n"), "5:14", "no instruction 'q'");
    must_reject(arena, body(arena, "  longer = negate(p)\n  x = negate(lnoger)\n"), "6:14", "did you mean 'longer'?");
    must_reject(arena, body(arena, "  x = negate(x)\n"), "5:14", "no instruction 'x'");
    must_reject(arena, body(arena, "  x = negate(f32[3] p)\n"), "5:14", "is f32[2]");
    must_reject(arena, body(arena, "  x = negate(f32[2])\n"), "5:20", "an operand");
    must_reject(arena, body(arena, "  x = negate(p p)\n"), "5:16", "','");
    must_reject(arena, body(arena, "  x = negate(p, p)\n"), "5:7", "1 operand, not 2");
    must_reject(arena, body(arena, "  x = f32[2] add(p)\n"), "5:14", "2 operands, not 1");
    must_reject(
        arena, body(arena, "  x = f32[2] concatenate(), dimensions={0}\n"), "5:14", "at least 1 operand, not 0");
    must_reject(arena, body(arena, "  x = negate(negate(p), dimensions={0})\n"), "5:25", "an operand");
}

static void scopes_are_separate(void **state) {
    fw_arena *arena = *state;
    must_reject(
        arena, body(arena, "  c = f32[2] call(p), to_apply={ x = f32[2] negate(p) }\n"), "5:52", "no instruction 'p'");
    ir_module *module =
        must_read(arena, body(arena, "  c = f32[2] call(p), to_apply={ p = f32[2] parameter(0) c = f32[2] call(p), "
                                     "to_apply={ p = f32[2] parameter(0) n = negate(p) } }\n"));
    assert_int_equal(module->ncomps, 3);
    assert_ptr_equal(module->comps[2], module->entry);
    assert_string_equal(module->comps[0]->root->name, "n");
    must_reject(arena,
        "ENTRY e { p = f32[] parameter(0) c = f32[] call(p), to_apply=later } later { p = f32[] parameter(0) }", "1:62",
        "no computation 'later'");
    must_reject(
        arena, "ENTRY e { p = f32[] parameter(0) c = f32[] call(p), to_apply=e }", "1:62", "no computation 'e'");
}

static void results_are_inferred(void **state) {
    fw_arena *arena = *state;
    ir_module *module = must_read(arena,
        body(arena, "  a = add(p, p)\n  c = compare(a, p), direction=LT\n  b = f32[3,2] broadcast(a), dimensions={1}\n"
                    "  t = transpose(b), dimensions={1,0}\n  u = tuple(c, t)\n  g = get-tuple-element(u), index=1\n"));
    assert_string_equal(instr_text(arena, entry_instr(module, "g")), "ROOT g = f32[2,3] get-tuple-element(u), index=1");
    assert_string_equal(instr_text(arena, entry_instr(module, "c")), "c = pred[2]{0} compare(a, p), direction=LT");
    static const char *const never[] = {"bitcast(p)", "convert(p)", "custom-call(p), custom_call_target=\"x\"",
        "iota(), iota_dimension=0", "reshape(p)", "constant(1)", "rng-get-and-update-state(), delta=1"};
    for (int i = 0; i < FW_COUNT(never); i++)
        must_reject(arena, body(arena, fw_format(arena, "  x = %s\n", never[i])), "5:3", "result shape");
}

static void unknown_ops_are_named(void **state) {
    fw_arena *arena = *state;
    must_reject(arena, body(arena, "  x = f32[2] negat(p)\n"), "5:14", "unknown op 'negat' (did you mean 'negate'?)");
    must_reject(arena, body(arena, "  x = f32[2] frobnicate(p)\n"), "5:14", "unknown op 'frobnicate'\n");
    must_reject(arena, body(arena, "  x = f32[2] 5(p)\n"), "5:14", "an opcode");
    must_reject(arena, body(arena, "  x = f32[2] copy-update(p)\n"), "5:14", "unknown op 'copy-update'");
    must_reject(arena, body(arena, "  x = f32[2] async-start-start(p)\n"), "5:14", "unknown op");
}

static void async_sugar_makes_a_wrapper(void **state) {
    fw_arena *arena = *state;
    const char *text =
        "HloModule m\n\nsum {\n  a = f32[] parameter(0)\n  b = f32[] parameter(1)\n  ROOT c = f32[] add(a, b)\n}\n\n"
        "ENTRY e {\n  p = f32[8] parameter(0)\n"
        "  s = ((f32[8]), f32[4], s32[]) reduce-scatter-start(p), to_apply=sum, dimensions={0}, channel_id=1, "
        "async_execution_thread=\"x\", metadata={op_name=\"rs\"}\n"
        "  u = ((f32[8]), f32[4], s32[]) reduce-scatter-update(s)\n  ROOT d = f32[4] reduce-scatter-done(u)\n}\n";
    ir_module *module = must_read(arena, text);
    assert_string_equal(module_text(arena, module), text);
    const ir_instr *start = entry_instr(module, "s");
    assert_int_equal(start->op, IR_OP_ASYNC_START);
    const ir_comp *wrapper = ir_attr_comp(start, IR_ATTR_CALLS);
    assert_int_equal(wrapper->root->op, IR_OP_REDUCE_SCATTER);
    assert_int_equal(wrapper->nparams, 1);
    assert_string_equal(start->op_name, "rs");
    assert_ptr_equal(module->comps[module->ncomps - 1], module->entry);
    module = must_read(arena, "ENTRY e { p = f32[8] parameter(0) s = ((f32[8]), f32[8]) call-start(p), to_apply={ q = "
                              "f32[8] parameter(0) } }");
    assert_int_equal(module->ncomps, 3);
    assert_ptr_equal(ir_attr_comp(module->comps[1]->root, IR_ATTR_TO_APPLY), module->comps[0]);
    must_read(arena, "w { p = f32[8] parameter(0) } ENTRY e { p = f32[8] parameter(0) s = ((f32[8]), f32[8]) "
                     "async-start(p), calls=w "
                     "u = ((f32[8]), f32[8]) async-update(s), calls=w d = f32[8] async-done(u), calls=w }");
    must_reject(arena, body(arena, "  s = f32[2] negate-start(p)\n"), "5:14", "((operands), result, ...)");
    must_reject(arena, body(arena, "  s = ((f32[2]), f32[2]) reverse-start(p)\n"), "5:3",
        "reverse needs the attribute dimensions=");
    must_reject(arena, body(arena, "  s = ((f32[2]), f32[2]) negate-start(p), dimensions={0}\n"), "5:43",
        "negate has no attribute");
}

static void nesting_is_limited(void **state) {
    fw_arena *arena = *state;
    fw_text shape, operand, comp;
    fw_text_init(&shape, arena);
    fw_text_init(&operand, arena);
    fw_text_init(&comp, arena);
    for (int i = 0; i < 100000; i++) {
        fw_text_char(&shape, '(');
        fw_text_add(&operand, "negate(");
        fw_text_add(&comp, "c = f32[] call(), to_apply={");
    }
    must_reject(arena, fw_format(arena, "ENTRY e { p = %s", fw_text_string(&shape)), "1:215", "nested deeper");
    must_reject(arena, fw_format(arena, "ENTRY e { p = f32[] parameter(0) x = %s", fw_text_string(&operand)), "1:1445",
        "nested deeper");
    must_reject(arena, fw_format(arena, "ENTRY e { %s", fw_text_string(&comp)), "1:5638", "nested deeper");
    must_reject(arena, fw_format(arena, "ENTRY e { p = f32[] parameter(0), sharding={%s", fw_text_string(&shape)),
        "1:300", "nested deeper");
}

static void messages_point_at_the_place(void **state) {
    fw_arena *arena = *state;
    fw_diag *diag = fw_diag_new(arena);
    assert_null(
        try_read(arena, diag, "HloModule m\nENTRY e {\n\tp = f32[2] parameter(0)\n\tROOT x = f32[2] negat(p)\n}\n"));
    assert_string_equal(diag_text(arena, diag), "t:4:18: error: unknown op 'negat' (did you mean 'negate'?)\n"
                                                "  \tROOT x = f32[2] negat(p)\n"
                                                "  \t                ^\n");
    diag = fw_diag_new(arena);
    assert_null(try_read(arena, diag, "ENTRY e {\n x = s32[] constant(1)\n x = s32[] constant(2)\n}"));
    assert_string_equal(diag_text(arena, diag), "t:3:2: error: a second instruction with the name 'x'\n"
                                                "   x = s32[] constant(2)\n"
                                                "   ^\n"
                                                "t:2:2: note: the first one is here\n"
                                                "   x = s32[] constant(1)\n"
                                                "   ^\n");
    assert_int_equal(fw_diag_status(diag), FW_INPUT);
}

static void graph_for_dot(void **state) {
    fw_arena *arena = *state;
    ir_module *module =
        must_read(arena, body(arena, "  c = f32[2] call(p), to_apply={ q = f32[2] parameter(0) n = negate(q) }\n"));
    fw_text text;
    fw_text_init(&text, arena);
    ir_module_print_dot(module, &text);
    const char *dot = fw_text_string(&text);
    assert_non_null(strstr(dot, "digraph \"m\" {"));
    assert_non_null(strstr(dot, "n0_0 -> n0_1;"));
    assert_non_null(strstr(dot, "n0_1 -> n1_1 [style=dashed, label=\"to_apply\"];"));
    assert_non_null(strstr(dot, "n1_1 [peripheries=2, label=\"c\\ncall\\nf32[2]\"];"));
}

static void work_is_counted(void **state) {
    fw_arena *arena = *state;
    ir_module *module =
        must_read(arena, "sum { a = f32[] parameter(0) b = f32[] parameter(1) c = f32[] add(a, b) }\nENTRY e {\n x = "
                         "f32[8,16] parameter(0) y = f32[16,4] "
                         "parameter(1) z = f32[] constant(0)\n d = f32[8,4] dot(x, y), lhs_contracting_dims={1}, "
                         "rhs_contracting_dims={0}\n"
                         " r = f32[8] reduce(x, z), dimensions={1}, to_apply=sum\n n = f32[8,4] negate(d)\n i = "
                         "f32[1,8,8,3] parameter(2) k = f32[3,3,3,2] parameter(3)\n"
                         " v = f32[1,6,6,2] convolution(i, k), window={size=3x3}, dim_labels=b01f_01io->b01f\n s = "
                         "f32[8,16] sort(x), dimensions={1}, to_apply={ a = f32[] parameter(0) "
                         "b = f32[] parameter(1) c = pred[] compare(a, b), direction=LT }\n f = f32[8,4] fusion(d), "
                         "kind=kLoop, calls={ q = f32[8,4] parameter(0) w = f32[8,4] negate(q) }\n}");
    assert_int_equal(ir_instr_flops(entry_instr(module, "d")), 2 * 8 * 4 * 16);
    assert_int_equal(ir_instr_flops(entry_instr(module, "r")), 128);
    assert_int_equal(ir_instr_flops(entry_instr(module, "n")), 32);
    assert_int_equal(ir_instr_flops(entry_instr(module, "v")), 2 * 72 * 27);
    assert_int_equal(ir_instr_flops(entry_instr(module, "s")), 128 * 4);
    assert_int_equal(ir_instr_flops(entry_instr(module, "f")), 32);
    assert_int_equal(ir_instr_flops(entry_instr(module, "x")), 0);
    ir_op op;
    assert_true(ir_comp_is_binary(module->comps[0], &op) && op == IR_OP_ADD);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(prints_canonical_text),
        TEST(header_attributes_are_kept_and_understood),
        TEST(stack_tables_are_kept),
        TEST(modules_without_header),
        TEST(single_instructions_make_their_parameters),
        TEST(entry_and_root_rules),
        TEST(entry_layout_that_does_not_fit_is_dropped),
        TEST(signatures_check_the_result_only),
        TEST(parameters_must_be_dense),
        TEST(names_and_blanks),
        TEST(reserved_words_are_no_names),
        TEST(traps_of_the_lexer),
        TEST(zero_bytes_are_errors),
        TEST(operands_in_every_form),
        TEST(scopes_are_separate),
        TEST(results_are_inferred),
        TEST(unknown_ops_are_named),
        TEST(async_sugar_makes_a_wrapper),
        TEST(nesting_is_limited),
        TEST(messages_point_at_the_place),
        TEST(graph_for_dot),
        TEST(work_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
