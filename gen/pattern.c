/* One operation as C text: the patterns of ir/ops.def, literals, combiners. */
#include "emit.h"

#include <ctype.h>
#include <string.h>

static const char *with_point(fw_arena *arena, const char *text, const char *suffix)
{
    bool real = strpbrk(text, ".eE") != NULL;
    return fw_format(arena, "%s%s%s", text, real ? "" : ".0", suffix);
}

const char *emit_literal(fw_arena *arena, ir_type type, const void *element)
{
    fw_text out;
    fw_text_init(&out, arena);
    if (ir_class_of(type) == IR_CLASS_PRED)
        return ir_number_get_int(type, element) ? "1" : "0";
    if (ir_type_is_integer(type)) {
        int64_t v = ir_number_get_int(type, element);
        if (type == IR_S64 && v == INT64_MIN)
            return "INT64_MIN";
        if (type == IR_S32 && v == INT32_MIN)
            return "INT32_MIN";
        if (type == IR_U64)
            return fw_format(arena, "%lluull", (unsigned long long)v);
        return fw_format(arena, type == IR_S64 ? "%lldll" : type == IR_U32 ? "%lldu" : "%lld", (long long)v);
    }
    double v = ir_number_get(type, element);
    float wide = (float)v;
    if (emit_type(type) != type)
        return emit_literal(arena, IR_F32, &wide);
    const char *suffix = type == IR_F64 ? "" : "f";
    if (v != v)
        return type == IR_F64 ? "(double)NAN" : "NAN";
    if (v - v != 0)
        return v > 0 ? (type == IR_F64 ? "(double)INFINITY" : "INFINITY") : (type == IR_F64 ? "-(double)INFINITY" : "-INFINITY");
    ir_number_print(type, element, &out);
    return with_point(arena, fw_text_string(&out), suffix);
}

static const char *sign_of(const ir_instr *instr)
{
    static const char *const table[][2] = {{"EQ", "=="}, {"NE", "!="}, {"LT", "<"}, {"LE", "<="}, {"GT", ">"}, {"GE", ">="}};
    const char *word = ir_attr_word(instr, IR_ATTR_DIRECTION);
    for (int i = 0; i < FW_COUNT(table); i++)
        if (word && !strcmp(word, table[i][0]))
            return table[i][1];
    return "==";
}

static const char *convert_text(emit *e, ir_type to, ir_type from, const char *arg)
{
    to = emit_type(to);
    from = emit_type(from);
    if (to == from)
        return arg;
    if (to == IR_PRED)
        return fw_format(e->arena, "%s != 0", emit_paren(e->arena, arg, EMIT_SUM));
    if (ir_type_is_float(from) && ir_type_is_integer(to)) {
        const char *helper = fw_format(e->arena, "%s_from_%s", ir_type_name(to), ir_type_name(from));
        gen_use_helper(e->model, helper);
        return fw_format(e->arena, "%s_%s(%s)", e->model->prefix, helper, arg);
    }
    return fw_format(e->arena, "(%s)%s", ir_type_c(to), emit_paren(e->arena, arg, EMIT_UNARY));
}

static const char *bits_text(emit *e, ir_type to, ir_type from, const char *arg)
{
    if (to == from)
        return arg;
    if (emit_type(from) != from) {
        const char *narrow = fw_format(e->arena, "%s_of_f32", ir_type_name(from));
        gen_use_helper(e->model, narrow);
        return fw_format(e->arena, "(%s)%s_%s(%s)", ir_type_c(to), e->model->prefix, narrow, arg);
    }
    if (emit_type(to) != to)
        return emit_widen(e, to, fw_format(e->arena, "(uint16_t)%s", emit_paren(e->arena, arg, EMIT_UNARY)));
    const char *helper = fw_format(e->arena, "%s_bits_of_%s", ir_type_name(to), ir_type_name(from));
    gen_use_helper(e->model, helper);
    return fw_format(e->arena, "%s_%s(%s)", e->model->prefix, helper, arg);
}

/* `@name` at p: the helper PREFIX_name_TYPE. Returns the end of the name. */
static const char *helper_text(emit *e, const char *p, ir_type type, fw_text *out)
{
    const char *end = p;
    while (isalnum((unsigned char)*end) || *end == '_')
        end++;
    const char *helper = fw_format(e->arena, "%.*s_%s", (int)(end - p), p, ir_type_name(type));
    gen_use_helper(e->model, helper);
    fw_text_printf(out, "%s_%s", e->model->prefix, helper);
    return end;
}

static const char *pattern_of(const ir_instr *instr, ir_type type)
{
    const ir_op_info *op = ir_op_of(instr->op);
    if (op->cls == IR_CONTRACTION)
        return "%0 * %1";
    return type == IR_PRED ? op->c_pred : ir_type_is_float(type) ? op->c_float : op->c_int;
}

