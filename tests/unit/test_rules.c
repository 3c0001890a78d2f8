/* The Lua host and the planner. The sandbox cases are files of tests/rules/: the first line of each says what is expected.
 *   escape_*.lua    what a hostile or careless file tries while it is loaded: the message that stops it, or `ok`
 *   load_*.lua      rules that cannot be made
 *   error_*.lua     rules that fail when they are asked: the message, with the place
 *   nonsense_*.lua  proposals that are refused: the reason; the module is planned without them */
#include "rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A dense layer with bias and relu, a second one without, a softmax over its rows, and a loop that doubles it ten times. */
static const char graph[] =
    "HloModule test\n"
    "max { a = f32[] parameter(0) b = f32[] parameter(1) ROOT r = f32[] maximum(a, b) }\n"
    "sum { a = f32[] parameter(0) b = f32[] parameter(1) ROOT r = f32[] add(a, b) }\n"
    "body {\n"
    "  s = (s32[], f32[64,40]) parameter(0)\n"
    "  i = s32[] get-tuple-element(s), index=0\n"
    "  v = f32[64,40] get-tuple-element(s), index=1\n"
    "  one = s32[] constant(1)\n"
    "  next = s32[] add(i, one)\n"
    "  twice = f32[64,40] add(v, v)\n"
    "  ROOT r = (s32[], f32[64,40]) tuple(next, twice)\n"
    "}\n"
    "cond {\n"
    "  s = (s32[], f32[64,40]) parameter(0)\n"
    "  i = s32[] get-tuple-element(s), index=0\n"
    "  n = s32[] constant(10)\n"
    "  ROOT r = pred[] compare(i, n), direction=LT\n"
    "}\n"
    "ENTRY main {\n"
    "  x = f32[64,96] parameter(0)\n"
    "  w0 = f32[96,128] parameter(1)\n"
    "  b0 = f32[128] parameter(2)\n"
    "  w1 = f32[128,40] parameter(3)\n"
    "  zero = f32[] constant(0)\n"
    "  low = f32[] constant(-inf)\n"
    "  start = s32[] constant(0)\n"
    "  dot0 = f32[64,128] dot(x, w0), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  bias0 = f32[64,128] broadcast(b0), dimensions={1}\n"
    "  dense0 = f32[64,128] add(dot0, bias0)\n"
    "  zeros = f32[64,128] broadcast(zero), dimensions={}\n"
    "  relu0 = f32[64,128] maximum(dense0, zeros)\n"
    "  dot1 = f32[64,40] dot(relu0, w1), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
    "  top = f32[64] reduce(dot1, low), dimensions={1}, to_apply=max\n"
    "  tops = f32[64,40] broadcast(top), dimensions={0}\n"
    "  shifted = f32[64,40] subtract(dot1, tops)\n"
    "  exps = f32[64,40] exponential(shifted)\n"
    "  total = f32[64] reduce(exps, zero), dimensions={1}, to_apply=sum\n"
    "  totals = f32[64,40] broadcast(total), dimensions={0}\n"
    "  softmax = f32[64,40] divide(exps, totals)\n"
    "  init = (s32[], f32[64,40]) tuple(start, softmax)\n"
    "  loop = (s32[], f32[64,40]) while(init), condition=cond, body=body\n"
    "  last = f32[64,40] get-tuple-element(loop), index=1\n"
    "  ROOT result = (f32[64,40], f32[64,128]) tuple(last, relu0)\n"
    "}\n";

typedef struct world {
    fw_arena *arena;
    fw_diag *diag;
    const char *root, *cases;    /* the source tree, and tests/rules in it */
    rules_options options;
    const char *paths[4];
    sched_prover *prover;
    rules_set *rules;
    plan *plan;
    int nmade;
    const char *made[64];        /* files and folders to remove, in the order in which they were made */
} world;

