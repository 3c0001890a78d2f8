/* Attributes of instructions, each read by its kind in attrs.def. The set of an op is closed. */
#include "read.h"

#include <string.h>

_Static_assert(IR_NATTRS <= 128, "attribute sets are two words of 64 bits");

static void learn_attrs(reader *r, ir_op op) {
    for (int i = 0; i < IR_NATTRS; i++) {
        if (ir_op_allows(op, (ir_attr_id)i))
            r->allowed[op][i / 64] |= UINT64_C(1) << i % 64;
        if (ir_op_requires(op, (ir_attr_id)i))
            r->required[op][i / 64] |= UINT64_C(1) << i % 64;
    }
    r->attrs_known[op] = true;
}

static bool allows(reader *r, ir_op op, ir_attr_id id) {
    if (!r->attrs_known[op])
        learn_attrs(r, op);
    return r->allowed[op][id / 64] >> id % 64 & 1;
}

/* The attribute that the current token names for this op. Two ids may share a spelling, so the op decides. */
static bool find_attr(reader *r, ir_op op, ir_attr_id *id) {
    uintptr_t found = (uintptr_t)names_find(&r->attrs, r->tok.text, r->tok.length);
    if (!found)
        return false;
    const char *name = ir_attr_name((ir_attr_id)(found - 1));
    for (int i = (int)found - 1; i < IR_NATTRS; i++) {
        if (!allows(r, op, (ir_attr_id)i) || strcmp(ir_attr_name((ir_attr_id)i), name))
            continue;
        *id = (ir_attr_id)i;
        return true;
    }
    return false;
}

/* A suggestion is drawn from what the op allows. */
static bool unknown_attr(reader *r, ir_op op) {
    name_table table;
    names_init(&table, r->scratch);
    for (int i = 0; i < IR_NATTRS; i++) {
        const char *name = ir_attr_name((ir_attr_id)i);
        if (allows(r, op, (ir_attr_id)i))
            names_enter(&table, name, strlen(name))->value = r;
    }
    int length = (int)(r->tok.length > 60 ? 60 : r->tok.length);
    return read_fail(r, r->tok.start, "%s has no attribute '%.*s'%s", ir_op_of(op)->name, length, r->tok.text,
        names_suggest(r, &table, r->tok.text, r->tok.length));
}

/* ---- values made of tokens ---- */

bool read_bool(reader *r, int64_t *value) {
    *value = lex_word(r, "true");
    if (!*value && !lex_word(r, "false"))
        return read_expected(r, "true or false");
    lex_next(r);
    return true;
}

static bool read_double(reader *r, double *value) {
    if (r->tok.kind != TOK_INT && r->tok.kind != TOK_DECIMAL)
        return read_expected(r, "a number");
    ir_number_parse(r->tok.start, r->tok.length, value);
    lex_next(r);
    return true;
}

static bool read_ints(reader *r, ir_attr *attr, bool (*read_one)(reader *, int64_t *)) {
    int64_t *ints = NULL;
    int cap = 0;
    if (!lex_expect(r, '{', "'{' of a list"))
        return false;
    while (r->tok.kind != '}') {
        int64_t value;
        if ((attr->count && !lex_expect(r, ',', "',' or '}' in the list")) || !read_one(r, &value))
            return false;
        FW_PUSH(r->arena, ints, attr->count, cap, value);
    }
    lex_next(r);
    attr->ints = ints;
    return true;
}

static const char *read_word(reader *r, ir_op op, ir_attr_id id) {
    if (r->tok.kind != TOK_IDENT) {
        read_expected(r, "a word");
        return NULL;
    }
    const char *word = read_spelling(r, op, id, r->tok.text, r->tok.length);
    if (!word) {
        read_fail(r, r->tok.start, "%s cannot be '%.*s'; it is one of: %s", ir_attr_name(id),
            (int)(r->tok.length > 60 ? 60 : r->tok.length), r->tok.text, read_spellings(op, id));
        return NULL;
    }
    lex_next(r);
    return word;
}

static bool read_words(reader *r, ir_op op, ir_attr *attr) {
    const char **words = NULL;
    int cap = 0;
    if (!lex_expect(r, '{', "'{' of a list"))
        return false;
    while (r->tok.kind != '}') {
        const char *word;
        if ((attr->count && !lex_expect(r, ',', "',' or '}' in the list")) || !(word = read_word(r, op, attr->id)))
            return false;
        FW_PUSH(r->arena, words, attr->count, cap, word);
    }
    lex_next(r);
    attr->words = words;
    return true;
}

static ir_comp *read_comp_value(reader *r) {
    if (r->tok.kind == '{')
        return read_inline_comp(r);
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL) {
        read_expected(r, "the name of a computation");
        return NULL;
    }
    ir_comp *comp = names_find(&r->comps, r->tok.text, r->tok.length);
    if (!comp) {
        read_fail(r, r->tok.start, "no computation '%.*s' is defined above%s",
            (int)(r->tok.length > 200 ? 200 : r->tok.length), r->tok.text,
            names_suggest(r, &r->comps, r->tok.text, r->tok.length));
        return NULL;
    }
    lex_next(r);
    return comp;
}

