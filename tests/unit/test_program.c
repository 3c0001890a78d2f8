/* Programs: order, buffers, loops and the memory plan. Each test states what the program should look like; that it computes the
 * right numbers in the memory it planned is checked by executing it (program_machine.h). */
#include "program_machine.h"

/* ---- straight lines ---- */

static void line_reuses_memory(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  x.1 = f32[2048]{0} parameter(0)\n"
                       "  a = f32[2048]{0} negate(x.1)\n"
                       "  b = f32[2048]{0} reverse(a), dimensions={0}\n"
                       "  c = f32[2048]{0} add(b, x.1)\n"
                       "  d = f32[2048]{0} reverse(c), dimensions={0}\n"
                       "  ROOT e = f32[2048]{0} multiply(d, x.1)\n"
                       "}\n");
    expect_counts(f, 5, 0, 0);
    assert_string_equal(f->program->input_names[0], "x");
    /* c goes into b's buffer; a and b cannot share, and d is dead before out0 is written over it. */
    assert_true(f->program->buffer_bytes <= 2 * 2048 * 4);
    assert_ptr_equal(f->program->main->steps[2].outputs[0], f->program->main->steps[2].inputs[0]);
    assert_ptr_equal(f->program->main->steps[4].outputs[0], f->program->outputs[0]);
    done(f);
}

static void small_buffers_are_not_proved(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  x = f32[16]{0} parameter(0)\n"
                       "  a = f32[16]{0} negate(x)\n"
                       "  b = f32[16]{0} abs(a)\n"
                       "  ROOT c = f32[16]{0} negate(b)\n"
                       "}\n");
    expect_counts(f, 3, 0, 0);
    assert_ptr_not_equal(f->program->main->steps[1].outputs[0], f->program->main->steps[1].inputs[0]);
    assert_int_equal(f->program->live_bytes, 128);
    done(f);
}

static void zero_sized_arrays(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  x = f32[0,4]{1,0} parameter(0)\n"
                       "  a = f32[0,4]{1,0} negate(x)\n"
                       "  ROOT b = f32[0,4]{1,0} abs(a)\n"
                       "}\n");
    assert_int_equal(f->program->buffer_bytes, 0);
    done(f);
}

/* ---- the boundary ---- */

static void outputs_are_copied_only_when_they_must(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  x = f32[8]{0} parameter(0)\n"
                       "  a = f32[8]{0} negate(x)\n"
                       "  c = f32[3]{0} constant({1, 2, 3})\n"
                       "  ROOT t = (f32[8]{0}, f32[8]{0}, f32[8]{0}, f32[3]{0}, f32[3]{0}) tuple(a, x, a, c, c)\n"
                       "}\n");
    expect_counts(f, 1, 4, 0);
    assert_int_equal(f->program->noutputs, 5);
    assert_int_equal(f->program->constant_bytes, 12);
    assert_int_equal(f->program->buffer_bytes, 0);
    assert_ptr_equal(f->program->main->steps[0].outputs[0], f->program->outputs[0]);
    done(f);
}

static void tuples_are_flattened(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  p_0_.1 = (f32[4]{0}, (f32[4]{0}, token[])) parameter(0)\n"
                       "  out0 = f32[4]{0} parameter(1)\n"
                       "  y.1 = f32[4]{0} parameter(2)\n"
                       "  y.2 = f32[4]{0} parameter(3)\n"
                       "  double = f32[4]{0} parameter(4)\n"
                       "  a = f32[4]{0} get-tuple-element(p_0_.1), index=0\n"
                       "  i = (f32[4]{0}, token[]) get-tuple-element(p_0_.1), index=1\n"
                       "  b = f32[4]{0} get-tuple-element(i), index=0\n"
                       "  c = f32[4]{0} add(a, b)\n"
                       "  d = f32[4]{0} add(c, out0)\n"
                       "  g = f32[4]{0} add(y.1, y.2)\n"
                       "  h = f32[4]{0} add(g, double)\n"
                       "  n = (f32[4]{0}, f32[4]{0}) tuple(c, h)\n"
                       "  ROOT t = ((f32[4]{0}, f32[4]{0}), f32[4]{0}) tuple(n, d)\n"
                       "}\n");
    static const char *const names[] = {"p_0_0", "p_0_1_0", "out0_2", "y_1", "y_2", "double_"};
    assert_int_equal(f->program->ninputs, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(f->program->input_names[i], names[i]);
    assert_int_equal(f->program->noutputs, 3);
    expect_counts(f, 4, 0, 0);
    done(f);
}

