/* Scatter as one statement over the updates, in order: out[start(u) + window(u)] = combine(out[...], update[u]); an update whose
 * window leaves the operand is dropped, as XLA does. */
#include "schedule.h"

typedef struct scatter {
    const int64_t *window, *inserted, *map, *batching, *index_batching;
    int nwindow, ninserted, nmap, nbatching, nindex_batching;
    int64_t vector_dim;
} scatter;

static int find(const int64_t *list, int count, int64_t value)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value)
            return i;
    return -1;
}

static void read_attrs(const ir_instr *instr, scatter *s)
{
    s->nwindow = ir_attr_ints(instr, IR_ATTR_UPDATE_WINDOW_DIMS, &s->window);
    s->ninserted = ir_attr_ints(instr, IR_ATTR_INSERTED_WINDOW_DIMS, &s->inserted);
    s->nmap = ir_attr_ints(instr, IR_ATTR_SCATTER_DIMS_TO_OPERAND_DIMS, &s->map);
    s->nbatching = ir_attr_ints(instr, IR_ATTR_INPUT_BATCHING_DIMS, &s->batching);
    s->nindex_batching = ir_attr_ints(instr, IR_ATTR_SCATTER_INDICES_BATCHING_DIMS, &s->index_batching);
    s->vector_dim = ir_attr_int(instr, IR_ATTR_INDEX_VECTOR_DIM, 0);
}

/* Index of dim `dim` of the indices array: the update's scatter dims in order, or the component. */
static const sched_index *indices_dim(sched_space *space, const scatter *s, int64_t dim, const sched_index *const *scatter_vars, int component)
{
    if (dim == s->vector_dim)
        return sched_const(space, component);
    return scatter_vars[dim < s->vector_dim ? dim : dim - 1];
}

/* Size of the window along operand dim d: that of the update's window dim, 1 for inserted and batching dims. */
static int64_t window_size(const ir_instr *instr, const scatter *s, int d)
{
    int at = 0;
    for (int i = 0; i < d; i++)
        at += find(s->inserted, s->ninserted, i) < 0 && find(s->batching, s->nbatching, i) < 0;
    bool flat = find(s->inserted, s->ninserted, d) >= 0 || find(s->batching, s->nbatching, d) >= 0;
    return flat ? 1 : ir_shape_size(instr->operands[2]->shape, (int)s->window[at]);
}

bool sched_scatter_stmt(fw_arena *arena, sched_kernel *kernel, sched_builder *values, sched_stmt *stmt, const char **why)
{
    const ir_instr *instr = stmt->instr;
    if (instr->noperands != 3 || kernel->ntiles > 1) {
        *why = instr->noperands != 3 ? "scatter of several operands" : "scatter runs in one tile";
        return false;
    }
    scatter s;
    read_attrs(instr, &s);
    const ir_shape *updates = instr->operands[2]->shape, *indices = instr->operands[1]->shape;
    const sched_index **at = fw_alloc_array(arena, (size_t)updates->rank, sizeof *at), **component = fw_alloc_array(arena, (size_t)indices->rank, sizeof *component);
    const sched_index **scatter_vars = fw_alloc_array(arena, (size_t)updates->rank, sizeof *scatter_vars);
    static const char *const names[] = {"i", "j", "k", "l", "p", "q", "r", "s"};
    int nscatter = 0;
    stmt->kind = SCHED_SCATTER;
    stmt->vars = fw_alloc_array(arena, (size_t)updates->rank, sizeof *stmt->vars);
    for (int i = 0; i < updates->rank; i++) {
        int64_t n = ir_shape_size(updates, i);
        int var = sched_var_new(kernel->space, names[i < 8 ? i : 7], n);
        at[i] = sched_var(kernel->space, var);
        if (find(s.window, s.nwindow, i) < 0)
            scatter_vars[nscatter++] = at[i];
    }
    /* Window after window: where windows overlap, the last one in index order wins. */
    for (int window = 0; window < 2; window++)
        for (int i = 0; i < updates->rank; i++) {
            int64_t n = ir_shape_size(updates, i);
            if (n != 1 && (find(s.window, s.nwindow, i) >= 0) == window)
                stmt->vars[stmt->nvars++] = (sched_range){.var = at[i]->terms[0].atom->var, .extent = n, .loop = -1, .coef = 1, .size = n};
        }
    stmt->skips = fw_alloc_array(arena, (size_t)s.nmap, sizeof *stmt->skips);
    for (int d = 0, w = 0; d < instr->shape->rank; d++) {
        int batch = find(s.batching, s.nbatching, d), start = find(s.map, s.nmap, d);
        bool inserted = find(s.inserted, s.ninserted, d) >= 0;
        stmt->index[d] = sched_const(kernel->space, 0);
        if (batch >= 0)
            stmt->index[d] = indices_dim(kernel->space, &s, s.index_batching[batch], scatter_vars, 0);
        else if (!inserted)
            stmt->index[d] = at[s.window[w++]];
        if (start < 0)
            continue;
        for (int i = 0; i < indices->rank; i++)
            component[i] = indices_dim(kernel->space, &s, i, scatter_vars, start);
        const sched_value *value = sched_value_at(values, instr->operands[1], component);
        if (!value)
            return false;
        int64_t max = ir_shape_size(instr->shape, d) - window_size(instr, &s, d);
        stmt->skips[stmt->nskips].value = value;
        stmt->skips[stmt->nskips++].max = max;
        stmt->index[d] = sched_add(kernel->space, stmt->index[d], sched_dyn(kernel->space, value, max));
    }
    stmt->region = ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    ir_comp_is_binary(stmt->region, &stmt->combine);
    stmt->value = sched_value_at(values, instr->operands[2], at);
    kernel->updates = instr->operands[0];
    return stmt->value != NULL;
}
