/* Array constants: inline in the driver while they are small, else in the file NAME.weights. */
#include "gen.h"

#include <math.h>
#include <string.h>

enum { BLOB_ALIGN = 64, LINE_WIDTH = 116 };

/* Marks the buffers of steps that the driver will contain. */
static void mark_used(const sched_block *block, bool *used)
{
    for (int i = 0; block && i < block->nsteps; i++) {
        const sched_step *step = &block->steps[i];
        if (step->kind == SCHED_STEP_KERNEL && gen_step_tiles(step) > 0) {
            for (int j = 0; j < step->kernel->ninputs; j++)
                used[step->inputs[j]->id] = true;
            for (int j = 0; j < step->kernel->plan->noutputs; j++)
                used[step->outputs[j]->id] = true;
        }
        if (step->kind == SCHED_STEP_SWAP || (step->kind == SCHED_STEP_COPY && gen_step_tiles(step) > 0))
            used[step->from->id] = used[step->to->id] = true;
        if (step->pred)
            used[step->pred->id] = true;
        mark_used(step->cond, used);
        mark_used(step->body, used);
        for (int b = 0; b < step->nbranches; b++)
            mark_used(step->branches[b], used);
    }
}

static bool is_constant(const gen_model *model, int buffer)
{
    return model->program->buffers[buffer]->kind == SCHED_BUF_CONSTANT && model->buffer_used[buffer];
}

/* Fills offsets and bytes of the blob in buffer order, and the blob itself. */
static void build_blob(gen_model *model)
{
    const sched_program *program = model->program;
    int64_t size = 0;
    for (int i = 0; i < program->nbuffers; i++) {
        if (!is_constant(model, i))
            continue;
        model->constant_offsets[i] = size;
        size += (program->buffers[i]->bytes + BLOB_ALIGN - 1) / BLOB_ALIGN * BLOB_ALIGN;
    }
    char *data = fw_alloc(model->arena, (size_t)size + 1);
    for (int i = 0; i < program->nbuffers; i++) {
        const sched_buffer *buffer = program->buffers[i];
        if (is_constant(model, i) && buffer->bytes)
            memcpy(data + model->constant_offsets[i], buffer->literal->data, (size_t)buffer->bytes);
    }
    model->blob = data;
    model->blob_bytes = size;
    fw_sha256(data, (size_t)size, model->blob_hash);
}

bool gen_constants_place(gen_model *model)
{
    const sched_program *program = model->program;
    int64_t bytes = 0;
    model->buffer_used = fw_alloc_array(model->arena, (size_t)program->nbuffers + 1, sizeof *model->buffer_used);
    mark_used(program->main, model->buffer_used);
    for (int i = 0; i < program->nbuffers; i++)
        if (is_constant(model, i))
            bytes += program->buffers[i]->bytes;
    model->constant_offsets = fw_alloc_array(model->arena, (size_t)program->nbuffers + 1,
        sizeof *model->constant_offsets);
    model->weights = model->options->weights;
    if (!bytes || (model->weights == GEN_WEIGHTS_AUTO && bytes <= GEN_INLINE_BYTES))
        model->weights = GEN_WEIGHTS_INLINE;
    if (model->weights == GEN_WEIGHTS_AUTO)
        model->weights = GEN_WEIGHTS_BLOB;
    if (model->weights != GEN_WEIGHTS_INLINE)
        build_blob(model);
    return true;
}

bool gen_has_blob(const gen_model *model)
{
    return model->blob != NULL;
}

/* ---- inline constants ---- */

static const char *element(const ir_literal *literal, int64_t i)
{
    return (const char *)literal->data + (size_t)i * ir_type_bytes(literal->shape->type);
}

/* C spells only one NaN; an array with any other is written as its bits. */
static bool plain_nan(ir_type type, const void *at)
{
    static const float one_nan = NAN;
    if (type != IR_F32)
        return false;
    return !memcmp(at, &one_nan, sizeof one_nan);
}

static bool needs_bits(const ir_literal *literal)
{
    ir_type type = literal->shape->type;
    int64_t count = ir_shape_count(literal->shape);
    for (int64_t i = 0; (type == IR_F32 || type == IR_F64) && i < count; i++)
        if (isnan(ir_number_get(type, element(literal, i))) && !plain_nan(type, element(literal, i)))
            return true;
    return false;
}