static int setup(void **state)
{
    fw_arena *arena = fw_arena_new();
    world *w = fw_alloc(arena, sizeof *w);
    const char *slash = strrchr(__FILE__, '/');
    w->arena = arena;
    w->diag = fw_diag_new(arena);
    w->root = fw_format(arena, "%.*s/../..", (int)(slash - __FILE__), __FILE__);
    w->cases = fw_format(arena, "%s/tests/rules", w->root);
    w->options = (rules_options){.data = w->root, .paths = w->paths, .numerics = RULES_DEFAULT, .instructions = 3000000, .bytes = 16 << 20};
    w->prover = sched_prover_new(arena, 2000000);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    while (w->nmade)
        remove(w->made[--w->nmade]);
    rules_free(w->rules);
    sched_prover_free(w->prover);
    fw_arena_free(w->arena);
    return 0;
}

static void reset(world *w)
{
    rules_free(w->rules);
    w->rules = NULL;
    w->plan = NULL;
    w->diag = fw_diag_new(w->arena);
}

static const char *messages(world *w)
{
    fw_text text;
    fw_text_init(&text, w->arena);
    fw_diag_print(w->diag, &text);
    return fw_text_string(&text);
}

static ir_module *parse(world *w, const char *text)
{
    fw_source *source = fw_alloc(w->arena, sizeof *source);
    *source = (fw_source){"test.hlo", text, strlen(text)};
    ir_module *module = ir_read_hlo(w->arena, w->diag, source);
    if (!module)
        print_error("%s", messages(w));
    assert_non_null(module);
    return module;
}

/* Loads the rules with the packs that are set, and plans `text`. */
static plan *plan_text(world *w, const char *text)
{
    reset(w);
    w->rules = rules_load(w->arena, w->diag, &w->options);
    if (w->rules)
        w->plan = rules_plan(w->rules, w->arena, w->diag, parse(w, text), w->prover);
    return w->plan;
}

static const char *printed(world *w)
{
    fw_text text;
    fw_text_init(&text, w->arena);
    plan_print(w->plan, &text);
    return fw_text_string(&text);
}

static const plan_kernel *kernel_of(const plan_comp *comp, const char *root)
{
    for (int i = 0; i < comp->nkernels; i++)
        if (!strcmp(comp->kernels[i]->outputs[0]->name, root))
            return comp->kernels[i];
    return NULL;
}

static bool has_member(const plan_kernel *kernel, const char *name)
{
    for (int i = 0; i < kernel->nmembers; i++)
        if (!strcmp(kernel->members[i]->name, name))
            return true;
    return false;
}

static const char *will_remove(world *w, const char *path)
{
    assert_true(w->nmade < FW_COUNT(w->made));
    w->made[w->nmade++] = path;
    return path;
}

static const char *fresh_folder(world *w)
{
    char *folder = fw_strdup(w->arena, "/tmp/fw_rules_XXXXXX");
    assert_non_null(mkdtemp(folder));
    return will_remove(w, folder);
}

/* A pack made of text, in a file of a fresh folder. */
static const char *pack(world *w, const char *name, const char *text)
{
    const char *path = will_remove(w, fw_format(w->arena, "%s/%s", fresh_folder(w), name));
    assert_true(fw_file_write(w->diag, path, text, strlen(text)));
    return path;
}

/* ---- files of tests/rules ---- */

typedef void (*case_function)(world *w, const char *name, const char *expected);

static const char *expectation(world *w, const char *path)
{
    fw_source *source = fw_file_read(w->arena, w->diag, path);
    const char *prefix = "-- expect: ", *end;
    assert_non_null(source);
    assert_int_equal(strncmp(source->text, prefix, strlen(prefix)), 0);
    end = strchr(source->text, '\n');
    return fw_strndup(w->arena, source->text + strlen(prefix), (size_t)(end - source->text) - strlen(prefix));
}

