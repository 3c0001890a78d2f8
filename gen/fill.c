/* Templates and how they are filled.
 *
 * A template is a program that compiles as it lies in the tree. The filler knows four things: replace a slot, rename
 * the words KERNEL and MODEL, indent a text of several lines like its slot, and keep everything else byte for byte.
 * In C and CUDA a slot is a default between two comments; in templates/project/, whose files have no such comments,
 * it is @name@.
 *
 *     for (int64_t i = begin; i < end; i++)
 *         /'*@body*'/ out[i] = 0; /'*@end*'/               (without the quotes) */
#include "gen.h"

#include <ctype.h>
#include <string.h>

typedef struct filler {
    gen_model *model;
    const fw_source *source;
    const char *at, *end;        /* the text that is not copied yet */
    const char *kernel;
    const gen_slot *slots;
    int nslots;
    bool *used;
    fw_text *out;
    bool bare;                   /* slots are @name@ */
    bool ok;
} filler;

/* A slot as it stands in the template: [from, to) is what gets replaced, [name, name + length) says by what. */
typedef struct place {
    const char *from, *to, *name;
    size_t length;
    const char *inner, *inner_end; /* the default */
} place;

static fw_loc loc_of(const filler *f, const char *at)
{
    uint32_t line = 1, col = 1;
    for (const char *p = f->source->text; p < at; p++) {
        col = *p == '\n' ? 1 : col + 1;
        line += *p == '\n';
    }
    return (fw_loc){f->source, line, col};
}

static bool starts(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - at) >= n && !memcmp(at, word, n);
}

static size_t slot_name_length(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && (islower((unsigned char)at[n]) || isdigit((unsigned char)at[n]) || at[n] == '_'))
        n++;
    return n;
}

static const char *find_text(const char *at, const char *end, const char *word)
{
    for (; at < end; at++)
        if (starts(at, end, word))
            return at;
    return NULL;
}

/* The slot that starts at `at`. False where none does; *bad where it is misspelt (then an error was reported). */
static bool read_place(filler *f, const char *at, place *p, bool *bad)
{
    const char *open = f->bare ? "@" : "/*@", *close = f->bare ? "@" : "*/";
    *bad = false;
    if (!starts(at, f->end, open))
        return false;
    p->from = at;
    p->name = at + strlen(open);
    p->length = slot_name_length(p->name, f->end);
    p->inner = p->name + p->length;
    if (f->bare && (!p->length || !starts(p->inner, f->end, close)))
        return false; /* an at sign of the file itself */
    *bad = true;
    if (!p->length || !starts(p->inner, f->end, close)) {
        fw_error(f->model->diag, FW_INTERNAL, loc_of(f, at), "a slot is written /*@name*/ default /*@end*/");
        return false;
    }
    p->inner += strlen(close);
    p->inner_end = p->to = p->inner;
    if (f->bare)
        return true;
    if (p->length == 3 && !memcmp(p->name, "end", 3)) {
        fw_error(f->model->diag, FW_INTERNAL, loc_of(f, at), "/*@end*/ without a slot before it");
        return false;
    }
    const char *next = find_text(p->inner, f->end, "/*@");
    if (!next || !starts(next, f->end, "/*@end*/")) {
        fw_error(f->model->diag, FW_INTERNAL, loc_of(f, at), "slot '%.*s' has no /*@end*/", (int)p->length, p->name);
        return false;
    }
    p->inner_end = next;
    p->to = next + strlen("/*@end*/");
    return true;
}

static bool word_char(char c)
{
    return isalnum((unsigned char)c);
}

/* Copies [from, to) with KERNEL and MODEL renamed, also where they are parts of a name set off by underscores. */
static void copy_renamed(filler *f, const char *from, const char *to)
{
    const struct { const char *word, *by; } names[] = {{"KERNEL", f->kernel}, {"MODEL", f->model->prefix}};
    for (const char *at = from; at < to; at++) {
        int which = -1;
        bool begins = at == f->source->text || !word_char(at[-1]);
        for (int i = 0; i < FW_COUNT(names) && begins && which < 0; i++) {
            size_t n = strlen(names[i].word);
            if (names[i].by && starts(at, to, names[i].word) && (at + n == f->end || !word_char(at[n])))
                which = i;
        }
        if (which < 0) {
            fw_text_char(f->out, *at);
        } else {
            fw_text_add(f->out, names[which].by);
            at += strlen(names[which].word) - 1;
        }
    }
}

/* Adds the slot's text; every line after the first starts as the slot's line does. */
static void add_indented(filler *f, const char *text, size_t length, const char *line, const char *slot)
{
    size_t indent = 0;
    while (line + indent < slot && (line[indent] == ' ' || line[indent] == '\t'))
        indent++;
    for (size_t i = 0; i < length; i++) {
        fw_text_char(f->out, text[i]);
        if (text[i] == '\n' && i + 1 < length && text[i + 1] != '\n')
            fw_text_addn(f->out, line, indent);
    }
}