static void donated_inputs(void **state)
{
    (void)state;
    fixture *f = check("HloModule m, input_output_alias={ {0}: (0, {}, may-alias), {1}: (1, {}, may-alias) }\n"
                       "ENTRY e {\n"
                       "  x = f32[8]{0} parameter(0)\n"
                       "  y = f32[8]{0} parameter(1)\n"
                       "  a = f32[8]{0} add(x, y)\n"
                       "  r = f32[8]{0} reverse(y), dimensions={0}\n"
                       "  b = f32[8]{0} multiply(x, r)\n"
                       "  ROOT t = (f32[8]{0}, f32[8]{0}) tuple(a, b)\n"
                       "}\n");
    assert_int_equal(f->program->output_alias[0], 0);
    assert_int_equal(f->program->output_alias[1], 1);
    done(f);
}

/* out0 is written last, by a kernel that reads x element by element. */
static void a_donated_input_is_updated(void **state)
{
    (void)state;
    fixture *f = check("HloModule m, input_output_alias={ {0}: (0, {}, may-alias) }\n"
                       "ENTRY e {\n"
                       "  x = f32[8]{0} parameter(0)\n"
                       "  a = f32[8]{0} negate(x)\n"
                       "  b = f32[8]{0} reverse(x), dimensions={0}\n"
                       "  ROOT t = (f32[8]{0}, f32[8]{0}) tuple(a, b)\n"
                       "}\n");
    expect_counts(f, 2, 0, 0);
    assert_int_equal(f->program->output_alias[0], 0);
    const sched_step *last = &f->program->main->steps[1];
    assert_ptr_equal(last->outputs[0], f->program->outputs[0]);
    assert_ptr_equal(last->may_equal, f->program->inputs[0]);
    assert_null(find_step(f->program->main, SCHED_STEP_KERNEL)->may_equal);
    done(f);
}

static void donated_inputs_that_change_places(void **state)
{
    (void)state;
    fixture *f = check("HloModule m, input_output_alias={ {0}: (0, {}, may-alias), {1}: (1, {}, may-alias) }\n"
                       "ENTRY e {\n"
                       "  x = f32[8]{0} parameter(0)\n"
                       "  y = f32[8]{0} parameter(1)\n"
                       "  ROOT t = (f32[8]{0}, f32[8]{0}) tuple(y, x)\n"
                       "}\n");
    assert_int_equal(f->program->output_alias[0], 0);
    assert_int_equal(f->program->output_alias[1], -1);
    done(f);
}

/* ---- updates in place ---- */

static void a_chain_of_updates_lives_in_the_output(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  cache = f32[8,4]{1,0} parameter(0)\n"
                       "  u = f32[1,4]{1,0} parameter(1)\n"
                       "  i = s32[] parameter(2)\n"
                       "  z = s32[] constant(0)\n"
                       "  d0 = f32[8,4]{1,0} dynamic-update-slice(cache, u, i, z)\n"
                       "  r0 = f32[8,4]{1,0} reverse(d0), dimensions={0}\n"
                       "  v = f32[1,4]{1,0} negate(u)\n"
                       "  d1 = f32[8,4]{1,0} dynamic-update-slice(d0, v, z, z)\n"
                       "  r1 = f32[8,4]{1,0} reverse(d1), dimensions={0}\n"
                       "  d2 = f32[8,4]{1,0} dynamic-update-slice(d1, u, z, z)\n"
                       "  q = f32[8,4]{1,0} add(r0, r1)\n"
                       "  ROOT t = (f32[8,4]{1,0}, f32[8,4]{1,0}) tuple(q, d2)\n"
                       "}\n");
    expect_counts(f, 7, 1, 0);
    for (int i = 0; i < f->program->main->nsteps; i++) {
        const sched_step *step = &f->program->main->steps[i];
        if (step->kind == SCHED_STEP_KERNEL && step->kernel->updates) {
            assert_ptr_equal(step->outputs[0], f->program->outputs[1]);
            assert_ptr_equal(step->inputs[step->kernel->ninputs - 1], step->outputs[0]);
        }
    }
    done(f);
}