static void float_text(ir_type type, const void *at, fw_text *out)
{
    size_t start = out->size;
    ir_number_print(type, at, out);
    const char *text = out->data + start;
    double value = ir_number_get(type, at);
    if (isnan(value) || isinf(value)) {
        out->size = start;
        fw_text_add(out, isnan(value) ? "NAN" : value < 0 ? "-INFINITY" : "INFINITY");
        return;
    }
    if (!strpbrk(text, ".e"))
        fw_text_add(out, ".0");
    if (type == IR_F32)
        fw_text_char(out, 'f');
}

static void int_text(ir_type type, const void *at, fw_text *out)
{
    int64_t value = ir_number_get_int(type, at);
    if (ir_class_of(type) == IR_CLASS_UNSIGNED)
        fw_text_printf(out, "%llu%s", (unsigned long long)value, ir_type_bytes(type) >= 4 ? "u" : "");
    else if (value == INT64_MIN || (type == IR_S32 && value == INT32_MIN))
        fw_text_printf(out, "(%lld - 1)", (long long)value + 1); /* the minimum itself is no C literal */
    else
        fw_text_printf(out, "%lld", (long long)value);
}

static void bits_text(ir_type type, const void *at, fw_text *out)
{
    uint64_t bits = 0;
    size_t bytes = ir_type_bytes(type);
    memcpy(&bits, at, bytes);
    fw_text_printf(out, "0x%0*llx%s", (int)(2 * bytes), (unsigned long long)bits, bytes == 8 ? "u" : "");
}

static void element_text(ir_type type, const void *at, bool bits, fw_text *out)
{
    if (type == IR_C64 || type == IR_C128) {
        ir_type part = type == IR_C64 ? IR_F32 : IR_F64;
        float_text(part, at, out);
        fw_text_add(out, ", ");
        float_text(part, (const char *)at + ir_type_bytes(part), out);
    } else if (bits || (ir_type_is_float(type) && !*ir_type_c(type))) {
        bits_text(type, at, out);
    } else if (ir_type_is_float(type)) {
        float_text(type, at, out);
    } else {
        int_text(type, at, out);
    }
}

/* Elements separated by commas, as many as fit on a line. */
static void elements_text(const ir_literal *literal, bool bits, fw_text *out)
{
    int64_t count = ir_shape_count(literal->shape);
    size_t line = out->size;
    fw_text_add(out, "   ");
    for (int64_t i = 0; i < count; i++) {
        size_t before = out->size;
        fw_text_char(out, ' ');
        element_text(literal->shape->type, element(literal, i), bits, out);
        fw_text_add(out, i + 1 < count ? "," : "");
        if (out->size - line <= LINE_WIDTH)
            continue;
        const char *moved = fw_strdup(out->arena, out->data + before);
        out->size = before;
        fw_text_char(out, '\n');
        line = out->size;
        fw_text_printf(out, "   %s", moved);
    }
    fw_text_add(out, count ? "\n" : " 0\n"); /* C has no empty arrays */
}

static void constant_text(gen_model *model, const sched_buffer *buffer, fw_text *out)
{
    const ir_literal *literal = buffer->literal;
    ir_type type = literal->shape->type;
    bool bits = needs_bits(literal), complex = type == IR_C64 || type == IR_C128;
    int64_t count = ir_shape_count(literal->shape) * (complex ? 2 : 1);
    const char *name = model->buffer_names[buffer->id], *shape = gen_shape_text(model->arena, literal->shape);
    count = count ? count : 1;
    if (bits)
        fw_text_printf(out,
            "%s union { %s bits[%lld]; %s value[%lld]; } %s_%s = {{ /* %s with special NaNs */\n",
            model->backend->constant, ir_type_c_unsigned(type), (long long)count, gen_c_type(type), (long long)count,
            model->prefix, name, shape);
    else
        fw_text_printf(out, "%s %s %s_%s[%lld] = { /* %s */\n", model->backend->constant, gen_c_type(type),
            model->prefix, name, (long long)count, shape);
    elements_text(literal, bits, out);
    fw_text_add(out, bits ? "}};\n" : "};\n");
}

const char *gen_constant_text(gen_model *model, const sched_buffer *buffer)
{
    return fw_format(model->arena, "%s_%s%s", model->prefix, model->buffer_names[buffer->id],
        needs_bits(buffer->literal) ? ".value" : "");
}

void gen_constants_inline(gen_model *model, fw_text *out)
{
    if (model->weights != GEN_WEIGHTS_INLINE)
        return;
    for (int i = 0; i < model->program->nbuffers; i++)
        if (is_constant(model, i))
            fw_text_add(out, out->size ? "\n" : ""), constant_text(model, model->program->buffers[i], out);
}
