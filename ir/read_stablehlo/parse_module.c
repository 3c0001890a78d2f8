/* A whole text: aliases, a module or bare functions, resources; and what is settled at its end. */
#include "read_stablehlo.h"

#include <string.h>

/* ---- the texts of several modules ---- */

/* `// -----` on a line of its own separates modules; only the first one is read. */
static void find_split(st_reader *r) {
    const char *text = r->source->text, *at = text;
    r->end = text + r->source->size;
    const char *content = st_skip_space(r, text);
    while ((at = strstr(at, "// -----"))) {
        bool starts_line = at == text || at[-1] == '\n', behind_content = content < at;
        at += 8;
        if (!starts_line || !behind_content)
            continue;
        if (st_skip_space(r, at) < r->end) {
            r->end = at - 8;
            fw_warning(r->diag, st_loc(r, at), "the text holds several modules; only the first one is read");
        }
        return;
    }
}

/* ---- inside of a module ---- */

static void take_module_attributes(st_reader *r, const st_attr *attrs, int count) {
    const st_attr *partitions = st_find(attrs, count, "mhlo.num_partitions");
    const st_attr *replicas = st_find(attrs, count, "mhlo.num_replicas");
    if (partitions && partitions->kind == ST_INT && partitions->i > 0)
        r->module->num_partitions = partitions->i;
    if (replicas && replicas->kind == ST_INT && replicas->i > 0)
        r->module->replica_count = replicas->i;
}

static bool is_function(const st_reader *r) {
    return st_word(r, "func.func") || (r->tok.kind == ST_STRING && st_is(r->tok.text, r->tok.length, "\"func.func\""));
}

/* sdy.mesh and the like say where things run. */
static bool skip_mesh(st_reader *r) {
    st_attr value = {0};
    st_lex_next(r);
    if (r->tok.kind != ST_AT)
        return st_expected(r, "a name");
    st_lex_next(r);
    return st_expect(r, '=', "'='") && (r->tok.kind == '<' ? st_skip_balanced(r) : st_attr_value(r, &value));
}

static bool module_item(st_reader *r) {
    if (is_function(r))
        return st_function(r);
    if (r->tok.kind == ST_HASH || r->tok.kind == ST_BANG)
        return st_alias_define(r);
    if (st_word(r, "sdy.mesh"))
        return skip_mesh(r);
    if (r->tok.kind == ST_IDENT || r->tok.kind == ST_STRING) {
        fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, r->tok.start), "'%.*s' at the level of a module is not supported",
            st_shown(r->tok.length), r->tok.text);
        return false;
    }
    return st_expected(r, "a function");
}

static bool items_to(st_reader *r, int close) {
    while (r->tok.kind != close)
        if (!module_item(r))
            return false;
    return true;
}

/* `module @name attributes {...} { ... }` */
static bool pretty_module(st_reader *r) {
    st_attr *attrs = NULL;
    int count = 0, cap = 0;
    st_lex_next(r);
    if (r->tok.kind == ST_AT) {
        r->module->name = fw_strndup(r->arena, r->tok.text, r->tok.length);
        st_lex_next(r);
    }
    if (st_accept_word(r, "attributes") &&
        (!st_expect(r, '{', "'{' of the attributes") || !st_attr_dict(r, '}', &attrs, &count, &cap)))
        return false;
    take_module_attributes(r, attrs, count);
    if (!st_expect(r, '{', "'{' of the module") || !items_to(r, '}'))
        return false;
    st_lex_next(r);
    return st_skip_loc(r, NULL);
}

/* `"builtin.module"() <{sym_name = "x"}> ({ ... }) : () -> ()` */
static bool generic_module(st_reader *r) {
    st_op op = {0};
    st_lex_next(r);
    if (!st_expect(r, '(', "'('") || !st_expect(r, ')', "')'"))
        return false;
    if (st_accept(r, '<') &&
        (!st_expect(r, '{', "'{'") || !st_attr_dict(r, '}', &op.attrs, &op.nattrs, &op.attrs_cap) ||
            !st_expect(r, '>', "'>'")))
        return false;
    if (!st_expect(r, '(', "'(' of the module's region") || !st_expect(r, '{', "'{' of the module's region"))
        return false;
    if (r->tok.kind == ST_CARET) {
        st_lex_next(r);
        if (!st_expect(r, ':', "':' behind the label"))
            return false;
    }
    if (!items_to(r, '}'))
        return false;
    st_lex_next(r);
    if (!st_expect(r, ')', "')' behind the region") || !st_op_items(r, &op) || !st_trailing_types(r, &op))
        return false;
    const char *name = st_get_text(r, &op, "sym_name");
    if (name)
        r->module->name = name;
    take_module_attributes(r, op.attrs, op.nattrs);
    return st_skip_loc(r, NULL);
}

/* ---- the end ---- */

