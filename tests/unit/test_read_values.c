/* The reader of HLO text: shapes, literals and attributes; what is not accepted of each, and where. */
#include "read_test.h"

#include <math.h>

static ir_module *read_body(fw_arena *arena, const char *line) {
    return must_read(arena, fw_format(arena, "ENTRY e {\n  p = f32[2]{0} parameter(0)\n  %s\n}", line));
}

static void reject_body(fw_arena *arena, const char *line, const char *place, const char *words) {
    must_reject(arena, fw_format(arena, "ENTRY e {\n  p = f32[2]{0} parameter(0)\n%s\n}", line), place, words);
}

/* A line that must print exactly as it is written. */
static void same_text(fw_arena *arena, const char *line) {
    ir_module *module = read_body(arena, line);
    assert_string_equal(instr_text(arena, module->entry->root), fw_format(arena, "ROOT %s", line));
}

/* ---- shapes ---- */

static void shapes_of_every_kind(void **state) {
    fw_arena *arena = *state;
    static const char *const shapes[] = {"f32[]", "f32[0]", "pred[2,3]", "u4[1024,512]{1,0:E(4)}", "bf16[2,3]{0,1}",
        "token[]", "opaque[]", "()", "(f32[2]{0}, (s32[], token[]))", "b(f32[2]{0})", "f32[<=8,?,4]",
        "f8e4m3b11fnuz[1]", "f4e2m1fn[2]{0}", "f32[]{:T(128)}", "f32[8,128]{1,0:T(8,128)(2,1)}",
        "f32[2,3]{1,0:D(D,C+~)T(*,8)L(4)#(u32)*(s64)E(4)S(1)SC(0:4,8)P(f32[2,3])M(16)}", "c128[2]", "f32[2]{0:}"};
    for (int i = 0; i < FW_COUNT(shapes); i++) {
        ir_module *module = must_read(arena, fw_format(arena, "ENTRY e { p = %s parameter(0) }", shapes[i]));
        fw_text text;
        fw_text_init(&text, arena);
        ir_shape_print(module->entry->root->shape, &text);
        assert_string_equal(fw_text_string(&text), strcmp(shapes[i], "f32[2]{0:}") ? shapes[i] : "f32[2]{0}");
    }
    must_read(arena, "ENTRY e { p = (f32[2], /*index=1*/ s32[ 2 , 3 ] { 1 , 0 } ) parameter(0) }");
    must_read(arena, "ENTRY e () -> f32[2] { p = f32[2]{0} parameter(0) }");
}

static void equal_shapes_are_shared(void **state) {
    ir_module *module =
        must_read(*state, "ENTRY e { p = f32[2,3]{1,0} parameter(0) q = f32[2,3]{1,0} parameter(1) r = f32[2,3] {1,0} "
                          "parameter(2) s = f32[2,3] parameter(3) t = f32[2,3]{0,1} parameter(4) }");
    const ir_comp *e = module->entry;
    assert_ptr_equal(e->instrs[0]->shape, e->instrs[1]->shape);
    assert_int_equal(e->instrs[2]->shape->layout->nminor, 2);
    assert_null(e->instrs[3]->shape->layout);
    assert_true(ir_shape_is_row_major(e->instrs[2]->shape) && !ir_shape_is_row_major(e->instrs[4]->shape));
}

