/* May output 0 live in the buffer of one of the kernel's inputs? The initial contents are a writer before everything, and every
 * read of the input must still find them. Tiles run in any order, so no tile may store what another one reads; inside a tile a read
 * must come before the store, and inside a statement, whose instances a template may run in any order, only the instance that
 * stores an element may read it:
 *
 *   { c -> s : c reads the element that s stores }  ⊆  { same tile and (statement of c before statement of s, or c = s) }
 *
 * That holds for every order that the templates can choose, so it is stronger than equal flow for one of them.
 * A run-time index that is the same for the whole kernel stays a parameter: dynamic-update-slice(b, f(dynamic-slice(b, s)), s)
 * reads what it stores at equal s. Others may be anything in their range at every instance. */
#include "prove_internal.h"

#include <isl/id.h>
#include <isl/space.h>

/* ---- run-time indices that no variable moves ---- */

static bool uniform_value(const sched_value *value);

static bool uniform_index(const sched_index *index)
{
    for (int i = 0; i < index->nterms; i++) {
        const sched_atom *atom = index->terms[i].atom;
        if (atom->kind == SCHED_VAR)
            return false;
        if (atom->kind == SCHED_DYN ? !uniform_value(atom->value) : !uniform_index(atom->of))
            return false;
    }
    return true;
}

static bool uniform_value(const sched_value *value)
{
    for (int i = 0; i < value->nindex; i++)
        if (!uniform_index(value->index[i]))
            return false;
    for (int i = 0; i < value->nconds; i++)
        if (!uniform_index(value->conds[i].index))
            return false;
    for (int i = 0; i < value->nargs; i++)
        if (!uniform_value(value->args[i]))
            return false;
    return true;
}

/* A relation on instances as one on lifted instances, with uniform run-time values as parameters. */
static __isl_give isl_map *lifted(proof *p, const proof_stmt *s, __isl_take isl_map *relation)
{
    relation = isl_map_intersect_domain(relation, isl_set_copy(s->box));
    for (int i = s->natoms - 1; i >= 0; i--) {
        unsigned dim = (unsigned)(s->nvars + s->nreds + i);
        if (!uniform_value(s->atoms[i]->value)) {
            relation = isl_map_project_out(relation, isl_dim_in, dim, 1);
            continue;
        }
        isl_id *id = isl_id_alloc(p->ctx, fw_format(p->arena, "q%d", s->atoms[i]->order), NULL);
        relation = isl_map_set_dim_id(relation, isl_dim_in, dim, id);
        relation = isl_map_move_dims(relation, isl_dim_param, 0, isl_dim_in, dim, 1);
    }
    relation = isl_map_project_out(relation, isl_dim_in, (unsigned)s->nvars, (unsigned)s->nreds);
    relation = isl_map_preimage_domain_multi_aff(relation, isl_multi_aff_copy(s->lift));
    return isl_map_intersect_domain(relation, isl_set_copy(s->tiles));
}

/* ---- the condition ---- */

static bool same_vars(const sched_stmt *a, const sched_stmt *b)
{
    bool same = a->nvars == b->nvars;
    for (int i = 0; same && i < a->nvars; i++)
        same = a->vars[i].var == b->vars[i].var;
    return same;
}

/* Pairs of a reading and a storing instance that no order can turn round. The contraction template runs the product and what follows
 * it block by block: the product may still read what an earlier block has stored, and a statement behind it is only sure to come
 * before the store at the same point. */
static __isl_give isl_map *ordered(proof *p, const proof_stmt *reader, const proof_stmt *writer, __isl_take isl_map *pairs)
{
    bool blocks = reader->stmt->after_contraction && reader != writer;
    if (reader->number > writer->number || reader->stmt == p->kernel->contraction || (blocks && !same_vars(reader->stmt, writer->stmt))) {
        isl_space *space = isl_map_get_space(pairs);
        isl_map_free(pairs);
        return isl_map_empty(space);
    }
    int equal = blocks || reader == writer ? p->nmoving + reader->nvars : p->nmoving;
    for (int i = 0; i < equal; i++)
        pairs = isl_map_equate(pairs, isl_dim_in, i, isl_dim_out, i);
    return pairs;
}

static bool read_survives(proof *p, const proof_stmt *reader, const proof_read *read, const proof_stmt *writer, const ir_instr *source)
{
    isl_map *stores = lifted(p, writer, isl_map_from_multi_aff(isl_multi_aff_copy(writer->index)));
    isl_map *pairs = isl_map_apply_range(lifted(p, reader, isl_map_copy(read->emitted)), isl_map_reverse(stores));
    isl_map *clash = isl_map_subtract(isl_map_copy(pairs), ordered(p, reader, writer, isl_map_copy(pairs)));
    isl_map_free(pairs);
    bool survives = proved(isl_map_is_empty(clash));
    if (!survives && read->out) {
        proof_read exact = {.emitted = proof_domain_restrict(read->out, isl_map_copy(read->emitted))};
        survives = read_survives(p, reader, &exact, writer, source);
        isl_map_free(exact.emitted);
        isl_map_free(clash);
        return survives;
    }
    if (!survives) {
        clash = isl_map_project_out(clash, isl_dim_param, 0, (unsigned)isl_map_dim(clash, isl_dim_param));
        isl_set *from = isl_set_lexmin(isl_map_domain(isl_map_copy(clash)));
        isl_set *to = isl_map_range(isl_map_intersect_domain(isl_map_copy(clash), isl_set_copy(from)));
        proof_fail(p, "in place: %s reads an element of %s that %s may have overwritten", proof_tile_point(p, reader, from),
            proof_instr(p, source), proof_tile_point(p, writer, to));
    }
    isl_map_free(clash);
    return survives;
}

bool proof_in_place(proof *p, const ir_instr *source)
{
    const sched_kernel *kernel = p->kernel;
    const ir_instr *output = kernel->plan->outputs[0];
    bool input = false;
    for (int i = 0; i < kernel->ninputs; i++)
        input |= kernel->inputs[i] == source;
    if (!input || !ir_shape_equal(source->shape, output->shape))
        return proof_fail(p, "in place: %s and %s are not the same array", proof_instr(p, source), proof_instr(p, output));
    if (kernel->updates && kernel->updates != source)
        return proof_fail(p, "in place: the rest of %s is %s, not %s", proof_instr(p, output), proof_instr(p, kernel->updates),
            proof_instr(p, source));
    const proof_stmt *writer = NULL;
    for (int i = 0; i < p->nstmts; i++)
        if (p->stmts[i].stmt->instr == output)
            writer = &p->stmts[i];
    if (!writer)
        return proof_fail(p, "in place: %s is not stored", proof_instr(p, output));
    for (int i = 0; i < p->nstmts; i++)
        for (int r = 0; r < p->stmts[i].nreads; r++)
            if (p->stmts[i].reads[r].load->instr == source && !read_survives(p, &p->stmts[i], &p->stmts[i].reads[r], writer, source))
                return false;
    return true;
}
