/* Literals: the values of constants, dense and row-major whatever the layout says. */
#include "ir.h"

#include <string.h>

ir_literal *ir_literal_new(fw_arena *arena, const ir_shape *shape) {
    ir_literal *literal = fw_alloc(arena, sizeof *literal);
    literal->shape = shape;
    if (shape->type == IR_TUPLE) {
        ir_literal **elems = fw_alloc_array(arena, (size_t)shape->nelems, sizeof *elems);
        for (int i = 0; i < shape->nelems; i++)
            elems[i] = ir_literal_new(arena, shape->elems[i]);
        literal->elems = elems;
        return literal;
    }
    int64_t count = ir_shape_count(shape);
    literal->data = fw_alloc_array(arena, count > 0 ? (size_t)count : 0, ir_type_bytes(shape->type));
    return literal;
}

bool ir_literal_equal(const ir_literal *a, const ir_literal *b) {
    if (!ir_shape_equal(a->shape, b->shape) || a->elided != b->elided)
        return false;
    if (a->shape->type == IR_TUPLE) {
        for (int i = 0; i < a->shape->nelems; i++)
            if (!ir_literal_equal(a->elems[i], b->elems[i]))
                return false;
        return true;
    }
    int64_t bytes = ir_shape_bytes(a->shape);
    return bytes <= 0 || !memcmp(a->data, b->data, (size_t)bytes);
}

bool ir_literal_splat(const ir_literal *literal) {
    int64_t count = ir_shape_count(literal->shape);
    size_t bytes = ir_type_bytes(literal->shape->type);
    if (count <= 0 || !bytes || literal->elided)
        return false;
    const char *data = literal->data;
    /* Every element equals the one before it exactly when the array equals itself moved by one element. */
    return !memcmp(data, data + bytes, (size_t)(count - 1) * bytes);
}

static void print_element(const ir_shape *shape, const char *element, fw_text *out) {
    if (shape->type == IR_PRED && shape->rank)
        fw_text_char(out, *element ? '1' : '0');
    else
        ir_number_print(shape->type, element, out);
}

static void print_tuple(const ir_literal *literal, fw_text *out) {
    fw_text_char(out, '(');
    for (int i = 0; i < literal->shape->nelems; i++) {
        fw_text_add(out, i ? ", " : "");
        ir_literal_print(literal->elems[i], out);
    }
    fw_text_char(out, ')');
}

/* Prints dimensions `dim` and up; returns the element behind them. */
static const char *print_dims(const ir_shape *shape, int dim, const char *element, fw_text *out) {
    if (dim == shape->rank) {
        print_element(shape, element, out);
        return element + ir_type_bytes(shape->type);
    }
    fw_text_char(out, '{');
    for (int64_t i = 0; i < shape->dims[dim].bound; i++) {
        if (i)
            fw_text_add(out, dim + 1 == shape->rank ? ", " : ",");
        element = print_dims(shape, dim + 1, element, out);
    }
    fw_text_char(out, '}');
    return element;
}

void ir_literal_print(const ir_literal *literal, fw_text *out) {
    if (literal->shape->type == IR_TUPLE) /* elided as a whole when one of its elements is */
        print_tuple(literal, out);
    else if (literal->elided)
        fw_text_add(out, "{...}");
    else if (ir_type_bytes(literal->shape->type))
        print_dims(literal->shape, 0, literal->data, out);
}
