/* The module's header: `HloModule name, attributes` and the stack tables. The text is kept for the printer; what the
 * compiler needs to know is read out of it. */
#include "read.h"

#include <string.h>

/* ---- aliasing ---- */

/* `{0,1}`: a place in a tuple. */
static bool read_index(reader *r, int *count, const int64_t **index) {
    int64_t *ints = NULL;
    int cap = 0;
    *count = 0;
    if (!lex_expect(r, '{', "'{' of a tuple index"))
        return false;
    while (r->tok.kind != '}') {
        int64_t value;
        if ((*count && !lex_expect(r, ',', "',' or '}' in a tuple index")) || !lex_int(r, &value))
            return false;
        FW_PUSH(r->arena, ints, *count, cap, value);
    }
    lex_next(r);
    *index = ints;
    return true;
}

/* `(param, {index}` without the closing parenthesis. */
static bool read_param_index(reader *r, ir_alias *alias) {
    return lex_expect(r, '(', "'(' of a parameter") && lex_int(r, &alias->param) && lex_expect(r, ',', "','") &&
           read_index(r, &alias->nindex, &alias->index);
}

/* `{out}: (param, {index}, may-alias)`. */
static bool read_alias(reader *r, ir_alias *alias) {
    *alias = (ir_alias){0};
    if (!read_index(r, &alias->noutput, &alias->output) || !lex_expect(r, ':', "':'") || !read_param_index(r, alias))
        return false;
    if (lex_accept(r, ',')) {
        alias->must = lex_word(r, "must-alias");
        if (!alias->must && !lex_word(r, "may-alias"))
            return read_expected(r, "may-alias or must-alias");
        lex_next(r);
    }
    return lex_expect(r, ')', "')'");
}

static bool read_aliases(reader *r) {
    ir_module *module = r->module;
    int cap = 0;
    if (!lex_expect(r, '{', "'{' of the aliases"))
        return false;
    while (r->tok.kind != '}') {
        ir_alias alias;
        if ((module->naliases && !lex_expect(r, ',', "',' or '}' in the aliases")) || !read_alias(r, &alias))
            return false;
        FW_PUSH(r->arena, module->aliases, module->naliases, cap, alias);
    }
    lex_next(r);
    return true;
}

static bool read_donors(reader *r) {
    if (!lex_expect(r, '{', "'{' of the donors"))
        return false;
    for (int i = 0; r->tok.kind != '}'; i++) {
        ir_alias donor;
        if ((i && !lex_expect(r, ',', "',' or '}' in the donors")) || !read_param_index(r, &donor) ||
            !lex_expect(r, ')', "')'"))
            return false;
    }
    lex_next(r);
    return true;
}

/* ---- module attributes ---- */

/* `{(shape, ...)->shape}` */
static bool read_entry_layout(reader *r) {
    if (!lex_expect(r, '{', "'{' of the entry layout"))
        return false;
    if (r->tok.kind != '(')
        return read_expected(r, "'(' of the parameters' shapes");
    const ir_shape *shapes[2];
    if (!(shapes[0] = read_shape(r)) || !lex_expect(r, TOK_ARROW, "'->' and the result shape") ||
        !(shapes[1] = read_shape(r)))
        return false;
    r->entry_layout = ir_shape_tuple(r->arena, 2, shapes);
    return lex_expect(r, '}', "'}' at the end of the entry layout");
}

/* `true`, or `{true,false}`. */
static bool read_bools(reader *r) {
    int64_t value;
    if (!lex_accept(r, '{'))
        return read_bool(r, &value);
    for (int i = 0; r->tok.kind != '}'; i++)
        if ((i && !lex_expect(r, ',', "',' or '}' in the list")) || !read_bool(r, &value))
            return false;
    lex_next(r);
    return true;
}

static bool skip_group(reader *r) {
    if (r->tok.kind != '{')
        return read_expected(r, "'{'");
    const char *end = raw_balanced(r, r->tok.start);
    if (end)
        lex_from(r, end);
    return end != NULL;
}

typedef enum {
    MODULE_SCHEDULED,
    MODULE_REPLICAS,
    MODULE_PARTITIONS,
    MODULE_LAYOUT,
    MODULE_ALIAS,
    MODULE_DONOR,
    MODULE_PASSTHROUGH,
    MODULE_FRONTEND,
    MODULE_SPMD_PARAMETERS,
    MODULE_SPMD_OUTPUT,
    MODULE_ORIGIN,
    MODULE_DEBUG,
    MODULE_ATTRS
} module_attr;

static const char *const module_attrs[MODULE_ATTRS] = {"is_scheduled", "replica_count", "num_partitions",
    "entry_computation_layout", "input_output_alias", "buffer_donor", "alias_passthrough_params", "frontend_attributes",
    "allow_spmd_sharding_propagation_to_parameters", "allow_spmd_sharding_propagation_to_output",
    "origin_recovery_table", "debug_attributes"};