static void wrong_shapes(void **state) {
    fw_arena *arena = *state;
    static const struct {
        const char *shape, *place, *words;
    } cases[] = {
        {"f33[2]", "3:7", "'f33' is not an element type"},
        {"tuple[2]", "3:7", "not an element type"},
        {"f32[-1]", "3:11", "negative"},
        {"f32[2x3]", "3:12", "','"},
        {"f32[2,]", "3:13", "a dimension"},
        {"f32[2]{}", "3:13", "an opcode"},
        {"f32[2]{1}", "3:14", "rank 1"},
        {"f32[2,3]{0}", "3:16", "names 1 dimensions of a shape of rank 2"},
        {"f32[2,3]{0,0}", "3:18", "once"},
        {"f32[2]{0:Q(1)}", "3:16", "layout suffix"},
        {"f32[2]{0:S(1)T(8)}", "3:20", "too late or twice"},
        {"f32[2]{0:S(1)S(2)}", "3:20", "too late or twice"},
        {"f32[2]{0:T(8}", "3:19", "does not close"},
        {"f32[4611686018427387904,2]", "3:7", "2^62"},
        {"s8[2147483648,2147483648,2]", "3:7", "2^62"},
        {"s8[99999999999999999999]", "3:10", "64 bits"},
        {"s8[18446744073709551615]", "3:10", "negative, or 2^63"},
        {"token[2]", "3:7", "no dimensions"},
        {"(f32[2]", "3:15", "',' or ')'"},
        {"b(f32[2], f32[2])", "3:8", "one array shape"},
    };
    for (int i = 0; i < FW_COUNT(cases); i++)
        reject_body(arena, fw_format(arena, "  q = %s negate(p)", cases[i].shape), cases[i].place, cases[i].words);
}

static void dynamic_dimensions_are_symbols(void **state) {
    ir_module *module = must_read(*state,
        "ENTRY e { p = f32[<=8,4,?] parameter(0) q = f32[<=8] parameter(1) n = f32[<=8,4,?] negate(p) "
        "c = f32[<=5] custom-call(n), custom_call_target=\"x\" }");
    const ir_comp *e = module->entry;
    assert_int_equal(module->nsymbols, 4);
    assert_int_equal(module->symbols[0].most, 8);
    assert_int_equal(module->symbols[1].most, -1);
    assert_int_equal(e->params[0]->shape->dims[0].symbol, 1);
    assert_int_equal(e->params[1]->shape->dims[0].symbol, 3);
    /* The result of an op has its operand's symbols, as far as inference knows. */
    assert_int_equal(e->instrs[2]->shape->dims[0].symbol, 1);
    assert_int_equal(e->instrs[2]->shape->dims[2].symbol, 2);
    assert_int_equal(e->root->shape->dims[0].symbol, 4);
    reject_body(*state, "  c = f32[<=2] constant({1,2})", "3:3", "dynamic");
}

/* ---- literals ---- */

static const ir_literal *literal_of(fw_arena *arena, const char *shape, const char *value) {
    return must_read(arena, fw_format(arena, "ENTRY e { c = %s constant(%s) }", shape, value))->entry->root->literal;
}

static double value_at(const ir_literal *literal, int i) {
    return ir_number_get(
        literal->shape->type, (const char *)literal->data + (size_t)i * ir_type_bytes(literal->shape->type));
}

static void literals_of_every_kind(void **state) {
    fw_arena *arena = *state;
    static const struct {
        const char *shape, *value, *print;
    } cases[] = {
        {"s32[]", "-7", "-7"},
        {"f32[2,2]", "{ { 1, 2.5 }, /*i=1*/ {-inf,inf} }", "{{1, 2.5},{-inf, inf}}"},
        {"f32[2,2]{0,1}", "{{1 2}{3 4}}", "{{1, 2},{3, 4}}"},
        {"f32[2,0]", "{{},{}}", "{{},{}}"},
        {"f32[0]", "{}", "{}"},
        {"pred[3]", "{true,0,17}", "{1, 0, 1}"},
        {"pred[]", "1", "true"},
        {"c64[2]", "{(1, -2), (nan, 1e30)}", "{(1, -2), (nan, 1e+30)}"},
        {"c128[]", "(0.1,-0)", "(0.1, -0)"},
        {"f32[4]", "{nan,-nan,nan(0x400001),-nan(0x1)}", "{nan, -nan, nan(0x400001), -nan(0x1)}"},
        {"bf16[2]", "{nan(0x41),nan(0x40)}", "{nan(0x41), nan}"},
        {"u64[2]", "{18446744073709551615,0}", "{18446744073709551615, 0}"},
        {"s64[]", "-9223372036854775808", "-9223372036854775808"},
        {"s4[2]", "{-8,7}", "{-8, 7}"},
        {"f8e4m3fn[3]", "{448,-nan,0.001953125}", "{448, -nan, 0.002}"},
        {"(s32[], (f32[2], pred[]))", "(1, ({1,2}, false))", "(1, ({1, 2}, false))"},
        {"()", "()", "()"},
        {"f32[5000]", "{...}", "{...}"},
        {"f32[3,2]", "{ /*x*/ ... }", "{...}"},
        {"f64[]", "1e-300", "1e-300"},
        {"f32[2]", "{16777217, 1e-46}", "{16777216, 0}"},
    };
    for (int i = 0; i < FW_COUNT(cases); i++) {
        fw_text text;
        fw_text_init(&text, arena);
        ir_literal_print(literal_of(arena, cases[i].shape, cases[i].value), &text);
        assert_string_equal(fw_text_string(&text), cases[i].print);
    }
    const ir_literal *matrix = literal_of(arena, "s16[2,3]{0,1}", "{{1,2,3},{4,5,6}}");
    for (int i = 0; i < 6; i++)
        assert_true(value_at(matrix, i) == i + 1);
    assert_true(value_at(literal_of(arena, "f32[]", "0.1"), 0) == (double)0.1f);
    const ir_module *module =
        must_read(arena, "ENTRY e { a = s32[] constant(1) b = (s32[], f32[2]) constant((1, {...})) }");
    assert_string_equal(ir_module_elided(module)->name, "b");
    assert_null(ir_module_elided(must_read(arena, "ENTRY e { a = s32[] constant(1) }")));
}

