/* The access relation of every operand, op by op: the formulas of reference/isl-notes.md section 1. This file is the only place
 * that knows how an op reads; index expressions and isl maps are both derived from what it returns. */
#include "schedule.h"

#include <string.h>

typedef struct build {
    fw_arena *arena;
    const ir_instr *instr;
    sched_accesses *result;
    const char **why;
} build;

typedef bool access_fn(build *b);

static int64_t size_of(const ir_instr *instr, int dim)
{
    return ir_shape_size(instr->shape, dim);
}

static bool refuse(build *b, const char *why)
{
    *b->why = why;
    return false;
}

/* A fresh relation of `operand` with all dims constant 0; callers fill the dims in. */
static sched_access_dim *relation(build *b, int operand, int nred, const int64_t *red)
{
    sched_access *access = (sched_access *)&b->result->operand[operand];
    access->nout = b->instr->shape->rank;
    access->nred = nred;
    access->red = red;
    access->ndims = b->instr->operands[operand]->shape->rank;
    sched_access_dim *dims = fw_alloc_array(b->arena, (size_t)access->ndims, sizeof *dims);
    for (int i = 0; i < access->ndims; i++) {
        dims[i].div = dims[i].scale = 1;
        dims[i].dyn = -1;
    }
    access->dims = dims;
    return dims;
}

static void guard(build *b, int operand)
{
    ((sched_access *)&b->result->operand[operand])->guarded = true;
}

static void term(sched_access_dim *dim, int var, int64_t coef)
{
    dim->terms[dim->nterms].var = var;
    dim->terms[dim->nterms].coef = coef;
    dim->terms[dim->nterms++].div = 1;
}

static void identity(build *b, int operand)
{
    sched_access_dim *dims = relation(b, operand, 0, NULL);
    for (int i = 0; i < b->instr->operands[operand]->shape->rank; i++)
        term(&dims[i], i, 1);
}

static bool access_NONE(build *b)
{
    (void)b;
    return true;
}

static bool access_OPAQUE(build *b)
{
    return refuse(b, fw_format(b->arena, "%s has no access relation", ir_op_of(b->instr->op)->name));
}

/* Operands of the result's shape; scalar operands (select's predicate, clamp's bounds) read their one element. */
static bool access_SAME(build *b)
{
    for (int k = 0; k < b->instr->noperands; k++)
        identity(b, k);
    return true;
}

static bool access_SELECT(build *b)
{
    return access_SAME(b);
}

static bool access_CLAMP(build *b)
{
    return access_SAME(b);
}

static bool access_BITCAST_CONVERT(build *b)
{
    if (!ir_shape_same_dims(b->instr->shape, b->instr->operands[0]->shape))
        return refuse(b, "bitcast-convert between widths changes the shape");
    return access_SAME(b);
}

static bool access_BROADCAST(build *b)
{
    const int64_t *dims;
    int n = ir_attr_ints(b->instr, IR_ATTR_DIMENSIONS, &dims);
    sched_access_dim *to = relation(b, 0, 0, NULL);
    for (int i = 0; i < n; i++)
        term(&to[i], (int)dims[i], 1);
    return true;
}

static bool access_TRANSPOSE(build *b)
{
    const int64_t *perm;
    int n = ir_attr_ints(b->instr, IR_ATTR_DIMENSIONS, &perm);
    sched_access_dim *to = relation(b, 0, 0, NULL);
    for (int i = 0; i < n; i++)
        term(&to[perm[i]], i, 1);
    return true;
}

static bool access_REVERSE(build *b)
{
    const int64_t *dims;
    int n = ir_attr_ints(b->instr, IR_ATTR_DIMENSIONS, &dims);
    identity(b, 0);
    sched_access_dim *to = (sched_access_dim *)b->result->operand[0].dims;
    for (int i = 0; i < n; i++) {
        to[dims[i]].c = size_of(b->instr, (int)dims[i]) - 1;
        to[dims[i]].terms[0].coef = -1;
    }
    return true;
}

static bool access_SLICE(build *b)
{
    const int64_t *ranges;
    int n = ir_attr_ints(b->instr, IR_ATTR_SLICE, &ranges) / 3;
    sched_access_dim *to = relation(b, 0, 0, NULL);
    for (int i = 0; i < n; i++) {
        to[i].c = ranges[3 * i];
        term(&to[i], i, ranges[3 * i + 2]);
    }
    return true;
}

/* Reshape: both shapes without size-1 dims are cut into minimal groups of equal product; inside a group an operand dim is
 * (linear index of the result's group / product of the operand dims inside it) mod its size. */
