/* NAME.json: what was generated, for programs. Format 1; tests/schema/manifest.schema.json says what it holds.
 * Additions keep the format number, anything else raises it. */
#include "gen.h"

#include <string.h>

/* ---- JSON: just enough to write it ---- */

typedef struct json {
    fw_text *out;
    int depth;
    bool first;                  /* nothing stands in the object or list yet */
    bool inline_list;            /* the list at hand is written on one line */
} json;

static void quoted(fw_text *out, const char *text)
{
    fw_text_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fw_text_printf(out, "\\%c", c);
        else if (c < 32 || c == 127)
            fw_text_printf(out, "\\u%04x", c);
        else
            fw_text_char(out, (char)c);
    }
    fw_text_char(out, '"');
}

static void separate(json *j)
{
    if (!j->first)
        fw_text_add(j->out, j->inline_list ? ", " : ",");
    if (!j->inline_list)
        fw_text_printf(j->out, "\n%*s", 2 * j->depth, "");
    j->first = false;
}

static void key(json *j, const char *name)
{
    separate(j);
    if (!name)
        return;
    quoted(j->out, name);
    fw_text_add(j->out, ": ");
}

static void open(json *j, const char *name, char bracket)
{
    key(j, name);
    fw_text_char(j->out, bracket);
    j->depth++;
    j->first = true;
}

static void close(json *j, char bracket)
{
    j->depth--;
    if (!j->first && !j->inline_list)
        fw_text_printf(j->out, "\n%*s", 2 * j->depth, "");
    fw_text_char(j->out, bracket);
    j->first = false;
}

/* An object or list of few words stands on one line. */
static bool open_inline(json *j, const char *name, char bracket)
{
    bool outer = j->inline_list;
    open(j, name, bracket);
    j->inline_list = true;
    return outer;
}

static void close_inline(json *j, char bracket, bool outer)
{
    close(j, bracket);
    j->inline_list = outer;
}

static void string(json *j, const char *name, const char *text)
{
    key(j, name);
    if (text)
        quoted(j->out, text);
    else
        fw_text_add(j->out, "null");
}

static void number(json *j, const char *name, int64_t value)
{
    key(j, name);
    fw_text_printf(j->out, "%lld", (long long)value);
}

/* ---- the manifest ---- */

static void kernel_json(json *j, gen_model *model, const gen_kernel *kernel)
{
    const sched_step *step = kernel->step;
    const sched_kernel *k = step->kernel;
    open(j, NULL, '{');
    string(j, "name", kernel->name);
    number(j, "step", step->number);
    string(j, "file", fw_format(model->arena, "%s_%s%s", model->prefix, kernel->name, model->backend->kernel_suffix));
    bool outer = open_inline(j, "ops", '[');
    for (int i = 0; k && i < k->plan->nmembers; i++)
        string(j, NULL, ir_op_of(k->plan->members[i]->op)->name);
    if (!k)
        string(j, NULL, "copy");
    close_inline(j, ']', outer);
    string(j, "template", k ? k->plan->template_name : "copy");
    string(j, "rule", k && k->plan->rule ? k->plan->rule : "");
    string(j, "rule_at", k ? gen_rule_place(model, k->plan) : "");
    number(j, "flops", k ? k->flops : 0);
    number(j, "bytes", k ? k->bytes_read + k->bytes_written : 2 * step->to->bytes);
    number(j, "tiles", gen_step_tiles(step));
    number(j, "scratch_bytes", k ? k->scratch_bytes + k->template_bytes : 0);
    close(j, '}');
}

static void array_json(json *j, const char *name, const ir_shape *shape, const char *alias)
{
    bool outer = open_inline(j, NULL, '{');
    string(j, "name", name);
    string(j, "type", ir_type_name(shape->type));
    bool inner = open_inline(j, "shape", '[');
    for (int d = 0; d < shape->rank; d++)
        number(j, NULL, ir_shape_size(shape, d));
    close_inline(j, ']', inner);
    string(j, "alias", alias);
    close_inline(j, '}', outer);
}

