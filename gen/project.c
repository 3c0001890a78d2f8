/* The user's folder around the source: CMakeLists.txt, Makefile, README.md. */
#include "gen.h"

#include <string.h>

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);
    return n >= s && !strcmp(name + n - s, suffix);
}

/* All sources of the library, one a line with the given joint between them. */
static const char *sources_text(gen_model *model, const char *joint, const char *suffix)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    for (int i = 0; i < model->output->nfiles; i++) {
        const char *name = model->output->files[i].name;
        if (!has_suffix(name, model->backend->kernel_suffix) || !strcmp(name, "main.c"))
            continue;
        size_t stem = strlen(name) - strlen(model->backend->kernel_suffix);
        fw_text_printf(&out, "%s%.*s%s", out.size ? joint : "", (int)stem, name, suffix);
    }
    return fw_text_string(&out);
}

/* How many steps run the code of kernel number `i`. */
static int count_steps(const gen_model *model, int i)
{
    int count = 0;
    for (int j = 0; j < model->nkernels; j++)
        count += model->kernels[j].like == i;
    return count;
}

static const char *kernel_table(gen_model *model)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    fw_text_add(&out, "| kernel | steps | template | computes | flops | bytes | chosen by |\n"
        "|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < model->nkernels; i++) {
        const gen_kernel *kernel = &model->kernels[i];
        const sched_kernel *k = kernel->step->kernel;
        const ir_shape *shape = k ? k->plan->outputs[0]->shape : kernel->step->to->shape;
        if (kernel->like != i)
            continue;
        fw_text_printf(&out, "| `%s` | %d | %s | %s: %s | %lld | %lld | %s |\n", kernel->name, count_steps(model, i),
            k ? k->plan->template_name : "copy", gen_shape_text(model->arena, shape),
            gen_kernel_ops(model->arena, kernel),
            k ? (long long)k->flops : 0,
            (long long)(k ? k->bytes_read + k->bytes_written : 2 * kernel->step->to->bytes),
            k && k->plan->rule ? k->plan->rule : "-");
    }
    return fw_text_string(&out);
}

/* An example of a call with every argument, as it would stand in a program. */
static const char *example_text(gen_model *model)
{
    const sched_program *program = model->program;
    fw_text out;
    fw_text_init(&out, model->arena);
    const char *joint = "";
    for (int i = 0; i < program->ninputs && i < 8; i++, joint = ", ")
        fw_text_printf(&out, "%s.%s = %s", joint, model->input_fields[i], model->input_fields[i]);
    if (program->ninputs > 8)
        fw_text_add(&out, ", /* and so on */");
    for (int i = 0; i < program->noutputs && i < 8; i++, joint = ", ")
        fw_text_printf(&out, "%s.%s = %s", joint, model->output_fields[i], model->output_fields[i]);
    return fw_text_string(&out);
}

static const char *weights_note(gen_model *model)
{
    if (model->weights == GEN_WEIGHTS_BLOB && !model->backend->host)
        return fw_format(model->arena,
            "The constants of the model are in `%s.weights`: load the file and pass its contents to `%s_create`.\n"
            "`%s_WEIGHTS_BYTES` and `%s_WEIGHTS_SHA256` in the header tell whether it is the right one.",
            model->prefix, model->prefix, model->prefix, model->prefix);
    if (model->weights == GEN_WEIGHTS_BLOB)
        return fw_format(model->arena,
            "The constants of the model are in `%s.weights`: load or map the file, aligned to 64 bytes,\n"
            "and put its address into `args.weights`. `%s_WEIGHTS_BYTES` and `%s_WEIGHTS_SHA256` in the header tell\n"
            "whether it is the right one.",
            model->prefix, model->prefix, model->prefix);
    if (model->weights == GEN_WEIGHTS_CALLER)
        return fw_format(model->arena,
            "The constants of the model are arguments of their own. `%s.weights` holds them; the comments\n"
            "in `%s.h` say at which byte each begins.", model->prefix, model->prefix);
    return "";
}