/* ---- parentheses ---- */

static int operator_rank(const char *p)
{
    static const struct { const char *text; int rank; } table[] = {{" ? ", EMIT_TERNARY}, {" || ", EMIT_LOGIC}, {" && ", EMIT_LOGIC},
        {" | ", EMIT_LOGIC}, {" ^ ", EMIT_LOGIC}, {" & ", EMIT_LOGIC}, {" %d ", EMIT_COMPARE}, {" == ", EMIT_COMPARE}, {" != ", EMIT_COMPARE},
        {" < ", EMIT_COMPARE}, {" <= ", EMIT_COMPARE}, {" > ", EMIT_COMPARE}, {" >= ", EMIT_COMPARE}, {" + ", EMIT_SUM},
        {" - ", EMIT_SUM}, {" * ", EMIT_PRODUCT}, {" / ", EMIT_PRODUCT}, {" % ", EMIT_PRODUCT}};
    for (int i = 0; i < FW_COUNT(table); i++)
        if (!strncmp(p, table[i].text, strlen(table[i].text)))
            return table[i].rank;
    return EMIT_PRIMARY;
}

/* The loosest operator outside all brackets. */
static int rank_of(const char *text)
{
    int depth = 0, rank = strchr("-!~", text[0]) ? EMIT_UNARY : EMIT_PRIMARY;
    for (const char *p = text; *p; p++) {
        depth += (*p == '(' || *p == '[') - (*p == ')' || *p == ']');
        int here = depth ? EMIT_PRIMARY : operator_rank(p);
        rank = here < rank ? here : rank;
        bool cast = !depth && *p == ')' && text[0] == '(' && p[1] && p[1] != ' ' && p[1] != '[';
        rank = cast && rank > EMIT_UNARY ? EMIT_UNARY : rank;
    }
    return rank;
}

const char *emit_paren(fw_arena *arena, const char *text, int need)
{
    return rank_of(text) < need ? fw_format(arena, "(%s)", text) : text;
}

/* The operator before the operand at `p`: of one character, or of two. */
static int left_rank(const char *pattern, const char *p)
{
    int one = p - pattern >= 3 ? operator_rank(p - 3) : EMIT_PRIMARY, two = p - pattern >= 4 ? operator_rank(p - 4) : EMIT_PRIMARY;
    return one < two ? one : two;
}

/* How tightly the operand at `p` of a pattern has to bind, from its neighbours: calls and commas take anything. */
static int need_at(const char *pattern, const char *p, const char *after)
{
    char before = p == pattern ? ' ' : p[-1];
    int need = EMIT_TERNARY;
    if (before == ')' || before == '-' || before == '!' || before == '~')
        need = EMIT_UNARY;
    int left = left_rank(pattern, p);
    if (left <= EMIT_PRODUCT && before == ' ' && p[-2] != ',')
        need = left == EMIT_TERNARY ? EMIT_LOGIC : left == EMIT_LOGIC ? EMIT_PRIMARY : left + 1;
    if (p - pattern >= 3 && !strncmp(p - 3, " : ", 3))
        need = EMIT_LOGIC;
    int right = operator_rank(after);
    right = right == EMIT_TERNARY ? EMIT_COMPARE : right == EMIT_LOGIC ? EMIT_PRIMARY : right == EMIT_COMPARE ? EMIT_SUM : right;
    if (right != EMIT_PRIMARY || operator_rank(after) == EMIT_LOGIC)
        need = right > need ? right : need;
    return need;
}

static void expand(emit *e, const char *pattern, const ir_instr *instr, ir_type type, ir_type from, const char *const *args, const char **p, fw_text *out)
{
    const char *start = *p - 1;
    char c = *(*p)++;
    if (c >= '0' && c <= '9')
        fw_text_add(out, emit_paren(e->arena, args[c - '0'], need_at(pattern, start, *p)));
    else if (c == 't')
        fw_text_add(out, ir_type_c(emit_type(type)));
    else if (c == 'u')
        fw_text_add(out, ir_type_c_unsigned(emit_type(type)));
    else if (c == 'd')
        fw_text_add(out, sign_of(instr));
    else if (c == 'c')
        fw_text_add(out, convert_text(e, type, from, args[0]));
    else if (c == 'b')
        fw_text_add(out, bits_text(e, type, from, args[0]));
    else if (c == 'e')
        fw_text_printf(out, "%lld", (long long)ir_attr_int(instr, IR_ATTR_EXPONENT_BITS, 0));
    else if (c == 'm')
        fw_text_printf(out, "%lld", (long long)ir_attr_int(instr, IR_ATTR_MANTISSA_BITS, 0));
}

