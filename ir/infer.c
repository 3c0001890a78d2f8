/* Shape inference: dispatch from ops.def, the checks that many ops share, and the elementwise ops.
 *
 * Inference never trusts the module: the reader calls it for instructions that nobody has verified yet. */
#include "infer.h"

#include <stdarg.h>
#include <stdio.h>

typedef const ir_shape *(*infer_function)(const infer_site *c);

#define infer_none NULL
static const infer_function functions[IR_NOPS] = {
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req) [IR_OP_##id] = infer_##infer,
#include "ops.def"
#undef OP
};
#undef infer_none

const ir_shape *ir_infer(fw_arena *arena, fw_diag *diag, const ir_instr *instr, bool *failed) {
    *failed = false;
    infer_function function = functions[instr->op];
    if (!function)
        return NULL;
    infer_site site = {arena, diag, instr};
    const ir_shape *shape = infer_ready(&site) ? function(&site) : NULL;
    *failed = !shape;
    return shape;
}

/* ---- reporting ---- */

const ir_shape *infer_fail(const infer_site *c, const char *format, ...) {
    char message[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fw_error(c->diag, FW_INPUT, c->instr->loc, "%s %%%s: %s", ir_op_of(c->instr->op)->name, c->instr->name, message);
    return NULL;
}

const char *infer_text(const infer_site *c, const ir_shape *shape) {
    fw_text text;
    fw_text_init(&text, c->arena);
    ir_shape_print(shape, &text);
    return fw_text_string(&text);
}

/* ---- shared checks ---- */

static bool callable(const ir_comp *comp) {
    return comp && comp->root && comp->root->shape;
}

/* A list kind counts as present when it is written, even when empty; the others need their object. */
static bool attr_complete(const ir_attr *attr) {
    switch (ir_attr_kind_of(attr->id)) {
    case IR_KIND_WINDOW:
        return attr->window != NULL;
    case IR_KIND_DIM_LABELS:
        return attr->labels != NULL;
    case IR_KIND_COMP:
        return attr->count == 1 && attr->comps && callable(attr->comps[0]);
    case IR_KIND_COMPS:
        for (int i = 0; i < attr->count; i++)
            if (!callable(attr->comps[i]))
                return false;
        return true;
    case IR_KIND_RANGES:
    case IR_KIND_PADDING:
        return attr->count % 3 == 0;
    case IR_KIND_WORD:
    case IR_KIND_STRING:
        return attr->text != NULL;
    default:
        return true;
    }
}

bool infer_ready(const infer_site *c) {
    const ir_instr *instr = c->instr;
    const ir_op_info *op = ir_op_of(instr->op);
    if (instr->noperands < op->least || (op->most >= 0 && instr->noperands > op->most)) {
        if (op->least == op->most)
            infer_fail(c, "takes %d operands, not %d", op->least, instr->noperands);
        else
            infer_fail(c, "takes at least %d operands, not %d", op->least, instr->noperands);
        return false;
    }
    for (int i = 0; i < instr->noperands; i++) {
        if (!instr->operands[i]->shape) {
            infer_fail(c, "operand %d has no shape", i);
            return false;
        }
    }
    for (int id = 0; *op->required && id < IR_NATTRS; id++) {
        if (ir_op_requires(instr->op, (ir_attr_id)id) && !ir_attr_get(instr, (ir_attr_id)id)) {
            infer_fail(c, "needs the attribute %s", ir_attr_name((ir_attr_id)id));
            return false;
        }
    }
    for (int i = 0; i < instr->nattrs; i++) {
        if (!attr_complete(&instr->attrs[i])) {
            infer_fail(c, "the attribute %s is incomplete", ir_attr_name(instr->attrs[i].id));
            return false;
        }
    }
    return true;
}

bool infer_is_array(const ir_shape *shape) {
    return ir_class_of(shape->type) != IR_CLASS_OTHER;
}

bool infer_array(const infer_site *c, int operand) {
    const ir_shape *shape = c->instr->operands[operand]->shape;
    if (infer_is_array(shape))
        return true;
    infer_fail(c, "operand %d must be an array, it is %s", operand, infer_text(c, shape));
    return false;
}

bool infer_integer_scalar(const infer_site *c, int operand) {
    const ir_shape *shape = c->instr->operands[operand]->shape;
    if (ir_type_is_integer(shape->type) && shape->rank == 0)
        return true;
    infer_fail(c, "operand %d must be an integer scalar, it is %s", operand, infer_text(c, shape));
    return false;
}

bool infer_dim_list(const infer_site *c, ir_attr_id id, const int64_t *ints, int count, int rank) {
    if (count > rank) {
        infer_fail(c, "%s lists %d dimensions, but there are only %d", ir_attr_name(id), count, rank);
        return false;
    }
    bool *seen = fw_alloc_array(c->arena, (size_t)rank + 1, sizeof *seen);
    for (int i = 0; i < count; i++) {
        if (ints[i] < 0 || ints[i] >= rank) {
            infer_fail(c, "%s names dimension %lld of a shape of rank %d", ir_attr_name(id), (long long)ints[i], rank);
            return false;
        }
        if (seen[ints[i]]) {
            infer_fail(c, "%s names dimension %lld twice", ir_attr_name(id), (long long)ints[i]);
            return false;
        }
        seen[ints[i]] = true;
    }
    return true;
}

bool infer_ascending(const infer_site *c, ir_attr_id id, const int64_t *ints, int count) {
    for (int i = 1; i < count; i++) {
        if (ints[i - 1] >= ints[i]) {
            infer_fail(c, "%s must be in ascending order", ir_attr_name(id));
            return false;
        }
    }
    return true;
}

bool infer_has(const int64_t *ints, int count, int64_t value) {
    for (int i = 0; i < count; i++)
        if (ints[i] == value)
            return true;
    return false;
}

bool infer_dim_agrees(ir_dim a, ir_dim b) {
    if (!a.symbol && !b.symbol)
        return a.bound == b.bound;
    if (a.symbol && b.symbol)
        return true;
    int64_t most = a.symbol ? a.bound : b.bound, size = a.symbol ? b.bound : a.bound;
    return most < 0 || size <= most;
}

bool infer_dims_agree(const ir_shape *a, const ir_shape *b) {
    if (a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; d++)
        if (!infer_dim_agrees(a->dims[d], b->dims[d]))
            return false;
    return true;
}

bool infer_agrees(const ir_shape *a, const ir_shape *b) {
    if (a == b)
        return true;
    if (a->type != b->type || a->nelems != b->nelems || !infer_dims_agree(a, b))
        return false;
    for (int i = 0; i < a->nelems; i++)
        if (!infer_agrees(a->elems[i], b->elems[i]))
            return false;
    return true;
}

ir_type infer_component(ir_type type) {
    return type == IR_C64 ? IR_F32 : type == IR_C128 ? IR_F64 : type;
}

bool infer_declared_dim(const infer_site *c, int dim, ir_dim *out) {
    const ir_shape *declared = c->instr->shape;
    if (!declared || dim >= declared->rank) {
        infer_fail(c, "the size of result dimension %d depends on a symbol; state the result shape", dim);
        return false;
    }
    *out = declared->dims[dim];
    return true;
}

bool infer_mul_add(int64_t a, int64_t b, int64_t c, int64_t *out) {
    return !__builtin_mul_overflow(a, b, out) && !__builtin_add_overflow(*out, c, out);
}

/* ---- elementwise ---- */

const ir_shape *infer_same(const infer_site *c) {
    return c->instr->operands[0]->shape;
}

static const ir_shape *with_type(const infer_site *c, const ir_shape *shape, ir_type type) {
    return shape->type == type ? shape : ir_shape_with_type(c->arena, shape, type);
}

const ir_shape *infer_abs(const infer_site *c) {
    const ir_shape *shape = c->instr->operands[0]->shape;
    return infer_array(c, 0) ? with_type(c, shape, infer_component(shape->type)) : NULL;
}

const ir_shape *infer_real(const infer_site *c) {
    return infer_abs(c);
}

const ir_shape *infer_is_finite(const infer_site *c) {
    return infer_array(c, 0) ? with_type(c, c->instr->operands[0]->shape, IR_PRED) : NULL;
}

/* Operands `first` and `second` are arrays of one shape. */
static bool same_operands(const infer_site *c, int first, int second) {
    if (!infer_array(c, first) || !infer_array(c, second))
        return false;
    const ir_shape *a = c->instr->operands[first]->shape, *b = c->instr->operands[second]->shape;
    if (infer_agrees(a, b))
        return true;
    infer_fail(c, "operands %d and %d must have the same shape, they have %s and %s", first, second, infer_text(c, a),
        infer_text(c, b));
    return false;
}

const ir_shape *infer_binary(const infer_site *c) {
    return same_operands(c, 0, 1) ? c->instr->operands[0]->shape : NULL;
}

const ir_shape *infer_compare(const infer_site *c) {
    return same_operands(c, 0, 1) ? with_type(c, c->instr->operands[0]->shape, IR_PRED) : NULL;
}

const ir_shape *infer_complex(const infer_site *c) {
    if (!same_operands(c, 0, 1))
        return NULL;
    const ir_shape *shape = c->instr->operands[0]->shape;
    if (shape->type != IR_F32 && shape->type != IR_F64)
        return infer_fail(c, "takes two arrays of f32 or of f64, not %s", infer_text(c, shape));
    return with_type(c, shape, shape->type == IR_F32 ? IR_C64 : IR_C128);
}

const ir_shape *infer_select(const infer_site *c) {
    const ir_shape *pred = c->instr->operands[0]->shape, *a = c->instr->operands[1]->shape;
    const ir_shape *b = c->instr->operands[2]->shape;
    if (!infer_agrees(a, b))
        return infer_fail(c, "the two alternatives have the shapes %s and %s", infer_text(c, a), infer_text(c, b));
    if (pred->type != IR_PRED)
        return infer_fail(c, "operand 0 must be pred, it is %s", infer_text(c, pred));
    if (pred->rank != 0 && (!infer_is_array(a) || !infer_dims_agree(pred, a)))
        return infer_fail(
            c, "the condition %s is neither a scalar nor shaped like %s", infer_text(c, pred), infer_text(c, a));
    return a;
}

const ir_shape *infer_clamp(const infer_site *c) {
    if (!infer_array(c, 0) || !infer_array(c, 1) || !infer_array(c, 2))
        return NULL;
    const ir_shape *shape = c->instr->operands[1]->shape;
    for (int i = 0; i < 3; i += 2) {
        const ir_shape *limit = c->instr->operands[i]->shape;
        if (limit->type != shape->type || (limit->rank != 0 && !infer_dims_agree(limit, shape)))
            return infer_fail(
                c, "the limit %s is neither a scalar nor shaped like %s", infer_text(c, limit), infer_text(c, shape));
    }
    return shape;
}
