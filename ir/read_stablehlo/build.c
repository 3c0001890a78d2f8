/* What the builders share: the table of operations, instructions, results, and operations that are not supported. */
#include "builders.h"

#include <string.h>

/* ---- the table ---- */

static const st_op_info ops[] = {
#define ST_OP(name, hlo, builder, regions) {name, IR_OP_##hlo, build_##builder, ST_##regions},
#include "ops.def"
#undef ST_OP
};

void st_ops_of_table(st_reader *r) {
    for (int i = 0; i < FW_COUNT(ops); i++)
        fw_intern_id(r->ops, ops[i].name, strlen(ops[i].name)); /* number i */
}

const st_op_info *st_op_find(st_reader *r, const char *name, size_t length) {
    int id = fw_intern_find(r->ops, name, length);
    return id < 0 ? NULL : &ops[id];
}

/* ---- instructions ---- */

/* `base.7`: names of the text have no '.', so no two are equal. */
void st_name(st_reader *r, ir_instr *instr, const char *base) {
    char digits[12];
    int count = 0;
    unsigned n = ++r->next_name;
    do
        digits[count++] = (char)('0' + n % 10);
    while (n /= 10);
    size_t length = strlen(base);
    char *name = fw_alloc(r->arena, length + (size_t)count + 2);
    memcpy(name, base, length);
    name[length] = '.';
    for (int i = 0; i < count; i++)
        name[length + 1 + (size_t)i] = digits[count - 1 - i];
    instr->name = name;
}

ir_instr *st_emit_in(
    st_reader *r, ir_comp *comp, const char *at, ir_op hlo, const ir_shape *shape, int n, ir_instr *const *operands) {
    ir_instr *instr = ir_comp_add(comp, hlo, NULL, shape, n, operands);
    instr->loc = st_loc(r, at);
    st_name(r, instr, ir_op_of(hlo)->name);
    return instr;
}

/* The next parameter. The array doubles: a function can have many. */
ir_instr *st_param_add(st_reader *r, ir_comp *comp, const char *at, const ir_shape *shape) {
    size_t count = (size_t)comp->nparams;
    ir_instr *param = st_emit_in(r, comp, at, IR_OP_PARAMETER, shape, 0, NULL);
    if ((count & (count - 1)) == 0)
        comp->params = fw_grow(
            r->arena, comp->params, count * sizeof *comp->params, (count ? 2 * count : 1) * sizeof *comp->params);
    param->param = comp->nparams;
    comp->params[comp->nparams++] = param;
    return param;
}

ir_instr *st_emit(st_reader *r, const st_op *op, ir_op hlo, const ir_shape *shape, int n, ir_instr *const *operands) {
    return st_emit_in(r, r->scope->comp, op->at, hlo, shape, n, operands);
}

ir_instr *st_constant(st_reader *r, const st_op *op, ir_literal *literal) {
    ir_instr *instr = st_emit(r, op, IR_OP_CONSTANT, literal->shape, 0, NULL);
    instr->literal = literal;
    return instr;
}

ir_instr *st_tuple_in(st_reader *r, ir_comp *comp, const char *at, int n, ir_instr *const *values) {
    const ir_shape **shapes = fw_alloc_array(r->scratch, (size_t)n + 1, sizeof *shapes);
    for (int i = 0; i < n; i++)
        shapes[i] = values[i]->shape;
    return st_emit_in(r, comp, at, IR_OP_TUPLE, ir_shape_tuple(r->arena, n, shapes), n, values);
}

ir_instr *st_element_in(
    st_reader *r, ir_comp *comp, const char *at, ir_instr *tuple, int index, const ir_shape *shape) {
    ir_instr *element = st_emit_in(r, comp, at, IR_OP_GET_TUPLE_ELEMENT, shape, 1, &tuple);
    st_put_int(element, IR_ATTR_INDEX, index);
    return element;
}

