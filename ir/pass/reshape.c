/* Reshape, broadcast and transpose: chains become one operation, and operations that move nothing go away.
 *
 *     reshape[1,1,1,n](p) -> broadcast -> reshape[1,n] -> broadcast[1,h,w,n], dimensions={0,3}
 *  =  broadcast[1,h,w,n](p), dimensions={3} */
#include "pass.h"

static int64_t *dims_of(pass_edit *edit, const ir_instr *instr) {
    const int64_t *ints;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &ints);
    int64_t *copy = fw_alloc_array(edit->scratch, (size_t)count + 1, sizeof *copy);
    for (int i = 0; i < count; i++)
        copy[i] = ints[i];
    return copy;
}

static int *unit_map(pass_edit *edit, const ir_shape *from, const ir_shape *to) {
    int *map = fw_alloc_array(edit->scratch, (size_t)to->rank + 1, sizeof *map);
    return pass_unit_map(from, to, map) ? map : NULL;
}

static bool increasing(const int64_t *map, int count) {
    for (int i = 1; i < count; i++)
        if (map[i] <= map[i - 1])
            return false;
    return true;
}

/* ---- reshape ---- */

static ir_instr *reshape_constant(pass_edit *edit, ir_instr *instr, const ir_literal *from) {
    if (!ir_shape_is_static(instr->shape))
        return NULL;
    ir_literal *literal = fw_alloc(edit->comp->module->arena, sizeof *literal);
    *literal = *from;
    literal->shape = pass_shape_of(edit->comp->module, instr->shape->type, instr->shape->rank, instr->shape->dims);
    return pass_become_constant(edit, instr, literal);
}

/* For each dim of `from` the dim of `to` that is the same dim, -1 for dims that a reshape splits or merges: both shapes
 * fall into groups of equal size from the left, and a group of one dim on each side keeps it. */
static int *kept_dims(pass_edit *edit, const ir_shape *from, const ir_shape *to) {
    int *kept = fw_alloc_array(edit->scratch, (size_t)from->rank + 1, sizeof *kept);
    int f = 0, t = 0;
    if (ir_shape_count(from) <= 0 && pass_unit_map(to, from, kept))
        return kept; /* symbols, or no elements to tell groups apart by */
    for (int i = 0; i < from->rank; i++)
        kept[i] = -1;
    if (ir_shape_count(from) <= 0)
        return kept;
    while (f < from->rank && t < to->rank) {
        if (pass_dim_is_one(from->dims[f])) {
            f++;
        } else if (pass_dim_is_one(to->dims[t])) {
            t++;
        } else {
            int first = f, target = t;
            int64_t a = ir_shape_size(from, f++), b = ir_shape_size(to, t++);
            while (a != b) {
                if (a < b)
                    a *= ir_shape_size(from, f++);
                else
                    b *= ir_shape_size(to, t++);
            }
            if (f - first == 1 && t - target == 1)
                kept[first] = target;
        }
    }
    return kept;
}

/* reshape(broadcast(y)) that keeps the dims of y: the broadcast writes the new shape at once. */
static ir_instr *reshape_broadcast(pass_edit *edit, ir_instr *instr, const ir_instr *wide) {
    ir_instr *source = wide->operands[0];
    const int *moved = kept_dims(edit, wide->shape, instr->shape);
    int64_t *map = dims_of(edit, wide);
    int count = 0;
    for (int i = 0; i < source->shape->rank; i++) {
        if (pass_dim_is_one(source->shape->dims[i]))
            continue;
        if (moved[map[i]] < 0)
            return NULL;
        map[count++] = moved[map[i]];
    }
    source = pass_reshape(edit, instr, source, pass_squeezed(edit->comp->module, source->shape));
    return pass_become_broadcast(edit, instr, source, map);
}

/* reshape(iota) that keeps the counted dim. */
static ir_instr *reshape_iota(pass_edit *edit, ir_instr *instr, const ir_instr *iota) {
    int counted = kept_dims(edit, iota->shape, instr->shape)[ir_attr_int(iota, IR_ATTR_IOTA_DIMENSION, 0)];
    if (counted < 0)
        return NULL;
    pass_become(edit, instr, IR_OP_IOTA, 0, NULL);
    pass_attr_set_int(instr, IR_ATTR_IOTA_DIMENSION, counted);
    return instr;
}

ir_instr *pass_rule_reshape(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    if (ir_shape_same_dims(x->shape, instr->shape))
        return x;
    switch (x->op) {
    case IR_OP_RESHAPE:
        return pass_become_reshape(edit, instr, x->operands[0]);
    case IR_OP_CONSTANT:
        return reshape_constant(edit, instr, x->literal);
    case IR_OP_BROADCAST:
        return reshape_broadcast(edit, instr, x);
    case IR_OP_IOTA:
        return reshape_iota(edit, instr, x);
    default:
        return NULL;
    }
}

/* ---- broadcast ---- */

/* broadcast(reshape(y)) where the reshape only adds or drops ones: reads y, its ones put onto ones of the result that
 * lie between. NULL if there is no room for them. */
static int64_t *map_behind(pass_edit *edit, const ir_instr *instr, const ir_instr *reshape, const int64_t *map) {
    const ir_shape *y = reshape->operands[0]->shape, *result = instr->shape;
    int *behind = unit_map(edit, reshape->shape, y);
    int64_t *direct = fw_alloc_array(edit->scratch, (size_t)y->rank + 1, sizeof *direct), next = result->rank;
    for (int i = y->rank - 1; behind && i >= 0; i--) {
        if (behind[i] >= 0)
            next = map[behind[i]];
        else
            while (--next >= 0 && !pass_dim_is_one(result->dims[next]))
                continue;
        if (next < 0)
            return NULL;
        direct[i] = next;
    }
    return behind && increasing(direct, y->rank) ? direct : NULL;
}