static void wrong_literals(void **state) {
    fw_arena *arena = *state;
    static const struct {
        const char *shape, *value;
        int offset; /* of the mistake in the value */
        const char *words;
    } cases[] = {
        {"u32[]", "-1", 0, "does not fit u32"},
        {"s8[]", "200", 0, "does not fit s8"},
        {"s8[]", "-129", 0, "does not fit s8"},
        {"u4[]", "16", 0, "does not fit u4"},
        {"u64[]", "18446744073709551616", 0, "does not fit u64"},
        {"s32[]", "1.5", 0, "an integer of type s32"},
        {"s32[]", "x", 0, "an integer of type s32"},
        {"s32[]", "true", 0, "an integer of type s32"},
        {"pred[]", "maybe", 0, "true, false or an integer"},
        {"f16[]", "1e6", 0, "does not fit f16"},
        {"f32[]", "1e300", 0, "does not fit f32"},
        {"f64[]", "1e400", 0, "does not fit f64"},
        {"f8e4m3fn[]", "1000", 0, "does not fit f8e4m3fn"},
        {"f4e2m1fn[]", "7", 0, "does not fit f4e2m1fn"},
        {"f8e8m0fnu[]", "0", 0, "does not fit f8e8m0fnu"},
        {"f8e4m3fn[]", "inf", 0, "no infinity"},
        {"f8e4m3fn[]", "nan(0x1)", 3, "no such NaN"},
        {"f32[]", "nan(0x800000)", 3, "no such NaN"},
        {"f32[]", "nan(0x0)", 3, "no such NaN"},
        {"f32[]", "nan(0x)", 3, "NaN payload"},
        {"f4e2m1fn[]", "nan", 3, "no such NaN"},
        {"f32[]", "1.5.5", 0, "a number of type f32"},
        {"f32[]", "1.5f", 0, "a number of type f32"},
        {"f32[]", "", 0, "a number of type f32"},
        {"c64[]", "1", 0, "a complex number"},
        {"c64[]", "(1 2)", 3, "','"},
        {"c64[]", "(1,2,", 4, "')'"},
        {"f32[2]", "1", 0, "expected '{'"},
        {"f32[2]", "{1}", 2, "needs 2 values, not 1"},
        {"f32[2]", "{1,2,3}", 5, "has only 2 values"},
        {"f32[2]", "{{1,2}}", 1, "more braces"},
        {"f32[2,2]", "{1,2,3,4}", 1, "expected '{'"},
        {"f32[2,2]", "{{1,2}}", 6, "dimension 0 needs 2 values, not 1"},
        {"f32[2,2]", "{{1,2},{3,4},{5,6}}", 13, "has only 2 values"},
        {"f32[0]", "{1}", 1, "has only 0 values"},
        {"f32[1000000000]", "{1}", 0, "needs 1000000000 values"},
        {"(s32[], s32[])", "(1)", 2, "','"},
        {"(s32[])", "1", 0, "'('"},
        {"token[]", "1", 0, "no values"},
    };
    for (int i = 0; i < FW_COUNT(cases); i++) {
        const char *before = fw_format(arena, "c = %s constant(", cases[i].shape);
        reject_body(arena, fw_format(arena, "%s%s)", before, cases[i].value),
            fw_format(arena, "3:%d", (int)strlen(before) + 1 + cases[i].offset), cases[i].words);
    }
    fw_diag *diag = fw_diag_new(arena);
    assert_null(try_read(arena, diag, "ENTRY e { c = f32[99999999999] constant({...}) }"));
    assert_int_equal(fw_diag_status(diag), FW_LIMIT);
}

