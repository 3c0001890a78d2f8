/* Slice, reverse, pad and concatenate: operations that move nothing go away, and a slice is taken from what it really
 * reads. A slice is a triple (start, limit, stride) a dim. */
#include "pass.h"

#include <string.h>

static int64_t *list_of(pass_edit *edit, const ir_instr *instr, ir_attr_id id) {
    const int64_t *ints;
    int count = ir_attr_ints(instr, id, &ints);
    int64_t *copy = fw_alloc_array(edit->scratch, (size_t)count + 1, sizeof *copy);
    for (int i = 0; i < count; i++)
        copy[i] = ints[i];
    return copy;
}

static ir_instr *become_slice(pass_edit *edit, ir_instr *instr, ir_instr *operand, const int64_t *ranges) {
    pass_become(edit, instr, IR_OP_SLICE, 1, &operand);
    pass_attr_set_ints(instr, IR_ATTR_SLICE, 3 * instr->shape->rank, ranges);
    return instr;
}

/* ---- slice ---- */

/* slice(slice(x)): element i is x[s1 + t1 * (s2 + t2 * i)]. */
static ir_instr *slice_slice(pass_edit *edit, ir_instr *instr, const ir_instr *inner) {
    int64_t *outer = list_of(edit, instr, IR_ATTR_SLICE), *first = list_of(edit, inner, IR_ATTR_SLICE);
    for (int i = 0; i < instr->shape->rank; i++) {
        int64_t size = ir_shape_size(instr->shape, i);
        int64_t start = first[3 * i] + first[3 * i + 2] * outer[3 * i], stride = first[3 * i + 2] * outer[3 * i + 2];
        outer[3 * i] = size > 0 ? start : 0;
        outer[3 * i + 1] = size > 0 ? start + (size - 1) * stride + 1 : 0;
        outer[3 * i + 2] = size > 1 ? stride : 1;
    }
    return become_slice(edit, instr, inner->operands[0], outer);
}

/* slice(broadcast(y)) = broadcast(slice(y)): only the dims that y has matter. */
static ir_instr *slice_broadcast(pass_edit *edit, ir_instr *instr, const ir_instr *wide) {
    ir_instr *y = wide->operands[0];
    int rank = y->shape->rank;
    const int64_t *ranges = list_of(edit, instr, IR_ATTR_SLICE), *map = list_of(edit, wide, IR_ATTR_DIMENSIONS);
    int64_t *part = fw_alloc_array(edit->scratch, 3 * (size_t)rank + 1, sizeof *part);
    ir_dim *dims = fw_alloc_array(edit->scratch, (size_t)rank + 1, sizeof *dims);
    for (int i = 0; i < rank; i++) {
        for (int k = 0; k < 3; k++)
            part[3 * i + k] = ranges[3 * map[i] + k];
        dims[i] = instr->shape->dims[map[i]];
    }
    const ir_shape *shape = pass_shape_of(edit->comp->module, y->shape->type, rank, dims);
    if (!ir_shape_same_dims(shape, y->shape)) {
        ir_instr *narrow = pass_new(edit, instr, IR_OP_SLICE, shape, 1, &y);
        pass_attr_set_ints(narrow, IR_ATTR_SLICE, 3 * rank, part);
        y = pass_place(edit, narrow);
    }
    return pass_become_broadcast(edit, instr, y, map);
}

/* slice(pad(x)) where the slice lies inside x, or inside the padding. */
static ir_instr *slice_pad(pass_edit *edit, ir_instr *instr, const ir_instr *pad) {
    int64_t *ranges = list_of(edit, instr, IR_ATTR_SLICE);
    const int64_t *padding = list_of(edit, pad, IR_ATTR_PADDING);
    bool inside = true, outside = false;
    if (!ir_shape_is_static(pad->operands[0]->shape) || ir_shape_count(instr->shape) <= 0)
        return NULL;
    for (int i = 0; i < instr->shape->rank; i++) {
        int64_t size = ir_shape_size(pad->operands[0]->shape, i), low = padding[3 * i];
        if (padding[3 * i + 2] != 0)
            return NULL;
        inside = inside && ranges[3 * i] >= low && ranges[3 * i + 1] <= low + size;
        outside = outside || ranges[3 * i + 1] <= low || ranges[3 * i] >= low + size;
        ranges[3 * i] -= low;
        ranges[3 * i + 1] -= low;
    }
    if (outside)
        return pass_become_broadcast(edit, instr, pad->operands[1], NULL);
    return inside ? become_slice(edit, instr, pad->operands[0], ranges) : NULL;
}

