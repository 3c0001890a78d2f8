/* The dataflow equation. On the tree
 *
 *   band: tiles                          T0, T1, ... and their tagged reads together
 *     sequence: T0 | T1 | ...            statements in order
 *       band: the statement's variables
 *
 * the last writer of every scratch position or output element that is read, with buffers where they really lie, must be the
 * instance that the graph names, in the same tile:  must_flow == { T_P[t, p] -> [T_C[t, c] -> R_k[]] : c reads p's element by read k }.
 * Reads are tagged one by one: a wrong writer must not hide behind another read of the same instance.
 *
 * Band functions have universe domains: with the domains left in, the walk of the tree is a hundred times slower. The order of
 * variables relative to the box's corner is their own order, so the corner is left out. */
#include "prove_internal.h"

#include <isl/flow.h>
#include <isl/schedule.h>
#include <isl/schedule_node.h>
#include <isl/space.h>
#include <isl/union_set.h>

#include <string.h>

typedef struct flow {
    proof *p;
    isl_union_map *stores, *reads;       /* T -> buffer, [T -> R] -> buffer */
    isl_union_map *expected;             /* T_P -> [T_C -> R] */
    isl_union_set *domain;
    isl_union_set **filters;             /* by statement: its instances and its tagged reads */
    isl_union_map **points;              /* by statement: the same -> variables */
    isl_union_map *tiles;
    int *group;                          /* by statement: first statement whose scratch overlaps, transitively */
    int nreads, reads_cap;
    bool exact;                          /* subtract what reads leave out; else a few reads too many are asked about */
    struct flow_read { const proof_stmt *consumer, *producer; } *tags; /* by read number */
} flow;

/* ---- where scratch really lies ---- */

static int64_t scratch_bytes(const sched_stmt *stmt)
{
    int64_t bytes = (int64_t)ir_type_bytes(stmt->instr->shape->type);
    for (int v = 0; v < stmt->nvars; v++)
        bytes *= stmt->vars[v].size;
    return bytes;
}

static bool overlap(const sched_stmt *a, const sched_stmt *b)
{
    return a->scratch && b->scratch && a->scratch_offset < b->scratch_offset + scratch_bytes(b) &&
           b->scratch_offset < a->scratch_offset + scratch_bytes(a);
}

static void find_groups(flow *f)
{
    proof *p = f->p;
    f->group = fw_alloc_array(p->arena, (size_t)p->nstmts, sizeof *f->group);
    for (int i = 0; i < p->nstmts; i++) {
        f->group[i] = i;
        for (int j = 0; j < i; j++) {
            if (!overlap(p->stmts[i].stmt, p->stmts[j].stmt))
                continue;
            int from = f->group[i] > f->group[j] ? f->group[i] : f->group[j], to = f->group[i] + f->group[j] - from;
            for (int k = 0; k <= i; k++)
                if (f->group[k] == from)
                    f->group[k] = to;
        }
    }
}

static int64_t gcd(int64_t a, int64_t b)
{
    return b ? gcd(b, a % b) : a;
}

/* Bytes of memory that a group shares at a time: everything in it starts and ends on multiples of this. */
static int64_t group_unit(const flow *f, int group, int *members)
{
    int64_t unit = 0;
    *members = 0;
    for (int i = 0; i < f->p->nstmts; i++)
        if (f->group[i] == group && f->p->stmts[i].stmt->scratch) {
            unit = gcd(gcd((int64_t)ir_type_bytes(f->p->stmts[i].stmt->instr->shape->type), f->p->stmts[i].stmt->scratch_offset), unit);
            ++*members;
        }
    return unit;
}

/* b[position] -> M[units of memory], row-major from the scratch offset: for scratch that overlaps another's. */
static __isl_give isl_map *memory(flow *f, const proof_stmt *s, int64_t unit)
{
    const sched_stmt *stmt = s->stmt;
    int n = stmt->nvars;
    int64_t element = (int64_t)ir_type_bytes(stmt->instr->shape->type) / unit, stride = element;
    isl_space *space = isl_space_set_alloc(f->p->ctx, 0, (unsigned)n + 1);
    isl_aff *at = relation_constant(isl_space_copy(space), stmt->scratch_offset / unit);
    for (int v = n - 1; v >= 0; v--) {
        at = isl_aff_add(at, relation_var(isl_space_copy(space), v, stride));
        stride *= stmt->vars[v].size;
    }
    at = isl_aff_add(at, relation_var(isl_space_copy(space), n, 1));
    isl_set *part = isl_set_lower_bound_si(isl_set_universe(space), isl_dim_set, (unsigned)n, 0);
    part = isl_set_upper_bound_si(part, isl_dim_set, (unsigned)n, (int)element - 1);
    isl_map *map = isl_map_intersect_domain(isl_map_from_aff(at), part);
    map = isl_map_project_out(map, isl_dim_in, (unsigned)n, 1);
    map = isl_map_set_tuple_name(map, isl_dim_in, fw_format(f->p->arena, "b%d", s->number));
    return isl_map_set_tuple_name(map, isl_dim_out, fw_format(f->p->arena, "M%d", f->group[s->number]));
}