/* d0 is read again after d1 was made from it: no order of the kernels helps. */
static void an_update_of_a_value_that_lives_on_is_copied(void **state)
{
    (void)state;
    fixture *f = check("HloModule m\n"
                       "ENTRY e {\n"
                       "  x = f32[8]{0} parameter(0)\n"
                       "  u = f32[1]{0} parameter(1)\n"
                       "  z = s32[] constant(2)\n"
                       "  d0 = f32[8]{0} negate(x)\n"
                       "  d1 = f32[8]{0} dynamic-update-slice(d0, u, z)\n"
                       "  r = f32[8]{0} reverse(d1), dimensions={0}\n"
                       "  ROOT s = f32[8]{0} add(r, d0)\n"
                       "}\n");
    expect_counts(f, 4, 1, 0);
    done(f);
}

/* The update reads all of what it updates. */
static void an_update_that_reads_its_operand(void **state)
{
    (void)state;
    fixture *f = read_plan("HloModule m\n"
                           "ENTRY e {\n"
                           "  x = f32[8]{0} parameter(0)\n"
                           "  z = s32[] constant(2)\n"
                           "  d0 = f32[8]{0} negate(x)\n"
                           "  r = f32[8]{0} reverse(d0), dimensions={0}\n"
                           "  s = f32[4]{0} slice(r), slice={[0:4]}\n"
                           "  ROOT d1 = f32[8]{0} dynamic-update-slice(d0, s, z)\n"
                           "}\n");
    plan_comp *entry = f->planned->entry;
    ir_instr **in = f->module->entry->instrs;
    plan_kernel *update = entry->kernels[3];
    ir_instr *members[] = {in[1], in[3], in[4], in[5]};
    update->members = fw_alloc_array(f->arena, 4, sizeof *members);
    memcpy(update->members, members, sizeof members);
    update->nmembers = 4;
    const char *why = NULL;
    update->schedule = sched_build(f->arena, update, &why);
    assert_non_null(update->schedule);
    entry->kernels[1] = update;
    entry->nkernels = 2;
    checked(f);
    expect_counts(f, 2, 1, 0);
    const sched_step *step = &f->program->main->steps[2];
    assert_ptr_not_equal(step->inputs[0], step->outputs[0]);
    done(f);
}

/* ---- several outputs ---- */

static void a_kernel_with_two_outputs(void **state)
{
    (void)state;
    fixture *f = read_plan("HloModule m\n"
                           "ENTRY e {\n"
                           "  x = f32[64]{0} parameter(0)\n"
                           "  a = f32[64]{0} negate(x)\n"
                           "  b = f32[64]{0} add(a, x)\n"
                           "  c = f32[64]{0} reverse(b), dimensions={0}\n"
                           "  ROOT t = (f32[64]{0}, f32[64]{0}) tuple(c, a)\n"
                           "}\n");
    plan_comp *entry = f->planned->entry;
    ir_instr **outputs = fw_alloc_array(f->arena, 2, sizeof *outputs);
    outputs[0] = f->module->entry->instrs[2];
    outputs[1] = f->module->entry->instrs[1];
    entry->kernels[0] = new_kernel(f, outputs, 2, NULL);
    entry->kernels[1] = entry->kernels[2];
    entry->nkernels = 2;
    checked(f);
    expect_counts(f, 2, 0, 0);
    assert_ptr_equal(f->program->main->steps[0].outputs[1], f->program->outputs[1]);
    done(f);
}

static void a_value_without_a_kernel_is_an_error(void **state)
{
    (void)state;
    fixture *f = read_plan("HloModule m\n"
                           "ENTRY e {\n"
                           "  x = f32[4]{0} parameter(0)\n"
                           "  a = f32[4]{0} negate(x)\n"
                           "  ROOT b = f32[4]{0} abs(a)\n"
                           "}\n");
    f->planned->entry->kernels[0] = f->planned->entry->kernels[1];
    f->planned->entry->nkernels = 1;
    assert_null(sched_program_build(f->arena, f->diag, f->prover, f->planned));
    assert_int_equal(fw_diag_status(f->diag), FW_INTERNAL);
    done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_reuses_memory),
        cmocka_unit_test(small_buffers_are_not_proved),
        cmocka_unit_test(zero_sized_arrays),
        cmocka_unit_test(outputs_are_copied_only_when_they_must),
        cmocka_unit_test(tuples_are_flattened),
        cmocka_unit_test(donated_inputs),
        cmocka_unit_test(a_donated_input_is_updated),
        cmocka_unit_test(donated_inputs_that_change_places),
        cmocka_unit_test(a_chain_of_updates_lives_in_the_output),
        cmocka_unit_test(an_update_of_a_value_that_lives_on_is_copied),
        cmocka_unit_test(an_update_that_reads_its_operand),
        cmocka_unit_test(a_kernel_with_two_outputs),
        cmocka_unit_test(a_value_without_a_kernel_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