/* slice(concatenate(a, b, ...)) that lies inside one of them. */
static ir_instr *slice_concatenate(pass_edit *edit, ir_instr *instr, const ir_instr *joined) {
    int64_t *ranges = list_of(edit, instr, IR_ATTR_SLICE), d = list_of(edit, joined, IR_ATTR_DIMENSIONS)[0], offset = 0;
    for (int k = 0; k < joined->noperands; k++) {
        int64_t size;
        if (!ir_dim_const(joined->operands[k]->shape->dims[d], &size))
            return NULL;
        if (ranges[3 * d] >= offset && ranges[3 * d + 1] <= offset + size) {
            ranges[3 * d] -= offset;
            ranges[3 * d + 1] -= offset;
            return become_slice(edit, instr, joined->operands[k], ranges);
        }
        offset += size;
    }
    return NULL;
}

static ir_instr *rule_slice(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    if (ir_shape_same_dims(x->shape, instr->shape) && ir_shape_is_static(x->shape))
        return x; /* the same sizes leave no room for a start or a stride */
    if (!ir_shape_is_static(instr->shape))
        return NULL;
    switch (x->op) {
    case IR_OP_SLICE:
        return slice_slice(edit, instr, x);
    case IR_OP_BROADCAST:
        return slice_broadcast(edit, instr, x);
    case IR_OP_PAD:
        return slice_pad(edit, instr, x);
    case IR_OP_CONCATENATE:
        return slice_concatenate(edit, instr, x);
    default:
        return NULL;
    }
}

static ir_instr *rule_reverse(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0];
    int64_t *dims = list_of(edit, instr, IR_ATTR_DIMENSIONS);
    const int64_t *unused;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &unused), kept = 0;
    for (int i = 0; i < count; i++)
        if (!pass_dim_is_one(x->shape->dims[dims[i]]))
            dims[kept++] = dims[i];
    if (kept == 0 || (x->op == IR_OP_BROADCAST && x->operands[0]->shape->rank == 0))
        return x;
    if (kept == count)
        return NULL;
    pass_attr_set_ints(instr, IR_ATTR_DIMENSIONS, kept, dims);
    return instr;
}

ir_instr *pass_rule_slice(pass_edit *edit, ir_instr *instr) {
    return instr->op == IR_OP_SLICE ? rule_slice(edit, instr) : rule_reverse(edit, instr);
}

/* ---- pad ---- */

static bool same_scalar(const ir_instr *array, const ir_instr *scalar) {
    if (array->op == IR_OP_BROADCAST && array->operands[0] == scalar)
        return true;
    const void *a = pass_splat(array), *b = pass_splat(scalar);
    return a && b && memcmp(a, b, ir_type_bytes(scalar->shape->type)) == 0;
}

ir_instr *pass_rule_pad(pass_edit *edit, ir_instr *instr) {
    ir_instr *x = instr->operands[0], *value = instr->operands[1];
    int rank = instr->shape->rank;
    const int64_t *padding = list_of(edit, instr, IR_ATTR_PADDING);
    int64_t *ranges = fw_alloc_array(edit->scratch, 3 * (size_t)rank + 1, sizeof *ranges);
    bool none = true, crops = ir_shape_is_static(x->shape);
    for (int i = 0; i < rank; i++) {
        const int64_t *p = &padding[3 * i];
        none = none && p[0] == 0 && p[1] == 0 && (p[2] == 0 || pass_dim_is_one(x->shape->dims[i]));
        crops = crops && p[0] <= 0 && p[1] <= 0 && p[2] == 0;
        if (crops) {
            ranges[3 * i] = -p[0];
            ranges[3 * i + 1] = ir_shape_size(x->shape, i) + p[1];
            ranges[3 * i + 2] = 1;
            crops = ranges[3 * i] <= ranges[3 * i + 1];
        }
    }
    if (none)
        return x;
    if (same_scalar(x, value))
        return pass_become_broadcast(edit, instr, value, NULL);
    return crops ? become_slice(edit, instr, x, ranges) : NULL;
}

/* ---- concatenate ---- */

ir_instr *pass_rule_concatenate(pass_edit *edit, ir_instr *instr) {
    if (instr->noperands == 1)
        return instr->operands[0];
    int64_t d = list_of(edit, instr, IR_ATTR_DIMENSIONS)[0];
    ir_instr **parts = NULL;
    int count = 0, cap = 0;
    bool changed = false;
    for (int i = 0; i < instr->noperands; i++) {
        ir_instr *part = instr->operands[i];
        int64_t size;
        bool empty = ir_dim_const(part->shape->dims[d], &size) && size == 0;
        bool nested = part->op == IR_OP_CONCATENATE && pass_uses(edit, part) == 1 &&
                      list_of(edit, part, IR_ATTR_DIMENSIONS)[0] == d;
        changed = changed || empty || nested;
        for (int k = 0; nested && k < part->noperands; k++)
            FW_PUSH(edit->scratch, parts, count, cap, part->operands[k]);
        if (!nested && !empty)
            FW_PUSH(edit->scratch, parts, count, cap, part);
    }
    if (!changed || count == 0)
        return NULL;
    pass_become(edit, instr, IR_OP_CONCATENATE, count, parts);
    pass_attr_set_ints(instr, IR_ATTR_DIMENSIONS, 1, &d);
    return instr;
}
