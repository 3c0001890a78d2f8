/* Names: of kernels, of the fields of their argument structs, of the model's arguments and of the driver's variables.
 *
 * They come from the graph (op_name, then the instruction's own name, then the opcode) with a counter among equals and
 * never from positions or hashes, so that a small change of the model is a small change of the source. */
#include "gen.h"

#include <string.h>

/* Keywords of C11 and C++20, and words that common headers define as macros. */
static const char *const keywords[] = {
    "alignas", "alignof", "and", "and_eq", "asm", "assert", "auto", "bitand", "bitor", "bool", "break", "case",
    "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl",
    "complex", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue", "decltype",
    "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "errno", "explicit", "export", "extern",
    "false", "float", "for", "friend", "goto", "if", "imaginary", "inline", "int", "linux", "long", "main",
    "mutable", "namespace", "new", "noexcept", "noreturn", "not", "not_eq", "nullptr", "operator", "or", "or_eq",
    "private", "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "short",
    "signed", "sizeof", "static", "static_assert", "static_cast", "stderr", "stdin", "stdout", "struct", "switch",
    "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union",
    "unix", "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq", "I",
    "INFINITY", "NAN", "NULL",
};

static bool is_keyword(const char *text)
{
    for (int i = 0; i < FW_COUNT(keywords); i++)
        if (!strcmp(keywords[i], text))
            return true;
    return false;
}

/* ASCII only, whatever the locale says. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The characters of an identifier; it may still be a keyword. */
static const char *identifier_text(fw_arena *arena, const char *text)
{
    fw_text out;
    fw_text_init(&out, arena);
    if (!*text || is_digit(*text))
        fw_text_char(&out, 'v');
    for (; *text; text++)
        fw_text_char(&out, is_letter(*text) || is_digit(*text) ? *text : '_');
    return fw_text_string(&out);
}

const char *gen_c_identifier(fw_arena *arena, const char *text)
{
    const char *name = identifier_text(arena, text);
    return is_keyword(name) ? fw_format(arena, "%s_", name) : name;
}

const char *gen_unique(fw_arena *arena, fw_intern *taken, const char *base)
{
    const char *name = base;
    for (int n = 2; fw_intern_find(taken, name, strlen(name)) >= 0; n++)
        name = fw_format(arena, "%s_%d", base, n);
    fw_intern_id(taken, name, strlen(name));
    return name;
}

static void take(fw_intern *taken, const char *name)
{
    fw_intern_id(taken, name, strlen(name));
}

static bool is_taken(const fw_intern *taken, const char *name)
{
    return fw_intern_find(taken, name, strlen(name)) >= 0;
}

const char *gen_c_type(ir_type type)
{
    if (type == IR_C64)
        return "float"; /* pairs: real part, imaginary part */
    if (type == IR_C128)
        return "double";
    return *ir_type_c(type) ? ir_type_c(type) : ir_type_c_unsigned(type);
}

/* "add.10" is "add": HLO makes names unique with numbers. */
static const char *without_number(fw_arena *arena, const char *name)
{
    size_t end = strlen(name);
    for (size_t i = end;; i = end) {
        while (i && is_digit(name[i - 1]))
            i--;
        if (i == end || i < 2 || name[i - 1] != '.')
            break;
        end = i - 1;
    }
    return fw_strndup(arena, name, end);
}

/* The last component of an op_name: "jit(run)/jit(relu)/max" gives "max", "a/reduce_sum[axes=(0,)]" "reduce_sum". */
static const char *last_component(fw_arena *arena, const char *path)
{
    size_t end = strcspn(path, "[");
    size_t start = end;
    while (start && path[start - 1] != '/')
        start--;
    const char *name = fw_strndup(arena, path + start, end - start);
    const char *open = strchr(name, '(');
    size_t length = strlen(name);
    if (open && length && name[length - 1] == ')')
        return fw_strndup(arena, open + 1, length - (size_t)(open - name) - 2); /* jit(relu) */
    return name;
}

/* A name that says something: letters and underscores, more than one letter, not too long. */
static bool is_word(const char *name)
{
    size_t letters = 0, n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        if (!is_letter(name[i]) && name[i] != '_' && name[i] != '-')
            return false;
        letters += is_letter(name[i]);
    }
    return letters > 1 && n <= 40 && is_letter(*name);
}