/* T[tile, vars] -> where the statement's value is kept for its readers. */
static __isl_give isl_map *place(flow *f, const proof_stmt *s)
{
    if (!s->stmt->scratch) {
        isl_map *map = isl_map_from_multi_aff(isl_multi_aff_copy(s->index));
        map = isl_map_project_out(map, isl_dim_in, (unsigned)s->nvars, (unsigned)(s->nreds + s->natoms));
        map = isl_map_preimage_domain_multi_aff(map, isl_multi_aff_copy(s->lift));
        return isl_map_set_tuple_name(map, isl_dim_out, fw_format(f->p->arena, "a%d", s->number));
    }
    isl_map *position = proof_position(f->p, s);
    int members;
    int64_t unit = group_unit(f, f->group[s->number], &members);
    return members > 1 ? isl_map_apply_range(position, memory(f, s, unit)) : position;
}

/* ---- accesses ---- */

/* Of instances to elements as of their variables to elements. */
static __isl_give isl_map *of_vars(const proof_stmt *s, __isl_take isl_map *relation)
{
    return isl_map_project_out(relation, isl_dim_in, (unsigned)s->nvars, (unsigned)(s->nreds + s->natoms));
}

/* [c] -> [p] : p's element is the one that `relation` reads at c; p anywhere in its extents. An epilogue that reads the value at its
 * own place reads its own variables, since they name each element once (proof_once); cutting m into four dims and back would cost
 * isl five times as much. */
static __isl_give isl_map *producer_of(const proof_stmt *consumer, const proof_stmt *producer, __isl_keep isl_map *relation)
{
    isl_map *reads = of_vars(consumer, isl_map_copy(relation));
    isl_map *writes = isl_map_intersect_domain(isl_map_from_multi_aff(isl_multi_aff_copy(producer->index)), isl_set_copy(producer->box));
    writes = of_vars(producer, writes);
    if (consumer->nvars == producer->nvars && proved(isl_map_plain_is_equal(reads, writes))) {
        isl_set *own = isl_map_domain(writes);
        isl_map_free(reads);
        return isl_set_identity(own);
    }
    return isl_map_apply_range(reads, isl_map_reverse(writes));
}

/* The same lifted: T_C[t, c] -> T_P[t, p], c in the tile, p in its extents. */
static __isl_give isl_map *same_tile_producer(proof *p, const proof_stmt *consumer, const proof_stmt *producer,
    __isl_keep isl_map *relation)
{
    isl_map *pairs = producer_of(consumer, producer, relation);
    pairs = isl_map_preimage_domain_multi_aff(pairs, isl_multi_aff_copy(consumer->lift));
    pairs = isl_map_intersect_domain(pairs, isl_set_copy(consumer->tiles));
    pairs = isl_map_preimage_range_multi_aff(pairs, isl_multi_aff_copy(producer->lift));
    for (int i = 0; i < p->nmoving; i++)
        pairs = isl_map_equate(pairs, isl_dim_in, i, isl_dim_out, i);
    return pairs;
}

/* [T[t, v] -> R[]] -> T[t, v] */
static __isl_give isl_map *tag(flow *f, const proof_stmt *s, int number)
{
    isl_space *space = isl_space_from_domain(isl_set_get_space(s->tiles));
    isl_map *map = isl_map_universe(isl_space_set_tuple_name(space, isl_dim_out, fw_format(f->p->arena, "R%d", number)));
    return isl_map_domain_map(map);
}

static void add_space(flow *f, const proof_stmt *s, __isl_take isl_map *to_instance)
{
    isl_map *first = isl_map_project_out(isl_map_copy(to_instance), isl_dim_out, (unsigned)f->p->nmoving, (unsigned)s->nvars);
    f->tiles = isl_union_map_add_map(f->tiles, isl_map_reset_tuple_id(first, isl_dim_out));
    isl_map *rest = isl_map_project_out(isl_map_copy(to_instance), isl_dim_out, 0, (unsigned)f->p->nmoving);
    int i = s->number;
    f->points[i] = isl_union_map_add_map(f->points[i], isl_map_reset_tuple_id(rest, isl_dim_out));
    f->filters[i] = isl_union_set_add_set(f->filters[i], isl_map_domain(isl_map_copy(to_instance)));
    f->domain = isl_union_set_add_set(f->domain, isl_map_domain(isl_map_intersect_range(to_instance, isl_set_copy(s->tiles))));
}

