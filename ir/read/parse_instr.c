/* Instructions: `ROOT? name = shape? opcode(operands), attributes`. Operands may be instructions themselves. */
#include "read.h"

#include <string.h>

/* What has to be written about a name in a message, and no more. */
static int shown(size_t length) {
    return (int)(length > 200 ? 200 : length);
}

/* Appends an instruction whose operands lie on the operand stack from `first` on; they are popped. */
static ir_instr *add_instr(reader *r, ir_op op, const char *name, const ir_shape *shape, const char *at, int first) {
    scope *s = r->scope;
    ir_instr *instr =
        ir_comp_add(s->comp, op, NULL, shape, r->noperands - first, r->operands ? r->operands + first : NULL);
    r->noperands = first;
    instr->loc = lex_loc(r, at);
    instr->name = name;
    if (!name) { /* the opcode serves in messages until the end of the computation */
        instr->name = ir_op_of(op)->name;
        FW_PUSH(r->scratch, s->unnamed, s->nunnamed, s->unnamed_cap, instr);
    }
    return instr;
}

static void push_operand(reader *r, ir_instr *instr) {
    FW_PUSH(r->scratch, r->operands, r->noperands, r->operands_cap, instr);
}

static bool reserved_name(reader *r, const char *name, size_t length, const char *at) {
    return read_fail(
        r, at, "'%.*s' is a word of the language; an instruction cannot be called so", shown(length), name);
}

/* ---- operands ---- */

/* In an instruction that stands alone, an operand that nobody defined is a parameter. */
static ir_instr *make_param(reader *r, const char *name, size_t length, const ir_shape *shape, const char *at) {
    scope *s = r->scope;
    if (name && names_find(&r->reserved, name, length)) {
        reserved_name(r, name, length, at);
        return NULL;
    }
    char *copy = name ? fw_strndup(r->arena, name, length) : NULL;
    ir_instr *instr = add_instr(r, IR_OP_PARAMETER, copy, read_resolve(r, shape, NULL), at, r->noperands);
    instr->param = s->made_params++;
    if (copy)
        names_enter(&s->names, copy, length)->value = instr;
    return instr;
}

static ir_instr *unknown_operand(reader *r, const char *name, size_t length, const ir_shape *shape, const char *at) {
    if (r->scope->may_make_params && shape)
        return make_param(r, name, length, shape, at);
    read_fail(r, at, "no instruction '%.*s' is defined above%s", shown(length), name,
        names_suggest(r, &r->scope->names, name, length));
    return NULL;
}

static bool check_operand_shape(reader *r, const ir_instr *instr, const ir_shape *shape, const char *at) {
    if (!shape || !instr->shape || ir_shape_equal(shape, instr->shape))
        return true;
    fw_text declared, actual;
    fw_text_init(&declared, r->scratch);
    fw_text_init(&actual, r->scratch);
    ir_shape_print(shape, &declared);
    ir_shape_print(instr->shape, &actual);
    return read_fail(r, at, "the operand is written as %.200s, but '%s' is %.200s", fw_text_string(&declared),
        instr->name, fw_text_string(&actual));
}

/* `#i#j` behind a name: elements of a tuple. */
static ir_instr *read_elements(reader *r, ir_instr *instr) {
    while (instr && r->tok.kind == '#') {
        const char *at = r->tok.start;
        int64_t index;
        lex_next(r);
        if (!lex_int(r, &index))
            return NULL;
        if (instr->shape->type != IR_TUPLE || index < 0 || index >= instr->shape->nelems) {
            read_fail(r, at, "'%s' has no tuple element %lld", instr->name, (long long)index);
            return NULL;
        }
        int first = r->noperands;
        push_operand(r, instr);
        instr = add_instr(r, IR_OP_GET_TUPLE_ELEMENT, NULL, instr->shape->elems[index], at, first);
        ir_attr_add(instr, IR_ATTR_INDEX)->i = index;
    }
    return instr;
}

static ir_instr *read_rhs(reader *r, const char *name, const ir_shape *shape, const char *at, bool nested);