static ir_instr *squeeze_operand(pass_edit *edit, ir_instr *instr, ir_instr *x, const int64_t *map) {
    int64_t *kept = fw_alloc_array(edit->scratch, (size_t)x->shape->rank + 1, sizeof *kept);
    int count = 0;
    for (int i = 0; i < x->shape->rank; i++)
        if (!pass_dim_is_one(x->shape->dims[i]))
            kept[count++] = map[i];
    ir_instr *narrow = pass_reshape(edit, instr, x, pass_squeezed(edit->comp->module, x->shape));
    return pass_become_broadcast(edit, instr, narrow, kept);
}

static ir_instr *broadcast_reshape(pass_edit *edit, ir_instr *instr, ir_instr *x, const int64_t *map) {
    int64_t *direct = map_behind(edit, instr, x, map);
    if (direct)
        return pass_become_broadcast(edit, instr, x->operands[0], direct);
    return pass_units(x->shape) > 0 ? squeeze_operand(edit, instr, x, map) : NULL;
}

static ir_instr *broadcast_iota(pass_edit *edit, ir_instr *instr, const ir_instr *iota, const int64_t *map) {
    int64_t counted = map[ir_attr_int(iota, IR_ATTR_IOTA_DIMENSION, 0)];
    pass_become(edit, instr, IR_OP_IOTA, 0, NULL);
    pass_attr_set_int(instr, IR_ATTR_IOTA_DIMENSION, counted);
    return instr;
}

ir_instr *pass_rule_broadcast(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    int64_t *map = dims_of(edit, instr);
    bool in_order = increasing(map, x->shape->rank);
    if (in_order && ir_shape_same_dims(x->shape, instr->shape))
        return x;
    if (x->op == IR_OP_BROADCAST) {
        int64_t *inner = dims_of(edit, x);
        for (int i = 0; i < x->operands[0]->shape->rank; i++)
            inner[i] = map[inner[i]];
        return pass_become_broadcast(edit, instr, x->operands[0], inner);
    }
    if (in_order && unit_map(edit, x->shape, instr->shape))
        return pass_become_reshape(edit, instr, x);
    switch (x->op) {
    case IR_OP_IOTA:
        return broadcast_iota(edit, instr, x, map);
    case IR_OP_RESHAPE:
        return broadcast_reshape(edit, instr, x, map);
    case IR_OP_CONSTANT:
        return pass_units(x->shape) > 0 ? squeeze_operand(edit, instr, x, map) : NULL;
    default:
        return NULL; /* ones of any other operand lie on ones: a reshape would only be one instruction more */
    }
}

/* ---- transpose ---- */

/* Result dim i is operand dim perm[i]. True if dims that are not one keep their order. */
static bool moves_only_ones(const ir_shape *result, const int64_t *perm) {
    int64_t last = -1;
    for (int i = 0; i < result->rank; i++) {
        if (pass_dim_is_one(result->dims[i]))
            continue;
        if (perm[i] < last)
            return false;
        last = perm[i];
    }
    return true;
}

static ir_instr *transpose_broadcast(pass_edit *edit, ir_instr *instr, const ir_instr *x, const int64_t *perm) {
    ir_instr *source = x->operands[0];
    int64_t *map = dims_of(edit, x), *where = fw_alloc_array(edit->scratch, (size_t)instr->shape->rank, sizeof *where);
    int count = 0;
    for (int i = 0; i < instr->shape->rank; i++)
        where[perm[i]] = i;
    for (int i = 0; i < source->shape->rank; i++)
        if (!pass_dim_is_one(source->shape->dims[i]))
            map[count++] = where[map[i]];
    if (!increasing(map, count))
        return NULL;
    source = pass_reshape(edit, instr, source, pass_squeezed(edit->comp->module, source->shape));
    return pass_become_broadcast(edit, instr, source, map);
}

static ir_instr *transpose_iota(pass_edit *edit, ir_instr *instr, const ir_instr *iota, const int64_t *perm) {
    int64_t counted = ir_attr_int(iota, IR_ATTR_IOTA_DIMENSION, 0);
    int place = 0;
    while (perm[place] != counted)
        place++;
    pass_become(edit, instr, IR_OP_IOTA, 0, NULL);
    pass_attr_set_int(instr, IR_ATTR_IOTA_DIMENSION, place);
    return instr;
}

static ir_instr *transpose_transpose(pass_edit *edit, ir_instr *instr, const ir_instr *x, const int64_t *perm) {
    int64_t *inner = dims_of(edit, x), *both = dims_of(edit, instr);
    for (int i = 0; i < instr->shape->rank; i++)
        both[i] = inner[perm[i]];
    pass_become(edit, instr, IR_OP_TRANSPOSE, 1, &x->operands[0]);
    pass_attr_set_ints(instr, IR_ATTR_DIMENSIONS, instr->shape->rank, both);
    return instr;
}

ir_instr *pass_rule_transpose(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    int64_t *perm = dims_of(edit, instr);
    if (moves_only_ones(instr->shape, perm))
        return increasing(perm, instr->shape->rank) ? x : pass_become_reshape(edit, instr, x);
    switch (x->op) {
    case IR_OP_TRANSPOSE:
        return transpose_transpose(edit, instr, x, perm);
    case IR_OP_IOTA:
        return transpose_iota(edit, instr, x, perm);
    case IR_OP_BROADCAST:
        return transpose_broadcast(edit, instr, x, perm);
    default:
        return NULL;
    }
}