static void for_each_case(world *w, const char *prefix, int least, case_function run)
{
    const char **names;
    int count = fw_folder_list(w->arena, w->diag, w->cases, ".lua", &names), found = 0;
    for (int i = 0; i < count; i++) {
        if (strncmp(names[i], prefix, strlen(prefix)) != 0)
            continue;
        w->paths[0] = fw_format(w->arena, "%s/%s", w->cases, names[i]);
        w->options.npaths = 1;
        run(w, names[i], expectation(w, w->paths[0]));
        found++;
    }
    assert_true(found >= least);
}

static void expect_message(world *w, const char *name, const char *expected)
{
    const char *text = messages(w);
    if (!strstr(text, expected) || !strstr(text, fw_format(w->arena, "%s:", name)))
        fail_msg("%s: expected '%s' in\n%s", name, expected, text);
    assert_int_equal(fw_diag_status(w->diag), FW_RULE);
}

static void run_load_case(world *w, const char *name, const char *expected)
{
    reset(w);
    w->rules = rules_load(w->arena, w->diag, &w->options);
    if (!strcmp(expected, "ok") && !w->rules)
        fail_msg("%s: %s", name, messages(w));
    if (!strcmp(expected, "ok"))
        return;
    if (w->rules)
        fail_msg("%s: loaded, although '%s' was expected", name, expected);
    expect_message(w, name, expected);
}

static void run_error_case(world *w, const char *name, const char *expected)
{
    if (plan_text(w, graph))
        fail_msg("%s: planned, although '%s' was expected", name, expected);
    assert_non_null(w->rules);
    expect_message(w, name, expected);
}

/* --rules-on-error=skip goes on without the rule that failed; a budget that is used up ends the planning all the same. */
static void run_skip_case(world *w, const char *name, const char *expected)
{
    w->options.skip_on_error = true;
    plan_text(w, graph);
    w->options.skip_on_error = false;
    if (strstr(expected, "budget"))
        assert_null(w->plan);
    else if (!w->plan || fw_diag_errors(w->diag) || !strstr(messages(w), "is skipped"))
        fail_msg("%s: not skipped\n%s", name, messages(w));
}

static void run_nonsense_case(world *w, const char *name, const char *expected)
{
    if (!plan_text(w, graph))
        fail_msg("%s: %s", name, messages(w));
    for (int i = 0; i < w->plan->nrecords; i++) {
        const plan_record *r = &w->plan->records[i];
        if (r->rule_file && !strcmp(r->rule_file, name) && !r->accepted && strstr(r->reason, expected))
            return;
    }
    fail_msg("%s: no refusal with '%s' in\n%s", name, expected, printed(w));
}

static void escapes(void **state)
{
    for_each_case(*state, "escape_", 50, run_load_case);
}

static void unloadable_rules(void **state)
{
    for_each_case(*state, "load_", 5, run_load_case);
}

static void failing_rules(void **state)
{
    for_each_case(*state, "error_", 10, run_error_case);
}

static void failing_rules_are_skipped(void **state)
{
    for_each_case(*state, "error_", 10, run_skip_case);
}

static void nonsense_is_refused(void **state)
{
    for_each_case(*state, "nonsense_", 10, run_nonsense_case);
}

static void files_do_not_see_each_other(void **state)
{
    world *w = *state;
    w->paths[0] = fw_format(w->arena, "%s/escape_environment.lua", w->cases);
    w->paths[1] = fw_format(w->arena, "%s/escape_environment_other.lua", w->cases);
    w->options.npaths = 2;
    w->rules = rules_load(w->arena, w->diag, &w->options);
    assert_non_null(w->rules);
}

static void precompiled_chunks(void **state)
{
    world *w = *state;
    w->paths[0] = pack(w, "chunk.lua", "\033Lua\x54\x00rest");
    w->options.npaths = 1;
    assert_null(rules_load(w->arena, w->diag, &w->options));
    assert_non_null(strstr(messages(w), "precompiled"));
}