static bool read_comps(reader *r, ir_attr *attr) {
    int cap = 0;
    if (!lex_expect(r, '{', "'{' of a list of computations"))
        return false;
    while (r->tok.kind != '}') {
        ir_comp *comp;
        if ((attr->count && !lex_expect(r, ',', "',' or '}' in the list of computations")) ||
            !(comp = read_comp_value(r)))
            return false;
        FW_PUSH(r->arena, attr->comps, attr->count, cap, comp);
    }
    lex_next(r);
    return true;
}

static bool read_one_comp(reader *r, ir_attr *attr) {
    ir_comp *comp = read_comp_value(r);
    int cap = 0;
    if (comp)
        FW_PUSH(r->arena, attr->comps, attr->count, cap, comp);
    return comp != NULL;
}

static bool read_instrs(reader *r, ir_attr *attr) {
    int cap = 0;
    if (!lex_expect(r, '{', "'{' of a list of instructions"))
        return false;
    while (r->tok.kind != '}') {
        if (attr->count && !lex_expect(r, ',', "',' or '}' in the list of instructions"))
            return false;
        if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL)
            return read_expected(r, "the name of an instruction");
        ir_instr *instr = names_find(&r->scope->names, r->tok.text, r->tok.length);
        if (!instr)
            return read_fail(r, r->tok.start, "no instruction '%.*s' is defined above%s",
                (int)(r->tok.length > 200 ? 200 : r->tok.length), r->tok.text,
                names_suggest(r, &r->scope->names, r->tok.text, r->tok.length));
        FW_PUSH(r->arena, attr->instrs, attr->count, cap, instr);
        lex_next(r);
    }
    lex_next(r);
    return true;
}

static bool read_literal_value(reader *r, ir_attr *attr) {
    const char *place = r->tok.start;
    const ir_shape *shape = read_shape(r);
    if (!shape)
        return false;
    if (!ir_shape_is_static(shape))
        return read_fail(r, place, "a literal cannot have dynamic dimensions");
    attr->literal = read_literal(r, shape);
    return attr->literal != NULL;
}

/* ---- values kept as written ---- */

/* `[2,4]<=[8]T(1,0)`, `mesh['a'=2,'b'=4] {'b'}` with device_ids, `maximal_mesh[device_id=3]`. */
static const char *device_groups(reader *r, const char *at) {
    bool iota = *at == '[', mesh = !strncmp(at, "mesh[", 5), maximal = !strncmp(at, "maximal_mesh[", 13);
    if (!iota && !mesh && !maximal) {
        read_fail(r, at, "expected '{', '[', mesh[ or maximal_mesh[");
        return NULL;
    }
    at = raw_balanced(r, at + (mesh ? 4 : maximal ? 12 : 0));
    if (!at || maximal)
        return at;
    if (iota) {
        if (at[0] != '<' || at[1] != '=' || at[2] != '[') {
            read_fail(r, at, "expected '<=[' after the group sizes");
            return NULL;
        }
        at = raw_balanced(r, at + 2);
        return at && at[0] == 'T' && at[1] == '(' ? raw_balanced(r, at + 1) : at;
    }
    const char *ids = lex_skip_space(r, at);
    ids = *ids == ',' ? lex_skip_space(r, ids + 1) : ids;
    if (!strncmp(ids, "device_ids=(", 12) && !(at = raw_balanced(r, ids + 11)))
        return NULL;
    at = lex_skip_space(r, at);
    if (*at == '{')
        return raw_balanced(r, at);
    read_fail(r, at, "expected the axes {'a', ...} of the groups");
    return NULL;
}

static bool read_shape_text(reader *r, ir_attr *attr) {
    lex_next(r);
    const ir_shape *shape = read_shape(r);
    if (!shape)
        return false;
    fw_text text;
    fw_text_init(&text, r->arena);
    ir_shape_print(shape, &text);
    attr->text = fw_text_string(&text);
    return true;
}

static bool read_raw(reader *r, ir_attr *attr) {
    const char *start = lex_skip_space(r, r->at), *end;
    if (attr->id == IR_ATTR_OUTFEED_SHAPE)
        return read_shape_text(r, attr);
    r->raw_dirty = false;
    if (*start == '{') {
        end = raw_balanced(r, start);
    } else if (attr->id == IR_ATTR_REPLICA_GROUPS) {
        end = device_groups(r, start);
    } else {
        return read_fail(r, start, "expected '{' after %s=", ir_attr_name(attr->id));
    }
    if (!end)
        return false;
    attr->text = raw_copy(r, start, end);
    lex_from(r, end);
    return true;
}

static bool read_json(reader *r, ir_attr *attr) {
    lex_next(r);
    const char *start = r->tok.start, *end = r->at;
    if (r->tok.kind == '{')
        end = raw_json(r, start);
    else if (r->tok.kind != TOK_STRING)
        return read_expected(r, "a string or a JSON object");
    if (!end)
        return false;
    attr->text = fw_strndup(r->arena, start, (size_t)(end - start));
    lex_from(r, end);
    return true;
}

