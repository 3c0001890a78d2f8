/* The opcode table of ops.def and the attribute names of attrs.def. */
#include "ir.h"

#include <string.h>

/* The class column of ops.def is short; some of its words are spelled differently in ir_op_class. */
enum {
    CLASS_LEAF = IR_LEAF,
    CLASS_ELEMENTWISE = IR_ELEMENTWISE,
    CLASS_INDEX = IR_INDEX,
    CLASS_BITCAST = IR_BITCAST_CLASS,
    CLASS_DYNAMIC = IR_DYNAMIC,
    CLASS_REDUCE = IR_REDUCE_CLASS,
    CLASS_CONTRACTION = IR_CONTRACTION,
    CLASS_SCATTER = IR_SCATTER_CLASS,
    CLASS_SORT = IR_SORT_CLASS,
    CLASS_SCAN = IR_SCAN_CLASS,
    CLASS_MAP = IR_MAP_CLASS,
    CLASS_LINALG = IR_LINALG,
    CLASS_COMPOSITE = IR_COMPOSITE,
    CLASS_TUPLE = IR_TUPLE_CLASS,
    CLASS_CONTROL = IR_CONTROL,
    CLASS_FORWARD = IR_FORWARD,
    CLASS_OPAQUE = IR_OPAQUE_CLASS,
    CLASS_RANDOM = IR_RANDOM,
    CLASS_DYNAMIC_SHAPE = IR_DYNAMIC_SHAPE,
    CLASS_COLLECTIVE = IR_COLLECTIVE,
    CLASS_HOST = IR_HOST
};

static const ir_op_info ops[IR_NOPS] = {
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req)                                  \
    [IR_OP_##id] = {text, (ir_op_class)CLASS_##cls, lo, hi, #infer, #eval, #access, cf, ci, cp, flops, attrs, req},
#include "ops.def"
#undef OP
};

static const char *const class_names[IR_NCLASSES] = {
    [IR_LEAF] = "leaf",
    [IR_ELEMENTWISE] = "elementwise",
    [IR_INDEX] = "index",
    [IR_BITCAST_CLASS] = "bitcast",
    [IR_DYNAMIC] = "dynamic",
    [IR_REDUCE_CLASS] = "reduce",
    [IR_CONTRACTION] = "contraction",
    [IR_SCATTER_CLASS] = "scatter",
    [IR_SORT_CLASS] = "sort",
    [IR_SCAN_CLASS] = "scan",
    [IR_MAP_CLASS] = "map",
    [IR_LINALG] = "linalg",
    [IR_COMPOSITE] = "composite",
    [IR_TUPLE_CLASS] = "tuple",
    [IR_CONTROL] = "control",
    [IR_FORWARD] = "forward",
    [IR_OPAQUE_CLASS] = "opaque",
    [IR_RANDOM] = "random",
    [IR_DYNAMIC_SHAPE] = "dynamic_shape",
    [IR_COLLECTIVE] = "collective",
    [IR_HOST] = "host",
};

typedef struct attr_info {
    const char *id, *name;
    ir_attr_kind kind;
} attr_info;

static const attr_info attrs[IR_NATTRS] = {
#define ATTR(id, text, kind) [IR_ATTR_##id] = {#id, text, IR_KIND_##kind},
#include "attrs.def"
#undef ATTR
};

const ir_op_info *ir_op_of(ir_op op) {
    return &ops[op];
}

bool ir_op_find(const char *text, size_t length, ir_op *op) {
    for (int i = 0; i < IR_NOPS; i++) {
        if (strncmp(ops[i].name, text, length) || ops[i].name[length])
            continue;
        *op = (ir_op)i;
        return true;
    }
    return false;
}

const char *ir_class_name(ir_op_class cls) {
    return class_names[cls];
}

const char *ir_attr_name(ir_attr_id id) {
    return attrs[id].name;
}

ir_attr_kind ir_attr_kind_of(ir_attr_id id) {
    return attrs[id].kind;
}

/* Is `id` one of the space-separated words of `list`? */
static bool is_listed(const char *list, const char *id) {
    size_t length = strlen(id);
    while (*list) {
        size_t word = strcspn(list, " ");
        if (word == length && !memcmp(list, id, length))
            return true;
        list += word + strspn(list + word, " ");
    }
    return false;
}

bool ir_op_allows(ir_op op, ir_attr_id id) {
    /* attrs.def begins with the attributes that every instruction may carry. */
    return id <= IR_ATTR_ORIGIN || is_listed(ops[op].attrs, attrs[id].id);
}

bool ir_op_requires(ir_op op, ir_attr_id id) {
    return is_listed(ops[op].required, attrs[id].id);
}