/* ---- attributes ---- */

static void attributes_of_every_kind_print_as_written(void **state) {
    fw_arena *arena = *state;
    static const char *const lines[] = {
        "x = f32[2]{0} negate(p), sharding={devices=[2,1]<=[2] last_tile_dim_replicate metadata={op_name=\"a}\"}}",
        "x = f32[2]{0} negate(p), sharding={{replicated}, {maximal device=1}}, "
        "frontend_attributes={a=\"b,c\",k={\"j\": \"}\"}}",
        "x = f32[2]{0} negate(p), metadata={op_type=\"t\" op_name=\"n\", source_line=3 profile_type={1}}, "
        "statistics={visualizing_index=1,a=2.5}",
        "x = f32[2]{0} negate(p), control-predecessors={p}, backend_config={\"a\":{\"b\":\"}\\\"{\"}}",
        "x = f32[2]{0} negate(p), backend_config=\"a\\\"b\", origin={({\"a\"},{\"b\" {0}})}",
        "x = f32[2]{0} parameter(1), parameter_replication={true,false}",
        "x = f32[2]{0} exponential(p), result_accuracy={tolerance={atol=1e-5,rtol=0,ulps=2}}",
        "x = f32[2]{0} reduce-precision(p), exponent_bits=5, mantissa_bits=10",
        "x = s32[4]{0} iota(), iota_dimension=0",
        "x = f32[1]{0} slice(p), slice={[0:2:2]}",
        "x = f32[0]{0} slice(p), slice={[1:1]}",
        "x = f32[5]{0} pad(p, f32[] constant(0)), padding=-1_2_3",
        "x = f32[4,2]{1,0} gather(f32[3,2] parameter(1), s32[4,1] parameter(2)), offset_dims={1}, "
        "collapsed_slice_dims={0}, "
        "start_index_map={0}, index_vector_dim=1, slice_sizes={1,2}, indices_are_sorted=true",
        "x = f32[2,2]{1,0} dot(p, p), lhs_contracting_dims={}, rhs_contracting_dims={}, "
        "operand_precision={high,default}, algorithm=dot_tf32_tf32_f32_x3",
        "x = f32[1,1,1,1]{3,2,1,0} convolution(f32[1,3,3,1] parameter(1), f32[2,2,1,1] parameter(2)), window={size=2x2 "
        "stride=2x1 "
        "pad=-1_0x0_-1 lhs_dilate=1x2 rhs_dilate=2x1 rhs_reversal=0x1}, dim_labels=b01f_01io->b01f, "
        "feature_group_count=1, convolution_kind=fprop",
        "x = c64[2]{0} fft(c64[2] parameter(1)), fft_type=IFFT, fft_length={2}",
        "x = f32[2]{0} custom-call(p), custom_call_target=\"a\\\"\\n\", api_version=API_VERSION_TYPED_FFI, "
        "operand_layout_constraints={f32[2]{0}}, custom_call_has_side_effect=true, literal=f32[2]{0} {1, 2}, "
        "schedule=SCHEDULE_LATEST, "
        "output_to_operand_aliasing={{}: (0, {})}, padding_type=PADDING_SAME, window={}",
        "x = (f32[2]{0}, u32[2]{0}) rng-bit-generator(p), algorithm=rng_three_fry",
        "x = f32[2]{0} all-reduce(p), to_apply={ a = f32[] parameter(0) b = f32[] parameter(1) c = add(a, b) }, "
        "replica_groups=[2,4]<=[4,2]T(1,0), channel_id=1, use_global_device_ids=true, mode=flattened_id",
        "x = f32[2]{0} all-to-all(p), replica_groups=mesh['a'=2,'b'=4], device_ids=(0,1) {'b'}, dimensions={0}",
        "x = f32[2]{0} all-to-all(p), replica_groups=maximal_mesh[device_id=3]",
        "x = f32[2]{0} all-to-all(p), replica_groups={{0,1},{2,3}}",
        "x = f32[2]{0} collective-permute(p), source_target_pairs={{0,1},{1,0}}, slice_sizes={{1}}",
        "x = token[] outfeed(p, token[] parameter(1)), outfeed_config=\"c\", outfeed_shape=(f32[2]{0}, s32[])",
        "x = f32[2]{0} domain(p), domain={kind=\"sharding\", entry={replicated}, exit={manual}}",
        "x = (f32[2]{0}, s32[2]{0}) topk(p), k=2, largest=true, is_stable=true",
        "x = f32[2]{0} batch-norm-inference(p, p, p, p, p), epsilon=0.001, feature_index=0",
        "x = f32[] pad(f32[] constant(1), f32[] constant(0)), padding=",
    };
    for (int i = 0; i < FW_COUNT(lines); i++) {
        ir_module *module = read_body(arena, lines[i]);
        const char *attrs = strstr(lines[i], "), ") + 3;
        while (strstr(attrs, "), f32[2") || strstr(attrs, "parameter(2)), "))
            attrs = strstr(attrs, "), ") + 3;
        if (strstr(lines[i], "to_apply="))
            attrs = strstr(lines[i], "replica_groups");
        else if (strstr(lines[i], "constant(0)), "))
            attrs = strstr(lines[i], "padding=");
        const char *print = instr_text(arena, module->entry->root);
        if (strlen(print) < strlen(attrs) || strcmp(print + strlen(print) - strlen(attrs), attrs))
            fail_msg("'%s' does not end with '%s'", print, attrs);
    }
    same_text(arena, "x = f32[2]{0} negate(p), sharding={replicated}");
}