static void add_stmt(flow *f, const proof_stmt *s)
{
    isl_space *params = isl_space_params_alloc(f->p->ctx, 0);
    f->points[s->number] = isl_union_map_empty(isl_space_copy(params));
    f->filters[s->number] = isl_union_set_empty(params);
    add_space(f, s, isl_map_identity(isl_space_map_from_set(isl_set_get_space(s->tiles))));
    f->stores = isl_union_map_add_map(f->stores, isl_map_intersect_domain(place(f, s), isl_set_copy(s->tiles)));
    for (int i = 0; i < s->nreads; i++) {
        if (s->reads[i].writer < 0)
            continue;
        const proof_stmt *producer = &f->p->stmts[s->reads[i].writer];
        isl_map *tagged = tag(f, s, f->nreads);
        struct flow_read read = {s, producer};
        FW_PUSH(f->p->arena, f->tags, f->nreads, f->reads_cap, read);
        const proof_excluded *out = f->exact ? s->reads[i].out : NULL;
        isl_map *emitted = proof_domain_restrict(out, isl_map_copy(s->reads[i].emitted));
        isl_map *graph = proof_domain_restrict(out, isl_map_copy(s->reads[i].graph));
        isl_map *at = isl_map_apply_range(same_tile_producer(f->p, s, producer, emitted), place(f, producer));
        f->reads = isl_union_map_add_map(f->reads, isl_map_apply_range(isl_map_copy(tagged), at));
        isl_map *from = isl_map_reverse(same_tile_producer(f->p, s, producer, graph));
        f->expected = isl_union_map_add_map(f->expected, isl_map_apply_range(from, isl_map_reverse(isl_map_copy(tagged))));
        add_space(f, s, tagged);
        isl_map_free(emitted);
        isl_map_free(graph);
    }
}

/* ---- the tree ---- */

static __isl_give isl_schedule_node *insert_band(__isl_take isl_schedule_node *node, __isl_take isl_union_map *to)
{
    return isl_schedule_node_insert_partial_schedule(node, isl_multi_union_pw_aff_from_union_map(to));
}

static __isl_give isl_schedule *tree(flow *f)
{
    isl_schedule_node *node = isl_schedule_node_from_domain(isl_union_set_copy(f->domain));
    isl_union_set_list *filters = isl_union_set_list_alloc(f->p->ctx, f->p->nstmts);
    node = isl_schedule_node_child(node, 0);
    if (f->p->nmoving)
        node = isl_schedule_node_child(insert_band(node, isl_union_map_copy(f->tiles)), 0);
    for (int i = 0; i < f->p->nstmts; i++)
        filters = isl_union_set_list_add(filters, isl_union_set_copy(f->filters[i]));
    node = isl_schedule_node_insert_sequence(node, filters);
    for (int i = 0; i < f->p->nstmts; i++) {
        if (!f->p->stmts[i].nvars)
            continue;
        node = isl_schedule_node_child(isl_schedule_node_child(node, i), 0);
        node = insert_band(node, isl_union_map_copy(f->points[i]));
        node = isl_schedule_node_parent(isl_schedule_node_parent(node));
    }
    isl_schedule *schedule = isl_schedule_node_get_schedule(node);
    isl_schedule_node_free(node);
    return schedule;
}

/* ---- the verdict ---- */

/* [T_C -> R_k] as a set: the sinks of one read. */
static __isl_give isl_set *sinks(flow *f, int read, __isl_take isl_set *consumers)
{
    isl_space *tag_space = isl_space_set_alloc(f->p->ctx, 0, 0);
    tag_space = isl_space_set_tuple_name(tag_space, isl_dim_set, fw_format(f->p->arena, "R%d", read));
    return isl_map_wrap(isl_map_from_domain_and_range(consumers, isl_set_universe(tag_space)));
}

static __isl_give isl_union_map *of_sinks(__isl_keep isl_union_map *dependence, __isl_keep isl_set *sink)
{
    return isl_union_map_intersect_range(isl_union_map_copy(dependence), isl_union_set_from_set(isl_set_copy(sink)));
}

/* The statement instances that a dependence starts from, as text; statements in order. */
static const char *sources(flow *f, __isl_take isl_union_map *dependence)
{
    const char *text = "nothing stored";
    isl_union_set *from = isl_union_map_domain(dependence);
    for (int i = f->p->nstmts - 1; i >= 0; i--) {
        isl_set *of = isl_union_set_extract_set(from, isl_set_get_space(f->p->stmts[i].tiles));
        if (proved(isl_bool_not(isl_set_is_empty(of))))
            text = proof_tile_point(f->p, &f->p->stmts[i], of);
        else
            isl_set_free(of);
    }
    isl_union_set_free(from);
    return text;
}

