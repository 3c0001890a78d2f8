/* From a proved program to named texts. Sectioned by .c file. */
#ifndef FW_GEN_H
#define FW_GEN_H

#include "ir.h"
#include "plan.h"
#include "rules.h"
#include "schedule.h"

#define GEN_VERSION "0.1.0"

typedef enum { GEN_PARALLEL_NONE, GEN_PARALLEL_PTHREADS } gen_parallel;
typedef enum { GEN_WEIGHTS_AUTO, GEN_WEIGHTS_INLINE, GEN_WEIGHTS_BLOB, GEN_WEIGHTS_CALLER } gen_weights;
typedef struct gen_options {
    const char *input;           /* path or "-" */
    const char *output;          /* folder */
    const char *name;            /* NULL: from the module */
    const char *data;            /* folder that holds rules/ and templates/ */
    rules_options rules;
    bool with_main, force;
    gen_parallel parallel;
    gen_weights weights;
    const char *dump;            /* phase to print instead of writing, or NULL */
} gen_options;

/* One kernel of the output: a step with its C names. Made by names.c. */
typedef struct gen_kernel {
    const sched_step *step;      /* a KERNEL or COPY step */
    const char *name;            /* "softmax", "dot_2": file PREFIX_<name>.c, function PREFIX_<name>, struct PREFIX_<name>_args */
    const char **inputs;         /* field names by kernel->inputs; one that shares an output's buffer has the output's field name */
    const char **outputs;        /* field names by plan->outputs */
    int like;                    /* number of the first kernel with the same code, whose names these are; its own where it is the first */
} gen_kernel;

typedef struct gen_file { const char *name; const void *data; size_t size; } gen_file;
typedef struct gen_output { int nfiles, cap; gen_file *files; } gen_output;

typedef struct gen_model {
    fw_arena *arena;
    fw_diag *diag;
    const gen_options *options;
    const ir_module *module;
    const ir_target *target;
    rules_set *rules;
    const plan *plan;
    sched_program *program;
    const char *prefix;          /* NAME: a C identifier */
    const struct gen_backend *backend;
    int nkernels, kernels_cap;
    gen_kernel *kernels;         /* in step order */
    gen_output *output;
    sched_prover *prover;
    gen_weights weights;         /* what options->weights comes to: never AUTO */
    const char **input_fields;   /* members of NAME_args, by input leaf */
    const char **output_fields;  /* by output leaf: out0, out1, ... */
    const char **buffer_names;   /* by buffer id: local variable of the driver, or NAME_<it> for an inline constant */
    bool *buffer_used;           /* by buffer id: some step that runs reads or writes it */
    int64_t *constant_offsets;   /* by buffer id: place of a constant in the blob, 64-byte aligned */
    const void *blob;            /* NAME.weights, or NULL */
    int64_t blob_bytes;
    char blob_hash[65];          /* SHA-256 */
    struct gen_helpers *helpers; /* helpers.c: functions of math.h that some kernel calls */
    int ntemplates, templates_cap;
    fw_source **templates;       /* template files read so far */
} gen_model;

/* What a language looks like. One const struct a backend; the rest of gen/ never asks which it is. */
typedef struct gen_backend {
    const char *name;            /* "c", "cuda": as targets name it */
    const char *kernel_suffix;   /* ".c", ".cu" */
    const char *templates;       /* folder below templates/ */
    /* Bytes of packing scratch that the kernel's template needs, into kernel->template_bytes; false with *why when no template of this
     * backend can express the kernel. */
    bool (*prepare)(fw_arena *arena, sched_kernel *kernel, const ir_target *target, const char **why);
    /* The whole text of one kernel's file. */
    bool (*kernel)(gen_model *model, const gen_kernel *kernel, fw_text *out);
    /* The driver NAME.c or NAME.cu (header apart). */
    bool (*driver)(gen_model *model, fw_text *out);
    /* What NAME_kernels.h says about a kernel. */
    void (*declare)(gen_model *model, const gen_kernel *kernel, fw_text *out);
    /* Text of a slot of templates/c/main.c for a backend whose arrays are not in the host's memory; NULL: the template's own. */
    const char *(*main_part)(gen_model *model, const char *slot);
    const char *project;         /* folder of the project templates below templates/ */
    const char *const *words;    /* names that its templates use besides gen_kernel_words, ends with NULL */
    const char *inline_function; /* what stands before the helpers of math.h: "static inline" */
    const char *constant;        /* what stands before an array of constants: "static _Alignas(64) const" */
    bool host;                   /* runs on threads of the host: --parallel and pragmas mean something */
} gen_backend;
extern const gen_backend gen_backend_c, gen_backend_cuda;
const gen_backend *gen_backend_find(const char *name); /* backend.c; NULL when unknown */

#define GEN_NOWHERE ((fw_loc){NULL, 0, 0})             /* for messages about no place in a source file */

/* names.c */
const char *gen_c_identifier(fw_arena *arena, const char *text);   /* [A-Za-z_][A-Za-z0-9_]*, no C or C++ keyword */
bool gen_names(gen_model *model);                                  /* fills kernels and the names of fields and buffers */
/* All names that were given in one scope. gen_unique returns `base`, or base_2, base_3, ... where it was taken, and takes it. */
const char *gen_unique(fw_arena *arena, fw_intern *taken, const char *base);
const char *gen_c_type(ir_type type);        /* of an array element at the boundary: the unsigned twin where C has no such type */