/* Where the library passes the self-test the operator runs; where it does not, the chunk is refused with its line. */
static void bitwise_operators(void **state)
{
    world *w = *state;
    for_each_case(w, "bitwise_words", 1, run_load_case);
    w->paths[0] = fw_format(w->arena, "%s/bitwise_operator.lua", w->cases);
    reset(w);
    w->rules = rules_load(w->arena, w->diag, &w->options);
    if (!w->rules)
        expect_message(w, "bitwise_operator.lua", "bitwise_operator.lua:3:");
}

static void same_budget_ends_at_the_same_place(void **state)
{
    world *w = *state;
    const char *first = NULL;
    w->paths[0] = pack(w, "count.lua", "local n = 0\nwhile true do\n  n = n + 1\n  if n % 7 == 0 then\n    n = n + 2\n  end\nend\n");
    w->options.npaths = 1;
    w->options.instructions = 1000003;
    for (int i = 0; i < 3; i++) {
        reset(w);
        assert_null(rules_load(w->arena, w->diag, &w->options));
        const char *text = messages(w);
        assert_non_null(strstr(text, "instruction budget of 1000003"));
        if (first)
            assert_string_equal(first, text);
        first = text;
    }
}

/* However small the cap: an error, never an abort. */
static void every_memory_cap(void **state)
{
    world *w = *state;
    int loaded = 0, refused = 0;
    for (int64_t bytes = 500; bytes < 500000; bytes += bytes < 50000 ? 997 : 9973) {
        reset(w);
        w->options.bytes = bytes;
        w->rules = rules_load(w->arena, w->diag, &w->options);
        loaded += w->rules != NULL;
        refused += !w->rules;
        assert_int_equal(fw_diag_errors(w->diag) > 0, !w->rules);
        if (w->rules && !plan_text(w, graph))
            assert_int_equal(fw_diag_status(w->diag), FW_RULE);
    }
    assert_true(loaded > 0 && refused > 0);
}

/* ---- targets and loading ---- */

static void target_facts(void **state)
{
    world *w = *state;
    fw_text text;
    w->rules = rules_load(w->arena, w->diag, &w->options);
    assert_non_null(w->rules);
    assert_string_equal(rules_target(w->rules)->name, "c");
    assert_string_equal(rules_target(w->rules)->backend, "c");
    assert_int_equal(rules_target(w->rules)->l1, 32768);
    assert_int_equal(strlen(rules_digest(w->rules)), 64);
    assert_true(rules_count(w->rules) >= 6);
    fw_text_init(&text, w->arena);
    assert_true(rules_list_targets(w->arena, w->diag, &w->options, &text));
    assert_non_null(strstr(fw_text_string(&text), "cuda-sm80\n    backend=cuda\n"));
    reset(w);
    w->options.target = "../secret";
    assert_null(rules_load(w->arena, w->diag, &w->options));
    assert_int_equal(fw_diag_status(w->diag), FW_USAGE);
}

static void missing_pack(void **state)
{
    world *w = *state;
    w->paths[0] = "/tmp/there/is/no/such.lua";
    w->options.npaths = 1;
    assert_null(rules_load(w->arena, w->diag, &w->options));
    assert_int_equal(fw_diag_status(w->diag), FW_FILE);
}

static void checking(void **state)
{
    world *w = *state;
    fw_text text;
    fw_text_init(&text, w->arena);
    assert_true(rules_check(w->arena, w->diag, &w->options, &text));
    assert_non_null(strstr(fw_text_string(&text), "rule \"rows_in_cache\": ok"));
    w->paths[0] = fw_format(w->arena, "%s/error_in_propose.lua", w->cases);
    w->options.npaths = 1;
    fw_text_init(&text, w->arena);
    assert_false(rules_check(w->arena, w->diag, &w->options, &text));
    assert_non_null(strstr(fw_text_string(&text), "error_in_propose.lua:5: rule \"broken\" failed"));
}

/* ---- the planner ---- */