static const char *line_start(const filler *f, const char *at)
{
    while (at > f->source->text && at[-1] != '\n')
        at--;
    return at;
}

static bool blank(const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != ' ' && *from != '\t')
            return false;
    return true;
}

/* The index of the filler's text for a slot; reports an unknown and a repeated one. */
static int find_slot(filler *f, const place *p)
{
    for (int i = 0; i < f->nslots; i++) {
        if (strlen(f->slots[i].name) != p->length || memcmp(f->slots[i].name, p->name, p->length))
            continue;
        if (f->used[i] && !f->bare) {
            fw_error(f->model->diag, FW_INTERNAL, loc_of(f, p->from), "slot '%s' stands here a second time",
                f->slots[i].name);
            return -1;
        }
        f->used[i] = true;
        return i;
    }
    fw_error(f->model->diag, FW_INTERNAL, loc_of(f, p->from), "unknown slot '%.*s'", (int)p->length, p->name);
    return -1;
}

static void keep_default(filler *f, const place *p)
{
    const char *from = p->inner, *to = p->inner_end;
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    copy_renamed(f, from, to);
}

/* Takes back the line of an empty slot, and one of two empty lines that meet where it was. */
static void drop_line(filler *f, const place *p, const char *line)
{
    f->out->size -= (size_t)(p->from - line); /* the indentation is already there */
    if (f->out->data)
        f->out->data[f->out->size] = 0;
    f->at += f->at < f->end;
    size_t n = f->out->size;
    bool after_blank = n == 0 || (n > 1 && !memcmp(f->out->data + n - 2, "\n\n", 2));
    if (after_blank && f->at < f->end && *f->at == '\n')
        f->at++;
}

/* Replaces one slot; f->at moves behind it. A slot alone on its line takes the line with it when its text is empty. */
static void replace(filler *f, const place *p)
{
    int slot = find_slot(f, p);
    if (slot < 0) {
        f->ok = false;
        f->at = p->to;
        return;
    }
    const char *line = line_start(f, p->from), *text = f->slots[slot].text;
    f->at = p->to;
    if (!text) {
        keep_default(f, p);
        return;
    }
    size_t length = strlen(text);
    while (length && text[length - 1] == '\n')
        length--;
    if (!length && blank(line, p->from) && (f->at == f->end || *f->at == '\n'))
        drop_line(f, p, line);
    else
        add_indented(f, text, length, line, p->from);
}

/* Where the next slot starts, or the end of the template. */
static const char *next_slot(const filler *f)
{
    const char *next = find_text(f->at, f->end, f->bare ? "@" : "/*@");
    return next ? next : f->end;
}

bool gen_fill(gen_model *model, const char *file, const char *kernel, const gen_slot *slots, int nslots, fw_text *out)
{
    fw_source *source;
    if (!gen_template_text(model, file, &source))
        return false;
    filler f = {.model = model, .source = source, .at = source->text, .end = source->text + source->size,
        .kernel = kernel,
        .slots = slots, .nslots = nslots, .out = out, .ok = true, .bare = !strncmp(file, "project/", 8)};
    f.used = fw_alloc_array(model->arena, (size_t)nslots + 1, sizeof *f.used);
    while (f.at < f.end) {
        const char *next = next_slot(&f);
        copy_renamed(&f, f.at, next);
        f.at = next;
        place p;
        bool bad = false;
        if (next == f.end)
            break;
        if (read_place(&f, next, &p, &bad)) {
            replace(&f, &p);
        } else if (bad) {
            return false;
        } else {
            fw_text_char(out, *f.at++);
        }
    }
    for (int i = 0; i < nslots; i++) {
        if (f.used[i] || !f.ok)
            continue;
        fw_error(model->diag, FW_INTERNAL, loc_of(&f, f.end), "the template has no slot '%s'", slots[i].name);
        f.ok = false;
    }
    return f.ok;
}

/* Packs given with --rules may bring templates of their own; they win over the shipped ones. */
static const char *template_path(gen_model *model, const char *file)
{
    const char *slash = strchr(file, '/');
    const char *folder = slash || !model->backend ? "" : model->backend->templates;
    const char *name = fw_format(model->arena, "templates/%s%s%s", folder, *folder ? "/" : "", file);
    const rules_options *rules = &model->options->rules;
    for (int i = 0; i < rules->npaths; i++) {
        const char *path = fw_format(model->arena, "%s/%s", rules->paths[i], name);
        if (fw_file_exists(path))
            return path;
    }
    return fw_format(model->arena, "%s/%s", model->options->data, name);
}

bool gen_template_text(gen_model *model, const char *file, fw_source **text)
{
    const char *path = template_path(model, file);
    for (int i = 0; i < model->ntemplates; i++) {
        if (!strcmp(model->templates[i]->name, path)) {
            *text = model->templates[i];
            return true;
        }
    }
    *text = fw_file_read(model->arena, model->diag, path);
    if (!*text)
        return false;
    FW_PUSH(model->arena, model->templates, model->ntemplates, model->templates_cap, *text);
    return true;
}
