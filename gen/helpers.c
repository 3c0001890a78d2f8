/* Which helpers of templates/c/math.h a model uses, and their text. A helper is asked for by its full name (max_f32, imin_s8); a
 * `@generic` block of the same class serves it by renaming types, `@libm` functions are wrapped, `@strict` blocks win under strict. */
#include "emit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_HELPERS 400

struct gen_helpers {
    int count;
    const char *names[MAX_HELPERS];
};

typedef struct block { const char *text, *end; const char *needs; size_t needs_length; bool generic; } block;

static bool known(const struct gen_helpers *h, const char *name)
{
    for (int i = 0; i < h->count; i++)
        if (!strcmp(h->names[i], name))
            return true;
    return false;
}

void gen_use_helper(gen_model *model, const char *name)
{
    if (!model->helpers)
        model->helpers = fw_alloc(model->arena, sizeof *model->helpers);
    if (!known(model->helpers, name) && model->helpers->count < MAX_HELPERS)
        model->helpers->names[model->helpers->count++] = fw_strdup(model->arena, name);
}

/* The block `@kind name` of the template. */
static bool find_block(const fw_source *math, const char *kind, const char *name, block *found)
{
    char head[128];
    snprintf(head, sizeof head, "/*@%s %s", kind, name);
    size_t n = strlen(head);
    for (const char *p = strstr(math->text, head); p; p = strstr(p + 1, head)) {
        if (p[n] != '*' && p[n] != ':')
            continue;
        const char *close = strstr(p, "*/"), *end = strstr(p, "/*@end*/");
        if (!close || !end)
            return false;
        found->needs = p + n + (p[n] == ':');
        found->needs_length = (size_t)(close - found->needs);
        found->text = close + 3;
        found->end = end;
        return true;
    }
    return false;
}

/* ---- types in names ---- */

/* Length of a type name like f32 at p, bounded by '_' or the ends; 0 when there is none. */
static size_t type_at(const char *start, const char *p, ir_type *type)
{
    if (p != start && p[-1] != '_')
        return 0;
    size_t n = 0;
    while (isalnum((unsigned char)p[n]))
        n++;
    return ir_type_find(p, n, type) && (p[n] == '\0' || p[n] == '_') ? n : 0;
}

static const char *class_name(ir_type type)
{
    ir_type_class c = ir_class_of(type);
    return c == IR_CLASS_FLOAT ? "f32" : c == IR_CLASS_SIGNED ? "s32" : "u32";
}

/* imin_s8 -> imin_s32: the name of the generic block. */
static const char *generic_name(fw_arena *arena, const char *name)
{
    fw_text out;
    fw_text_init(&out, arena);
    for (const char *p = name; *p;) {
        ir_type type;
        size_t n = type_at(name, p, &type);
        if (n && type != IR_PRED) {
            fw_text_add(&out, class_name(type));
            p += n;
        } else {
            fw_text_char(&out, *p++);
        }
    }
    return fw_text_string(&out);
}

static void replace_word(fw_arena *arena, const char **text, const char *from, const char *to)
{
    fw_text out;
    fw_text_init(&out, arena);
    const char *p = *text;
    size_t n = strlen(from);
    for (const char *at = strstr(p, from); at; at = strstr(p, from)) {
        fw_text_addn(&out, p, (size_t)(at - p));
        bool inside = at != *text && isalnum((unsigned char)at[-1]);
        fw_text_add(&out, inside ? from : to);
        p = at + n;
    }
    fw_text_add(&out, p);
    *text = fw_text_string(&out);
}

/* Renames the types of a generic block to those of `name`. */
static const char *instantiate(fw_arena *arena, const char *text, const char *name)
{
    for (const char *p = name; *p; p++) {
        ir_type type;
        if (!type_at(name, p, &type) || type == IR_PRED)
            continue;
        int bits = ir_type_bits(type);
        if (ir_class_of(type) == IR_CLASS_FLOAT && type == IR_F64) {
            replace_word(arena, &text, "float", "double");
            replace_word(arena, &text, "f32", "f64");
        } else if (ir_class_of(type) != IR_CLASS_FLOAT && bits != 32) {
            replace_word(arena, &text, "uint32_t", fw_format(arena, "uint%d_t", bits));
            replace_word(arena, &text, "int32_t", fw_format(arena, "int%d_t", bits));
            replace_word(arena, &text, "UINT32", fw_format(arena, "UINT%d", bits));
            replace_word(arena, &text, "INT32", fw_format(arena, "INT%d", bits));
            replace_word(arena, &text, "s32", fw_format(arena, "s%d", bits));
            replace_word(arena, &text, "u32", fw_format(arena, "u%d", bits));
        }
    }
    return text;
}

