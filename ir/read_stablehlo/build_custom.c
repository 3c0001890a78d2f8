/* Custom calls: those that stand for an operation become it, the checks of conformance programs stay calls. */
#include "builders.h"

#include <string.h>

/* JAX writes operations of CHLO that may change as custom calls: @mhlo.erf is chlo.erf. */
static const st_op_info *operation_of(st_reader *r, const char *target) {
    static const char *const spelled[][2] = {{"mhlo.topk", "chlo.top_k"}};
    const char *name = target;
    for (int i = 0; i < FW_COUNT(spelled); i++)
        if (!strcmp(target, spelled[i][0]))
            name = spelled[i][1];
    if (name == target && strncmp(target, "mhlo.", 5) && strncmp(target, "chlo.", 5))
        return NULL;
    if (name == target)
        name = fw_format(r->scratch, "chlo.%s", target + 5);
    const st_op_info *info = st_op_find(r, name, strlen(name));
    return info && info->regions == ST_FUNCTION ? info : NULL;
}

/* Only says where things run. */
static bool is_annotation(const st_op *op, const char *target) {
    return !strcmp(target, "Sharding") && op->noperands == 1 && op->nresults == 1;
}

static bool as_operation(st_reader *r, st_op *op, const st_op_info *info) {
    const st_attr *inner = st_get(op, "mhlo.attributes");
    st_op as = *op;
    as.info = info;
    if (inner && inner->kind == ST_DICT) {
        as.attrs = inner->items;
        as.nattrs = inner->count;
    }
    return info->build(r, &as); /* the results are shared */
}

/* A string for HLO: quotes and backslashes escaped. */
static const char *quoted(st_reader *r, const char *text, size_t length) {
    fw_text out;
    fw_text_init(&out, r->arena);
    fw_text_char(&out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            fw_text_char(&out, '\\');
        if (text[i] == '\n')
            fw_text_add(&out, "\\n");
        else
            fw_text_char(&out, text[i]);
    }
    fw_text_char(&out, '"');
    return fw_text_string(&out);
}

static void put_config(st_reader *r, const st_op *op, ir_instr *instr) {
    const st_attr *config = st_get(op, "backend_config");
    if (!config)
        config = st_get(op, "mhlo.backend_config");
    if (!config || (config->kind == ST_TEXT && !config->length))
        return;
    bool text = config->kind == ST_TEXT;
    const char *start = text ? config->text : config->start;
    st_put_text(instr, IR_ATTR_BACKEND_CONFIG, quoted(r, start, text ? config->length : (size_t)(config->end - start)));
}

static ir_instr *emit_call(st_reader *r, st_op *op, const char *target, const ir_shape *shape, bool side_effect) {
    ir_instr *instr = st_emit(r, op, IR_OP_CUSTOM_CALL, shape, op->noperands, op->operands);
    st_put_text(instr, IR_ATTR_CUSTOM_CALL_TARGET, target);
    if (side_effect)
        st_put_int(instr, IR_ATTR_CUSTOM_CALL_HAS_SIDE_EFFECT, 1);
    return instr;
}

bool build_custom_call(st_reader *r, st_op *op) {
    const char *target = st_get_text(r, op, "call_target_name");
    const st_op_info *info;
    const ir_shape *shape;
    int64_t side_effect;
    if (!target)
        return st_fail(r, op->at, "this custom call has no target");
    if (is_annotation(op, target))
        return st_forward(op, op->operands[0]);
    if ((info = operation_of(r, target)))
        return as_operation(r, op, info);
    if (!st_get_int(r, op, "has_side_effect", 0, &side_effect) || !(shape = st_whole_result(r, op)))
        return false;
    ir_instr *instr = emit_call(r, op, target, shape, side_effect);
    put_config(r, op, instr);
    return st_give(r, op, instr);
}

/* `check.expect_eq_const %x, dense<..> : type`: the expected value becomes a second operand. */
bool build_check(st_reader *r, st_op *op) {
    const st_attr *value = st_get(op, "value");
    if (value && value->kind == ST_DENSE)
        FW_PUSH(r->scratch, op->operands, op->noperands, op->operands_cap, st_constant(r, op, value->literal));
    emit_call(r, op, fw_strndup(r->arena, op->name, op->length), ir_shape_tuple(r->arena, 0, NULL), true);
    op->nresults = 0;
    return true;
}

bool build_probe(st_reader *r, st_op *op) {
    return st_takes(r, op, 1, 1) && st_forward(op, op->operands[0]);
}