static const char *threads_note(const gen_model *model)
{
    if (model->options->parallel == GEN_PARALLEL_NONE)
        return "This code runs on one thread; `exec` may be NULL.";
    return fw_format(model->arena, "For more threads pass an `%s_exec` with `.threads = N` and a workspace of\n"
        "`%s_workspace_bytes(&args, N)` bytes. The results are the same, bit for bit, for every number of threads.",
        model->prefix, model->prefix);
}

static const char *main_note(const gen_model *model)
{
    if (!model->options->with_main)
        return "";
    return fw_format(model->arena, "`make` also builds the program `%s`, which reads and writes `.npy` files:\n\n"
        "    ./%s in0.npy in1.npy ... [--out PREFIX] [--time RUNS] [--threads N] [--weights FILE]", model->prefix,
        model->prefix);
}

static bool add_file(gen_model *model, const char *name, const gen_slot *slots, int nslots)
{
    fw_text out;
    fw_text_init(&out, model->arena);
    if (!gen_fill(model, fw_format(model->arena, "%s/%s", model->backend->project, name), NULL, slots, nslots, &out))
        return false;
    gen_output_add(model, name, out.data, out.size);
    return true;
}

bool gen_project(gen_model *model)
{
    bool threads = gen_has_threads(model), with_main = model->options->with_main, host = model->backend->host;
    gen_slot arch = {"arch", model->target->cuda_arch ? model->target->cuda_arch : ""};
    const char *program = fw_format(model->arena,
        "add_executable(%s_program main.c)\ntarget_link_libraries(%s_program PRIVATE %s)\n"
        "set_target_properties(%s_program PROPERTIES OUTPUT_NAME %s)\n", model->prefix, model->prefix, model->prefix,
        model->prefix, model->prefix);
    gen_slot cmake[] = {
        {"version", GEN_VERSION},
        {"sources", sources_text(model, "\n", model->backend->kernel_suffix)},
        {"program", with_main ? program : ""},
        host ? (gen_slot){"libraries", threads ? "m Threads::Threads" : "m"} : arch,
        {"threads", threads ? "set(THREADS_PREFER_PTHREAD_FLAG ON)\nfind_package(Threads REQUIRED)\n" : ""},
    };
    const char *rule = fw_format(model->arena,
        "%s: main.o $(LIBRARY)\n\t%s $(LDFLAGS) -o $@ main.o $(LIBRARY) $(LDLIBS)\n",
        model->prefix, host ? "$(CC) $(CFLAGS)" : "$(NVCC) $(NVCCFLAGS)");
    gen_slot make[] = {
        {"version", GEN_VERSION},
        {"objects", sources_text(model, " \\\n", ".o")},
        host ? (gen_slot){"libraries", threads ? "-lm -lpthread" : "-lm"} : arch,
        {"library", fw_format(model->arena, "lib%s.a", model->prefix)},
        {"all", with_main ? model->prefix : "$(LIBRARY)"},
        {"program", with_main ? rule : ""},
    };
    long long bytes = (long long)(model->program->buffer_bytes + model->program->thread_bytes);
    gen_slot readme[] = {
        {"version", GEN_VERSION},
        {"module", model->module->name},
        {"count", fw_format(model->arena, "%d step%s", model->nkernels, model->nkernels == 1 ? "" : "s")},
        {"workspace", fw_format(model->arena, "%lld", bytes)},
        {"example", example_text(model)},
        {"weights", weights_note(model)},
        {"main", main_note(model)},
        {"kernels", kernel_table(model)},
        host ? (gen_slot){"libraries", threads ? "-lm -lpthread" : "-lm"} : arch,
        {"threads", threads_note(model)},
    };
    return add_file(model, "CMakeLists.txt", cmake, FW_COUNT(cmake) - !host) &&
        add_file(model, "Makefile", make, FW_COUNT(make)) &&
           add_file(model, "README.md", readme, FW_COUNT(readme) - !host);
}
