/* The whole compiler, top to bottom: gen_model_plan from a module to a program, gen_compile from a file to files. */
#include "gen.h"

#include <string.h>

/* ---- input: its kind is found from the content ---- */

static bool contains_control(const fw_source *source)
{
    for (size_t i = 0; i < source->size; i++)
        if ((unsigned char)source->text[i] < 32 && !strchr("\t\n\r\f\v", source->text[i]))
            return true;
    return false;
}

/* Where the first word after white space and comments starts. */
static const char *first_word(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n");
        if (at[0] == '/' && at[1] == '/')
            at += strcspn(at, "\n");
        else if (at[0] == '/' && at[1] == '*' && strstr(at + 2, "*/"))
            at = strstr(at + 2, "*/") + 2;
        else
            return at;
    }
}

/* Names a kind of input that this version cannot read yet; NULL for text. */
static const char *foreign_kind(const fw_source *source)
{
    if (source->size >= 4 && !memcmp(source->text, "ML\xefR", 4))
        return "a StableHLO portable artifact (MLIR bytecode)";
    if (contains_control(source))
        return "binary, perhaps a serialized HloModuleProto";
    return NULL;
}

/* HLO text begins with a word or a name; these words begin no computation or instruction. */
static bool is_stablehlo(const fw_source *source)
{
    const char *word = first_word(source->text);
    static const char *const starts[] = {"module @", "module {", "module attributes", "func.func", "#", "!", "{-#",
        "builtin.module", "sdy.mesh", "\"builtin.module\"", "\"func.func\""};
    for (int i = 0; i < FW_COUNT(starts); i++)
        if (!strncmp(word, starts[i], strlen(starts[i])))
            return true;
    return false;
}

ir_module *gen_read(fw_arena *arena, fw_diag *diag, const char *path)
{
    fw_source *source = fw_file_read(arena, diag, path);
    if (!source)
        return NULL;
    const char *kind = foreign_kind(source);
    if (kind) {
        fw_error(diag, FW_UNSUPPORTED, (fw_loc){source, 0, 0}, "the input is %s, and reading that is not built yet",
            kind);
        fw_note(diag, GEN_NOWHERE,
            "HLO text is read: in JAX, jax.jit(f).lower(...).compiler_ir(dialect='hlo').as_hlo_text()");
        return NULL;
    }
    ir_module *module = is_stablehlo(source) ? ir_read_stablehlo(arena, diag, source) : ir_read_hlo(arena, diag, source);
    if (!module || !ir_verify(diag, module))
        return NULL;
    const ir_instr *elided = ir_module_elided(module);
    if (elided) {
        fw_error(diag, FW_INPUT, elided->loc, "the values of constant '%s' were left out of this text", elided->name);
        fw_note(diag, GEN_NOWHERE, "print the module with print_large_constants to get them");
        return NULL;
    }
    return module;
}

/* ---- from a module to a proved program ---- */

void gen_model_start(gen_model *model, fw_arena *arena, fw_diag *diag, const gen_options *options)
{
    *model = (gen_model){.arena = arena, .diag = diag, .options = options};
    model->output = fw_alloc(arena, sizeof *model->output);
}

void gen_model_end(gen_model *model)
{
    sched_prover_free(model->prover);
    if (model->rules)
        rules_free(model->rules);
    model->prover = NULL;
    model->rules = NULL;
}

static bool simplify(gen_model *model, ir_module *module)
{
    ir_simplify(module);
    model->module = module;
#ifndef NDEBUG
    int before = fw_diag_errors(model->diag);
    if (!ir_verify(model->diag, module) && fw_diag_errors(model->diag) == before)
        return false;
#endif
    return fw_diag_errors(model->diag) == 0;
}

/* The importer marks what StableHLO may define otherwise than HLO (a scatter's window that sticks out, an init that may count twice).
 * Simplifying removes the marks that make no difference. Nobody computes the other meaning yet: no code is written for it, and the
 * evaluator, which sees modules as they were read, warns. */
