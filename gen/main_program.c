/* main.c: a program around the model that reads and writes .npy files. */
#include "gen.h"

#include <string.h>

/* What .npy files call an element type: as it is written first, then other spellings that mean the same bytes. Numpy
 * has no names for bf16 and the small floats and takes them for raw bytes; ml_dtypes gives them names. */
static const char *descr_of(fw_arena *arena, ir_type type)
{
    int bytes = (int)ir_type_bytes(type), bits = ir_type_bits(type);
    const char *order = bytes == 1 ? "|" : "<", *name = ir_type_name(type);
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED: return "|b1 V1";
    case IR_CLASS_SIGNED:
        return bits < 8 ? fw_format(arena, "|i1 u1 V1 int%d", bits)
                        : fw_format(arena, "%si%d V%d", order, bytes, bytes);
    case IR_CLASS_UNSIGNED:
        return bits < 8 ? fw_format(arena, "|u1 i1 V1 uint%d", bits)
                        : fw_format(arena, "%su%d V%d", order, bytes, bytes);
    case IR_CLASS_COMPLEX: return fw_format(arena, "<c%d V%d", bytes, bytes);
    default: break;
    }
    if (type == IR_BF16)
        return "<V2 bfloat16";
    if (type == IR_F16 || *ir_type_c(type))
        return fw_format(arena, "<f%d V%d", bytes, bytes);
    int digits = (int)strcspn(name + 1, "e"); /* f8e4m3fn is float8_e4m3fn */
    return fw_format(arena, "|V1 float%.*s_%s%s", digits, name + 1, name + 1 + digits, type == IR_F8E5M2 ? " f1" : "");
}

/* One row of the tables of main.c. */
static void row_text(fw_arena *arena, const char *name, const ir_shape *shape, fw_text *out)
{
    fw_text_printf(out, "{\"%s\", \"%s\", \"%s\", %d, %d, {", name, ir_type_name(shape->type),
        descr_of(arena, shape->type),
        (int)ir_type_bytes(shape->type), shape->rank);
    for (int d = 0; d < shape->rank; d++)
        fw_text_printf(out, "%s%lld", d ? ", " : "", (long long)ir_shape_size(shape, d));
    fw_text_add(out, shape->rank ? "}},\n" : "0}},\n");
}

static const char *table_text(fw_arena *arena, int count, const char **names, const ir_shape **shapes, int *max_rank)
{
    fw_text out;
    fw_text_init(&out, arena);
    for (int i = 0; i < count; i++) {
        row_text(arena, names[i], shapes[i], &out);
        *max_rank = shapes[i]->rank > *max_rank ? shapes[i]->rank : *max_rank;
    }
    if (!count)
        fw_text_add(&out, "{\"\", \"\", \"\", 0, 0, {0}},");
    return fw_text_string(&out);
}

static const char *arguments_text(gen_model *model)
{
    const sched_program *program = model->program;
    fw_text out;
    fw_text_init(&out, model->arena);
    for (int i = 0; i < program->ninputs; i++)
        fw_text_printf(&out, ".%s = in[%d],\n", model->input_fields[i], i);
    for (int i = 0; i < program->noutputs; i++)
        fw_text_printf(&out, ".%s = out[%d],\n", model->output_fields[i], i);
    if (!out.size)
        fw_text_add(&out, ".unused = 0,");
    return fw_text_string(&out);
}

/* NULL keeps the template's own text, for the blob as a whole; the caller's weights are set one by one. */
static const char *load_text(gen_model *model)
{
    if (!gen_has_blob(model))
        return "";
    if (model->weights == GEN_WEIGHTS_BLOB)
        return NULL;
    fw_text out;
    fw_text_init(&out, model->arena);
    fw_text_add(&out, "char *constants = read_weights(o.weights, o.program);\n");
    for (int i = 0; i < model->program->nbuffers; i++)
        if (model->program->buffers[i]->kind == SCHED_BUF_CONSTANT && model->buffer_used[i])
            fw_text_printf(&out, "args.%s = (const void *)(constants + %lld);\n", model->buffer_names[i],
                (long long)model->constant_offsets[i]);
    return fw_text_string(&out);
}

static const char *usage_text(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    int count = model->program->ninputs;
    for (int i = 0; i < count && i < 4; i++)
        fw_text_printf(&out, "%s%s.npy", i ? " " : "", model->input_fields[i]);
    if (count > 4)
        fw_text_add(&out, " ...");
    return fw_text_string(&out);
}

/* Bytes of a file that may hold more than the type allows: pred and the types of less than 8 bits. */
static bool has_loose_bits(const sched_program *program)
{
    for (int i = 0; i < program->ninputs; i++)
        if (ir_type_bits(program->input_shapes[i]->type) < 8)
            return true;
    return false;
}

/* What a backend says in its own way, or `host`, which is for arrays in the host's memory; NULL is the template's own text. */
static const char *part(gen_model *model, const char *slot, const char *host)
{
    const char *text = model->backend->main_part(model, slot);
    return text ? text : host;
}

bool gen_main_program(gen_model *model)
{
    const sched_program *program = model->program;
    fw_arena *arena = model->arena;
    const char *keep = gen_has_blob(model) ? NULL : "", *tidy = has_loose_bits(program) ? NULL : "";
    int max_rank = 1;
    const char *inputs = table_text(arena, program->ninputs, model->input_fields, program->input_shapes, &max_rank);
    const char *outputs = table_text(arena, program->noutputs, model->output_fields, program->output_shapes, &max_rank);
    gen_slot slots[] = {
        {"banner", gen_banner(model, fw_format(arena, "main.c: runs %s on .npy files.", model->prefix))},
        {"ninputs", fw_format(arena, "%d", program->ninputs)},
        {"noutputs", fw_format(arena, "%d", program->noutputs)},
        {"max_rank", fw_format(arena, "%d", max_rank)},
        {"inputs", inputs},
        {"outputs", outputs},
        {"tidy", tidy},
        {"call_tidy", tidy},
        {"usage", usage_text(model)},
        {"arguments", part(model, "arguments", arguments_text(model))},
        {"weights", keep},
        {"load_weights", part(model, "load_weights", load_text(model))},
        {"include", part(model, "include", NULL)},
        {"device", part(model, "device", NULL)},
        {"wait", part(model, "wait", NULL)},
        {"start", part(model, "start", NULL)},
        {"workspace", part(model, "workspace", NULL)},
        {"results", part(model, "results", NULL)},
        {"stop", part(model, "stop", NULL)},
        {"free_weights", keep},
    };
    fw_text out;
    fw_text_init(&out, arena);
    if (!gen_fill(model, "c/main.c", NULL, slots, FW_COUNT(slots), &out))
        return false;
    gen_output_add(model, "main.c", out.data, out.size);
    return true;
}