static ir_instr *read_operand(reader *r) {
    const char *at = r->tok.start;
    const ir_shape *shape = NULL;
    if (at_shape(r) && !(shape = read_shape(r)))
        return NULL;
    if (r->tok.kind == TOK_IDENT && *lex_skip_space(r, r->at) == '(') {
        if (!lex_enter(r))
            return NULL;
        ir_instr *nested = read_rhs(r, NULL, shape, at, true);
        lex_leave(r);
        return nested;
    }
    if (r->scope->may_make_params && shape && (r->tok.kind == ',' || r->tok.kind == ')'))
        return make_param(r, NULL, 0, shape, at);
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL) {
        read_expected(r, "an operand");
        return NULL;
    }
    ir_instr *instr = names_find(&r->scope->names, r->tok.text, r->tok.length);
    if (!instr && !(instr = unknown_operand(r, r->tok.text, r->tok.length, shape, r->tok.start)))
        return NULL;
    lex_next(r);
    if (r->tok.kind == '#')
        return read_elements(r, instr);
    return check_operand_shape(r, instr, shape, at) ? instr : NULL;
}

/* The list between the parentheses; it lies on the operand stack from *first on. */
static bool read_operands(reader *r, int *first) {
    *first = r->noperands;
    if (!lex_expect(r, '(', "'(' of the operands"))
        return false;
    while (r->tok.kind != ')') {
        if (r->noperands > *first && !lex_expect(r, ',', "',' or ')' in the operands"))
            return false;
        ir_instr *operand = read_operand(r);
        if (!operand)
            return false;
        push_operand(r, operand);
    }
    lex_next(r);
    return true;
}

/* ---- the instruction ---- */

static bool needs_shape(reader *r, ir_op op, const ir_shape *shape, const char *at) {
    return shape || read_fail(r, at, "%s needs its result shape in front of it", ir_op_of(op)->name);
}

static ir_instr *read_parameter(reader *r, const char *name, const ir_shape *shape, const char *at) {
    int64_t number;
    lex_next(r);
    if (!needs_shape(r, IR_OP_PARAMETER, shape, at) || !lex_expect(r, '(', "'(' of the parameter number"))
        return NULL;
    const char *place = r->tok.start;
    if (!lex_int(r, &number) || !lex_expect(r, ')', "')' behind the parameter number"))
        return NULL;
    if (number < 0) {
        read_fail(r, place, "a parameter number cannot be negative");
        return NULL;
    }
    ir_instr *instr = add_instr(r, IR_OP_PARAMETER, name, read_resolve(r, shape, NULL), at, r->noperands);
    instr->param = number;
    return instr;
}

static ir_instr *read_constant(reader *r, const char *name, const ir_shape *shape, const char *at) {
    lex_next(r);
    if (!needs_shape(r, IR_OP_CONSTANT, shape, at) || !lex_expect(r, '(', "'(' of the value"))
        return NULL;
    if (!ir_shape_is_static(shape)) {
        read_fail(r, at, "a constant cannot have dynamic dimensions");
        return NULL;
    }
    ir_literal *literal = read_literal(r, shape);
    if (!literal || !lex_expect(r, ')', "')' behind the value"))
        return NULL;
    ir_instr *instr = add_instr(r, IR_OP_CONSTANT, name, shape, at, r->noperands);
    instr->literal = literal;
    return instr;
}

/* The opcode of the current token; for async sugar also the opcode inside. */
static bool find_op(reader *r, ir_op *op, ir_op *inner) {
    *inner = IR_NOPS;
    if (r->tok.kind != TOK_IDENT)
        return read_expected(r, "an opcode");
    uintptr_t found = (uintptr_t)names_find(&r->ops, r->tok.text, r->tok.length);
    if (found) {
        *op = (ir_op)(found - 1);
        return true;
    }
    if (read_async_name(r->tok.text, r->tok.length, r, op, inner))
        return true;
    return read_fail(r, r->tok.start, "unknown op '%.*s'%s", shown(r->tok.length), r->tok.text,
        names_suggest(r, &r->ops, r->tok.text, r->tok.length));
}

static bool check_arity(reader *r, ir_op op, int count, const char *at) {
    const ir_op_info *info = ir_op_of(op);
    if (count >= info->least && (info->most < 0 || count <= info->most))
        return true;
    const char *bound = info->most == info->least ? "" : count < info->least ? "at least " : "at most ";
    int wanted = count < info->least ? info->least : info->most;
    return read_fail(
        r, at, "%s takes %s%d operand%s, not %d", info->name, bound, wanted, wanted == 1 ? "" : "s", count);
}

