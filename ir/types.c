/* The element types of types.def. */
#include "ir.h"

#include <string.h>

typedef struct type_info {
    const char *name;
    size_t length;
    int bits;
    ir_type_class cls;
    size_t bytes;
    const char *c, *c_unsigned;
} type_info;

static const type_info types[IR_NTYPES] = {
#define TYPE(id, text, bits, cls, bytes, c, u) [IR_##id] = {text, sizeof text - 1, bits, IR_CLASS_##cls, bytes, c, u},
#include "types.def"
#undef TYPE
};

const char *ir_type_name(ir_type type) {
    return types[type].name;
}

/* `tuple` and `b` are written as shapes, never as the name of an element type, so instructions may be called like them.
 */
bool ir_type_find(const char *text, size_t length, ir_type *type) {
    for (int i = 0; i < IR_TUPLE; i++) {
        if (i == IR_BUFFER || types[i].length != length || types[i].name[0] != text[0] ||
            memcmp(types[i].name, text, length))
            continue;
        *type = (ir_type)i;
        return true;
    }
    return false;
}

ir_type_class ir_class_of(ir_type type) {
    return types[type].cls;
}

int ir_type_bits(ir_type type) {
    return types[type].bits;
}

size_t ir_type_bytes(ir_type type) {
    return types[type].bytes;
}

const char *ir_type_c(ir_type type) {
    return types[type].c;
}

const char *ir_type_c_unsigned(ir_type type) {
    return types[type].c_unsigned;
}

bool ir_type_is_float(ir_type type) {
    return types[type].cls == IR_CLASS_FLOAT;
}

bool ir_type_is_integer(ir_type type) {
    return types[type].cls == IR_CLASS_SIGNED || types[type].cls == IR_CLASS_UNSIGNED;
}