/* A plain call of the C library: log1p_f32 -> log1pf. */
static const char *libm_text(fw_arena *arena, const fw_source *math, const char *name)
{
    const char *list = strstr(math->text, "/*@libm "), *end = list ? strstr(list, "*/") : NULL;
    size_t n = strlen(name);
    if (!end || n < 5)
        return NULL;
    bool single = !strcmp(name + n - 4, "_f32"), real = !strcmp(name + n - 4, "_f64");
    const char *stem = fw_strndup(arena, name, n - 4);
    for (const char *p = list + 8; p < end; p += strcspn(p, " *") + (p[strcspn(p, " *")] == ' ')) {
        size_t length = strcspn(p, " *");
        if (length != strlen(stem) || strncmp(p, stem, length) != 0 || !(single || real)) {
            if (!length)
                break;
            continue;
        }
        bool two = !strcmp(stem, "pow") || !strcmp(stem, "atan2");
        const char *type = single ? "float" : "double";
        return fw_format(arena, "static inline %s MODEL_%s(%s x%s)\n{\n    return %s%s(x%s);\n}\n", type, name, type,
            two ? fw_format(arena, ", %s y", type) : "", stem, single ? "f" : "", two ? ", y" : "");
    }
    return NULL;
}

static void need(gen_model *model, const block *b)
{
    for (size_t i = 0; i < b->needs_length;) {
        size_t n = 0;
        while (i + n < b->needs_length && b->needs[i + n] != ' ')
            n++;
        if (n)
            gen_use_helper(model, fw_strndup(model->arena, b->needs + i, n));
        i += n + 1;
    }
}

static const char *helper_text(gen_model *model, const fw_source *math, const char *name, const char **order)
{
    fw_arena *a = model->arena;
    block b = {0};
    bool strict = model->options->rules.numerics == RULES_STRICT;
    *order = math->text + math->size;
    if ((strict && find_block(math, "strict", name, &b)) || find_block(math, "helper", name, &b)) {
        need(model, &b);
        *order = b.text;
        return fw_strndup(a, b.text, (size_t)(b.end - b.text));
    }
    const char *generic = generic_name(a, name);
    if (find_block(math, "generic", generic, &b)) {
        need(model, &b);
        *order = b.text;
        return instantiate(a, fw_strndup(a, b.text, (size_t)(b.end - b.text)), name);
    }
    return libm_text(a, math, name);
}

typedef struct piece { const char *text, *order, *name; } piece;

bool gen_math_text(gen_model *model, fw_text *out)
{
    fw_source *math;
    piece pieces[MAX_HELPERS];
    if (!gen_template_text(model, "c/math.h", &math))
        return false;
    int n = 0;
    for (; model->helpers && n < model->helpers->count; n++) {
        pieces[n].name = model->helpers->names[n];
        pieces[n].text = helper_text(model, math, pieces[n].name, &pieces[n].order);
        if (!pieces[n].text) {
            fw_error(model->diag, FW_UNSUPPORTED, (fw_loc){0}, "the backend '%s' has no function %s yet", model->backend->name, pieces[n].name);
            return false;
        }
    }
    for (int i = 1; i < n; i++)                          /* in the template's order, so that needs come first */
        for (int j = i; j > 0; j--) {
            bool swap = pieces[j - 1].order > pieces[j].order ||
                        (pieces[j - 1].order == pieces[j].order && strcmp(pieces[j - 1].name, pieces[j].name) > 0);
            if (!swap)
                break;
            piece p = pieces[j];
            pieces[j] = pieces[j - 1];
            pieces[j - 1] = p;
        }
    for (int i = 0; i < n; i++) {
        const char *text = pieces[i].text;
        replace_word(model->arena, &text, "static inline", model->backend->inline_function);
        replace_word(model->arena, &text, "MODEL", model->prefix);
        fw_text_printf(out, "\n%s", text);
    }
    return true;
}