static bool resolve_calls(st_reader *r) {
    bool ok = true;
    for (int i = 0; i < r->ncalls; i++) {
        const st_call *call = &r->calls[i];
        const st_func *func = &r->func_list[call->func];
        call->instr->attrs[call->attr].comps[0] = func->comp;
        if (!func->comp) {
            fw_error(r->diag, FW_INPUT, call->instr->loc, "no function @%.100s is defined here", func->name);
            ok = false;
        }
    }
    return ok;
}

/* @main, or else the first function that is not private, or else the first. */
static bool choose_entry(st_reader *r) {
    const st_func *entry = NULL;
    int candidates = 0;
    for (int i = 0; i < r->nfuncs; i++) {
        const st_func *func = &r->func_list[i];
        if (!func->comp)
            continue;
        if (!strcmp(func->name, "main")) {
            r->module->entry = func->comp;
            return true;
        }
        bool better = !entry || (entry->is_private && !func->is_private) ||
                      (entry->is_private == func->is_private && func->comp->loc.line < entry->comp->loc.line);
        candidates += !func->is_private;
        if (better)
            entry = func;
    }
    if (!entry)
        return st_fail(r, r->source->text, "the text holds no function with a body");
    if (candidates > 1)
        fw_warning(
            r->diag, entry->comp->loc, "there is no function @main; the first one, @%.100s, is taken", entry->name);
    r->module->entry = entry->comp;
    return true;
}

static bool report_unsupported(st_reader *r) {
    for (int i = 0; i < r->nunsupported; i++) {
        const st_unsupported *u = &r->unsupported[i];
        if (u->uses > 1)
            fw_error(
                r->diag, FW_UNSUPPORTED, st_loc(r, u->at), "'%.300s' is not supported (%d uses)", u->what, u->uses);
        else
            fw_error(r->diag, FW_UNSUPPORTED, st_loc(r, u->at), "'%.300s' is not supported", u->what);
    }
    return !r->nunsupported;
}

/* An alias names its output by number; the only output is no tuple. */
static bool settle_aliases(st_reader *r) {
    const ir_shape *result = r->module->entry->root->shape;
    for (int i = 0; i < r->module->naliases; i++) {
        ir_alias *alias = &r->module->aliases[i];
        int64_t outputs = result->type == IR_TUPLE ? result->nelems : 1;
        if (alias->output[0] >= outputs)
            return st_fail(r, r->source->text, "tf.aliasing_output names output %lld of %lld",
                (long long)alias->output[0], (long long)outputs);
        alias->noutput = result->type == IR_TUPLE;
    }
    return true;
}

static bool read_items(st_reader *r) {
    bool seen_module = false;
    while (r->tok.kind != ST_EOF) {
        bool generic = r->tok.kind == ST_STRING && st_is(r->tok.text, r->tok.length, "\"builtin.module\"");
        if (r->tok.kind == '{' && *r->at == '-') /* {-# resources #-} end the text */
            return true;
        if (generic || st_word(r, "module") || st_word(r, "builtin.module")) {
            if (seen_module)
                return st_fail(r, r->tok.start, "a second module; split the text in front of it with '// -----'");
            seen_module = true;
            if (generic ? !generic_module(r) : !pretty_module(r))
                return false;
        } else if (!module_item(r)) {
            return false;
        }
    }
    return true;
}

bool st_text(st_reader *r) {
    const char *zero = memchr(r->source->text, 0, r->source->size);
    if (zero)
        return st_fail(r, zero, "a zero byte in the text");
    if (r->tok.kind == ST_EOF)
        return st_fail(r, r->tok.start, "the text is empty");
    bool read = read_items(r);
    if (!report_unsupported(r) || !read || !choose_entry(r) || !resolve_calls(r) || !st_order_comps(r) ||
        !settle_aliases(r))
        return false;
    st_settle_locs(r);
    if (*r->module->name)
        r->module->name = st_clean_name(r, r->module->name);
    else
        r->module->name = fw_format(r->arena, "module_%s", r->module->entry->name);
    return true;
}

static void start_tables(st_reader *r) {
    fw_intern **tables[] = {&r->ops, &r->names, &r->types, &r->aliases, &r->funcs, &r->what};
    for (int i = 0; i < FW_COUNT(tables); i++)
        *tables[i] = fw_intern_new(r->scratch);
    st_ops_of_table(r);
}

ir_module *ir_read_stablehlo(fw_arena *arena, fw_diag *diag, const fw_source *source) {
    fw_arena *scratch = fw_arena_new();
    st_reader *r = fw_alloc(scratch, sizeof *r);
    r->arena = arena;
    r->scratch = scratch;
    r->diag = diag;
    r->source = source;
    r->line_at = r->line_start = source->text;
    r->line = 1;
    r->module = ir_module_new(arena, "");
    r->module->source = source;
    start_tables(r);
    find_split(r);
    st_lex_start(r);
    ir_module *module = st_text(r) ? r->module : NULL;
    fw_arena_free(scratch);
    return module;
}