static bool reshape_group(sched_access_dim *to, const ir_shape *in, int in0, int in1, const ir_shape *out, int out0, int out1)
{
    int64_t inner = 1;
    for (int i = in1 - 1; i >= in0; i--) {
        int64_t n = ir_shape_size(in, i), stride = 1;
        for (int o = out1 - 1; o >= out0; o--) {
            int64_t extent = ir_shape_size(out, o);
            if (extent > 1) {
                if (to[i].nterms == SCHED_MAX_TERMS)
                    return false;
                term(&to[i], o, stride);
            }
            stride *= extent;
        }
        to[i].div = inner;
        to[i].mod = inner * n == stride ? 0 : n;
        if (n == 1) {
            to[i].nterms = 0;
            to[i].div = 1;
            to[i].mod = 0;
        }
        inner *= n;
    }
    return true;
}

static bool access_RESHAPE(build *b)
{
    const ir_shape *in = b->instr->operands[0]->shape, *out = b->instr->shape;
    sched_access_dim *to = relation(b, 0, 0, NULL);
    if (ir_shape_count(out) == 0)
        return true;
    for (int i = 0, o = 0; i < in->rank || o < out->rank;) {
        int i1 = i, o1 = o;
        int64_t a = i1 < in->rank ? ir_shape_size(in, i1++) : 1;
        int64_t c = o1 < out->rank ? ir_shape_size(out, o1++) : 1;
        while (a != c) {
            if (a < c)
                a *= ir_shape_size(in, i1++);
            else
                c *= ir_shape_size(out, o1++);
        }
        if (!reshape_group(to, in, i, i1, out, o, o1))
            return refuse(b, "reshape merges more than four dimensions at once");
        i = i1;
        o = o1;
    }
    return true;
}

static bool access_BITCAST(build *b)
{
    const ir_shape *in = b->instr->operands[0]->shape, *out = b->instr->shape;
    if (in->type != out->type || !ir_shape_is_row_major(in) || !ir_shape_is_row_major(out))
        return refuse(b, "bitcast between physical layouts");
    return access_RESHAPE(b);
}

/* Concatenate: piece k covers [offset_k, offset_k + n_k) of the joined dim; the guard is the operand's own box. */
static bool access_CONCATENATE(build *b)
{
    const int64_t *dims;
    ir_attr_ints(b->instr, IR_ATTR_DIMENSIONS, &dims);
    int64_t offset = 0;
    for (int k = 0; k < b->instr->noperands; k++) {
        identity(b, k);
        sched_access_dim *to = (sched_access_dim *)b->result->operand[k].dims;
        to[dims[0]].c = -offset;
        guard(b, k);
        offset += size_of(b->instr->operands[k], (int)dims[0]);
    }
    return true;
}

static bool access_PAD(build *b)
{
    const int64_t *pad;
    int n = ir_attr_ints(b->instr, IR_ATTR_PADDING, &pad) / 3;
    sched_access_dim *to = relation(b, 0, 0, NULL);
    for (int i = 0; i < n; i++) {
        to[i].c = -pad[3 * i];
        term(&to[i], i, 1);
        to[i].scale = pad[3 * i + 2] + 1;
    }
    guard(b, 0);
    relation(b, 1, 0, NULL);
    return true;
}

/* ---- data-dependent indices ---- */

static sched_dynamic *dynamics(build *b, int count)
{
    sched_dynamic *dynamic = fw_alloc_array(b->arena, (size_t)count, sizeof *dynamic);
    b->result->ndynamic = count;
    b->result->dynamic = dynamic;
    b->result->exact = count == 0;
    return dynamic;
}

static sched_access_dim *dynamic_dims(build *b, sched_dynamic *dynamic, int operand)
{
    dynamic->operand = operand;
    dynamic->ndims = b->instr->operands[operand]->shape->rank;
    sched_access_dim *dims = fw_alloc_array(b->arena, (size_t)dynamic->ndims, sizeof *dims);
    for (int i = 0; i < dynamic->ndims; i++) {
        dims[i].div = dims[i].scale = 1;
        dims[i].dyn = -1;
    }
    dynamic->dims = dims;
    return dims;
}

/* Start indices as `rank` scalars or one vector, from operand `first` on; start d is clamped to [0, size - window]. */
static bool starts(build *b, int first, int rank)
{
    bool vector = b->instr->noperands == first + 1 && b->instr->operands[first]->shape->rank == 1;
    if (!vector && b->instr->noperands != first + rank)
        return refuse(b, "start indices do not match the rank");
    sched_dynamic *dynamic = dynamics(b, rank);
    for (int d = 0; d < rank; d++) {
        sched_access_dim *at = dynamic_dims(b, &dynamic[d], vector ? first : first + d);
        if (vector)
            at[0].c = d;
    }
    return true;
}