bool gen_meanings_known(fw_diag *diag, const ir_module *module, bool refuse)
{
    bool ok = true;
    for (int c = 0; c < module->ncomps; c++)
        for (int i = 0; i < module->comps[c]->ninstrs; i++) {
            const ir_instr *instr = module->comps[c]->instrs[i];
            const ir_attr *attr = ir_attr_get(instr, IR_ATTR_FRONTEND_ATTRIBUTES);
            if (!attr || !strstr(attr->text, "fusewright.semantics=\"stablehlo\""))
                continue;
            if (refuse)
                fw_error(diag, FW_UNSUPPORTED, instr->loc, "%s '%s' has StableHLO's meaning, which differs from XLA's here and is not built yet",
                    ir_op_of(instr->op)->name, instr->name);
            else
                fw_warning(diag, instr->loc, "%s '%s' is computed as XLA defines it, which differs from StableHLO where a window sticks out",
                    ir_op_of(instr->op)->name, instr->name);
            ok = false;
        }
    return ok;
}

/* Symbolic sizes are read, verified and printed; there is no code for them yet. The parameters say it all where any has one. */
static bool all_static(gen_model *model)
{
    bool ok = true;
    for (int parameters = 1; parameters >= 0 && ok; parameters--)
        for (int c = 0; c < model->module->ncomps; c++) {
            const ir_comp *comp = model->module->comps[c];
            for (int i = 0; i < comp->ninstrs; i++) {
                const ir_instr *instr = comp->instrs[i];
                if (ir_shape_is_static(instr->shape) || (parameters && instr->op != IR_OP_PARAMETER))
                    continue;
                fw_error(model->diag, FW_UNSUPPORTED, instr->loc, "'%s' has a symbolic size, %s: this version compiles constant sizes only",
                    instr->name, gen_shape_text(model->arena, instr->shape));
                ok = false;
            }
        }
    return ok;
}

static bool load_rules(gen_model *model)
{
    model->rules = rules_load(model->arena, model->diag, &model->options->rules);
    if (!model->rules)
        return false;
    model->target = rules_target(model->rules);
    model->backend = gen_backend_find(model->target->backend);
    if (!model->backend)
        fw_error(model->diag, FW_UNSUPPORTED, GEN_NOWHERE, "target '%s' needs the backend '%s', which is not built yet",
            model->target->name, model->target->backend);
    return model->backend != NULL;
}

static bool make_plan(gen_model *model)
{
    model->prover = sched_prover_new(model->arena, 0);
    model->plan = rules_plan(model->rules, model->arena, model->diag, model->module, model->prover);
    return model->plan != NULL;
}

static int called_count(const ir_instr *instr)
{
    if (instr->op == IR_OP_WHILE)
        return 2;
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    return branches ? branches->count : 2;
}

/* Calls `visit` for every kernel of a computation and of those it runs. */
static void visit_kernels(gen_model *model, const plan_comp *comp, void (*visit)(gen_model *, plan_kernel *, void *),
    void *user)
{
    for (int i = 0; i < comp->nkernels; i++)
        visit(model, comp->kernels[i], user);
    for (int i = 0; comp->called && i < comp->comp->ninstrs; i++)
        for (int c = 0; comp->called[i] && c < called_count(comp->comp->instrs[i]); c++)
            visit_kernels(model, &comp->called[i][c], visit, user);
}

static void prepare_kernel(gen_model *model, plan_kernel *kernel, void *user)
{
    const char *why = "";
    (void)user;
    if (model->backend->prepare(model->arena, kernel->schedule, model->target, &why))
        return;
    const ir_instr *root = kernel->outputs[0];
    fw_error(model->diag, FW_UNSUPPORTED, root->loc, "backend '%s' cannot write the kernel of '%s': %s",
        model->backend->name,
        root->name, why);
    if (kernel->rule)
        fw_note(model->diag, GEN_NOWHERE, "it was chosen by rule '%s' at %s", kernel->rule,
            gen_rule_place(model, kernel));
}

/* How much packing scratch each kernel's template takes; the buffers are planned with it. */
static bool prepare(gen_model *model)
{
    visit_kernels(model, model->plan->entry, prepare_kernel, NULL);
    return fw_diag_errors(model->diag) == 0;
}

static bool make_program(gen_model *model)
{
    model->program = sched_program_build(model->arena, model->diag, model->prover, model->plan);
    return model->program != NULL;
}

