/* Shape inference of gather and scatter. Both read "window dimensions" of a result or update array, an index array
 * whose dimension index_vector_dim holds one start index per entry of a dimension map, and dims of the operand that
 * windows lack. */
#include "infer.h"

/* The attributes of gather and of scatter under common names. */
typedef struct indexing {
    const ir_shape *operand, *indices;
    const int64_t *window, *missing, *map, *operand_batch, *indices_batch;
    int nwindow, nmissing, nmap, noperand_batch, nindices_batch;
    ir_attr_id window_id, missing_id, map_id, operand_batch_id, indices_batch_id;
    int64_t vector_dim;
    int nbatch; /* index dims without the index vector */
} indexing;

static void read_attrs(const infer_site *c, indexing *x) {
    x->nwindow = ir_attr_ints(c->instr, x->window_id, &x->window);
    x->nmissing = ir_attr_ints(c->instr, x->missing_id, &x->missing);
    x->nmap = ir_attr_ints(c->instr, x->map_id, &x->map);
    x->noperand_batch = ir_attr_ints(c->instr, x->operand_batch_id, &x->operand_batch);
    x->nindices_batch = ir_attr_ints(c->instr, x->indices_batch_id, &x->indices_batch);
    x->vector_dim = ir_attr_int(c->instr, IR_ATTR_INDEX_VECTOR_DIM, -1);
}

static bool batching_ok(const infer_site *c, const indexing *x) {
    if (x->noperand_batch != x->nindices_batch) {
        infer_fail(c, "%s and %s have different lengths", ir_attr_name(x->operand_batch_id),
            ir_attr_name(x->indices_batch_id));
        return false;
    }
    if (infer_has(x->indices_batch, x->nindices_batch, x->vector_dim)) {
        infer_fail(c, "%s names index_vector_dim", ir_attr_name(x->indices_batch_id));
        return false;
    }
    for (int i = 0; i < x->noperand_batch; i++) {
        int64_t o = x->operand_batch[i], k = x->indices_batch[i];
        if (infer_has(x->missing, x->nmissing, o) || infer_has(x->map, x->nmap, o)) {
            infer_fail(
                c, "dimension %lld stands in %s and in another list", (long long)o, ir_attr_name(x->operand_batch_id));
            return false;
        }
        if (!infer_dim_agrees(x->operand->dims[o], x->indices->dims[k])) {
            infer_fail(c, "batching dimension %lld of %s differs from dimension %lld of %s", (long long)o,
                infer_text(c, x->operand), (long long)k, infer_text(c, x->indices));
            return false;
        }
    }
    return true;
}

/* Everything that does not concern the result: the lists are in range and fit operand and indices. */
static bool indexing_ok(const infer_site *c, indexing *x) {
    const ir_shape *operand = x->operand, *indices = x->indices;
    if (!ir_type_is_integer(indices->type)) {
        infer_fail(c, "the indices must be integers, they are %s", infer_text(c, indices));
        return false;
    }
    if (x->vector_dim < 0 || x->vector_dim > indices->rank) {
        infer_fail(c, "index_vector_dim %lld is no dimension of %s", (long long)x->vector_dim, infer_text(c, indices));
        return false;
    }
    ir_dim length = x->vector_dim == indices->rank ? ir_dim_of(1) : indices->dims[x->vector_dim];
    x->nbatch = indices->rank - (x->vector_dim < indices->rank);
    if (!infer_dim_agrees(length, ir_dim_of(x->nmap))) {
        infer_fail(c, "%s has %d entries, the index vectors of %s do not", ir_attr_name(x->map_id), x->nmap,
            infer_text(c, indices));
        return false;
    }
    return infer_dim_list(c, x->map_id, x->map, x->nmap, operand->rank) &&
           infer_dim_list(c, x->missing_id, x->missing, x->nmissing, operand->rank) &&
           infer_ascending(c, x->missing_id, x->missing, x->nmissing) &&
           infer_dim_list(c, x->operand_batch_id, x->operand_batch, x->noperand_batch, operand->rank) &&
           infer_dim_list(c, x->indices_batch_id, x->indices_batch, x->nindices_batch, indices->rank) &&
           batching_ok(c, x);
}

static bool is_window_dim(const indexing *x, int64_t operand_dim) {
    return !infer_has(x->missing, x->nmissing, operand_dim) &&
           !infer_has(x->operand_batch, x->noperand_batch, operand_dim);
}

/* The next dimension of the indices after `k` that is not the index vector. */
static int next_batch_dim(const indexing *x, int k) {
    return k == x->vector_dim ? k + 1 : k;
}

static bool slice_sizes_ok(const infer_site *c, const indexing *x, const int64_t *sizes, int count) {
    if (count != x->operand->rank) {
        infer_fail(c, "slice_sizes has %d entries for the operand %s", count, infer_text(c, x->operand));
        return false;
    }
    for (int d = 0; d < count; d++) {
        int64_t most = x->operand->dims[d].bound;
        if (sizes[d] < 0 || (most >= 0 && sizes[d] > most)) {
            infer_fail(c, "the slice size %lld of dimension %d does not fit %s", (long long)sizes[d], d,
                infer_text(c, x->operand));
            return false;
        }
        if (!is_window_dim(x, d) && sizes[d] > 1) {
            infer_fail(c, "dimension %d is collapsed or batching, but its slice size is %lld", d, (long long)sizes[d]);
            return false;
        }
    }
    return true;
}