static bool access_DYNAMIC_SLICE(build *b)
{
    const ir_instr *in = b->instr->operands[0];
    int rank = in->shape->rank;
    if (!starts(b, 1, rank))
        return false;
    identity(b, 0);
    sched_access_dim *to = (sched_access_dim *)b->result->operand[0].dims;
    for (int d = 0; d < rank; d++) {
        to[d].dyn_max = size_of(in, d) - size_of(b->instr, d);
        to[d].dyn = to[d].dyn_max > 0 ? d : -1;
        to[d].dyn_sign = 1;
    }
    return true;
}

static bool access_DYNAMIC_UPDATE_SLICE(build *b)
{
    const ir_instr *update = b->instr->operands[1];
    int rank = b->instr->shape->rank;
    if (!starts(b, 2, rank))
        return false;
    identity(b, 0);
    identity(b, 1);
    sched_access_dim *to = (sched_access_dim *)b->result->operand[1].dims;
    for (int d = 0; d < rank; d++) {
        to[d].dyn_max = size_of(b->instr, d) - size_of(update, d);
        to[d].dyn = to[d].dyn_max > 0 ? d : -1;
        to[d].dyn_sign = -1;
    }
    guard(b, 1);
    return true;
}

static bool contains(const int64_t *list, int count, int64_t value, int *at)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value) {
            *at = i;
            return true;
        }
    return false;
}

/* Gather: operand dim d is (offset variable of d, unless collapsed or batching) + start of d, or the batch coordinate. Start d is
 * element (batch variables, position in start_index_map) of the indices, clamped to [0, size - slice]. */
typedef struct gather {
    const int64_t *offset, *collapsed, *map, *slice, *batching, *index_batching;
    int noffset, ncollapsed, nmap, nslice, nbatching, nindex_batching;
    int64_t vector_dim;
    int nbatch_vars, batch_vars[32]; /* result dims that are not offset dims, in order */
} gather;

static void gather_read(const ir_instr *instr, gather *g)
{
    g->noffset = ir_attr_ints(instr, IR_ATTR_OFFSET_DIMS, &g->offset);
    g->ncollapsed = ir_attr_ints(instr, IR_ATTR_COLLAPSED_SLICE_DIMS, &g->collapsed);
    g->nmap = ir_attr_ints(instr, IR_ATTR_START_INDEX_MAP, &g->map);
    g->nslice = ir_attr_ints(instr, IR_ATTR_SLICE_SIZES, &g->slice);
    g->nbatching = ir_attr_ints(instr, IR_ATTR_OPERAND_BATCHING_DIMS, &g->batching);
    g->nindex_batching = ir_attr_ints(instr, IR_ATTR_START_INDICES_BATCHING_DIMS, &g->index_batching);
    g->vector_dim = ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0);
    g->nbatch_vars = 0;
    int at;
    for (int o = 0; o < instr->shape->rank && g->nbatch_vars < 32; o++)
        if (!contains(g->offset, g->noffset, o, &at))
            g->batch_vars[g->nbatch_vars++] = o;
}

/* Result variable that walks dim `dim` of the indices (the index vector's own dim has none). */
static int gather_batch_var(const gather *g, int64_t dim)
{
    return g->batch_vars[dim < g->vector_dim ? dim : dim - 1];
}

static void gather_start(build *b, const gather *g, sched_dynamic *dynamic, int component)
{
    sched_access_dim *at = dynamic_dims(b, dynamic, 1);
    for (int d = 0; d < dynamic->ndims; d++) {
        if (d == g->vector_dim)
            at[d].c = component;
        else
            term(&at[d], gather_batch_var(g, d), 1);
    }
}

static bool access_GATHER(build *b)
{
    gather g;
    gather_read(b->instr, &g);
    const ir_instr *in = b->instr->operands[0];
    sched_access_dim *to = relation(b, 0, 0, NULL);
    sched_dynamic *dynamic = dynamics(b, g.nmap);
    for (int i = 0; i < g.nmap; i++)
        gather_start(b, &g, &dynamic[i], i);
    int at, offset = 0;
    for (int d = 0; d < in->shape->rank; d++) {
        if (contains(g.batching, g.nbatching, d, &at)) {
            term(&to[d], gather_batch_var(&g, g.index_batching[at]), 1);
            continue;
        }
        if (!contains(g.collapsed, g.ncollapsed, d, &at))
            term(&to[d], (int)g.offset[offset++], 1);
        if (contains(g.map, g.nmap, d, &at)) {
            to[d].dyn_max = size_of(in, d) - g.slice[d];
            to[d].dyn = to[d].dyn_max > 0 ? at : -1;
            to[d].dyn_sign = 1;
        }
    }
    return true;
}