static void attributes_have_their_values(void **state) {
    fw_arena *arena = *state;
    const ir_instr *x =
        read_body(arena, "x = f32[1,1,1,1] convolution(f32[1,3,3,1] parameter(1), f32[2,2,1,1] parameter(2)), "
                         "window={pad=-1_0x0_-1 size=2x2 rhs_reversal=0x1 lhs_dilate=1x2}, dim_labels=b01f_01io->fb10")
            ->entry->root;
    const ir_window *window = ir_attr_get(x, IR_ATTR_WINDOW)->window;
    assert_int_equal(window->rank, 2);
    assert_int_equal(window->dims[0].pad_low, -1);
    assert_int_equal(window->dims[1].pad_high, -1);
    assert_int_equal(window->dims[1].base_dilation, 2);
    assert_int_equal(window->dims[1].stride, 1);
    assert_true(window->dims[1].reversal && !window->dims[0].reversal);
    const ir_labels *labels = ir_attr_get(x, IR_ATTR_DIM_LABELS)->labels;
    assert_int_equal(labels->lhs_feature, 3);
    assert_int_equal(labels->rhs_output, 3);
    assert_int_equal(labels->out_batch, 1);
    assert_int_equal(labels->out_spatial[0], 3);
    x = read_body(arena, "x = f32[3] pad(p, f32[] constant(0)), padding=0_1_0")->entry->root;
    const int64_t *ints;
    assert_int_equal(ir_attr_ints(x, IR_ATTR_PADDING, &ints), 3);
    assert_int_equal(ints[1], 1);
    x = read_body(arena, "x = f32[2] negate(p), metadata={op_name=\"a\\\"\\x41\\102\\n\"}")->entry->root;
    assert_string_equal(x->op_name, "a\"AB\n");
    /* Words compared without case come out in one spelling. */
    x = read_body(arena,
        "x = f32[] dot(p, p), lhs_contracting_dims={0}, rhs_contracting_dims={0}, operand_precision={HIGHEST,Default}, "
        "algorithm=DOT_F32_F32_F32")
            ->entry->root;
    assert_string_equal(ir_attr_word(x, IR_ATTR_ALGORITHM), "dot_f32_f32_f32");
    assert_string_equal(ir_attr_get(x, IR_ATTR_OPERAND_PRECISION)->words[0], "highest");
    x = read_body(arena, "x = f32[2] custom-call(p), custom_call_target='it\\'s'")->entry->root;
    assert_string_equal(ir_attr_get(x, IR_ATTR_CUSTOM_CALL_TARGET)->text, "it's");
    x = read_body(arena, "x = f32[2] batch-norm-inference(p, p, p, p, p), epsilon=1e-3, feature_index=0")->entry->root;
    assert_true(ir_attr_get(x, IR_ATTR_EPSILON)->f == 0.001);
}