static void shipped_rules(void **state)
{
    world *w = *state;
    assert_non_null(plan_text(w, graph));
    const plan_comp *entry = w->plan->entry;
    assert_int_equal(entry->nkernels, 3);
    const plan_kernel *dense = kernel_of(entry, "relu0"), *softmax = kernel_of(entry, "softmax");
    assert_non_null(dense);
    assert_string_equal(dense->template_name, "contraction");
    assert_true(has_member(dense, "dot0") && has_member(dense, "bias0") && has_member(dense, "dense0"));
    assert_true(dense->reassociate && dense->contract && !dense->approximate);
    assert_non_null(softmax);
    assert_string_equal(softmax->template_name, "reduce");
    assert_int_equal(softmax->nkeep, 3); /* two reductions and the exponential */
    assert_string_equal(softmax->rule_file, "rules/reduce.lua");
    int loops = 0;
    for (int id = 0; id < entry->comp->ninstrs; id++) {
        const plan_comp *called = entry->called[id];
        if (!called)
            continue;
        loops++;
        assert_int_equal(called[0].nkernels, 1);
        assert_int_equal(called[1].nkernels, 2);
    }
    assert_int_equal(loops, 1);
}

static void same_plan_every_time(void **state)
{
    world *w = *state;
    assert_non_null(plan_text(w, graph));
    const char *first = printed(w);
    assert_non_null(plan_text(w, graph));
    assert_string_equal(first, printed(w));
}

/* Priority first, then the order of files, then the order in a file. */
static void total_order(void **state)
{
    world *w = *state;
    w->paths[0] = pack(w, "first.lua", "local function no(r) return refuse('no') end\n"
                                       "rule 'a' { on = 'divide', priority = 200, propose = no }\n"
                                       "rule 'b' { on = '*', priority = 300, propose = no }\n"
                                       "rule 'c' { on = 'elementwise', priority = 200, propose = no }\n");
    w->paths[1] = pack(w, "second.lua", "rule 'd' { on = { 'add', 'divide' }, priority = 200, propose = function() return refuse('no') end }\n"
                                        "rule 'e' { on = 'divide', priority = 201, propose = function() return { refuse('1'), refuse('2') } end }\n");
    w->options.npaths = 2;
    assert_non_null(plan_text(w, graph));
    fw_text order;
    fw_text_init(&order, w->arena);
    for (int i = 0; i < w->plan->nrecords; i++)
        if (!strcmp(w->plan->records[i].instr->name, "softmax"))
            fw_text_printf(&order, "%s ", w->plan->records[i].rule);
    assert_string_equal(fw_text_string(&order), "b e e a c d rows_in_cache ");
}

static void strict_grants_nothing(void **state)
{
    world *w = *state;
    w->options.numerics = RULES_STRICT;
    assert_non_null(plan_text(w, graph));
    for (int i = 0; i < w->plan->entry->nkernels; i++) {
        const plan_kernel *k = w->plan->entry->kernels[i];
        assert_false(k->reassociate || k->contract || k->approximate);
    }
}

/* Without rules every instruction still gets a kernel. */
static void fallback(void **state)
{
    world *w = *state;
    const char *folder = fresh_folder(w), *rules = will_remove(w, fw_format(w->arena, "%s/rules", folder));
    const char *targets = will_remove(w, fw_format(w->arena, "%s/targets", rules));
    fw_named_text target = {"c.lua", "return { backend = 'c' }\n", 25}, nothing = {"none.lua", "", 0};
    assert_true(fw_files_write(w->diag, targets, &target, 1, NULL, 0) && fw_files_write(w->diag, rules, &nothing, 1, NULL, 0));
    will_remove(w, fw_format(w->arena, "%s/none.lua", rules));
    will_remove(w, fw_format(w->arena, "%s/c.lua", targets));
    w->options.data = folder;
    assert_non_null(plan_text(w, graph));
    assert_int_equal(rules_count(w->rules), 0);
    for (int i = 0; i < w->plan->entry->nkernels; i++)
        assert_string_equal(w->plan->entry->kernels[i]->rule, "fallback");
    assert_true(w->plan->entry->nkernels >= 10);
}

