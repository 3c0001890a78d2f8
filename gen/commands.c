/* The short commands: run, print, rules check, targets, ops, version; and where the data of the tool is. */
#include "options.h"

#include <string.h>

/* ---- run ---- */

/* Inputs of a module are the leaves of its parameters in order, tokens left out. */
static bool read_leaves(fw_arena *arena, fw_diag *diag, const cli_line *line, const ir_instr *param,
    ir_literal *literal, int *next)
{
    if (literal->shape->type == IR_TUPLE) {
        for (int i = 0; i < literal->shape->nelems; i++)
            if (!read_leaves(arena, diag, line, param, literal->elems[i], next))
                return false;
        return true;
    }
    if (literal->shape->type == IR_TOKEN)
        return true;
    int number = (*next)++;
    const char *what = fw_format(arena, "input %d '%s'", number, param->name);
    if (number + 1 >= line->nwords) {
        fw_error(diag, FW_INPUT, GEN_NOWHERE, "%s is missing", what);
        return false;
    }
    const ir_literal *read = ir_npy_read(arena, diag, line->words[number + 1], literal->shape, what);
    if (read && ir_shape_bytes(literal->shape) > 0)
        memcpy(literal->data, read->data, (size_t)ir_shape_bytes(literal->shape));
    return read != NULL;
}

static ir_literal **read_inputs(fw_arena *arena, fw_diag *diag, const cli_line *line, const ir_module *module)
{
    const ir_comp *entry = module->entry;
    ir_literal **args = fw_alloc_array(arena, (size_t)entry->nparams + 1, sizeof *args);
    int next = 0;
    for (int i = 0; i < entry->nparams; i++) {
        if (!ir_shape_is_static(entry->params[i]->shape)) {
            fw_error(diag, FW_UNSUPPORTED, entry->params[i]->loc, "parameter '%s' has a symbolic size",
                entry->params[i]->name);
            return NULL;
        }
        args[i] = ir_literal_new(arena, entry->params[i]->shape);
        if (!read_leaves(arena, diag, line, entry->params[i], args[i], &next))
            return NULL;
    }
    if (next + 1 < line->nwords) {
        fw_error(diag, FW_INPUT, GEN_NOWHERE, "'%s' is one input too many: the module has %d", line->words[next + 1],
            next);
        return NULL;
    }
    return args;
}

/* Writes the leaves of a result as PREFIX.0.npy, ..., or prints them where there is no prefix. */
static bool write_leaves(fw_arena *arena, fw_diag *diag, const cli_line *line, const ir_literal *literal, int *next,
    fw_text *out)
{
    if (literal->shape->type == IR_TUPLE) {
        for (int i = 0; i < literal->shape->nelems; i++)
            if (!write_leaves(arena, diag, line, literal->elems[i], next, out))
                return false;
        return true;
    }
    if (literal->shape->type == IR_TOKEN)
        return true;
    int number = (*next)++;
    if (line->prefix)
        return ir_npy_write(diag, fw_format(arena, "%s.%d.npy", line->prefix, number), literal);
    fw_text_printf(out, "out%d = %s ", number, gen_shape_text(arena, literal->shape));
    ir_literal_print(literal, out);
    fw_text_char(out, '\n');
    return true;
}

bool command_run(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out)
{
    int next = 0;
    const ir_module *module = gen_read(arena, diag, line->words[0]);
    if (module)
        gen_meanings_known(diag, module, false);
    ir_literal **args = module ? read_inputs(arena, diag, line, module) : NULL;
    const ir_literal *result = args ? ir_evaluate(arena, diag, module, args, module->entry->nparams) : NULL;
    return result && write_leaves(arena, diag, line, result, &next, out);
}

/* ---- print ---- */

