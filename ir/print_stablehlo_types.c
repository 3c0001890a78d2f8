/* StableHLO types and constants: shapes as tensor types, literals as dense attributes. */
#include "print_stablehlo.h"

#include <ctype.h>
#include <string.h>

/* Elements that are written one by one; more become one string of their bytes. */
enum { LISTED_MAX = 64 };

/* ---- strings ---- */

void shlo_string(const char *text, fw_text *out) {
    fw_text_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fw_text_printf(out, "\\%c", c);
        else if (c < 32 || c == 127)
            fw_text_printf(out, "\\%02X", c);
        else
            fw_text_char(out, (char)c);
    }
    fw_text_char(out, '"');
}

void shlo_symbol(const char *text, fw_text *out) {
    bool bare = isalpha((unsigned char)*text) || *text == '_';
    for (const char *c = text; *c; c++)
        bare &= isalnum((unsigned char)*c) || strchr("_$.-", *c);
    fw_text_char(out, '@');
    if (bare)
        fw_text_add(out, text);
    else
        shlo_string(text, out);
}

/* ---- types ---- */

static bool has_element_type(ir_type type) {
    return type == IR_PRED || type == IR_TOKEN || (ir_class_of(type) != IR_CLASS_OTHER && ir_type_bits(type) > 1);
}

bool shlo_has_type(const ir_shape *shape) {
    bool has = shape->type == IR_TUPLE || has_element_type(shape->type);
    for (int i = 0; i < shape->nelems; i++)
        has &= shlo_has_type(shape->elems[i]);
    return has;
}

static void print_element_type(ir_type type, fw_text *out) {
    const char *name = ir_type_name(type);
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        fw_text_add(out, "i1");
        return;
    case IR_CLASS_SIGNED:
        fw_text_printf(out, "i%d", ir_type_bits(type));
        return;
    case IR_CLASS_UNSIGNED:
        fw_text_printf(out, "ui%d", ir_type_bits(type));
        return;
    case IR_CLASS_COMPLEX:
        fw_text_printf(out, "complex<f%d>", ir_type_bits(type) / 2);
        return;
    default: /* f8e4m3fn is f8E4M3FN */
        fw_text_char(out, *name);
        for (name++; *name; name++)
            fw_text_char(out, type == IR_BF16 ? *name : (char)toupper((unsigned char)*name));
    }
}

void shlo_type(const ir_shape *shape, fw_text *out) {
    if (shape->type == IR_TOKEN) {
        fw_text_add(out, "!stablehlo.token");
        return;
    }
    bool bounded = false;
    fw_text_add(out, "tensor<");
    for (int d = 0; d < shape->rank; d++) {
        int64_t size;
        bounded |= shape->dims[d].symbol && shape->dims[d].bound >= 0;
        if (ir_dim_const(shape->dims[d], &size))
            fw_text_printf(out, "%lldx", (long long)size);
        else
            fw_text_add(out, "?x");
    }
    print_element_type(shape->type, out);
    for (int d = 0; bounded && d < shape->rank; d++) {
        fw_text_add(out, d ? ", " : ", #stablehlo.bounds<");
        if (shape->dims[d].symbol && shape->dims[d].bound >= 0)
            fw_text_printf(out, "%lld", (long long)shape->dims[d].bound);
        else
            fw_text_char(out, '?');
    }
    fw_text_add(out, bounded ? ">>" : ">");
}

void shlo_types(const shlo_values *values, bool always_list, fw_text *out) {
    bool list = always_list || values->count != 1;
    fw_text_add(out, list ? "(" : "");
    for (int i = 0; i < values->count; i++) {
        fw_text_add(out, i ? ", " : "");
        shlo_type(values->items[i].shape, out);
    }
    fw_text_add(out, list ? ")" : "");
}

/* ---- constants ---- */

/* Decimal where MLIR reads the same bits back from it, else the bits. MLIR goes through double, and wants a point. */
static void print_float(ir_type type, const void *element, fw_text *out) {
    unsigned char again[16] = {0};
    size_t bytes = ir_type_bytes(type);
    double value;
    fw_text digits;
    fw_text_init(&digits, out->arena);
    ir_number_print(type, element, &digits);
    const char *text = fw_text_string(&digits);
    if (ir_number_parse(text, digits.size, &value)) {
        ir_number_set(type, again, value);
        if (!memcmp(again, element, bytes)) {
            size_t whole = strcspn(text, ".eE");
            fw_text_addn(out, text, whole);
            fw_text_add(out, text[whole] == '.' ? "" : ".0");
            fw_text_add(out, text + whole);
            return;
        }
    }
    uint64_t bits = 0;
    memcpy(&bits, element, bytes);
    fw_text_printf(out, "0x%0*llX", (int)(2 * bytes), (unsigned long long)bits);
}

static void print_element(ir_type type, const char *element, fw_text *out) {
    ir_type part = type == IR_C64 ? IR_F32 : IR_F64;
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        fw_text_add(out, ir_number_get_int(type, element) ? "true" : "false");
        return;
    case IR_CLASS_SIGNED:
        fw_text_printf(out, "%lld", (long long)ir_number_get_int(type, element));
        return;
    case IR_CLASS_UNSIGNED:
        fw_text_printf(out, "%llu", (unsigned long long)ir_number_get_int(type, element));
        return;
    case IR_CLASS_COMPLEX:
        fw_text_char(out, '(');
        print_float(part, element, out);
        fw_text_add(out, ", ");
        print_float(part, element + ir_type_bytes(part), out);
        fw_text_char(out, ')');
        return;
    default:
        print_float(type, element, out);
    }
}

/* Dimension `dim` and those inside it, in brackets; returns where the elements printed end. */
static const char *print_nested(const ir_shape *shape, int dim, const char *at, fw_text *out) {
    if (dim == shape->rank) {
        print_element(shape->type, at, out);
        return at + ir_type_bytes(shape->type);
    }
    int64_t size = ir_shape_size(shape, dim);
    fw_text_char(out, '[');
    for (int64_t i = 0; i < size; i++) {
        fw_text_add(out, i ? ", " : "");
        at = print_nested(shape, dim + 1, at, out);
    }
    fw_text_char(out, ']');
    return at;
}

/* The elements as they lie in memory: row-major, little-endian. */
static void print_bytes(const ir_literal *literal, fw_text *out) {
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *at = literal->data;
    fw_text_add(out, "\"0x");
    for (int64_t i = 0, n = ir_shape_bytes(literal->shape); i < n; i++) {
        fw_text_char(out, digits[at[i] >> 4]);
        fw_text_char(out, digits[at[i] & 15]);
    }
    fw_text_char(out, '"');
}

static void print_elements(const ir_literal *literal, fw_text *out) {
    const ir_shape *shape = literal->shape;
    bool whole_bytes = shape->type != IR_PRED && ir_type_bits(shape->type) % 8 == 0;
    if (ir_literal_splat(literal))
        print_element(shape->type, literal->data, out);
    else if (ir_shape_count(shape) > LISTED_MAX && whole_bytes)
        print_bytes(literal, out);
    else
        print_nested(shape, 0, literal->data, out);
}

void shlo_dense(const ir_literal *literal, fw_text *out) {
    fw_text_add(out, literal->elided ? "dense_resource<__elided__" : "dense<");
    if (!literal->elided && ir_shape_count(literal->shape) > 0)
        print_elements(literal, out);
    fw_text_add(out, "> : ");
    shlo_type(literal->shape, out);
}