/* The first instance whose read gets another value than the graph's. */
static bool report(flow *f, __isl_keep isl_union_map *must)
{
    for (int r = 0; r < f->nreads; r++) {
        const proof_stmt *consumer = f->tags[r].consumer;
        isl_set *all = sinks(f, r, isl_set_universe(isl_set_get_space(consumer->tiles)));
        isl_union_map *wanted = of_sinks(f->expected, all), *found = of_sinks(must, all);
        isl_union_map *wrong = isl_union_map_subtract(isl_union_map_copy(wanted), isl_union_map_copy(found));
        wrong = isl_union_map_union(wrong, isl_union_map_subtract(isl_union_map_copy(found), isl_union_map_copy(wanted)));
        isl_union_set *at = isl_union_map_range(wrong);
        isl_set *bad = isl_union_set_extract_set(at, isl_set_get_space(all));
        bool here = proved(isl_bool_not(isl_set_is_empty(bad)));
        if (here) {
            isl_set *one = isl_set_lexmin(isl_map_domain(isl_set_unwrap(isl_set_copy(bad))));
            isl_set *sink = sinks(f, r, isl_set_copy(one));
            isl_union_map *need = of_sinks(wanted, sink), *find = of_sinks(found, sink);
            const char *needs = sources(f, isl_union_map_subtract(isl_union_map_copy(need), isl_union_map_copy(find)));
            const char *finds = sources(f, isl_union_map_subtract(find, need));
            proof_fail(f->p, "flow: %s needs %s but finds %s", proof_tile_point(f->p, consumer, one), needs, finds);
            isl_set_free(sink);
        }
        isl_set_free(bad);
        isl_union_set_free(at);
        isl_union_map_free(wanted);
        isl_union_map_free(found);
        isl_set_free(all);
        if (here)
            return false;
    }
    return proof_fail(f->p, "flow: not equal to the graph's");
}

static bool equal_flow(flow *f, bool last)
{
    isl_union_access_info *info = isl_union_access_info_from_sink(isl_union_map_copy(f->reads));
    info = isl_union_access_info_set_must_source(info, isl_union_map_copy(f->stores));
    info = isl_union_access_info_set_schedule(info, tree(f));
    isl_union_flow *result = isl_union_access_info_compute_flow(info);
    isl_union_map *must = isl_union_flow_get_must_dependence(result);
    isl_union_map *missing = isl_union_flow_get_must_no_source(result);
    isl_union_flow_free(result);
    bool equal = proved(isl_union_map_is_equal(must, f->expected)) && proved(isl_union_map_is_empty(missing));
    if (!equal && last)
        report(f, must);
    isl_union_map_free(missing);
    isl_union_map_free(must);
    return equal;
}

/* What holds for more reads than there are holds for those that are, so the cheap question comes first. */
static bool ask(proof *p, bool exact, bool last)
{
    isl_space *params = isl_space_params_alloc(p->ctx, 0);
    flow f = {.p = p, .exact = exact};
    f.stores = isl_union_map_empty(isl_space_copy(params));
    f.reads = isl_union_map_empty(isl_space_copy(params));
    f.expected = isl_union_map_empty(isl_space_copy(params));
    f.tiles = isl_union_map_empty(isl_space_copy(params));
    f.domain = isl_union_set_empty(params);
    f.filters = fw_alloc_array(p->arena, (size_t)p->nstmts, sizeof *f.filters);
    f.points = fw_alloc_array(p->arena, (size_t)p->nstmts, sizeof *f.points);
    find_groups(&f);
    for (int i = 0; i < p->nstmts; i++)
        add_stmt(&f, &p->stmts[i]);
    bool equal = equal_flow(&f, last);
    for (int i = 0; i < p->nstmts; i++) {
        isl_union_set_free(f.filters[i]);
        isl_union_map_free(f.points[i]);
    }
    isl_union_map_free(f.stores);
    isl_union_map_free(f.reads);
    isl_union_map_free(f.expected);
    isl_union_map_free(f.tiles);
    isl_union_set_free(f.domain);
    return equal;
}

bool proof_flow(proof *p)
{
    bool inexact = false;
    for (int i = 0; i < p->nstmts; i++)
        for (int r = 0; r < p->stmts[i].nreads; r++)
            inexact |= p->stmts[i].reads[r].writer >= 0 && p->stmts[i].reads[r].out;
    return ask(p, false, !inexact) || (inexact && ask(p, true, true));
}