static ir_instr *read_plain(reader *r, const char *name, const ir_shape *shape, const char *at, ir_instr **inner) {
    ir_op op, inner_op;
    const char *opcode = r->tok.start;
    int first;
    if (!find_op(r, &op, &inner_op))
        return NULL;
    lex_next(r);
    if (!read_operands(r, &first) ||
        !check_arity(r, inner_op != IR_NOPS && op == IR_OP_ASYNC_START ? inner_op : op, r->noperands - first, opcode))
        return NULL;
    ir_instr *instr = add_instr(r, op, name, shape, at, first);
    *inner = NULL;
    if (inner_op != IR_NOPS)
        instr->async_op = ir_op_of(inner_op)->name;
    if (inner_op != IR_NOPS && op == IR_OP_ASYNC_START && !(*inner = read_async_wrap(r, instr, inner_op, opcode)))
        return NULL;
    return instr;
}

/* A missing shape is inferred; dynamic dimensions of a written one take the symbols that inference finds. */
static bool settle_shape(reader *r, ir_instr *instr) {
    if (instr->shape && ir_shape_is_static(instr->shape))
        return true;
    bool failed = false;
    if (instr->shape) {
        const ir_shape *like = ir_infer(r->arena, fw_diag_new(r->scratch), instr, &failed);
        instr->shape = read_resolve(r, instr->shape, like);
        return true;
    }
    instr->shape = ir_infer(r->arena, r->diag, instr, &failed);
    if (instr->shape || failed)
        return instr->shape != NULL;
    fw_error(r->diag, FW_INPUT, instr->loc, "%s needs its result shape in front of it", ir_op_of(instr->op)->name);
    return false;
}

/* Everything behind `name =`, from the shape on; of a nested instruction, what follows its shape, without attributes.
 */
static ir_instr *read_rhs(reader *r, const char *name, const ir_shape *shape, const char *at, bool nested) {
    ir_instr *instr, *inner = NULL;
    if (lex_word(r, "parameter"))
        instr = read_parameter(r, name, shape, at);
    else if (lex_word(r, "constant"))
        instr = read_constant(r, name, shape, at);
    else
        instr = read_plain(r, name, shape, at, &inner);
    if (!instr || (!nested && !read_attributes(r, instr, inner)))
        return NULL;
    if (inner)
        read_move_behind_callees(r->module, inner->comp);
    if (!read_required(r, instr) || (inner && !read_required(r, inner)) || !settle_shape(r, instr))
        return NULL;
    return instr;
}

/* ---- the statement ---- */

static bool check_new_name(reader *r) {
    if (r->tok.kind == TOK_ATTR)
        return read_fail(r, r->tok.start, "'%.*s=' reads as an attribute; put a blank in front of '='",
            shown(r->tok.length), r->tok.text);
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL)
        return read_expected(r, "an instruction: name = ...");
    if (names_find(&r->reserved, r->tok.text, r->tok.length))
        return reserved_name(r, r->tok.text, r->tok.length, r->tok.start);
    const ir_instr *other = names_find(&r->scope->names, r->tok.text, r->tok.length);
    if (!other)
        return true;
    read_fail(r, r->tok.start, "a second instruction with the name '%.*s'", shown(r->tok.length), r->tok.text);
    fw_note(r->diag, other->loc, "the first one is here");
    return false;
}

bool read_instruction(reader *r) {
    scope *s = r->scope;
    const char *root = r->tok.start;
    bool is_root = lex_word(r, "ROOT");
    if (is_root)
        lex_next(r);
    if (!check_new_name(r))
        return false;
    const char *at = r->tok.start;
    size_t length = r->tok.length;
    const char *name = fw_strndup(r->arena, r->tok.text, length);
    lex_next(r);
    if (!lex_expect(r, '=', "'=' behind the name"))
        return false;
    const ir_shape *shape = NULL;
    if (at_shape(r) && !(shape = read_shape(r)))
        return false;
    ir_instr *instr = read_rhs(r, name, shape, at, false);
    if (!instr)
        return false;
    names_enter(&s->names, name, length)->value = instr;
    if (is_root && s->comp->root)
        return read_fail(r, root, "a second ROOT; the first is '%s'", s->comp->root->name);
    if (is_root)
        s->comp->root = instr;
    return true;
}
