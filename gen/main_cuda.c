/* The slots of templates/c/main.c that deal with the memory of a GPU. */
#include "emit_cuda.h"

#include <string.h>

/* The functions of templates/cuda/main_device.c between its marks. */
static const char *device_text(gen_model *model)
{
    fw_source *source;
    if (!gen_template_text(model, "cuda/main_device.c", &source))
        return "";
    const char *mark = "/*@device*/\n", *from = strstr(source->text, mark),
               *to = from ? strstr(from, "/*@end*/") : NULL;
    if (to)
        return fw_strndup(model->arena, from + strlen(mark), (size_t)(to - from) - strlen(mark));
    fw_error(model->diag, FW_INTERNAL, (fw_loc){source, 1, 1}, "the template has no block 'device'");
    return "";
}

static const char *arguments_text(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    for (int i = 0; i < model->program->ninputs; i++)
        fw_text_printf(&out, ".%s = to_device(in[%d], elements(&inputs[%d]) * inputs[%d].bytes),\n",
            model->input_fields[i], i, i, i);
    for (int i = 0; i < model->program->noutputs; i++)
        fw_text_printf(
            &out, ".%s = device_memory(elements(&outputs[%d]) * outputs[%d].bytes),\n", model->output_fields[i], i, i);
    return out.size ? fw_text_string(&out) : ".unused = 0,";
}

static bool passed_by_caller(const gen_model *model, int buffer)
{
    return model->weights == GEN_WEIGHTS_CALLER && model->program->buffers[buffer]->kind == SCHED_BUF_CONSTANT &&
           model->buffer_used[buffer];
}

static const char *load_text(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    if (gen_has_blob(model))
        fw_text_add(&out, "char *constants = read_weights(o.weights, o.program);\n");
    for (int i = 0; i < model->program->nbuffers; i++)
        if (passed_by_caller(model, i))
            fw_text_printf(&out, "args.%s = to_device(constants + %lld, %lld);\n", model->buffer_names[i],
                (long long)model->constant_offsets[i], (long long)model->program->buffers[i]->bytes);
    return fw_text_string(&out);
}

static const char *start_text(gen_model *model)
{
    const char *weights = model->weights == GEN_WEIGHTS_BLOB ? "constants" : "NULL";
    return fw_format(model->arena,
        "cudaStream_t stream;\n"
        "must(cudaStreamCreate(&stream), \"making a stream\");\n"
        "exec.stream = stream;\n"
        "int error = %s_create(&exec.state, %s);\n"
        "if (error != 0)\n"
        "    fail(INTERNAL_ERROR, \"%%s\", %s_error(error));",
        model->prefix, weights, model->prefix);
}

static const char *results_text(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    for (int i = 0; i < model->program->noutputs; i++)
        fw_text_printf(&out, "from_device(out[%d], args.%s, elements(&outputs[%d]) * outputs[%d].bytes);\n", i,
            model->output_fields[i], i, i);
    return fw_text_string(&out);
}

static const char *stop_text(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    fw_text_printf(&out, "%s_destroy(exec.state);\n", model->prefix);
    for (int i = 0; i < model->program->ninputs; i++)
        fw_text_printf(&out, "release(args.%s);\n", model->input_fields[i]);
    for (int i = 0; i < model->program->noutputs; i++)
        fw_text_printf(&out, "release(args.%s);\n", model->output_fields[i]);
    for (int i = 0; i < model->program->nbuffers; i++)
        if (passed_by_caller(model, i))
            fw_text_printf(&out, "release(args.%s);\n", model->buffer_names[i]);
    fw_text_add(&out, "release(workspace);\nmust(cudaStreamDestroy(stream), \"ending the stream\");\n");
    return fw_text_string(&out);
}

const char *gen_main_cuda(gen_model *model, const char *slot)
{
    const char *prefix = model->prefix;
    if (!strcmp(slot, "include"))
        return fw_format(model->arena, "#include <cuda_runtime_api.h>\n\n#include \"%s.h\"", prefix);
    if (!strcmp(slot, "device"))
        return device_text(model);
    if (!strcmp(slot, "wait"))
        return "must(cudaStreamSynchronize(exec->stream), \"running the model\");";
    if (!strcmp(slot, "arguments"))
        return arguments_text(model);
    if (!strcmp(slot, "load_weights"))
        return load_text(model);
    if (!strcmp(slot, "start"))
        return start_text(model);
    if (!strcmp(slot, "workspace"))
        return fw_format(model->arena, "device_memory(%s_workspace_bytes(&args, o.threads))", prefix);
    if (!strcmp(slot, "results"))
        return results_text(model);
    return stop_text(model);
}