static void arrays_json(json *j, gen_model *model)
{
    const sched_program *program = model->program;
    open(j, "inputs", '[');
    for (int i = 0; i < program->ninputs; i++) {
        const char *alias = NULL;
        for (int o = 0; o < program->noutputs; o++)
            alias = program->output_alias[o] == i ? model->output_fields[o] : alias;
        array_json(j, model->input_fields[i], program->input_shapes[i], alias);
    }
    close(j, ']');
    open(j, "outputs", '[');
    for (int o = 0; o < program->noutputs; o++) {
        int input = program->output_alias[o];
        array_json(j, model->output_fields[o], program->output_shapes[o],
            input < 0 ? NULL : model->input_fields[input]);
    }
    close(j, ']');
}

static const char *buffer_kind(sched_buffer_kind kind)
{
    switch (kind) {
    case SCHED_BUF_PARAM: return "input";
    case SCHED_BUF_OUTPUT: return "output";
    case SCHED_BUF_CONSTANT: return "constant";
    case SCHED_BUF_WORK: return "workspace";
    }
    return "";
}

/* The offset is in the workspace, or of a constant in NAME.weights; -1 where the array has a place of its own. */
static int64_t buffer_offset(const gen_model *model, const sched_buffer *buffer)
{
    if (buffer->kind == SCHED_BUF_WORK)
        return buffer->offset;
    return buffer->kind == SCHED_BUF_CONSTANT && gen_has_blob(model) ? model->constant_offsets[buffer->id] : -1;
}

static void buffers_json(json *j, gen_model *model)
{
    const sched_program *program = model->program;
    open(j, "buffers", '[');
    for (int i = 0; i < program->nbuffers; i++) {
        const sched_buffer *buffer = program->buffers[i];
        if (!model->buffer_used[i])
            continue;
        bool outer = open_inline(j, NULL, '{');
        string(j, "name", buffer->name);
        string(j, "kind", buffer_kind(buffer->kind));
        string(j, "shape", gen_shape_text(model->arena, buffer->shape));
        number(j, "bytes", buffer->bytes);
        number(j, "offset", buffer_offset(model, buffer));
        number(j, "first", buffer->first);
        number(j, "last", buffer->last);
        close_inline(j, '}', outer);
    }
    close(j, ']');
}

static void files_json(json *j, gen_model *model)
{
    open(j, "files", '[');
    for (int i = 0; i < model->output->nfiles; i++) {
        const gen_file *file = &model->output->files[i];
        char hash[65];
        fw_sha256(file->data, file->size, hash);
        bool outer = open_inline(j, NULL, '{');
        string(j, "name", file->name);
        number(j, "bytes", (int64_t)file->size);
        string(j, "sha256", hash);
        close_inline(j, '}', outer);
    }
    close(j, ']');
}

static const char *numerics_text(rules_numerics numerics)
{
    return numerics == RULES_STRICT ? "strict" : numerics == RULES_FAST ? "fast" : "default";
}

bool gen_manifest(gen_model *model)
{
    const sched_program *program = model->program;
    fw_text out;
    fw_text_init(&out, model->arena);
    fw_text_char(&out, '{');
    json j = {.out = &out, .depth = 1, .first = true};
    number(&j, "format", 1);
    string(&j, "generator", "fusewright " GEN_VERSION);
    string(&j, "name", model->prefix);
    string(&j, "module", model->module->name);
    string(&j, "target", model->target->name);
    string(&j, "backend", model->backend->name);
    string(&j, "numerics", numerics_text(model->options->rules.numerics));
    string(&j, "parallel", gen_has_threads(model) ? "pthreads" : "none");
    string(&j, "rules_sha256", rules_digest(model->rules));
    open(&j, "kernels", '[');
    for (int i = 0; i < model->nkernels; i++)
        kernel_json(&j, model, &model->kernels[i]);
    close(&j, ']');
    number(&j, "workspace_bytes", program->buffer_bytes + program->thread_bytes);
    number(&j, "workspace_bytes_per_thread", program->thread_bytes);
    number(&j, "constants_bytes", program->constant_bytes);
    arrays_json(&j, model);
    buffers_json(&j, model);
    if (gen_has_blob(model)) {
        open(&j, "weights", '{');
        string(&j, "name", fw_format(model->arena, "%s.weights", model->prefix));
        number(&j, "bytes", model->blob_bytes);
        string(&j, "sha256", model->blob_hash);
        close(&j, '}');
    }
    files_json(&j, model);
    fw_text_add(&out, "\n}\n");
    gen_output_add(model, fw_format(model->arena, "%s.json", model->prefix), out.data, out.size);
    return true;
}
