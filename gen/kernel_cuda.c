/* The CUDA backend's kernels: how a kernel is laid out over the grid, its parameters, its scratch and the order of its
 * statements. */
#include "emit_cuda.h"

#include <string.h>

enum {
    BLOCKS_A_CORE = 32, /* at most so many blocks; threads go on with a grid's width of points ahead */
    SPILLED_A_CORE = 2 /* blocks that have their scratch in the workspace */
};

static const char *const words[] = {"point", "lane", "warp", "term", "other", "step", "column", "first", "partial",
    "work", "t", "blockIdx", "blockDim", "gridDim", "threadIdx", NULL};

/* ---- layout ---- */

static int64_t round_up(int64_t n, int64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static int64_t at_most(int64_t n, int64_t most)
{
    return n > most ? most : n;
}

bool cuda_spills(const sched_kernel *kernel)
{
    return kernel->scratch_bytes > CUDA_SHARED_BYTES;
}

static int64_t spilled_blocks(const sched_kernel *kernel, const ir_target *target)
{
    return at_most(kernel->ntiles, SPILLED_A_CORE * (target->cores > 0 ? target->cores : 1));
}

/* May some input be the array that an output is written to? */
static bool in_place(const gen_kernel *kernel)
{
    const sched_step *step = kernel->step;
    for (int i = 0; i < step->kernel->ninputs; i++)
        for (int j = 0; j < step->kernel->plan->noutputs; j++)
            if (step->inputs[i] == step->outputs[j])
                return true;
    return step->may_equal != NULL;
}

static bool has_scratch(const sched_kernel *k)
{
    for (int i = 0; i < k->nstmts; i++)
        if (k->stmts[i].scratch && &k->stmts[i] != k->contraction)
            return true;
    return false;
}

typedef struct reader {
    const sched_kernel *kernel;
    const sched_stmt *stmt;
    bool elsewhere;
} reader;

static void see_load(void *user, const sched_value *value)
{
    reader *r = user;
    const sched_stmt *from = value->kind == SCHED_LOAD ? sched_stmt_of(r->kernel, value->instr) : NULL;
    if (!from || from >= r->stmt || from == r->kernel->contraction)
        return;
    r->elsewhere |= !cuda_same_points(from, r->stmt);
    for (int d = 0; d < value->nindex; d++)
        r->elsewhere |= value->index[d] != from->index[d];
}

/* Does some statement read what an earlier one stores at another point, which is another thread's? */
static bool reads_elsewhere(gen_model *model, const sched_kernel *k)
{
    reader r = {k, NULL, false};
    for (int i = 0; i < k->nstmts; i++) {
        r.stmt = &k->stmts[i];
        sched_visit(model->arena, k, r.stmt, see_load, &r);
    }
    return r.elsewhere;
}

static bool is_wide(const sched_kernel *k)
{
    int64_t most = 0;
    for (int i = 0; i < k->ninputs; i++)
        most = ir_shape_count(k->inputs[i]->shape) > most ? ir_shape_count(k->inputs[i]->shape) : most;
    for (int i = 0; i < k->nstmts; i++)
        most = cuda_points(&k->stmts[i]) > most ? cuda_points(&k->stmts[i]) : most;
    return most >= 1 << 30; /* the next point of a thread must have a number as well */
}

static int64_t whole_blocks(gen_model *model, const gen_kernel *kernel)
{
    const sched_kernel *k = kernel->step->kernel;
    emit *e = emit_new(model, k, kernel);
    int64_t blocks = 1, cores = model->target->cores > 0 ? model->target->cores : 1;
    for (int i = 0; i < k->nstmts; i++) {
        const sched_stmt *s = &k->stmts[i];
        int64_t n =
            s == k->contraction ? round_up(cuda_points(s), CUDA_THREADS) / CUDA_THREADS : cuda_stmt_blocks(e, s);
        blocks = n > blocks ? n : blocks;
    }
    return at_most(blocks, BLOCKS_A_CORE * cores);
}

cuda_layout cuda_layout_of(gen_model *model, const gen_kernel *kernel)
{
    const sched_kernel *k = kernel->step->kernel;
    int statements = k->nstmts - (k->contraction != NULL);
    cuda_layout l = {.separate = statements > 1 && in_place(kernel), .wide = is_wide(k), .parts = 1};
    l.separate = l.separate || (k->contraction && reads_elsewhere(model, k));
    l.whole = !l.separate && !has_scratch(k) && !reads_elsewhere(model, k);
    if (l.whole) {
        l.blocks = whole_blocks(model, kernel);
        return l;
    }
    bool spills = cuda_spills(k);
    l.blocks = spills ? spilled_blocks(k, model->target) : k->ntiles;
    l.spill_bytes = spills ? round_up(k->scratch_bytes, 64) : 0;
    l.shared_bytes = spills ? 0 : k->scratch_bytes;
    if (k->contraction && !l.separate && !spills) {
        int64_t points = 1;
        for (int i = 0; i < k->nloops; i++)
            points = cuda_times(points, k->loops[i].tile);
        l.parts = at_most(round_up(points, CUDA_THREADS) / CUDA_THREADS, 65535);
    }
    return l;
}

/* ---- what the backend can write ---- */

static const char *unsupported_type(fw_arena *arena, const ir_shape *shape)
{
    return *ir_type_c(emit_type(shape->type))
               ? NULL
               : fw_format(arena, "the CUDA backend has no arithmetic on %s yet", ir_type_name(shape->type));
}

/* Scratch in shared memory is no part of the workspace; spilled scratch is one piece for every block of the grid. */
static bool prepare(fw_arena *arena, sched_kernel *kernel, const ir_target *target, const char **why)
{
    *why = NULL;
    for (int i = 0; i < kernel->plan->nmembers && !*why; i++)
        *why = unsupported_type(arena, kernel->plan->members[i]->shape);
    for (int i = 0; i < kernel->ninputs && !*why; i++)
        *why = unsupported_type(arena, kernel->inputs[i]->shape);
    int64_t bytes = cuda_spills(kernel) ? spilled_blocks(kernel, target) * round_up(kernel->scratch_bytes, 64) : 0;
    kernel->template_bytes = bytes - kernel->scratch_bytes;
    return !*why;
}

/* ---- parameters ---- */

static bool is_output(const gen_kernel *kernel, const char *field)
{
    for (int i = 0; i < kernel->step->kernel->plan->noutputs; i++)
        if (!strcmp(kernel->outputs[i], field))
            return true;
    return false;
}

/* Adds one parameter, on a new line where the old one is full. */
static void add_parameter(fw_text *out, size_t *line, const char *text)
{
    bool full = out->size - *line + strlen(text) > 116;
    fw_text_add(out, out->size ? full ? ",\n" : ", " : "");
    if (full) {
        *line = out->size;
        fw_text_add(out, "    ");
    }
    fw_text_add(out, text);
}

/* The parameter list; `used` is the length of what stands before it on its line. */
static const char *parameters_text(gen_model *model, const gen_kernel *kernel, size_t used)
{
    const sched_kernel *k = kernel->step->kernel;
    fw_arena *a = model->arena;
    fw_text out;
    fw_text_init(&out, a);
    size_t line = (size_t)0 - used;
    if (kernel->step->kind == SCHED_STEP_COPY)
        return "const unsigned char *from, unsigned char *to";
    const char *alone = kernel->step->may_equal ? "" : fw_format(a, "%s_RESTRICT ", model->prefix);
    for (int i = 0; i < k->ninputs; i++)
        if (!is_output(kernel, kernel->inputs[i]))
            add_parameter(&out, &line,
                fw_format(a, "const %s *%s%s", gen_c_type(k->inputs[i]->shape->type), alone, kernel->inputs[i]));
    for (int i = 0; i < k->plan->noutputs; i++)
        add_parameter(&out, &line,
            fw_format(a, "%s *%s%s", gen_c_type(k->plan->outputs[i]->shape->type), alone, kernel->outputs[i]));
    if (cuda_spills(k))
        add_parameter(&out, &line, "unsigned char *work");
    return fw_text_string(&out);
}

void cuda_declare(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    const char *head = fw_format(model->arena, "__global__ void %s_%s(", model->prefix, kernel->name);
    fw_text_printf(out, "%s%s);\n", head, parameters_text(model, kernel, strlen(head)));
}

/* ---- statements ---- */

static void barrier(const cuda_nest *n, fw_text *out)
{
    out->indent = n->indent;
    fw_text_line(out, "__syncthreads();");
}

/* What the statement stored is for all threads of the block. */
static void barrier_after(const cuda_nest *n, const sched_stmt *stmt, fw_text *out)
{
    if (!cuda_ends_in_barrier(n, stmt))
        barrier(n, out);
}

/* Statements before the product, then the product with all its epilogues in one go. Where an epilogue overwrites what
 * another one reads, each has a pass of its own. */
static void contraction(cuda_nest *n, fw_text *out)
{
    const sched_kernel *k = n->e->kernel;
    const sched_stmt **epilogues = fw_alloc_array(n->e->arena, (size_t)k->nstmts, sizeof *epilogues);
    int count = 0;
    for (int i = 0; i < k->nstmts; i++) {
        const sched_stmt *s = &k->stmts[i];
        if (s != k->contraction && s->after_contraction) {
            epilogues[count++] = s;
        } else if (s != k->contraction) {
            cuda_stmt(n, s, out);
            barrier_after(n, s, out);
        }
    }
    if (!n->layout->separate) {
        cuda_product(n, k->contraction, epilogues, count, out);
        return;
    }
    for (int i = 0; i < count; i++) {
        if (i)
            barrier(n, out);
        cuda_product(n, k->contraction, &epilogues[i], 1, out);
    }
}

static void statements(cuda_nest *n, fw_text *out)
{
    const sched_kernel *k = n->e->kernel;
    for (int i = 0, next; i < k->nstmts; i = next) {
        next = i + 1;
        if (i && !n->layout->whole)
            barrier_after(n, &k->stmts[i - 1], out);
        while (n->layout->whole && next < k->nstmts && cuda_same_points(&k->stmts[i], &k->stmts[next]))
            next++;
        if (next > i + 1)
            cuda_maps(n, &k->stmts[i], next - i, out);
        else
            cuda_stmt(n, &k->stmts[i], out);
    }
}

/* The ranges of tile t that `body` reads, the last loop fastest. */
static void ranges(const cuda_nest *n, const char *body, fw_text *out)
{
    const sched_kernel *k = n->e->kernel;
    const char *prefix = n->e->model->prefix;
    int64_t inner = 1;
    for (int i = k->nloops - 1; i >= 0; i--) {
        const sched_loop *l = &k->loops[i];
        const char *lo = fw_format(n->e->arena, "%s0", l->name), *hi = fw_format(n->e->arena, "%s1", l->name);
        if (l->ntiles == 1)
            continue;
        const char *t = inner == 1 ? "t" : fw_format(n->e->arena, "t / %lld", (long long)inner);
        if (inner * l->ntiles < k->ntiles)
            t = fw_format(n->e->arena, "%s %% %lld", t, (long long)l->ntiles);
        inner *= l->ntiles;
        bool ends = cuda_mentions(body, hi);
        if (!ends && !cuda_mentions(body, lo))
            continue;
        if (l->tile > 1)
            t = fw_format(n->e->arena, "%s * %lld", emit_paren(n->e->arena, t, EMIT_PRIMARY), (long long)l->tile);
        const char *end = fw_format(n->e->arena, "%s + %lld", lo, (long long)l->tile);
        if (ends && l->extent % l->tile) {
            gen_use_helper(n->e->model, "min_i64");
            end = fw_format(n->e->arena, "(%s)%s_min_i64(%s, %lld)", n->count, prefix, end, (long long)l->extent);
        }
        fw_text_line(out, ends ? "const %s %s = %s, %s = %s;" : "const %s %s = %s;", n->count, lo, t, hi, end);
    }
}

/* The tile at hand: its number and its ranges. A block whose scratch is in the workspace does several tiles. */
static void tiles(cuda_nest *n, void (*write)(cuda_nest *n, fw_text *out), fw_text *out)
{
    const sched_kernel *k = n->e->kernel;
    bool several = n->layout->blocks < k->ntiles;
    fw_text body = cuda_text(n, 0);
    n->indent += several;
    write(n, &body);
    if (several)
        barrier(n, &body);
    n->indent -= several;
    if (several)
        fw_text_line(out, "for (int t = blockIdx.x; t < %lld; t += gridDim.x) {", (long long)k->ntiles);
    else if (k->ntiles > 1)
        fw_text_line(out, "const int t = blockIdx.x;");
    out->indent += several;
    ranges(n, fw_text_string(&body), out);
    out->indent -= several;
    fw_text_add(out, fw_text_string(&body));
    if (several)
        fw_text_line(out, "}");
}

static const char *scratch_text(const cuda_nest *n)
{
    const sched_kernel *k = n->e->kernel;
    fw_text out;
    fw_text_init(&out, n->e->arena);
    if (n->layout->spill_bytes)
        fw_text_line(&out, "unsigned char *const scratch = work + (size_t)blockIdx.x * %lld;",
            (long long)n->layout->spill_bytes);
    else if (n->layout->shared_bytes)
        fw_text_line(&out, "%s_SHARED(scratch);", n->e->model->prefix);
    for (int i = 0; i < k->nstmts; i++) {
        const sched_stmt *s = &k->stmts[i];
        if (!s->scratch || s == k->contraction)
            continue;
        const char *type = gen_c_type(s->instr->shape->type);
        const char *at =
            s->scratch_offset ? fw_format(n->e->arena, "(scratch + %lld)", (long long)s->scratch_offset) : "scratch";
        fw_text_line(&out, "%s *const %s = (%s *)%s;", type, emit_array(n->e, s->instr), type, at);
    }
    return fw_text_string(&out);
}

static const char *body_text(gen_model *model, const gen_kernel *kernel, const cuda_layout *layout)
{
    cuda_nest n = {emit_new(model, kernel->step->kernel, kernel), layout, layout->wide ? "int64_t" : "int", 0, false};
    fw_text out, all;
    fw_text_init(&out, model->arena);
    fw_text_init(&all, model->arena);
    void (*write)(cuda_nest *, fw_text *) = kernel->step->kernel->contraction ? contraction : statements;
    if (layout->whole)
        write(&n, &out);
    else
        tiles(&n, write, &out);
    const char *text = fw_text_string(&out);
    if (cuda_mentions(text, "lane"))
        fw_text_line(&all, "const int lane = threadIdx.x %% 32;");
    if (cuda_mentions(text, "warp"))
        fw_text_line(&all, "const int warp = threadIdx.x / 32;");
    fw_text_printf(&all, "%s%s", scratch_text(&n), text);
    return fw_text_string(&all);
}

/* ---- text ---- */

static bool copy_text(gen_model *model, const gen_kernel *kernel, const char *banner, fw_text *out)
{
    const ir_shape *shape = kernel->step->to->shape;
    gen_slot slots[] = {
        {"banner", banner},
        {"comment", fw_format(model->arena, "/* Copies %s: 0 flops, %lld bytes. */",
                        gen_shape_text(model->arena, shape), (long long)(2 * kernel->step->to->bytes))},
        {"bytes", fw_format(model->arena, "%lld", (long long)kernel->step->to->bytes)},
        {"threads", fw_format(model->arena, "%d", CUDA_THREADS)},
    };
    return gen_fill(model, "cuda/copy.cu", kernel->name, slots, FW_COUNT(slots), out);
}

static bool kernel_text(gen_model *model, const gen_kernel *kernel, fw_text *out)
{
    const char *banner = gen_banner(model, fw_format(model->arena, "%s: kernel %s", model->prefix, kernel->name));
    if (kernel->step->kind == SCHED_STEP_COPY)
        return copy_text(model, kernel, banner, out);
    cuda_layout layout = cuda_layout_of(model, kernel);
    const char *head = fw_format(
        model->arena, "__global__ void __launch_bounds__(%d) %s_%s(", CUDA_THREADS, model->prefix, kernel->name);
    gen_slot slots[] = {
        {"banner", banner},
        {"comment", gen_kernel_comment(model, kernel)},
        {"threads", fw_format(model->arena, "%d", CUDA_THREADS)},
        {"parameters", parameters_text(model, kernel, strlen(head))},
        {"body", body_text(model, kernel, &layout)},
    };
    return gen_fill(model, "cuda/kernel.cu", kernel->name, slots, FW_COUNT(slots), out);
}

const gen_backend gen_backend_cuda = {.name = "cuda",
    .kernel_suffix = ".cu",
    .templates = "cuda",
    .project = "project/cuda",
    .words = words,
    .inline_function = "inline __device__",
    .constant = "alignas(64) static const",
    .prepare = prepare,
    .kernel = kernel_text,
    .declare = cuda_declare,
    .driver = gen_driver_cuda,
    .main_part = gen_main_cuda};
