/* How far two arrays are apart: ULP for floats, differing elements for the rest. */
#include "eval.h"

#include <math.h>

/* Numbers of the format between two of its codes: codes as integers in numeric order, with -0 and +0 on one place. */
static double ulp_between(ir_type type, const void *a, const void *b) {
    static const ir_type unsigned_of[9] = {[1] = IR_U8, [2] = IR_U16, [4] = IR_U32, [8] = IR_U64};
    ir_type raw = unsigned_of[ir_type_bytes(type)];
    uint64_t sign = UINT64_C(1) << (ir_type_bits(type) - 1);
    if (type == IR_F8E8M0FNU) /* has no sign bit */
        sign = 0;
    uint64_t x = (uint64_t)ir_number_get_int(raw, a), y = (uint64_t)ir_number_get_int(raw, b);
    uint64_t mx = x & ~sign, my = y & ~sign;
    if ((x & sign) != (y & sign))
        return (double)mx + (double)my;
    return (double)(mx > my ? mx - my : my - mx);
}

/* One float, or one part of a complex number. */
static void compare_float(ir_type type, const void *a, const void *b, int64_t at, ir_distance *d) {
    double x = ir_number_get(type, a), y = ir_number_get(type, b), ulp = INFINITY;
    if (isfinite(y) && fabs(y) > d->max_ref)
        d->max_ref = fabs(y);
    if ((isnan(x) && isnan(y)) || x == y)
        return;
    d->mismatches++;
    if (isfinite(x) && isfinite(y)) {
        ulp = ulp_between(type, a, b);
        if (fabs(x - y) > d->max_abs)
            d->max_abs = fabs(x - y);
    } else {
        d->max_abs = INFINITY;
    }
    if (ulp > d->max_ulp) {
        d->max_ulp = ulp;
        d->worst = at;
    }
}

static void compare_int(ir_type type, const void *a, const void *b, int64_t at, ir_distance *d) {
    int64_t x = ir_number_get_int(type, a), y = ir_number_get_int(type, b);
    double wx = ir_number_get(type, a), wy = ir_number_get(type, b);
    if (fabs(wy) > d->max_ref)
        d->max_ref = fabs(wy);
    if (x == y)
        return;
    d->mismatches++;
    if (fabs(wx - wy) > d->max_abs || d->worst < 0) {
        d->max_abs = fabs(wx - wy);
        d->worst = at;
    }
}

ir_distance ir_literal_distance(const ir_literal *actual, const ir_literal *expected) {
    ir_distance d = {.worst = -1};
    const ir_shape *shape = expected->shape;
    int64_t count = ir_shape_count(shape);
    size_t bytes = ir_type_bytes(shape->type);
    if (!ir_shape_equal(actual->shape, shape))
        return (ir_distance){.max_ulp = INFINITY, .max_abs = INFINITY, .mismatches = count > 0 ? count : 1};
    const char *a = actual->data, *b = expected->data;
    for (int64_t i = 0; i < count; i++, a += bytes, b += bytes) {
        switch (ir_class_of(shape->type)) {
        case IR_CLASS_FLOAT:
            compare_float(shape->type, a, b, i, &d);
            break;
        case IR_CLASS_COMPLEX:
            compare_float(shape->type == IR_C64 ? IR_F32 : IR_F64, a, b, i, &d);
            compare_float(shape->type == IR_C64 ? IR_F32 : IR_F64, a + bytes / 2, b + bytes / 2, i, &d);
            break;
        default:
            compare_int(shape->type, a, b, i, &d);
        }
    }
    return d;
}