static void unsupported_are_listed_at_once(void **state)
{
    world *w = *state;
    assert_null(plan_text(w, "HloModule m\n"
                             "ENTRY e {\n"
                             "  x = f32[8,8] parameter(0)\n"
                             "  a = f32[8,8] custom-call(x), custom_call_target=\"first\"\n"
                             "  b = f32[8,8] custom-call(x), custom_call_target=\"second\"\n"
                             "  ROOT s = f32[8,8] add(a, b)\n"
                             "}\n"));
    assert_int_equal(fw_diag_status(w->diag), FW_UNSUPPORTED);
    assert_int_equal(fw_diag_errors(w->diag), 2);
    assert_non_null(strstr(messages(w), "test.hlo:4:"));
    assert_non_null(strstr(messages(w), "test.hlo:5:"));
}

/* A value inside a kernel that turns out to be needed is stored by that kernel, not computed again. */
static void export_of_inner_values(void **state)
{
    world *w = *state;
    w->paths[0] = pack(w, "greedy.lua", "rule 'greedy' { on = 'tanh', priority = 500, propose = function(root)\n"
                                        "  return fuse(root:producers(function(p) return p.is_elementwise end))\nend }\n");
    w->options.npaths = 1;
    assert_non_null(plan_text(w, "HloModule m\n"
                                 "ENTRY e {\n"
                                 "  x = f32[512] parameter(0)\n"
                                 "  a = f32[512] exponential(x)\n"
                                 "  b = f32[512] negate(a)\n"
                                 "  zero = f32[] constant(0)\n"
                                 "  r = f32[514] pad(a, zero), padding=1_1\n"
                                 "  t = f32[512] tanh(b)\n"
                                 "  ROOT s = (f32[512], f32[514], f32[512]) tuple(t, r, a)\n"
                                 "}\n"));
    const plan_kernel *k = kernel_of(w->plan->entry, "t");
    assert_non_null(k);
    assert_int_equal(k->noutputs, 2);
    assert_string_equal(k->outputs[1]->name, "a");
    assert_ptr_equal(k->schedule->plan, k);
}

/* Random proposals with outputs, kept values, tiles and templates of all kinds: nothing breaks, and the plan stays complete. */
static void chaos(void **state)
{
    world *w = *state;
    int accepted = 0;
    w->options.instructions = 0;
    for (int seed = 1; seed <= 12; seed++) {
        fw_source *text = fw_file_read(w->arena, w->diag, fw_format(w->arena, "%s/chaos.lua", w->cases));
        assert_non_null(text);
        w->paths[0] = pack(w, "chaos.lua", fw_format(w->arena, "local seed = %d\n%s", seed, text->text));
        w->options.npaths = 1;
        assert_non_null(plan_text(w, graph));
        for (int i = 0; i < w->plan->entry->nkernels; i++) {
            const plan_kernel *k = w->plan->entry->kernels[i];
            assert_non_null(k->schedule);
            accepted += !strcmp(k->rule, "chaos");
        }
    }
    assert_true(accepted >= 12);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(escapes), TEST(unloadable_rules), TEST(failing_rules), TEST(failing_rules_are_skipped), TEST(nonsense_is_refused),
        TEST(files_do_not_see_each_other), TEST(precompiled_chunks), TEST(bitwise_operators), TEST(same_budget_ends_at_the_same_place),
        TEST(every_memory_cap),
        TEST(target_facts), TEST(missing_pack), TEST(checking), TEST(shipped_rules), TEST(same_plan_every_time), TEST(total_order),
        TEST(strict_grants_nothing), TEST(fallback), TEST(unsupported_are_listed_at_once), TEST(export_of_inner_values), TEST(chaos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