static void raw_values_lose_comments_and_line_breaks(void **state) {
    fw_arena *arena = *state;
    const ir_instr *x = read_body(
        arena, "x = f32[2] negate(p), sharding={ /*a*/replicated\n // b\n}, metadata={op_name=\"//no /*comment*/\"\n}")
                            ->entry->root;
    assert_string_equal(instr_text(arena, x),
        "ROOT x = f32[2] negate(p), sharding={ replicated }, metadata={op_name=\"//no /*comment*/\" }");
}

static void wrong_attributes(void **state) {
    fw_arena *arena = *state;
    static const struct {
        const char *line, *place, *words;
    } cases[] = {
        {"x = f32[2] negate(p), dimensions={0}", "3:23", "negate has no attribute 'dimensions'"},
        {"x = f32[2] broadcast(p), dimension={0}", "3:26", "did you mean 'dimensions'?"},
        {"x = f32[2] transpose(p), dimensions={0}, dimensions={0}", "3:42", "'dimensions' stands twice"},
        {"x = f32[2] transpose(p)", "3:1", "transpose needs the attribute dimensions="},
        {"x = f32[2,2] broadcast(p)", "3:1", "broadcast needs the attribute dimensions="},
        {"x = f32[2] negate(p), sharding", "3:23", "an attribute name="},
        {"x = f32[2] negate(p), sharding=replicated", "3:32", "expected '{'"},
        {"x = f32[2] negate(p), sharding={{replicated", "3:32", "not closed"},
        {"x = f32[2] negate(p), sharding={(])}", "3:34", "']' does not close '('"},
        {"x = f32[2] negate(p), metadata={op_name}", "3:33", "name=value"},
        {"x = f32[2] negate(p), metadata=5", "3:32", "expected '{'"},
        {"x = f32[2] negate(p), backend_config=5", "3:38", "a string or a JSON object"},
        {"x = f32[2] negate(p), backend_config={\"a\":{{}", "3:38", "not closed"},
        {"x = f32[2] negate(p), control-predecessors={q}", "3:45", "no instruction 'q'"},
        {"x = pred[2] compare(p, p), direction=lt", "3:38", "direction cannot be 'lt'; it is one of: EQ NE LT"},
        {"x = pred[2] compare(p, p), direction=5", "3:38", "a word"},
        {"x = f32[2] sort(p), dimensions={0}, to_apply=nope", "3:46", "no computation 'nope'"},
        {"x = f32[2] sort(p), dimensions={0}, to_apply=5", "3:46", "the name of a computation"},
        {"x = f32[2] transpose(p), dimensions={0 1}", "3:40", "','"},
        {"x = f32[2] transpose(p), dimensions=0", "3:37", "'{'"},
        {"x = f32[2] slice(p), slice={[0:2:1:1]}", "3:35", "']'"},
        {"x = f32[2] cholesky(p), lower=1", "3:31", "true or false"},
        {"x = f32[2] pad(p, p), padding=0", "3:31", "2 numbers"},
        {"x = f32[2] pad(p, p), padding=0_0_0_0", "3:36", "at most 3"},
        {"x = f32[2] pad(p, p), padding=0_0_-1", "3:31", "interior"},
        {"x = f32[2] pad(p, p), padding=a", "3:31", "an integer"},
        {"x = f32[2] reduce-window(p, p), window={size=2, stride=2}", "3:47", "or '}' in a window"},
        {"x = f32[2] reduce-window(p, p), window={size=2 stride=2x2}", "3:40",
            "'stride' has 2 dimensions, but 'size' has 1"},
        {"x = f32[2] reduce-window(p, p), window={size=2 size=2}", "3:48", "twice"},
        {"x = f32[2] reduce-window(p, p), window={stride=2}", "3:40", "'size' has 0"},
        {"x = f32[2] reduce-window(p, p), window={size=2 pad=1}", "3:52", "2 numbers"},
        {"x = f32[2] reduce-window(p, p), window={size=2 rhs_reversal=2}", "3:40", "0 and 1"},
        {"x = f32[2] convolution(p, p), dim_labels=b01f_01io->b0f", "3:42", "differ"},
        {"x = f32[2] convolution(p, p), dim_labels=bb1f_01io->b01f", "3:43", "twice"},
        {"x = f32[2] convolution(p, p), dim_labels=b02f_01io->b01f", "3:42", "spatial dimension 1 is missing"},
        {"x = f32[2] convolution(p, p), dim_labels=b01f-01io->b01f", "3:46", "'_'"},
        {"x = f32[2] convolution(p, p), dim_labels=b01f_01io>b01f", "3:51", "'->'"},
        {"x = f32[2] convolution(p, p), dim_labels=b01f_01io->b01fx", "3:57", "no meaning"},
        {"x = f32[2] all-to-all(p), replica_groups=[2,4]", "3:47", "'<=['"},
        {"x = f32[2] all-to-all(p), replica_groups=x", "3:42", "mesh["},
        {"x = f32[2] conditional(p, p)", "3:1", "must be pred[] or s32[]"},
        {"x = f32[2] conditional(pred[] constant(1), p, p), branch_computations={}", "3:1", "true_computation="},
        {"x = f32[2] conditional(s32[] constant(1), p, p)", "3:1", "branch_computations="},
        {"x = f32[2] custom-call(p), custom_call_target=\"x\", api_version=UNSPECIFIED", "3:64",
            "api_version cannot be"},
        {"x = f32[2] custom-call(p), custom_call_target=x", "3:47", "a string"},
        {"x = f32[2] custom-call(p), custom_call_target=\"x\", literal={1}", "3:60", "a shape"},
    };
    for (int i = 0; i < FW_COUNT(cases); i++)
        reject_body(arena, cases[i].line, cases[i].place, cases[i].words);
}