/* share.c: steps that do the same, such as the layers of a model, share one function */
bool gen_share(gen_model *model);            /* finds gen_kernel.like from the kernels' texts under their draft names */

/* fill.c: templates are programs that compile unfilled; a slot is `/'*@name*'/ default /'*@end*'/` (without the quotes) */
typedef struct gen_slot { const char *name; const char *text; } gen_slot;
/* Reads templates/FOLDER/FILE and replaces every slot; the word KERNEL becomes `kernel`, the word MODEL becomes the prefix. A text
 * of several lines is indented like its slot. Unknown, missing or repeated slots are errors with the template's line. */
bool gen_fill(gen_model *model, const char *file, const char *kernel, const gen_slot *slots, int nslots, fw_text *out);
bool gen_template_text(gen_model *model, const char *file, fw_source **text);

/* emit.c, kernel_c.c and their parts: kernels in C */
extern const char *const gen_kernel_words[];  /* loop variables and names of the templates, ends with NULL: no field may have them */

/* text.c: pieces that several files are made of */
bool gen_has_threads(const gen_model *model);  /* the driver runs on several threads of the host */
const char *gen_banner(const gen_model *model, const char *what);  /* the first comment of a generated C file */
const char *gen_shape_text(fw_arena *arena, const ir_shape *shape);/* f32[2,3], without layout */
const char *gen_rule_place(const gen_model *model, const plan_kernel *plan); /* "rules/fuse.lua:12", no absolute path */
const char *gen_kernel_ops(fw_arena *arena, const gen_kernel *kernel);  /* "dot, add, maximum": opcodes of the members in order */
const char *gen_kernel_comment(gen_model *model, const gen_kernel *kernel); /* its ops, rule and figures */
int64_t gen_step_tiles(const sched_step *step); /* 0 for steps that run no kernel, and where arrays have no elements */
const gen_kernel *gen_kernel_of(const gen_model *model, const sched_step *step);
bool gen_kernel_text(gen_model *model, const gen_kernel *kernel, fw_text *out); /* the whole file, of a copy too */

/* copy.c: the kernel of a COPY step, for every backend whose kernels are C */
enum { GEN_COPY_TILE = 65536 };              /* bytes of one tile */
bool gen_copy_kernel(gen_model *model, const gen_kernel *kernel, fw_text *out);

/* constants.c: where array constants live */
enum { GEN_INLINE_BYTES = 1 << 20 };         /* the most that AUTO puts inline */
bool gen_constants_place(gen_model *model);  /* decides model->weights and builds the blob where there is one */
bool gen_has_blob(const gen_model *model);   /* there is a file NAME.weights */
void gen_constants_inline(gen_model *model, fw_text *out); /* static const arrays of the driver; nothing where there is a blob */
const char *gen_constant_text(gen_model *model, const sched_buffer *buffer); /* C expression of an inline constant's address */

/* driver_c.c: the driver of the C backend */
bool gen_driver_c(gen_model *model, fw_text *out);

/* header.c, kernels_header.c, driver_c.c, constants.c, manifest.c, project.c: the other files; each appends to model->output */
bool gen_header(gen_model *model);           /* NAME.h */
void gen_declare_c(gen_model *model, const gen_kernel *kernel, fw_text *out); /* kernels_header.c: struct and prototype */
bool gen_kernels_header(gen_model *model);   /* NAME_kernels.h: kernel prototypes, argument structs, math helpers */
bool gen_math_text(gen_model *model, fw_text *out); /* helpers.c: the functions of math.h that were asked for */
bool gen_manifest(gen_model *model);         /* NAME.json */
bool gen_project(gen_model *model);          /* CMakeLists.txt, Makefile, README.md */
bool gen_main_program(gen_model *model);     /* main.c with --with-main */
void gen_output_add(gen_model *model, const char *name, const void *data, size_t size);
bool gen_output_write(gen_model *model);     /* all or none; removes stale files of the old NAME.json */

/* pipeline.c: the whole compiler */
bool gen_compile(fw_arena *arena, fw_diag *diag, const gen_options *options, fw_text *report);
/* Its parts, for the commands that want less than files. */
ir_module *gen_read(fw_arena *arena, fw_diag *diag, const char *path);   /* any kind of input, verified, without elided constants */
/* False after naming what only StableHLO defines so: as errors, or as warnings where it is not refused. */
bool gen_meanings_known(fw_diag *diag, const ir_module *module, bool refuse);
void gen_model_start(gen_model *model, fw_arena *arena, fw_diag *diag, const gen_options *options);
bool gen_model_plan(gen_model *model, ir_module *module, fw_text *report); /* up to the program; stops early at options->dump */
bool gen_model_names(gen_model *model);      /* prefix, constants, names of everything in the output */
bool gen_model_texts(gen_model *model);      /* names, and all texts into model->output */
void gen_model_end(gen_model *model);        /* frees the Lua state and the prover; the arena stays the caller's */

#endif