/* ---- results ---- */

const ir_shape *st_result_type(st_reader *r, const st_op *op, int i) {
    if (op->functional && i < op->nresult_types)
        return op->result_types[i];
    if (!op->functional && op->ntypes && (i == 0 || op->ntypes == op->nresults))
        return op->types[op->ntypes == op->nresults ? i : op->ntypes - 1];
    st_fail(r, op->at, "%.*s needs the type of its result %d", st_shown(op->length), op->name, i);
    return NULL;
}

const ir_shape *st_whole_result(st_reader *r, const st_op *op) {
    if (op->nresults == 1)
        return st_result_type(r, op, 0);
    const ir_shape **shapes = fw_alloc_array(r->scratch, (size_t)op->nresults + 1, sizeof *shapes);
    for (int i = 0; i < op->nresults; i++)
        if (!(shapes[i] = st_result_type(r, op, i)))
            return NULL;
    return ir_shape_tuple(r->arena, op->nresults, shapes);
}

/* Dynamic dimensions take the symbols that follow from the operands. */
static void settle_shape(st_reader *r, ir_instr *instr) {
    bool failed = false;
    if (ir_shape_is_static(instr->shape))
        return;
    const ir_shape *like = instr->op == IR_OP_CALL ? NULL : ir_infer(r->arena, fw_diag_new(r->scratch), instr, &failed);
    instr->shape = st_resolve(r, instr->shape, like);
}

bool st_give(st_reader *r, st_op *op, ir_instr *instr) {
    settle_shape(r, instr);
    st_put_common(r, op->attrs, op->nattrs, op->differs, instr);
    if (op->nresults == 1) {
        op->results[0] = instr;
        return true;
    }
    if (op->nresults && (instr->shape->type != IR_TUPLE || instr->shape->nelems != op->nresults))
        return st_fail(r, op->at, "%.*s does not have %d results", st_shown(op->length), op->name, op->nresults);
    for (int i = 0; i < op->nresults; i++)
        op->results[i] = st_element_in(r, instr->comp, op->at, instr, i, instr->shape->elems[i]);
    return true;
}

bool st_forward(st_op *op, ir_instr *instr) {
    op->results[0] = instr;
    return true;
}

bool st_takes(st_reader *r, const st_op *op, int least, int most) {
    int n = op->noperands;
    if (n >= least && (most < 0 || n <= most))
        return true;
    return st_fail(r, op->at, "%.*s takes %s%d operands, not %d", st_shown(op->length), op->name,
        least == most ? ""
        : n < least   ? "at least "
                      : "at most ",
        n < least ? least : most, n);
}

/* ---- what is not supported ---- */

void st_unsupport(st_reader *r, const char *at, const char *what, size_t length) {
    int before = fw_intern_count(r->what), id = fw_intern_id(r->what, what, length);
    if (id == before) {
        st_unsupported u = {fw_intern_text(r->what, id), at, 0};
        FW_PUSH(r->scratch, r->unsupported, r->nunsupported, r->unsupported_cap, u);
    }
    r->unsupported[id].uses++;
}

/* The module is lost, but reading goes on to find what else is not supported: results become placeholders of their
 * type. */
bool st_decline(st_reader *r, st_op *op, const char *why) {
    const char *what =
        fw_format(r->scratch, "%.*s%s%s", st_shown(op->length), op->name, why ? " " : "", why ? why : "");
    st_unsupport(r, op->at, what, strlen(what));
    for (int i = 0; i < op->nresults; i++) {
        const ir_shape *shape = st_result_type(r, op, i);
        if (!shape)
            return false;
        op->results[i] = st_emit(r, op, IR_OP_CUSTOM_CALL, st_resolve(r, shape, NULL), 0, NULL);
    }
    return true;
}

bool st_build(st_reader *r, st_op *op) {
    return op->info ? op->info->build(r, op) : st_decline(r, op, NULL);
}
