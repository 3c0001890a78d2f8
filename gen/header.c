/* NAME.h: what the user's program includes. */
#include "gen.h"

#include <string.h>

enum { MAX_THREADS = 256 }; /* of the driver with threads: two small arrays on the stack */

typedef struct member {
    const char *declaration, *comment;
} member;

/* Members of a struct, their comments in one column. */
static const char *members_text(fw_arena *arena, const member *members, int count)
{
    size_t width = 0;
    for (int i = 0; i < count; i++) {
        size_t n = strlen(members[i].declaration);
        width = n > width && n <= 48 ? n : width;
    }
    fw_text out;
    fw_text_init(&out, arena);
    for (int i = 0; i < count; i++)
        fw_text_printf(&out, "%-*s /* %s */\n", (int)width, members[i].declaration, members[i].comment);
    return fw_text_string(&out);
}

static const char *layout_note(const ir_shape *shape)
{
    if (shape->type == IR_C64 || shape->type == IR_C128)
        return ", real and imaginary part in turn";
    return *ir_type_c(shape->type) ? "" : ", as bits";
}

static const char *input_comment(const gen_model *model, int i)
{
    const sched_program *program = model->program;
    const ir_shape *shape = program->input_shapes[i];
    const char *text = fw_format(model->arena, "%s%s", gen_shape_text(model->arena, shape), layout_note(shape));
    for (int j = 0; j < program->noutputs; j++)
        if (program->output_alias[j] == i)
            return fw_format(model->arena, "%s; %s may be the same array", text, model->output_fields[j]);
    return text;
}

static const char *output_comment(const gen_model *model, int i)
{
    const sched_program *program = model->program;
    const ir_shape *shape = program->output_shapes[i];
    const char *text = fw_format(model->arena, "%s%s", gen_shape_text(model->arena, shape), layout_note(shape));
    if (program->output_alias[i] < 0)
        return text;
    return fw_format(model->arena, "%s; may be the same array as %s", text,
        model->input_fields[program->output_alias[i]]);
}

static const char *fields_text(gen_model *model)
{
    const sched_program *program = model->program;
    int count = 0;
    member *members = fw_alloc_array(model->arena,
        (size_t)(program->ninputs + program->noutputs + program->nbuffers) + 2,
        sizeof *members);
    for (int i = 0; i < program->ninputs; i++)
        members[count++] = (member){fw_format(model->arena, "const %s *%s;", gen_c_type(program->input_shapes[i]->type),
            model->input_fields[i]), input_comment(model, i)};
    for (int i = 0; i < program->noutputs; i++)
        members[count++] = (member){fw_format(model->arena, "%s *%s;", gen_c_type(program->output_shapes[i]->type),
            model->output_fields[i]), output_comment(model, i)};
    if (model->weights == GEN_WEIGHTS_BLOB && model->backend->host)
        members[count++] = (member){"const void *weights;", fw_format(model->arena,
            "the contents of %s.weights, aligned to 64 bytes", model->prefix)};
    for (int i = 0; i < program->nbuffers && model->weights == GEN_WEIGHTS_CALLER; i++) {
        const sched_buffer *buffer = program->buffers[i];
        if (buffer->kind == SCHED_BUF_CONSTANT && model->buffer_used[i])
            members[count++] = (member){fw_format(model->arena, "const %s *%s;", gen_c_type(buffer->shape->type),
                model->buffer_names[i]), fw_format(model->arena, "constant %s, at byte %lld of %s.weights",
                gen_shape_text(model->arena, buffer->shape), (long long)model->constant_offsets[i], model->prefix)};
    }
    if (!count)
        members[count++] = (member){"char unused;", "C has no empty structs"};
    return members_text(model->arena, members, count);
}

static const char *weights_text(gen_model *model)
{
    if (!gen_has_blob(model))
        return "";
    return fw_format(model->arena, "/* %s.weights: its size and SHA-256. */\n#define %s_WEIGHTS_BYTES %lld\n"
        "#define %s_WEIGHTS_SHA256 \\\n    \"%s\"\n", model->prefix, model->prefix, (long long)model->blob_bytes,
        model->prefix,
        model->blob_hash);
}

bool gen_header(gen_model *model)
{
    const sched_program *program = model->program;
    bool threads = gen_has_threads(model);
    long long workspace = (long long)(program->buffer_bytes + program->thread_bytes);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(model->arena, "%s.h: the model %s as a function.", model->prefix,
            model->module->name))},
        {"fields", fields_text(model)},
        {"threads", threads ? fw_format(model->arena, "/* POSIX threads; at most %s_MAX_THREADS are used */",
            model->prefix)
                            : "/* not used: this code was generated for one thread */"},
        {"max_threads", fw_format(model->arena, "%d", threads ? MAX_THREADS : 1)},
        {"weights", weights_text(model)},
        {"workspace_bytes", fw_format(model->arena, "%lld", workspace)},
    };
    fw_text out;
    fw_text_init(&out, model->arena);
    if (!gen_fill(model, "MODEL.h", NULL, slots, FW_COUNT(slots), &out))
        return false;
    gen_output_add(model, fw_format(model->arena, "%s.h", model->prefix), out.data, out.size);
    return true;
}