/* Scatter has a template of its own: as a relation it may read anything, element by element of its result the operand's own. */
static bool access_SCATTER(build *b)
{
    if (b->instr->noperands != 3)
        return refuse(b, "scatter of several operands");
    identity(b, 0);
    return true;
}

/* ---- reductions and contractions ---- */

static bool access_REDUCE(build *b)
{
    const int64_t *dims;
    int at, n = ir_attr_ints(b->instr, IR_ATTR_DIMENSIONS, &dims), narrays = b->instr->noperands / 2;
    if (narrays != 1)
        return refuse(b, "reduce of several arrays");
    const ir_instr *in = b->instr->operands[0];
    int64_t *red = fw_alloc_array(b->arena, (size_t)n, sizeof *red);
    sched_access_dim *to = relation(b, 0, n, red);
    int kept = 0, reduced = 0;
    for (int d = 0; d < in->shape->rank; d++) {
        if (contains(dims, n, d, &at)) {
            red[reduced] = size_of(in, d);
            term(&to[d], b->instr->shape->rank + reduced++, 1);
        } else {
            term(&to[d], kept++, 1);
        }
    }
    relation(b, 1, 0, NULL);
    return true;
}

/* One spatial dim of a window: base_dilation * j = stride * o + window_dilation * k - low (k counted from the end when reversed). */
static void window_dim(sched_access_dim *to, const ir_window_dim *w, int out, int red)
{
    to->c = -w->pad_low;
    to->scale = w->base_dilation;
    term(to, out, w->stride);
    if (w->size > 1)
        term(to, red, w->window_dilation);
}

static bool access_REDUCE_WINDOW(build *b)
{
    if (b->instr->noperands != 2)
        return refuse(b, "reduce-window of several arrays");
    const ir_attr *attr = ir_attr_get(b->instr, IR_ATTR_WINDOW);
    int rank = b->instr->shape->rank;
    if (!attr || attr->window->rank != rank)
        return refuse(b, "reduce-window without a window for each dimension");
    int64_t *red = fw_alloc_array(b->arena, (size_t)rank, sizeof *red);
    sched_access_dim *to = relation(b, 0, rank, red);
    for (int d = 0; d < rank; d++) {
        red[d] = attr->window->dims[d].size;
        window_dim(&to[d], &attr->window->dims[d], d, rank + d);
    }
    guard(b, 0);
    relation(b, 1, 0, NULL);
    return true;
}

static void dot_side(sched_access_dim *to, int rank, const int64_t *batch, int nbatch, const int64_t *contract, int ncontract,
    int free_var, int red_var)
{
    int at;
    for (int d = 0; d < rank; d++) {
        if (contains(batch, nbatch, d, &at))
            term(&to[d], at, 1);
        else if (contains(contract, ncontract, d, &at))
            term(&to[d], red_var + at, 1);
        else
            term(&to[d], free_var++, 1);
    }
}

static bool access_DOT(build *b)
{
    const int64_t *lb, *rb, *lc, *rc;
    int nb = ir_attr_ints(b->instr, IR_ATTR_LHS_BATCH_DIMS, &lb);
    int nc = ir_attr_ints(b->instr, IR_ATTR_LHS_CONTRACTING_DIMS, &lc);
    ir_attr_ints(b->instr, IR_ATTR_RHS_BATCH_DIMS, &rb);
    ir_attr_ints(b->instr, IR_ATTR_RHS_CONTRACTING_DIMS, &rc);
    const ir_instr *lhs = b->instr->operands[0], *rhs = b->instr->operands[1];
    int rank = b->instr->shape->rank, lfree = lhs->shape->rank - nb - nc;
    int64_t *red = fw_alloc_array(b->arena, (size_t)nc, sizeof *red);
    for (int i = 0; i < nc; i++)
        red[i] = size_of(lhs, (int)lc[i]);
    dot_side(relation(b, 0, nc, red), lhs->shape->rank, lb, nb, lc, nc, nb, rank);
    dot_side(relation(b, 1, nc, red), rhs->shape->rank, rb, nb, rc, nc, nb + lfree, rank);
    return true;
}