static bool read_count(reader *r, int64_t *count) {
    const char *at = r->tok.start;
    return lex_int(r, count) && (*count >= 1 || read_fail(r, at, "this count must be at least 1"));
}

static bool read_module_value(reader *r, module_attr attr) {
    int64_t value = 0;
    switch (attr) {
    case MODULE_SCHEDULED:
        if (!read_bool(r, &value))
            return false;
        r->module->is_scheduled = value;
        return true;
    case MODULE_REPLICAS:
        return read_count(r, &r->module->replica_count);
    case MODULE_PARTITIONS:
        return read_count(r, &r->module->num_partitions);
    case MODULE_LAYOUT:
        return read_entry_layout(r);
    case MODULE_ALIAS:
        return read_aliases(r);
    case MODULE_DONOR:
        return read_donors(r);
    case MODULE_PASSTHROUGH:
        return read_bool(r, &value);
    case MODULE_SPMD_PARAMETERS:
    case MODULE_SPMD_OUTPUT:
        return read_bools(r);
    default:
        return skip_group(r);
    }
}

static bool unknown_module_attr(reader *r) {
    name_table table;
    names_init(&table, r->scratch);
    for (int i = 0; i < MODULE_ATTRS; i++)
        names_enter(&table, module_attrs[i], strlen(module_attrs[i]))->value = r;
    int length = (int)(r->tok.length > 60 ? 60 : r->tok.length);
    return read_fail(r, r->tok.start, "a module has no attribute '%.*s'%s", length, r->tok.text,
        names_suggest(r, &table, r->tok.text, r->tok.length));
}

static bool read_module_attr(reader *r, bool seen[MODULE_ATTRS]) {
    if (r->tok.kind != TOK_ATTR)
        return read_expected(r, "an attribute name=");
    int attr = 0;
    while (attr < MODULE_ATTRS &&
           (strlen(module_attrs[attr]) != r->tok.length || memcmp(module_attrs[attr], r->tok.text, r->tok.length)))
        attr++;
    if (attr == MODULE_ATTRS)
        return unknown_module_attr(r);
    if (seen[attr])
        return read_fail(r, r->tok.start, "'%s' stands twice", module_attrs[attr]);
    seen[attr] = true;
    lex_next(r);
    return read_module_value(r, (module_attr)attr);
}

/* The attributes as written, on one line and without comments. */
static const char *header_text(reader *r, const char *start) {
    r->raw_dirty = true;
    char *text = (char *)raw_copy(r, start, r->tok.start);
    for (size_t length = strlen(text); length && text[length - 1] == ' ';)
        text[--length] = 0;
    return text;
}

bool read_header(reader *r) {
    bool seen[MODULE_ATTRS] = {false};
    lex_next(r);
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL)
        return read_expected(r, "the name of the module");
    r->module->name = fw_strndup(r->arena, r->tok.text, r->tok.length);
    lex_next(r);
    const char *start = NULL;
    while (r->tok.kind == ',') {
        lex_next(r);
        start = start ? start : r->tok.start;
        if (!read_module_attr(r, seen))
            return false;
    }
    r->module->header = start ? header_text(r, start) : NULL;
    return true;
}

/* ---- stack tables ---- */

/* `n "text"` or `n {a=1 b=2}`, as often as it stands there. */
static bool read_table(reader *r, bool strings, fw_text *out) {
    while (r->tok.kind == TOK_INT) {
        int64_t number;
        if (!lex_int(r, &number))
            return false;
        if (r->tok.kind != (strings ? TOK_STRING : '{'))
            return read_expected(r, strings ? "a string" : "'{'");
        r->raw_dirty = false;
        const char *start = r->tok.start, *end = strings ? r->at : raw_balanced(r, start);
        if (!end)
            return false;
        fw_text_printf(out, "%lld %s\n", (long long)number, raw_copy(r, start, end));
        lex_from(r, end);
    }
    return true;
}

/* All four sections, kept in one canonical text: a line for each title and entry. */
bool read_stack_tables(reader *r) {
    static const char *const sections[] = {"FileNames", "FunctionNames", "FileLocations", "StackFrames"};
    if (!lex_word(r, sections[0]))
        return true;
    fw_text text;
    fw_text_init(&text, r->arena);
    for (int i = 0; i < FW_COUNT(sections); i++) {
        if (!lex_word(r, sections[i]))
            return read_expected(r, sections[i]);
        lex_next(r);
        fw_text_printf(&text, "%s%s\n", i ? "\n" : "", sections[i]);
        if (!read_table(r, i < 2, &text))
            return false;
    }
    r->module->stack_tables = fw_text_string(&text);
    return true;
}
