/* C names of the caller's arrays and of buffers. HLO's numbers are left out where the name is unique without them, so that a small
 * change of the model is a small change of the source. */
#include "program_graph.h"

#include <string.h>

/* Words that C, C++ or the generated driver claim. */
static bool is_taken_word(const char *text)
{
    static const char words[] =
        " alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl complex concept const "
        "constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern "
        "false float for friend goto if imaginary inline int long mutable namespace new noexcept not not_eq nullptr "
        "operator or or_eq private protected public register reinterpret_cast requires restrict return short signed "
        "sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid "
        "typename union unsigned using virtual void volatile wchar_t while xor xor_eq args exec workspace weights packed "
        "scratch threads user stream state main ";
    size_t length = strlen(text);
    for (const char *at = words; (at = strstr(at, text)); at++)
        if (at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const char *prog_identifier(fw_arena *arena, const char *text)
{
    size_t length = strlen(text);
    char *name = fw_alloc(arena, length + 3);
    size_t n = 0;
    if (!length || is_digit(text[0]))
        name[n++] = 'v';
    for (size_t i = 0; i < length; i++)
        name[n++] = is_letter(text[i]) || is_digit(text[i]) ? text[i] : '_';
    /* Names that start with two underscores, or one and a capital, belong to the compiler. */
    size_t start = 0;
    while (name[start] == '_' && name[start + 1] && !is_digit(name[start + 1]))
        start++;
    name += start;
    if (!strcmp(name, "_") || is_taken_word(name))
        strcat(name, "_");
    return name;
}

/* `p_0_.1` is what JAX makes of p[0]. */
char *prog_short_name(fw_arena *arena, const char *text)
{
    size_t length = strlen(text), end = length;
    while (end && is_digit(text[end - 1]))
        end--;
    if (end < length && end > 1 && text[end - 1] == '.')
        length = end - 1;
    while (length > 1 && text[length - 1] == '_')
        length--;
    return fw_strndup(arena, text, length);
}

/* ---- inputs ---- */

static void leaf_names(prog *p, const ir_shape *shape, const char *name, const char **names, int *count)
{
    if (shape->type == IR_TOKEN)
        return;
    if (shape->type != IR_TUPLE) {
        names[(*count)++] = name;
        return;
    }
    for (int i = 0; i < shape->nelems; i++)
        leaf_names(p, shape->elems[i], fw_format(p->arena, "%s_%d", name, i), names, count);
}

static bool is_output_name(const char *name)
{
    if (strncmp(name, "out", 3) || !is_digit(name[3]))
        return false;
    name += 3;
    while (is_digit(*name))
        name++;
    return !*name;
}

/* First `name`, then name_2, name_3, ...; `table` holds the names given so far. */
static const char *unique(prog *p, fw_intern *table, const char *name)
{
    const char *candidate = name;
    for (int n = 2; is_output_name(candidate) || fw_intern_find(table, candidate, strlen(candidate)) >= 0; n++)
        candidate = fw_format(p->arena, "%s_%d", name, n);
    return fw_intern_text(table, fw_intern_id(table, candidate, strlen(candidate)));
}

/* Parameters whose short names clash keep their numbers. */
void prog_name_inputs(prog *p, const ir_comp *entry, const char **names)
{
    fw_intern *table = fw_intern_new(p->arena);
    const char **shorts = fw_alloc_array(p->arena, (size_t)entry->nparams + 1, sizeof *shorts);
    for (int i = 0; i < entry->nparams; i++)
        shorts[i] = prog_identifier(p->arena, prog_short_name(p->arena, entry->params[i]->name));
    int n = 0;
    for (int i = 0; i < entry->nparams; i++) {
        bool clash = false;
        for (int j = 0; j < entry->nparams; j++)
            clash |= i != j && !strcmp(shorts[i], shorts[j]);
        const char *name = clash ? prog_identifier(p->arena, entry->params[i]->name) : shorts[i];
        int first = n;
        leaf_names(p, entry->params[i]->shape, name, names, &n);
        for (int leaf = first; leaf < n; leaf++)
            names[leaf] = unique(p, table, names[leaf]);
    }
}

/* Workspace and constants, in the order of their first use. Their names must not hide the caller's. */
void prog_name_buffers(prog *p)
{
    sched_program *program = p->program;
    fw_intern *table = fw_intern_new(p->arena);
    for (int i = 0; i < program->ninputs; i++)
        fw_intern_id(table, program->input_names[i], strlen(program->input_names[i]));
    for (int i = 0; i < program->nbuffers; i++) {
        sched_buffer *b = program->buffers[i];
        if (b->kind == SCHED_BUF_WORK || b->kind == SCHED_BUF_CONSTANT)
            b->name = unique(p, table, prog_identifier(p->arena, b->name));
    }
}
