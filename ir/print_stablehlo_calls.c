/* What custom calls and all instructions carry as text: targets, backend configurations, shardings, frontend
 * attributes.
 */
#include "print_stablehlo.h"

#include <ctype.h>
#include <string.h>

/* The character behind a backslash: a letter, up to three octal digits, or itself. */
static char unescape(const char **at) {
    static const char letters[] = "ntr", meant[] = "\n\t\r";
    const char *letter = strchr(letters, **at);
    int value = 0, digits = 0;
    for (; digits < 3 && **at >= '0' && **at <= '7'; digits++)
        value = 8 * value + *(*at)++ - '0';
    if (digits)
        return (char)value;
    (*at)++;
    return letter ? meant[letter - letters] : (*at)[-1];
}

/* The text of a quoted string of HLO; `*at` stands on its opening quote and is moved behind the closing one. */
static const char *unquote(fw_arena *arena, const char **at) {
    char quote = *(*at)++;
    fw_text text;
    fw_text_init(&text, arena);
    while (**at && **at != quote) {
        char c = *(*at)++;
        fw_text_char(&text, c == '\\' && **at ? unescape(at) : c);
    }
    *at += **at == quote;
    return fw_text_string(&text);
}

/* ---- custom calls ---- */

static int api_version(const ir_instr *instr) {
    static const char *const names[] = {"API_VERSION_ORIGINAL", "API_VERSION_STATUS_RETURNING",
        "API_VERSION_STATUS_RETURNING_UNIFIED", "API_VERSION_TYPED_FFI"};
    const char *word = ir_attr_word(instr, IR_ATTR_API_VERSION);
    for (int i = 0; word && i < FW_COUNT(names); i++)
        if (!strcmp(word, names[i]))
            return i + 1;
    return 1;
}

/* A string for the old versions; for the typed one HLO already holds an MLIR dictionary as text. */
static void backend_config(shlo *p, const ir_instr *instr) {
    const ir_attr *config = ir_attr_get(instr, IR_ATTR_BACKEND_CONFIG);
    if (!config)
        return;
    const char *text = config->text, *at = text;
    if (*at == '"')
        text = unquote(p->arena, &at);
    if (!*text)
        return;
    shlo_attr(p, "backend_config");
    if (api_version(instr) == 4)
        fw_text_add(p->out, text);
    else
        shlo_string(text, p->out);
}

void attrs_custom_call(shlo *p, const ir_instr *instr) {
    const ir_attr *called = ir_attr_get(instr, IR_ATTR_CALLED_COMPUTATIONS);
    if (!called)
        called = ir_attr_get(instr, IR_ATTR_TO_APPLY);
    shlo_attr(p, "call_target_name");
    shlo_string(ir_attr_get(instr, IR_ATTR_CUSTOM_CALL_TARGET)->text, p->out);
    fw_text_printf(shlo_attr(p, "api_version"), "%d : i32", api_version(instr));
    fw_text_add(
        shlo_attr(p, "has_side_effect"), ir_attr_int(instr, IR_ATTR_CUSTOM_CALL_HAS_SIDE_EFFECT, 0) ? "true" : "false");
    backend_config(p, instr);
    for (int i = 0; called && i < called->count; i++) {
        if (i)
            fw_text_add(p->out, ", ");
        else
            fw_text_char(shlo_attr(p, "called_computations"), '[');
        shlo_symbol(p->functions[shlo_place(p, called->comps[i])], p->out);
    }
    if (called && called->count)
        fw_text_char(p->out, ']');
}

/* ---- attributes that any operation may carry ---- */

static void dictionary_key(const char *key, fw_text *out) {
    bool bare = isalpha((unsigned char)*key) || *key == '_';
    for (const char *c = key; *c; c++)
        bare &= isalnum((unsigned char)*c) || strchr("_$.", *c);
    if (bare)
        fw_text_add(out, key);
    else
        shlo_string(key, out);
}

/* The value at `*at`, without its quotes, or as written up to the next comma. */
static const char *frontend_value(fw_arena *arena, const char **at) {
    if (**at == '"' || **at == '\'')
        return unquote(arena, at);
    const char *start = *at;
    int depth = 0;
    for (; **at && (depth || !strchr(",}", **at)); (*at)++)
        depth += **at == '{' ? 1 : **at == '}' ? -1 : 0;
    return fw_strndup(arena, start, (size_t)(*at - start));
}

/* {key="value",other={...}} to key = "value", other = "{...}"; our own mark says nothing outside of HLO. */
static void frontend_pairs(fw_arena *arena, const char *at, fw_text *out) {
    for (at += *at == '{'; *at && *at != '}'; at += *at == ',') {
        at += strspn(at, " ");
        size_t length = strcspn(at, "=,}");
        const char *key = fw_strndup(arena, at, length);
        at += length + (at[length] == '=');
        const char *value = frontend_value(arena, &at);
        if (!length || !strcmp(key, "fusewright.semantics"))
            continue;
        fw_text_add(out, out->size ? ", " : "");
        dictionary_key(key, out);
        fw_text_add(out, " = ");
        shlo_string(value, out);
    }
}

void shlo_discardable(shlo *p, const ir_instr *instr) {
    const ir_attr *frontend = ir_attr_get(instr, IR_ATTR_FRONTEND_ATTRIBUTES);
    const ir_attr *sharding = ir_attr_get(instr, IR_ATTR_SHARDING);
    fw_text all, pairs;
    fw_text_init(&all, p->arena);
    fw_text_init(&pairs, p->arena);
    if (shlo_differs(instr))
        fw_text_add(&all, "fusewright.semantics = \"xla\"");
    if (frontend)
        frontend_pairs(p->arena, frontend->text, &pairs);
    if (pairs.size)
        fw_text_printf(&all, "%smhlo.frontend_attributes = {%s}", all.size ? ", " : "", pairs.data);
    if (sharding) {
        fw_text_printf(&all, "%smhlo.sharding = ", all.size ? ", " : "");
        shlo_string(sharding->text, &all);
    }
    if (all.size)
        fw_text_printf(p->out, " {%s}", all.data);
}