/* `type` is the result's; helpers and the class of the pattern follow the operand where the result is a predicate or converted. */
const char *emit_pattern(emit *e, const ir_instr *instr, ir_type type, ir_type operand_type, const char *const *args)
{
    bool by_operand = instr->op == IR_OP_COMPARE || instr->op == IR_OP_IS_FINITE;
    ir_type key = emit_type(by_operand ? operand_type : type);
    const char *order = instr->op == IR_OP_COMPARE ? ir_attr_word(instr, IR_ATTR_TYPE) : NULL;
    const char *ordered[2];
    if (order && !strcmp(order, "TOTALORDER")) {
        const char *helper = fw_format(e->arena, "order_%s", ir_type_name(emit_type(operand_type)));
        gen_use_helper(e->model, helper);
        for (int i = 0; i < 2; i++)
            ordered[i] = fw_format(e->arena, "%s_%s(%s)", e->model->prefix, helper, args[i]);
        args = ordered;
    }
    fw_text out;
    fw_text_init(&out, e->arena);
    const char *pattern = pattern_of(instr, key), *p = pattern;
    while (p && *p) {
        if (*p == '%') {
            p++;
            expand(e, pattern, instr, type, operand_type, args, &p, &out);
        } else if (*p == '@') {
            p = helper_text(e, p + 1, key, &out);
        } else {
            fw_text_char(&out, *p++);
        }
    }
    return fw_text_string(&out);
}

/* The region of a reduction as C: temporaries into `out`, the result as an expression of acc and value. */
static const char *region_text(emit *e, const ir_comp *region, const char *acc, const char *value, fw_text *out)
{
    const char **text = fw_alloc_array(e->arena, (size_t)region->ninstrs, sizeof *text);
    for (int i = 0; i < region->ninstrs; i++) {
        const ir_instr *instr = region->instrs[i];
        const char *args[4] = {0};
        if (instr->op == IR_OP_PARAMETER) {
            text[i] = instr->param == 0 ? acc : value;
            continue;
        }
        if (instr->op == IR_OP_CONSTANT) {
            text[i] = emit_literal(e->arena, instr->shape->type, instr->literal->data);
            continue;
        }
        for (int k = 0; k < instr->noperands && k < 4; k++)
            args[k] = text[instr->operands[k]->id];
        const char *name = emit_identifier(e, instr->name, e->nlevels);
        fw_text_line(out, "const %s %s = %s;", instr->shape->type == IR_PRED ? "int" : ir_type_c(emit_type(instr->shape->type)), name,
            emit_pattern(e, instr, instr->shape->type, instr->operands[0]->shape->type, args));
        text[i] = name;
    }
    return text[region->root->id];
}

const char *emit_combine(emit *e, const sched_stmt *stmt, const char *acc, const char *value, fw_text *out)
{
    if (stmt->combine == IR_NOPS)
        return region_text(e, stmt->region, acc, value, out);
    if (stmt->combine == IR_OP_ADD && ir_type_is_float(stmt->instr->shape->type))
        return fw_format(e->arena, "%s + %s", acc, emit_paren(e->arena, value, EMIT_PRODUCT));
    const ir_instr op = {.op = stmt->combine};
    const char *args[2] = {acc, value};
    return emit_pattern(e, &op, stmt->instr->shape->type, stmt->instr->shape->type, args);
}

const char *emit_identity(emit *e, ir_op op, ir_type type)
{
    bool real = ir_type_is_float(type);
    const char *limit = ir_type_c_unsigned(type);
    switch (op) {
    case IR_OP_ADD:
    case IR_OP_OR:
        return type == IR_F64 ? "0.0" : real ? "0.0f" : "0";
    case IR_OP_MULTIPLY:
        return type == IR_F64 ? "1.0" : real ? "1.0f" : "1";
    case IR_OP_AND:
        return type == IR_PRED ? "1" : fw_format(e->arena, "(%s)-1", ir_type_c(type));
    case IR_OP_MAXIMUM:
    case IR_OP_MINIMUM:
        if (real)
            return op == IR_OP_MAXIMUM ? "-INFINITY" : "INFINITY";
        if (type == IR_PRED)
            return op == IR_OP_MAXIMUM ? "0" : "1";
        if (ir_class_of(type) == IR_CLASS_UNSIGNED)
            return op == IR_OP_MAXIMUM ? "0" : fw_format(e->arena, "(%s)-1", limit);
        return fw_format(e->arena, "INT%d_%s", ir_type_bits(type), op == IR_OP_MAXIMUM ? "MIN" : "MAX");
    default:
        return NULL;
    }
}