/* Convolution: reduction variables are the window dims, then the input feature of one group. */
static bool access_CONVOLUTION(build *b)
{
    const ir_labels *l = ir_attr_get(b->instr, IR_ATTR_DIM_LABELS)->labels;
    const ir_attr *attr = ir_attr_get(b->instr, IR_ATTR_WINDOW);
    const ir_instr *lhs = b->instr->operands[0], *rhs = b->instr->operands[1];
    int64_t groups = ir_attr_int(b->instr, IR_ATTR_FEATURE_GROUP_COUNT, 1);
    int64_t batch_groups = ir_attr_int(b->instr, IR_ATTR_BATCH_GROUP_COUNT, 1);
    int ns = l->nspatial, rank = b->instr->shape->rank;
    if (l->lhs_batch < 0 || l->rhs_input < 0 || l->out_feature < 0 || (ns && (!attr || attr->window->rank != ns)))
        return refuse(b, "convolution with unknown dimensions");
    int64_t *red = fw_alloc_array(b->arena, (size_t)ns + 1, sizeof *red);
    sched_access_dim *in = relation(b, 0, ns + 1, red), *kernel = relation(b, 1, ns + 1, red);
    for (int s = 0; s < ns; s++) {
        const ir_window_dim *w = &attr->window->dims[s];
        red[s] = w->size;
        window_dim(&in[l->lhs_spatial[s]], w, l->out_spatial[s], rank + s);
        term(&kernel[l->rhs_spatial[s]], rank + s, w->reversal ? -1 : 1);
        kernel[l->rhs_spatial[s]].c = w->reversal ? w->size - 1 : 0;
    }
    int64_t features = size_of(b->instr, l->out_feature);
    red[ns] = size_of(rhs, l->rhs_input);
    sched_access_dim *channel = &in[l->lhs_feature], *batch = &in[l->lhs_batch];
    term(batch, l->out_batch, 1);
    term(channel, rank + ns, 1);
    if (groups > 1) {
        term(channel, l->out_feature, red[ns]);
        channel->terms[channel->nterms - 1].div = features / groups;
    }
    if (batch_groups > 1) {
        term(batch, l->out_feature, size_of(lhs, l->lhs_batch) / batch_groups);
        batch->terms[batch->nterms - 1].div = features / batch_groups;
    }
    term(&kernel[l->rhs_input], rank + ns, 1);
    term(&kernel[l->rhs_output], l->out_feature, 1);
    guard(b, 0);
    return true;
}

static access_fn *const functions[] = {
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req) access_##access,
#include "ops.def"
#undef OP
};

const sched_accesses *sched_access_of(fw_arena *arena, const ir_instr *instr, const char **why)
{
    bool array = instr->shape->type != IR_TUPLE;
    for (int k = 0; k < instr->noperands; k++)
        if (array && (!ir_shape_is_static(instr->operands[k]->shape) || instr->operands[k]->shape->type == IR_TUPLE))
            array = instr->op == IR_OP_GET_TUPLE_ELEMENT;
    if (array && !ir_shape_is_static(instr->shape))
        array = false;
    if (!array) {
        *why = "symbolic sizes or tuples have no access relation yet";
        return NULL;
    }
    sched_accesses *result = fw_alloc(arena, sizeof *result);
    result->noperands = instr->noperands;
    result->operand = fw_alloc_array(arena, (size_t)instr->noperands, sizeof *result->operand);
    result->exact = true;
    build b = {arena, instr, result, why};
    return functions[instr->op](&b) ? result : NULL;
}

void sched_access_print(const sched_access *access, fw_text *out)
{
    for (int i = 0; i < access->ndims; i++) {
        const sched_access_dim *d = &access->dims[i];
        fw_text_printf(out, "%s(%lld", i ? ", " : "[", (long long)d->c);
        for (int t = 0; t < d->nterms; t++) {
            fw_text_printf(out, " + %lld*%c%d", (long long)d->terms[t].coef, d->terms[t].var < access->nout ? 'o' : 'r',
                d->terms[t].var < access->nout ? d->terms[t].var : d->terms[t].var - access->nout);
            if (d->terms[t].div != 1)
                fw_text_printf(out, "/%lld", (long long)d->terms[t].div);
        }
        fw_text_add(out, ")");
        if (d->div != 1)
            fw_text_printf(out, "/%lld", (long long)d->div);
        if (d->mod)
            fw_text_printf(out, "%%%lld", (long long)d->mod);
        if (d->scale != 1)
            fw_text_printf(out, "=%lld*j", (long long)d->scale);
        if (d->dyn >= 0)
            fw_text_printf(out, " %c dyn%d<=%lld", d->dyn_sign < 0 ? '-' : '+', d->dyn, (long long)d->dyn_max);
    }
    fw_text_printf(out, "%s%s", access->ndims ? "]" : "[]", access->guarded ? "?" : "");
}
