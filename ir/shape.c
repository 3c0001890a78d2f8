/* Shapes: element type, dimensions, layout; tuples of shapes. Immutable once made. */
#include "ir.h"

#include <string.h>

bool ir_dim_const(ir_dim dim, int64_t *size) {
    if (dim.symbol)
        return false;
    *size = dim.bound;
    return true;
}

ir_dim ir_dim_of(int64_t size) {
    return (ir_dim){size, 0};
}

const ir_shape *ir_shape_dims(fw_arena *arena, ir_type type, int rank, const ir_dim *dims) {
    ir_shape *shape = fw_alloc(arena, sizeof *shape);
    shape->type = type;
    shape->rank = rank;
    if (rank) {
        ir_dim *copy = fw_alloc_array(arena, (size_t)rank, sizeof *copy);
        memcpy(copy, dims, (size_t)rank * sizeof *copy);
        shape->dims = copy;
    }
    return shape;
}

const ir_shape *ir_shape_array(fw_arena *arena, ir_type type, int rank, const int64_t *sizes) {
    ir_shape *shape = fw_alloc(arena, sizeof *shape);
    shape->type = type;
    shape->rank = rank;
    if (rank) {
        ir_dim *dims = fw_alloc_array(arena, (size_t)rank, sizeof *dims);
        for (int i = 0; i < rank; i++)
            dims[i] = ir_dim_of(sizes[i]);
        shape->dims = dims;
    }
    return shape;
}

const ir_shape *ir_shape_tuple(fw_arena *arena, int count, const ir_shape *const *elems) {
    ir_shape *shape = fw_alloc(arena, sizeof *shape);
    shape->type = IR_TUPLE;
    shape->nelems = count;
    if (count) {
        const ir_shape **copy = fw_alloc_array(arena, (size_t)count, sizeof *copy);
        memcpy(copy, elems, (size_t)count * sizeof *copy);
        shape->elems = copy;
    }
    return shape;
}

const ir_shape *ir_shape_with_type(fw_arena *arena, const ir_shape *shape, ir_type type) {
    if (shape->type == type)
        return shape;
    ir_shape *copy = fw_alloc(arena, sizeof *copy);
    *copy = *shape;
    copy->type = type;
    return copy;
}

/* Two symbols are the same dimension of a type when their bounds agree, as in XLA: which symbols are equal is a fact
 * about values, kept in the symbols themselves. */
static bool same_dim(ir_dim a, ir_dim b) {
    return a.bound == b.bound && !a.symbol == !b.symbol;
}

bool ir_shape_same_dims(const ir_shape *a, const ir_shape *b) {
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (!same_dim(a->dims[i], b->dims[i]))
            return false;
    return true;
}

bool ir_shape_equal(const ir_shape *a, const ir_shape *b) {
    if (a == b)
        return true;
    if (a->type != b->type || a->nelems != b->nelems || !ir_shape_same_dims(a, b))
        return false;
    for (int i = 0; i < a->nelems; i++)
        if (!ir_shape_equal(a->elems[i], b->elems[i]))
            return false;
    return true;
}

bool ir_shape_is_static(const ir_shape *shape) {
    for (int i = 0; i < shape->rank; i++)
        if (shape->dims[i].symbol)
            return false;
    for (int i = 0; i < shape->nelems; i++)
        if (!ir_shape_is_static(shape->elems[i]))
            return false;
    return true;
}

bool ir_shape_is_scalar(const ir_shape *shape) {
    return shape->rank == 0 && ir_type_bytes(shape->type) > 0;
}

bool ir_shape_is_row_major(const ir_shape *shape) {
    if (!shape->layout || !shape->layout->nminor)
        return true;
    int64_t inner = INT64_MAX; /* the dimension just seen must lie further right than the next one */
    for (int i = 0; i < shape->layout->nminor; i++) {
        int64_t dim = shape->layout->minor_to_major[i];
        if (shape->dims[dim].bound == 1 && !shape->dims[dim].symbol)
            continue;
        if (dim > inner)
            return false;
        inner = dim;
    }
    return true;
}

static int64_t times(int64_t a, int64_t b) {
    if (a < 0 || b < 0 || (b && a > INT64_MAX / b))
        return -1;
    return a * b;
}

int64_t ir_shape_count(const ir_shape *shape) {
    int64_t count = 1;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dims[i].symbol)
            return -1;
        if (shape->dims[i].bound == 0)
            count = 0; /* empty, however large the product of the others */
    }
    for (int i = 0; i < shape->rank && count > 0; i++)
        count = times(count, shape->dims[i].bound);
    return count;
}

int64_t ir_shape_bytes(const ir_shape *shape) {
    if (shape->type != IR_TUPLE && shape->type != IR_BUFFER)
        return times(ir_shape_count(shape), (int64_t)ir_type_bytes(shape->type));
    int64_t sum = 0;
    for (int i = 0; i < shape->nelems; i++) {
        int64_t bytes = ir_shape_bytes(shape->elems[i]);
        if (bytes < 0 || sum > INT64_MAX - bytes)
            return -1;
        sum += bytes;
    }
    return sum;
}

int64_t ir_shape_size(const ir_shape *shape, int dim) {
    return shape->dims[dim].bound;
}

static void print_layout(const ir_layout *layout, fw_text *out) {
    fw_text_char(out, '{');
    for (int i = 0; i < layout->nminor; i++)
        fw_text_printf(out, "%s%lld", i ? "," : "", (long long)layout->minor_to_major[i]);
    if (layout->suffix)
        fw_text_printf(out, ":%s", layout->suffix);
    fw_text_char(out, '}');
}

void ir_shape_print(const ir_shape *shape, fw_text *out) {
    if (shape->type == IR_TUPLE || shape->type == IR_BUFFER) {
        fw_text_add(out, shape->type == IR_TUPLE ? "(" : "b(");
        for (int i = 0; i < shape->nelems; i++) {
            fw_text_add(out, i ? ", " : "");
            ir_shape_print(shape->elems[i], out);
        }
        fw_text_char(out, ')');
        return;
    }
    fw_text_add(out, ir_type_name(shape->type));
    fw_text_char(out, '[');
    for (int i = 0; i < shape->rank; i++) {
        if (i)
            fw_text_char(out, ',');
        if (shape->dims[i].symbol && shape->dims[i].bound < 0)
            fw_text_char(out, '?');
        else
            fw_text_printf(out, "%s%lld", shape->dims[i].symbol ? "<=" : "", (long long)shape->dims[i].bound);
    }
    fw_text_char(out, ']');
    if (shape->layout)
        print_layout(shape->layout, out);
}
