/* A whole text: a module with or without header, or one instruction alone. */
#include "read.h"

#include <string.h>

/* `name =` or `ROOT` begins an instruction; everything else a computation. */
static bool is_alone(reader *r) {
    if (r->tok.kind == TOK_ATTR || lex_word(r, "ROOT"))
        return true;
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL)
        return false;
    return *lex_skip_space(r, r->at) == '=';
}

static bool read_comps(reader *r) {
    do {
        if (!read_comp(r))
            return false;
    } while ((r->tok.kind == TOK_IDENT && !lex_word(r, "HloModule")) || r->tok.kind == TOK_SIGIL);
    if (!r->module->entry)
        r->module->entry = r->module->comps[r->module->ncomps - 1];
    return true;
}

static bool read_text(reader *r) {
    const char *zero = memchr(r->source->text, 0, r->source->size);
    if (zero) /* texts are kept as C strings */
        return read_fail(r, zero, "a zero byte in the text");
    if (r->tok.kind == TOK_EOF)
        return read_fail(r, r->tok.start, "the text is empty");
    if (lex_word(r, "HloModule"))
        return read_header(r) && read_stack_tables(r) && read_comps(r);
    if (is_alone(r))
        return read_alone(r);
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL)
        return read_expected(r, "HloModule, a computation or an instruction");
    if (!read_comps(r))
        return false;
    r->module->name = fw_format(r->arena, "module_%s", r->module->entry->name);
    return true;
}

static bool check_end(reader *r) {
    if (r->tok.kind == TOK_EOF)
        return true;
    if (lex_word(r, "HloModule"))
        return read_fail(r, r->tok.start, "a second module; split the file in front of it (at '// -----')");
    return read_expected(r, "the end of the text");
}

/* Computations without a written name carry the base of their name so far: `region`, `region.1`, ... */
static void name_comps(reader *r) {
    for (int i = 0; i < r->nunnamed_comps; i++) {
        ir_comp *comp = r->unnamed_comps[i];
        comp->name = names_invent(r, &r->comps, comp->name, comp);
    }
}

/* The entry layout speaks about the entry's parameters and result; one that does not fit them is dropped. */
static void settle_entry_layout(reader *r) {
    ir_module *module = r->module;
    const ir_comp *entry = module->entry;
    if (!r->entry_layout)
        return;
    const ir_shape **params = fw_alloc_array(r->scratch, (size_t)entry->nparams, sizeof *params);
    for (int i = 0; i < entry->nparams; i++)
        params[i] = entry->params[i]->shape;
    const ir_shape *actual[2] = {ir_shape_tuple(r->arena, entry->nparams, params), entry->root->shape};
    const ir_shape *like = ir_shape_tuple(r->arena, 2, actual);
    if (ir_shape_equal(r->entry_layout, like))
        module->entry_layout = read_resolve(r, r->entry_layout, like);
    else
        fw_warning(r->diag, entry->loc,
            "entry_computation_layout does not fit the entry's parameters and result; it is ignored");
}

/* Aliases name parts of the result and of the parameters. */
static bool has_part(const ir_shape *shape, int count, const int64_t *index) {
    for (int i = 0; i < count; i++) {
        if (shape->type != IR_TUPLE || index[i] < 0 || index[i] >= shape->nelems)
            return false;
        shape = shape->elems[index[i]];
    }
    return true;
}

static bool check_aliases(reader *r) {
    const ir_module *module = r->module;
    for (int i = 0; i < module->naliases; i++) {
        const ir_alias *alias = &module->aliases[i];
        if (!has_part(module->entry->root->shape, alias->noutput, alias->output) || alias->param < 0 ||
            alias->param >= module->entry->nparams ||
            !has_part(module->entry->params[alias->param]->shape, alias->nindex, alias->index)) {
            fw_error(r->diag, FW_INPUT, module->entry->loc,
                "input_output_alias names an output or parameter that does not exist (entry %d of %d)", i + 1,
                module->naliases);
            return false;
        }
    }
    return true;
}

ir_module *ir_read_hlo(fw_arena *arena, fw_diag *diag, const fw_source *source) {
    fw_arena *scratch = fw_arena_new();
    reader *r = fw_alloc(scratch, sizeof *r);
    r->arena = arena;
    r->scratch = scratch;
    r->diag = diag;
    r->source = source;
    r->module = ir_module_new(arena, "");
    r->module->source = source;
    names_of_tables(r);
    names_init(&r->comps, r->scratch);
    names_init(&r->shapes, r->scratch);
    lex_start(r);
    bool ok = read_text(r) && check_end(r) && check_aliases(r);
    if (ok) {
        name_comps(r);
        settle_entry_layout(r);
    }
    ir_module *module = r->module;
    fw_arena_free(scratch);
    return ok ? module : NULL;
}