static void print_kernel(gen_model *model, plan_kernel *kernel, void *out)
{
    (void)model;
    sched_kernel_print(kernel->schedule, out);
}

/* True where `phase` is the one that --dump asks for; its text form is then in the report and nothing else is done. */
static bool dumped(gen_model *model, const char *phase, fw_text *report)
{
    if (!model->options->dump || strcmp(model->options->dump, phase))
        return false;
    if (!strcmp(phase, "module") || !strcmp(phase, "simplified"))
        ir_module_print(model->module, report);
    else if (!strcmp(phase, "plan"))
        plan_print(model->plan, report);
    else if (!strcmp(phase, "schedule"))
        visit_kernels(model, model->plan->entry, print_kernel, report);
    else
        sched_program_print(model->program, report);
    return true;
}

bool gen_model_plan(gen_model *model, ir_module *module, fw_text *report)
{
    model->module = module;
    if (dumped(model, "module", report))
        return true;
    if (!simplify(model, module))
        return false;
    if (dumped(model, "simplified", report))
        return true;
    if (!gen_meanings_known(model->diag, module, true) || !all_static(model) || !load_rules(model) || !make_plan(model)) /* every kernel of the plan is built and proved */
        return false;
    if (dumped(model, "plan", report))
        return true;
    if (!prepare(model))
        return false;
    if (dumped(model, "schedule", report))
        return true;
    if (!make_program(model))
        return false;
    dumped(model, "program", report);
    return true;
}

/* ---- from a program to files ---- */

static bool take_prefix(gen_model *model)
{
    const char *name = model->options->name ? model->options->name : model->module->name;
    model->prefix = gen_c_identifier(model->arena, name);
    if (!model->options->name || !strcmp(name, model->prefix))
        return true;
    fw_error(model->diag, FW_USAGE, GEN_NOWHERE, "--name %s is no C identifier that is free to use; '%s' is", name,
        model->prefix);
    return false;
}

static bool kernel_texts(gen_model *model)
{
    bool ok = true;
    for (int i = 0; i < model->nkernels; i++) {
        const gen_kernel *kernel = &model->kernels[i];
        fw_text text;
        if (kernel->like != i)
            continue;
        fw_text_init(&text, model->arena);
        ok = gen_kernel_text(model, kernel, &text) && ok;
        const char *suffix = model->backend->kernel_suffix;
        const char *name = fw_format(model->arena, "%s_%s%s", model->prefix, kernel->name, suffix);
        gen_output_add(model, name, text.data, text.size);
    }
    return ok;
}

static bool driver_text(gen_model *model)
{
    fw_text text;
    fw_text_init(&text, model->arena);
    if (!model->backend->driver(model, &text))
        return false;
    gen_output_add(model, fw_format(model->arena, "%s%s", model->prefix, model->backend->kernel_suffix), text.data,
        text.size);
    return true;
}

static bool weights_file(gen_model *model)
{
    if (gen_has_blob(model))
        gen_output_add(model, fw_format(model->arena, "%s.weights", model->prefix), model->blob,
            (size_t)model->blob_bytes);
    return true;
}

/* The kernels come before their header, which holds only the helpers they use; the manifest lists what others made. */
static bool texts(gen_model *model)
{
    return gen_header(model) && driver_text(model) && kernel_texts(model) && gen_kernels_header(model) &&
        weights_file(model) &&
           (!model->options->with_main || gen_main_program(model)) && gen_project(model) && gen_manifest(model);
}

bool gen_model_names(gen_model *model)
{
    return take_prefix(model) && gen_constants_place(model) && gen_names(model);
}

bool gen_model_texts(gen_model *model)
{
    return gen_model_names(model) && texts(model);
}

bool gen_compile(fw_arena *arena, fw_diag *diag, const gen_options *options, fw_text *report)
{
    gen_model model;
    gen_model_start(&model, arena, diag, options);
    ir_module *module = gen_read(arena, diag, options->input);
    bool ok = module && gen_model_plan(&model, module, report);
    if (ok && !options->dump)
        ok = gen_model_texts(&model) && gen_output_write(&model);
    gen_model_end(&model);
    return ok;
}
