/* Counter-examples as text. The lexicographic minimum of a set is unique, so a message is the same in every run. */
#include "prove_internal.h"

#include <isl/point.h>
#include <isl/space.h>

static __isl_give isl_point *first_point(__isl_take isl_set *set)
{
    return isl_set_sample_point(isl_set_lexmin(set));
}

static long coordinate(__isl_keep isl_point *point, int dim)
{
    isl_val *v = isl_point_get_coordinate_val(point, isl_dim_set, dim);
    long c = v && proved(isl_val_is_int(v)) ? isl_val_get_num_si(v) : 0;
    isl_val_free(v);
    return c;
}

static void instance(proof *p, const proof_stmt *s, __isl_keep isl_point *point, int first, int ndims, fw_text *out)
{
    fw_text_add(out, proof_instr(p, s->stmt->instr));
    for (int i = 0; i < ndims; i++) {
        fw_text_add(out, i ? ", " : "(");
        if (i < s->nvars)
            fw_text_printf(out, "%s=", sched_var_name(p->kernel->space, s->stmt->vars[i].var));
        else if (i < s->nvars + s->nreds)
            fw_text_printf(out, "%s=", sched_var_name(p->kernel->space, s->stmt->reds[i - s->nvars].var));
        else
            fw_text_printf(out, "start%d=", i - s->nvars - s->nreds);
        fw_text_printf(out, "%ld", coordinate(point, first + i));
    }
    fw_text_add(out, ndims ? ")" : "()");
}

const char *proof_point(proof *p, const proof_stmt *s, __isl_take isl_set *instances)
{
    isl_point *point = first_point(instances);
    fw_text text;
    fw_text_init(&text, p->arena);
    instance(p, s, point, 0, s->nvars + s->nreds + s->natoms, &text);
    isl_point_free(point);
    return fw_text_string(&text);
}

const char *proof_tile_point(proof *p, const proof_stmt *s, __isl_take isl_set *lifted)
{
    isl_point *point = first_point(lifted);
    fw_text text;
    fw_text_init(&text, p->arena);
    instance(p, s, point, p->nmoving, s->nvars, &text);
    for (int i = 0; i < p->nmoving; i++)
        fw_text_printf(&text, "%s%ld%s", i ? ", " : " of tile (", coordinate(point, i), i + 1 == p->nmoving ? ")" : "");
    isl_point_free(point);
    return fw_text_string(&text);
}

const char *proof_image(proof *p, __isl_keep isl_set *set, __isl_keep isl_multi_aff *at)
{
    isl_point *point = first_point(isl_set_copy(set));
    if (at) {
        isl_set *one = isl_set_from_point(point);
        point = first_point(isl_set_apply(one, isl_map_from_multi_aff(isl_multi_aff_copy(at))));
    }
    fw_text text;
    fw_text_init(&text, p->arena);
    isl_space *space = isl_point_get_space(point);
    isl_size n = isl_space_dim(space, isl_dim_set);
    fw_text_add(&text, "[");
    for (int i = 0; i < n; i++)
        fw_text_printf(&text, "%s%ld", i ? ", " : "", coordinate(point, i));
    fw_text_add(&text, "]");
    isl_space_free(space);
    isl_point_free(point);
    return fw_text_string(&text);
}