static void attributes_need_no_order_and_shared_spellings_work(void **state) {
    fw_arena *arena = *state;
    const ir_instr *x =
        read_body(arena, "x = f32[1] dynamic-slice(p, s32[] constant(0)), metadata={}, dynamic_slice_sizes={1}")
            ->entry->root;
    assert_int_equal(x->attrs[0].id, IR_ATTR_METADATA);
    assert_null(x->op_name);
    x = read_body(arena, "x = f32[2] collective-permute(p), slice_sizes={{1}}, source_target_pairs={}")->entry->root;
    assert_int_equal(x->attrs[0].id, IR_ATTR_PERMUTE_SLICE_SIZES);
    x = read_body(arena, "x = f32[2,2] broadcast(f32[] constant(1))")->entry->root;
    assert_int_equal(x->nattrs, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(shapes_of_every_kind),
        TEST(equal_shapes_are_shared),
        TEST(wrong_shapes),
        TEST(dynamic_dimensions_are_symbols),
        TEST(literals_of_every_kind),
        TEST(wrong_literals),
        TEST(attributes_of_every_kind_print_as_written),
        TEST(attributes_have_their_values),
        TEST(raw_values_lose_comments_and_line_breaks),
        TEST(wrong_attributes),
        TEST(attributes_need_no_order_and_shared_spellings_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