/* Runs the rewrites in their order up to the one asked for. */
static bool run_passes(fw_arena *arena, fw_diag *diag, ir_module *module, const char *last)
{
    const char *names[32] = {NULL};
    int count = 0;
    for (const ir_pass *pass = ir_passes; pass->name && count < FW_COUNT(names); pass++)
        names[count++] = pass->name;
    int stop = 0;
    while (stop < count && strcmp(names[stop], last))
        stop++;
    if (stop == count) {
        const char *nearest = cli_nearest(last, names, count);
        fw_text list;
        fw_text_init(&list, arena);
        for (int i = 0; i < count; i++)
            fw_text_printf(&list, " %s", names[i]);
        fw_error(diag, FW_USAGE, GEN_NOWHERE, "there is no pass '%s'%s%s%s", last, nearest ? "; did you mean '" : "",
            nearest ? nearest : "",
            nearest ? "'?" : "");
        fw_note(diag, GEN_NOWHERE, "passes in their order:%s", fw_text_string(&list));
        return false;
    }
    for (int i = 0; i <= stop; i++)
        ir_passes[i].run(module);
    return true;
}

bool command_print(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out)
{
    ir_module *module = gen_read(arena, diag, line->words[0]);
    if (!module || (line->after && !run_passes(arena, diag, module, line->after)))
        return false;
    if (!strcmp(line->format, "stablehlo"))
        return ir_module_print_stablehlo(module, diag, out);
    if (!strcmp(line->format, "dot"))
        ir_module_print_dot(module, out);
    else if (!strcmp(line->format, "html"))
        ir_module_print_html(module, out);
    else
        ir_module_print(module, out);
    return true;
}

/* ---- rules, targets, ops ---- */

bool command_rules(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out)
{
    rules_options rules = line->gen.rules;
    const char **paths = fw_alloc_array(arena, (size_t)rules.npaths + 1, sizeof *paths);
    for (int i = 0; i < rules.npaths; i++)
        paths[i] = rules.paths[i];
    paths[rules.npaths++] = line->words[1];
    rules.paths = paths;
    return rules_check(arena, diag, &rules, out);
}

bool command_targets(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out)
{
    return rules_list_targets(arena, diag, &line->gen.rules, out);
}

bool command_ops(fw_text *out)
{
    fw_text_printf(out, "%-28s %-14s %-9s %-9s %s\n", "operation", "class", "operands", "evaluator", "C code");
    for (int i = 0; i < IR_NOPS; i++) {
        const ir_op_info *op = ir_op_of((ir_op)i);
        const char *most = op->most < 0 ? "any" : fw_format(out->arena, "%d", op->most);
        const char *count = op->least == op->most ? most : fw_format(out->arena, "%d to %s", op->least, most);
        bool opaque = !strcmp(op->access, "OPAQUE"), by_element = op->c_float || op->c_int || op->c_pred;
        const char *code = opaque ? "no" : fw_format(out->arena, "yes%s%s%s%s", by_element ? ", elements:" : "",
            op->c_float ? " float" : "", op->c_int ? " integer" : "", op->c_pred ? " pred" : "");
        fw_text_printf(out, "%-28s %-14s %-9s %-9s %s\n", op->name, ir_class_name(op->cls), count,
            strcmp(op->eval, "none") ? "yes" : "no", code);
    }
    return true;
}

/* ---- all ---- */

/* The folder of rules/ and templates/: the source tree this was built from while it is there, else the installed
 * one. */
static const char *data_folder(void)
{
    return fw_file_exists(FW_SOURCE_DATA "/templates/c/MODEL.h") ? FW_SOURCE_DATA : FW_INSTALL_DATA;
}

bool command_any(fw_arena *arena, fw_diag *diag, const cli_line *given, fw_text *out)
{
    cli_line line = *given;
    line.gen.data = line.gen.rules.data = data_folder();
    if (line.help) {
        cli_help(&line, out);
        return true;
    }
    switch (line.command) {
    case CLI_COMPILE: return gen_compile(arena, diag, &line.gen, out);
    case CLI_RUN: return command_run(arena, diag, &line, out);
    case CLI_CHECK: return command_check(arena, diag, &line, out);
    case CLI_EXPLAIN: return command_explain(arena, diag, &line, out);
    case CLI_PRINT: return command_print(arena, diag, &line, out);
    case CLI_RULES: return command_rules(arena, diag, &line, out);
    case CLI_TARGETS: return command_targets(arena, diag, &line, out);
    case CLI_OPS: return command_ops(out);
    case CLI_VERSION: fw_text_add(out, "fusewright " GEN_VERSION "\n"); return true;
    default: break; /* the others are not built yet, and the parser has said so */
    }
    fw_error(diag, FW_INTERNAL, GEN_NOWHERE, "a command without code");
    return false;
}
