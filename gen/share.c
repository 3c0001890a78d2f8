/* Steps with the same code share one function: the layers of a model repeat.
 *
 * Two kernels are the same when their texts are, once the names that come from the graph are replaced by numbers in
 * order of first appearance. Everything else must be equal to the byte: types, sizes, constants, functions called. */
#include "gen.h"

#include <string.h>

typedef struct canon {
    gen_model *model;
    const gen_kernel *kernel;
    fw_intern *graph;            /* names from the graph, without the numbers that make them unique */
    fw_intern *seen;             /* the replaced identifiers: their number is their place */
    fw_text out;
} canon;

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "add_203_tile_1" is "add_tile": what an identifier says apart from the numbers between its underscores. */
static const char *without_numbers(fw_arena *arena, const char *text, size_t length)
{
    char *out = fw_alloc(arena, length + 1);
    size_t n = 0;
    for (size_t i = 0; i < length;) {
        size_t part = 0, digits = 0;
        while (i + part < length && (part == 0 || text[i + part] != '_')) {
            digits += is_digit(text[i + part]);
            part++;
        }
        bool number = i && part > 1 && digits == part - 1;
        if (!number) {
            memcpy(out + n, text + i, part);
            n += part;
        }
        i += part;
    }
    return out;
}

static void add_graph_name(canon *c, const char *name)
{
    const char *id = gen_c_identifier(c->model->arena, name);
    const char *base = without_numbers(c->model->arena, id, strlen(id));
    fw_intern_id(c->graph, base, strlen(base));
}

static void collect_graph_names(canon *c)
{
    const sched_kernel *k = c->kernel->step->kernel;
    if (!k)
        return;
    for (int i = 0; i < k->plan->nmembers; i++)
        add_graph_name(c, k->plan->members[i]->name);
    for (int i = 0; i < k->ninputs; i++) {
        add_graph_name(c, k->inputs[i]->name);
        add_graph_name(c, c->kernel->inputs[i]);
    }
    for (int i = 0; i < k->plan->noutputs; i++)
        add_graph_name(c, c->kernel->outputs[i]);
}

/* Words that mean something outside the function: never taken for names of the graph, whatever the graph's names
 * are. */
static bool is_fixed(const char *word, size_t length, char next)
{
    static const char *const words[] = {"auto", "break", "case", "char", "const", "continue", "default", "do", "double",
        "else", "enum",
        "extern", "float", "for", "goto", "if", "include", "inline", "int", "long", "memcpy", "memset", "pragma",
        "register", "restrict",
        "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
        "volatile", "while"};
    bool has_lower = false;
    for (size_t i = 0; i < length; i++)
        has_lower |= word[i] >= 'a' && word[i] <= 'z';
    if (!has_lower || next == '(' || (length > 2 && !memcmp(word + length - 2, "_t", 2)) ||
        !memcmp(word, "__", length < 2 ? length : 2))
        return true;
    for (int i = 0; i < FW_COUNT(words); i++)
        if (strlen(words[i]) == length && !memcmp(words[i], word, length))
            return true;
    for (const char *const *kept = gen_kernel_words; *kept; kept++)
        if (strlen(*kept) == length && !memcmp(*kept, word, length))
            return true;
    return false;
}

/* Everything that begins with the model's prefix is declared outside the kernel. */
static bool is_global(const canon *c, const char *word, size_t length)
{
    size_t n = strlen(c->model->prefix);
    return length > n && !memcmp(word, c->model->prefix, n) && word[n] == '_';
}

/* True for a name that was made from one of the graph's: its own, or with a suffix (a tile of it, a partial result). */
static bool is_graph_name(canon *c, const char *word, size_t length)
{
    const char *base = without_numbers(c->model->arena, word, length);
    for (size_t n = strlen(base); n > 0; n--)
        if ((n == strlen(base) || base[n] == '_') && fw_intern_find(c->graph, base, n) >= 0)
            return true;
    return false;
}

static void add_word(canon *c, const char *word, size_t length, char next)
{
    const char *own = fw_format(c->model->arena, "%s_%s", c->model->prefix, c->kernel->name);
    size_t n = strlen(own);
    if (length >= n && !memcmp(word, own, n) && (length == n || (length == n + 5 && !memcmp(word + n, "_args", 5))))
        fw_text_printf(&c->out, "@kernel%.*s", (int)(length - n), word + n);
    else if (!is_global(c, word, length) && !is_fixed(word, length, next) && is_graph_name(c, word, length))
        fw_text_printf(&c->out, "@%d", fw_intern_id(c->seen, word, length));
    else
        fw_text_addn(&c->out, word, length);
}

/* The fields of the argument struct, which the driver fills by position. */
static void add_field(canon *c, const char *name, const ir_shape *shape)
{
    fw_text_printf(&c->out, "%s %s @%d\n", gen_c_type(shape->type), gen_shape_text(c->model->arena, shape),
        fw_intern_id(c->seen, name, strlen(name)));
}

static void add_fields(canon *c)
{
    const sched_kernel *k = c->kernel->step->kernel;
    for (int i = 0; k && i < k->ninputs; i++)
        add_field(c, c->kernel->inputs[i], k->inputs[i]->shape);
    for (int i = 0; k && i < k->plan->noutputs; i++)
        add_field(c, c->kernel->outputs[i], k->plan->outputs[i]->shape);
    fw_text_printf(&c->out, "%lld tiles\n", (long long)gen_step_tiles(c->kernel->step));
}

/* The banner names the kernel in words; what counts starts behind it. */
static const char *after_banner(const char *text)
{
    const char *end = strstr(text, "*/");
    return end ? end + 2 : text;
}

static const char *canonical_text(gen_model *model, const gen_kernel *kernel)
{
    fw_text text;
    fw_text_init(&text, model->arena);
    if (!gen_kernel_text(model, kernel, &text))
        return NULL;
    canon c = {.model = model, .kernel = kernel, .graph = fw_intern_new(model->arena),
        .seen = fw_intern_new(model->arena)};
    fw_text_init(&c.out, model->arena);
    collect_graph_names(&c);
    add_fields(&c);
    for (const char *at = after_banner(fw_text_string(&text)); *at;) {
        size_t n = 0;
        while (is_name_char(at[n]))
            n++;
        if (n && !is_digit(*at))
            add_word(&c, at, n, at[n]);
        else
            fw_text_addn(&c.out, at, n ? n : 1);
        at += n ? n : 1;
    }
    return fw_text_string(&c.out);
}

bool gen_share(gen_model *model)
{
    fw_intern *texts = fw_intern_new(model->arena);
    int *first = fw_alloc_array(model->arena, (size_t)model->nkernels + 1, sizeof *first); /* by number of the text */
    bool ok = true;
    for (int i = 0; i < model->nkernels; i++) {
        int before = fw_intern_count(texts);
        const char *text = canonical_text(model, &model->kernels[i]);
        ok = ok && text;
        if (!text)
            continue;
        int number = fw_intern_id(texts, text, strlen(text));
        if (number == before)
            first[number] = i;
        model->kernels[i].like = first[number];
    }
    return ok;
}