const ir_shape *infer_gather(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1))
        return NULL;
    indexing x = {.operand = c->instr->operands[0]->shape,
        .indices = c->instr->operands[1]->shape,
        .window_id = IR_ATTR_OFFSET_DIMS,
        .missing_id = IR_ATTR_COLLAPSED_SLICE_DIMS,
        .map_id = IR_ATTR_START_INDEX_MAP,
        .operand_batch_id = IR_ATTR_OPERAND_BATCHING_DIMS,
        .indices_batch_id = IR_ATTR_START_INDICES_BATCHING_DIMS};
    read_attrs(c, &x);
    const int64_t *sizes;
    int nsizes = ir_attr_ints(c->instr, IR_ATTR_SLICE_SIZES, &sizes);
    if (!indexing_ok(c, &x) || !slice_sizes_ok(c, &x, sizes, nsizes))
        return NULL;
    if (x.nwindow != x.operand->rank - x.nmissing - x.noperand_batch)
        return infer_fail(c, "offset_dims has %d entries, but windows of %s have %d dimensions", x.nwindow,
            infer_text(c, x.operand), x.operand->rank - x.nmissing - x.noperand_batch);
    int rank = x.nwindow + x.nbatch;
    if (!infer_dim_list(c, x.window_id, x.window, x.nwindow, rank) ||
        !infer_ascending(c, x.window_id, x.window, x.nwindow))
        return NULL;
    ir_dim *dims = fw_alloc_array(c->arena, (size_t)rank + 1, sizeof *dims);
    int window = 0, batch = 0;
    for (int d = 0, w = 0; d < rank; d++) {
        if (w < x.nwindow && x.window[w] == d) {
            while (!is_window_dim(&x, window))
                window++;
            dims[d] = ir_dim_of(sizes[window++]);
            w++;
        } else {
            batch = next_batch_dim(&x, batch);
            dims[d] = x.indices->dims[batch++];
        }
    }
    return ir_shape_dims(c->arena, x.operand->type, rank, dims);
}

static bool update_ok(const infer_site *c, const indexing *x, const ir_shape *update) {
    if (update->rank != x->nwindow + x->nbatch) {
        infer_fail(c, "the updates %s must have %d window and %d index dimensions", infer_text(c, update), x->nwindow,
            x->nbatch);
        return false;
    }
    if (!infer_dim_list(c, x->window_id, x->window, x->nwindow, update->rank) ||
        !infer_ascending(c, x->window_id, x->window, x->nwindow))
        return false;
    int window = 0, batch = 0;
    for (int d = 0, w = 0; d < update->rank; d++) {
        bool fits;
        if (w < x->nwindow && x->window[w] == d) {
            while (!is_window_dim(x, window))
                window++;
            ir_dim dim = x->operand->dims[window++];
            fits = dim.symbol || update->dims[d].symbol || update->dims[d].bound <= dim.bound;
            w++;
        } else {
            batch = next_batch_dim(x, batch);
            fits = infer_dim_agrees(update->dims[d], x->indices->dims[batch++]);
        }
        if (!fits) {
            infer_fail(c, "dimension %d of the updates %s does not fit the operand %s and the indices %s", d,
                infer_text(c, update), infer_text(c, x->operand), infer_text(c, x->indices));
            return false;
        }
    }
    return true;
}

const ir_shape *infer_scatter(const infer_site *c) {
    const ir_instr *instr = c->instr;
    int n = (instr->noperands - 1) / 2;
    if (instr->noperands != 2 * n + 1)
        return infer_fail(c, "takes N operands, the indices and N updates, not %d operands", instr->noperands);
    for (int i = 0; i < instr->noperands; i++)
        if (!infer_array(c, i))
            return NULL;
    const ir_shape **results = fw_alloc_array(c->arena, (size_t)n, sizeof *results);
    for (int i = 0; i < n; i++) {
        indexing x = {.operand = instr->operands[i]->shape,
            .indices = instr->operands[n]->shape,
            .window_id = IR_ATTR_UPDATE_WINDOW_DIMS,
            .missing_id = IR_ATTR_INSERTED_WINDOW_DIMS,
            .map_id = IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS,
            .operand_batch_id = IR_ATTR_INPUT_BATCHING_DIMS,
            .indices_batch_id = IR_ATTR_SCATTER_INDICES_BATCHING_DIMS};
        read_attrs(c, &x);
        const ir_shape *update = instr->operands[n + 1 + i]->shape;
        if (!indexing_ok(c, &x))
            return NULL;
        if (x.nwindow != x.operand->rank - x.nmissing - x.noperand_batch)
            return infer_fail(c, "update_window_dims has %d entries, but windows of %s have %d dimensions", x.nwindow,
                infer_text(c, x.operand), x.operand->rank - x.nmissing - x.noperand_batch);
        if (update->type != x.operand->type)
            return infer_fail(
                c, "the updates %s must have the element type of %s", infer_text(c, update), infer_text(c, x.operand));
        if (!update_ok(c, &x, update))
            return NULL;
        results[i] = x.operand;
    }
    return n == 1 ? results[0] : ir_shape_tuple(c->arena, n, results);
}