static bool read_metadata(reader *r, ir_instr *instr, ir_attr *attr) {
    const char *start = lex_skip_space(r, r->at);
    r->raw_dirty = false;
    const char *end = raw_metadata(r, start, &instr->op_name);
    if (!end)
        return false;
    attr->text = raw_copy(r, start, end);
    lex_from(r, end);
    return true;
}

/* ---- the list ---- */

/* The value behind `name=`. Kinds made of tokens first step to their first token; the others scan from r->at. */
static bool read_value(reader *r, ir_instr *instr, ir_attr *attr) {
    switch (ir_attr_kind_of(attr->id)) {
    case IR_KIND_RAW:
    case IR_KIND_ALIASING:
        return read_raw(r, attr);
    case IR_KIND_METADATA:
        return read_metadata(r, instr, attr);
    case IR_KIND_JSON:
        return read_json(r, attr);
    case IR_KIND_PADDING:
        return read_padding(r, attr);
    case IR_KIND_WINDOW:
        return read_window(r, attr);
    case IR_KIND_DIM_LABELS:
        return read_dim_labels(r, attr);
    case IR_KIND_RANGES:
        return read_ranges(r, attr);
    default:
        lex_next(r);
    }
    switch (ir_attr_kind_of(attr->id)) {
    case IR_KIND_BOOL:
        return read_bool(r, &attr->i);
    case IR_KIND_INT:
        return lex_int(r, &attr->i);
    case IR_KIND_FLOAT:
        return read_double(r, &attr->f);
    case IR_KIND_WORD:
        return (attr->text = read_word(r, instr->op, attr->id)) != NULL;
    case IR_KIND_STRING:
        return lex_string(r, &attr->text);
    case IR_KIND_INTS:
        return read_ints(r, attr, lex_int);
    case IR_KIND_PREDS:
        return read_ints(r, attr, read_bool);
    case IR_KIND_WORDS:
        return read_words(r, instr->op, attr);
    case IR_KIND_COMP:
        return read_one_comp(r, attr);
    case IR_KIND_COMPS:
        return read_comps(r, attr);
    case IR_KIND_INSTRS:
        return read_instrs(r, attr);
    case IR_KIND_LITERAL:
        return read_literal_value(r, attr);
    default:
        return false;
    }
}

static bool read_attribute(reader *r, ir_instr *instr, ir_instr *inner) {
    ir_attr_id id;
    ir_instr *owner = instr;
    if (r->tok.kind != TOK_ATTR)
        return read_expected(r, "an attribute name=");
    if (inner && find_attr(r, inner->op, &id) && id > IR_ATTR_ORIGIN)
        owner = inner;
    else if (!find_attr(r, instr->op, &id))
        return unknown_attr(r, inner ? inner->op : instr->op);
    if (ir_attr_get(owner, id))
        return read_fail(r, r->tok.start, "'%s' stands twice", ir_attr_name(id));
    ir_attr value = {.id = id};
    if (!read_value(r, owner, &value))
        return false;
    *ir_attr_add(owner, id) = value;
    return true;
}

bool read_attributes(reader *r, ir_instr *instr, ir_instr *inner) {
    while (lex_accept(r, ','))
        if (!read_attribute(r, instr, inner))
            return false;
    return true;
}

/* ---- required attributes ---- */

static bool requires(reader *r, const ir_instr *instr, ir_attr_id id) {
    if (ir_attr_get(instr, id))
        return true;
    fw_error(r->diag, FW_INPUT, instr->loc, "%s needs the attribute %s=", ir_op_of(instr->op)->name, ir_attr_name(id));
    return false;
}

/* Which branches a conditional names depends on the type of its first operand. */
static bool conditional_required(reader *r, const ir_instr *instr) {
    const ir_shape *shape = instr->operands[0]->shape;
    if (shape->type == IR_PRED && shape->rank == 0)
    return requires(r, instr, IR_ATTR_TRUE_COMPUTATION) && requires(r, instr, IR_ATTR_FALSE_COMPUTATION);
    if (shape->type == IR_S32 && shape->rank == 0)
    return requires(r, instr, IR_ATTR_BRANCH_COMPUTATIONS);
    fw_error(r->diag, FW_INPUT, instr->loc, "the first operand of conditional must be pred[] or s32[]");
    return false;
}

bool read_required(reader *r, const ir_instr *instr) {
    allows(r, instr->op, IR_ATTR_SHARDING);
    const uint64_t *set = r->required[instr->op];
    for (int i = 0; (set[0] || set[1]) && i < IR_NATTRS; i++)
        if (set[i / 64] >> i % 64 & 1 && !requires(r, instr, (ir_attr_id)i))
            return false;
    if (instr->op == IR_OP_CONDITIONAL)
        return conditional_required(r, instr);
    if (instr->op == IR_OP_BROADCAST && !ir_shape_is_scalar(instr->operands[0]->shape))
    return requires(r, instr, IR_ATTR_DIMENSIONS);
    return true;
}