/* What an instruction does, as a part of an identifier in lower case: file names must differ on every file system. */
static const char *base_of(fw_arena *arena, const ir_instr *instr)
{
    const char *name = instr->op_name ? last_component(arena, instr->op_name) : "";
    if (!is_word(name))
        name = without_number(arena, instr->name);
    if (!is_word(name))
        name = ir_op_of(instr->op)->name;
    char *lower = fw_strdup(arena, name);
    for (char *p = lower; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    size_t n = strlen(lower);
    while (n > 1 && (lower[n - 1] == '_' || lower[n - 1] == '-'))
        lower[--n] = 0;
    return identifier_text(arena, lower);
}

static int rank_of(const ir_instr *instr)
{
    switch (ir_op_of(instr->op)->cls) {
    case IR_CONTRACTION: return 3;
    case IR_SCATTER_CLASS: case IR_SORT_CLASS: case IR_SCAN_CLASS: case IR_LINALG: case IR_RANDOM: return 2;
    case IR_REDUCE_CLASS: return 1;
    default: return 0;
    }
}

/* The instruction a kernel is for: the contraction, not the bias added last; else the last reduction; else the root. */
static const ir_instr *main_member(const plan_kernel *kernel)
{
    const ir_instr *best = kernel->outputs[0];
    int rank = rank_of(best);
    for (int i = 0; i < kernel->nmembers; i++) {
        int r = rank_of(kernel->members[i]);
        if (r > rank || (r && r < 3 && r == rank)) {
            best = kernel->members[i];
            rank = r;
        }
    }
    return best;
}

/* Every word NAME_<word> that the templates use themselves, so that no kernel gets it. */
static bool take_template_words(gen_model *model, fw_intern *taken, const char *file)
{
    fw_source *source;
    if (!gen_template_text(model, file, &source))
        return false;
    for (const char *at = source->text; (at = strstr(at, "MODEL_"));) {
        at += strlen("MODEL_");
        size_t n = 0;
        while (is_letter(at[n]) || is_digit(at[n]) || at[n] == '_')
            n++;
        fw_intern_id(taken, at, n);
    }
    return true;
}

static bool take_reserved(gen_model *model, fw_intern *taken)
{
    static const char *const words[] = {"run", "error", "args", "exec", "state", "create", "destroy", "prepare", "call",
        "workspace_bytes", "kernels", "steps", "weights"};
    static const char *const files[] = {"c/math.h", "c/MODEL.h", "c/driver.c", "c/driver_pthreads.c", "c/main.c"};
    for (int i = 0; i < FW_COUNT(words); i++)
        take(taken, words[i]);
    for (int i = 0; i < FW_COUNT(files); i++)
        if (!take_template_words(model, taken, files[i]))
            return false;
    return true;
}

/* A kernel called k is a function NAME_k and a struct NAME_k_args. */
static const char *unique_kernel(fw_arena *arena, fw_intern *taken, const char *base)
{
    const char *name = base, *args = fw_format(arena, "%s_args", name);
    for (int n = 2; is_taken(taken, name) || is_taken(taken, args); n++) {
        name = fw_format(arena, "%s_%d", base, n);
        args = fw_format(arena, "%s_args", name);
    }
    take(taken, name);
    take(taken, args);
    return name;
}

/* What a value is called inside a kernel, before equals are told apart; `full` keeps HLO's number. */
static const char *value_name(const gen_model *model, const ir_instr *instr, const sched_buffer *buffer, bool full)
{
    fw_arena *arena = model->arena;
    if (buffer->kind == SCHED_BUF_PARAM)
        return model->input_fields[buffer->index];
    if (instr->op == IR_OP_GET_TUPLE_ELEMENT || instr->op == IR_OP_PARAMETER)
        return gen_c_identifier(arena, buffer->name); /* the thing carried, not how it was picked */
    return gen_c_identifier(arena, full ? instr->name : without_number(arena, instr->name));
}

typedef struct field {
    const ir_instr *instr;
    const sched_buffer *buffer;
    const char *base;
    const char **name;           /* where the result goes */
} field;

static int count_base(const field *fields, int count, const char *base)
{
    int same = 0;
    for (int i = 0; i < count; i++)
        same += !strcmp(fields[i].base, base);
    return same;
}

/* Outputs first, so that an input in an output's buffer finds its name. */
static void name_fields(gen_model *model, gen_kernel *kernel)
{
    fw_arena *arena = model->arena;
    const sched_step *step = kernel->step;
    const sched_kernel *k = step->kernel;
    int ninputs = k->ninputs, noutputs = k->plan->noutputs, count = 0;
    kernel->inputs = fw_alloc_array(arena, (size_t)ninputs + 1, sizeof *kernel->inputs);
    kernel->outputs = fw_alloc_array(arena, (size_t)noutputs + 1, sizeof *kernel->outputs);
    field *fields = fw_alloc_array(arena, (size_t)(ninputs + noutputs) + 1, sizeof *fields);
    for (int i = 0; i < noutputs; i++)
        fields[count++] = (field){k->plan->outputs[i], step->outputs[i], "", &kernel->outputs[i]};
    for (int i = 0; i < ninputs; i++) {
        int shared = -1;
        for (int j = 0; j < noutputs && shared < 0; j++)
            shared = step->inputs[i] == step->outputs[j] ? j : -1;
        if (shared < 0)
            fields[count++] = (field){k->inputs[i], step->inputs[i], "", &kernel->inputs[i]};
    }
    for (int i = 0; i < count; i++)
        fields[i].base = value_name(model, fields[i].instr, fields[i].buffer, false);

    fw_intern *taken = fw_intern_new(arena);
    for (const char *const *word = gen_kernel_words; *word; word++)
        take(taken, *word);
    for (const char *const *word = model->backend->words; *word; word++)
        take(taken, *word);
    for (int i = 0; i < count; i++) {
        bool full = count_base(fields, count, fields[i].base) > 1;
        *fields[i].name = gen_unique(arena, taken, value_name(model, fields[i].instr, fields[i].buffer, full));
    }
    for (int i = 0; i < ninputs; i++)
        for (int j = 0; j < noutputs && !kernel->inputs[i]; j++)
            kernel->inputs[i] = step->inputs[i] == step->outputs[j] ? kernel->outputs[j] : NULL;
}

static void name_copy(gen_model *model, gen_kernel *kernel)
{
    kernel->inputs = fw_alloc_array(model->arena, 2, sizeof *kernel->inputs);
    kernel->outputs = fw_alloc_array(model->arena, 2, sizeof *kernel->outputs);
    kernel->inputs[0] = "from";
    kernel->outputs[0] = "to";
}

static const char *kernel_base(gen_model *model, const sched_step *step)
{
    return step->kind == SCHED_STEP_COPY ? "copy" : base_of(model->arena, main_member(step->kernel->plan));
}

/* Collects the steps that run kernels, under draft names. */
static void name_block(gen_model *model, fw_intern *taken, const sched_block *block)
{
    for (int i = 0; block && i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        if (gen_step_tiles(step) > 0) {
            gen_kernel kernel = {.step = step, .name = unique_kernel(model->arena, taken, kernel_base(model, step)),
                .like = model->nkernels};
            if (step->kind == SCHED_STEP_COPY)
                name_copy(model, &kernel);
            else
                name_fields(model, &kernel);
            FW_PUSH(model->arena, model->kernels, model->nkernels, model->kernels_cap, kernel);
        }
        name_block(model, taken, step->cond);
        name_block(model, taken, step->body);
        for (int b = 0; b < step->nbranches; b++)
            name_block(model, taken, step->branches[b]);
    }
}

/* The names that stay: steps that share a function have one name, and the counters count functions. */
static void name_functions(gen_model *model, fw_intern *taken)
{
    for (int i = 0; i < model->nkernels; i++) {
        gen_kernel *kernel = &model->kernels[i];
        const gen_kernel *first = &model->kernels[kernel->like];
        if (kernel->like == i)
            kernel->name = unique_kernel(model->arena, taken, kernel_base(model, kernel->step));
        else
            *kernel = (gen_kernel){.step = kernel->step, .name = first->name, .inputs = first->inputs,
                .outputs = first->outputs, .like = kernel->like};
    }
}

/* Members of NAME_args. The outputs' names are promised, so an input called out0 gives way. */
static void name_arguments(gen_model *model)
{
    const sched_program *program = model->program;
    fw_intern *taken = fw_intern_new(model->arena);
    model->input_fields = fw_alloc_array(model->arena, (size_t)program->ninputs + 1, sizeof *model->input_fields);
    model->output_fields = fw_alloc_array(model->arena, (size_t)program->noutputs + 1, sizeof *model->output_fields);
    if (gen_has_blob(model))
        take(taken, "weights");
    for (int i = 0; i < program->noutputs; i++)
        model->output_fields[i] = gen_unique(model->arena, taken, fw_format(model->arena, "out%d", i));
    for (int i = 0; i < program->ninputs; i++)
        model->input_fields[i] = gen_unique(model->arena, taken,
            gen_c_identifier(model->arena, program->input_names[i]));
    if (model->weights != GEN_WEIGHTS_CALLER)
        return;
    for (int i = 0; i < program->nbuffers; i++) /* the caller's weights are members too */
        if (program->buffers[i]->kind == SCHED_BUF_CONSTANT && model->buffer_used[i])
            model->buffer_names[i] = gen_unique(model->arena, taken,
                gen_c_identifier(model->arena, program->buffers[i]->name));
}

/* Variables of the driver's steps; inline constants are arrays NAME_<name> of the file. */
static void name_buffers(gen_model *model, fw_intern *globals)
{
    static const char *const locals[] = {"args", "work", "scratch", "team", "thread", "threads", "call", "swap",
        "weights", "trip"};
    const sched_program *program = model->program;
    fw_intern *taken = fw_intern_new(model->arena);
    for (int i = 0; i < FW_COUNT(locals); i++)
        take(taken, locals[i]);
    for (int i = 0; i < program->nbuffers; i++) {
        const sched_buffer *buffer = program->buffers[i];
        const char *base = gen_c_identifier(model->arena, buffer->name);
        if (model->buffer_names[i])
            continue;
        bool global = buffer->kind == SCHED_BUF_CONSTANT && model->weights == GEN_WEIGHTS_INLINE;
        model->buffer_names[i] = gen_unique(model->arena, global ? globals : taken, base);
    }
}

bool gen_names(gen_model *model)
{
    model->buffer_names = fw_alloc_array(model->arena, (size_t)model->program->nbuffers + 1,
        sizeof *model->buffer_names);
    fw_intern *drafts = fw_intern_new(model->arena), *globals = fw_intern_new(model->arena);
    if (!take_reserved(model, drafts) || !take_reserved(model, globals))
        return false;
    name_arguments(model);
    name_block(model, drafts, model->program->main);
    if (!gen_share(model))
        return false;
    name_functions(model, globals);
    name_buffers(model, globals);
    return true;
}
