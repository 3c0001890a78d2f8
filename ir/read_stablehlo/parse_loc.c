/* Source locations behind operations and arguments. Only the name of the operation in its framework is kept, as
 * op_name. */
#include "read_stablehlo.h"

#include <string.h>

static void set_op_name(st_reader *r, ir_instr *instr, const char *name, size_t length) {
    if (!instr || !length || instr->op_name)
        return;
    fw_text text;
    fw_text_init(&text, r->arena);
    fw_text_add(&text, "{op_name=\"");
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '"' || name[i] == '\\')
            fw_text_char(&text, '\\');
        fw_text_char(&text, name[i] < ' ' && name[i] >= 0 ? ' ' : name[i]);
    }
    fw_text_add(&text, "\"}");
    instr->op_name = fw_strndup(r->arena, name, length);
    st_put_text(instr, IR_ATTR_METADATA, fw_text_string(&text));
}

/* The name in `"name"` or `"name"(child)`; a file has a ':' behind it. False where there is none. */
static bool name_of(const char *at, const char *end, const char **name, size_t *length) {
    while (at < end && (*at == ' ' || *at == '\n'))
        at++;
    if (at >= end || *at != '"')
        return false;
    const char *start = ++at;
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    if (at >= end || at[1] == ':')
        return false;
    *name = start;
    *length = (size_t)(at - start);
    return true;
}

bool st_skip_loc(st_reader *r, ir_instr *instr) {
    if (!st_word(r, "loc") || *st_skip_space(r, r->at) != '(')
        return true;
    st_lex_next(r);
    const char *start = st_skip_space(r, r->tok.start + 1), *name;
    size_t length = 0;
    if (*start == '#') {
        while (st_is_name_char(start[1 + length]))
            length++;
        struct st_located located = {instr, start, length + 1};
        if (instr)
            FW_PUSH(r->scratch, r->located, r->nlocated, r->located_cap, located);
        return st_skip_balanced(r);
    }
    if (!st_skip_balanced(r))
        return false;
    if (name_of(start, r->tok.start, &name, &length))
        set_op_name(r, instr, name, length);
    return true;
}

void st_settle_locs(st_reader *r) {
    for (int i = 0; i < r->nlocated; i++) {
        const char *name;
        size_t length;
        int id = fw_intern_find(r->aliases, r->located[i].alias, r->located[i].length);
        if (id < 0)
            continue;
        const st_attr *value = &r->alias_values[id].value;
        const char *open = value->start ? memchr(value->start, '(', (size_t)(value->end - value->start)) : NULL;
        if (open && name_of(open + 1, value->end, &name, &length))
            set_op_name(r, r->located[i].instr, name, length);
    }
}
