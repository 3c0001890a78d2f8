/* Computations: named ones with an optional signature, inline ones as attribute values, and the one around an
 * instruction that stands alone. */
#include "read.h"

#include <string.h>

/* ---- scopes ---- */

static scope *push_scope(reader *r, ir_comp *comp) {
    scope *s = r->free_scopes;
    if (s) {
        r->free_scopes = s->outer;
        names_clear(&s->names);
    } else {
        s = fw_alloc(r->scratch, sizeof *s);
        names_init(&s->names, r->scratch);
    }
    s->comp = comp;
    s->nunnamed = 0;
    s->may_make_params = false;
    s->made_params = 0;
    s->outer = r->scope;
    r->scope = s;
    return s;
}

static void pop_scope(reader *r) {
    scope *s = r->scope;
    r->scope = s->outer;
    s->outer = r->free_scopes;
    r->free_scopes = s;
}

/* ---- the end of a computation ---- */

/* Parameter numbers must be 0, 1, 2, ... without gaps. */
static bool collect_params(reader *r, ir_comp *comp) {
    int count = 0;
    for (int i = 0; i < comp->ninstrs; i++)
        count += comp->instrs[i]->op == IR_OP_PARAMETER;
    comp->params = fw_alloc_array(r->arena, (size_t)count, sizeof(ir_instr *));
    comp->nparams = count;
    for (int i = 0; i < comp->ninstrs; i++) {
        ir_instr *instr = comp->instrs[i];
        if (instr->op != IR_OP_PARAMETER)
            continue;
        if (instr->param >= count || comp->params[instr->param]) {
            fw_error(r->diag, FW_INPUT, instr->loc,
                instr->param >= count ? "parameter %lld, but the computation has only %d parameters"
                                      : "a second parameter %lld among %d",
                (long long)instr->param, count);
            return false;
        }
        comp->params[instr->param] = instr;
    }
    return true;
}

/* Closes the innermost scope: invents missing names, finds root and parameters. */
static bool finish_comp(reader *r, const char *at) {
    scope *s = r->scope;
    ir_comp *comp = s->comp;
    for (int i = 0; i < s->nunnamed; i++)
        s->unnamed[i]->name = names_invent(r, &s->names, ir_op_of(s->unnamed[i]->op)->name, s->unnamed[i]);
    pop_scope(r);
    if (!comp->ninstrs)
        return read_fail(r, at, "a computation needs at least one instruction");
    if (!comp->root)
        comp->root = comp->instrs[comp->ninstrs - 1];
    return collect_params(r, comp);
}

void read_move_behind_callees(ir_module *module, ir_comp *comp) {
    int index = module->ncomps - 1;
    while (module->comps[index] != comp)
        index--;
    memmove(module->comps + index, module->comps + index + 1, (size_t)(module->ncomps - index - 1) * sizeof(ir_comp *));
    module->comps[module->ncomps - 1] = comp;
}

/* `{ instructions }` with the brace current. */
static bool read_body(reader *r, ir_comp *comp) {
    push_scope(r, comp);
    if (!lex_expect(r, '{', "'{' of the computation's body"))
        return false;
    while (r->tok.kind != '}')
        if (!read_instruction(r))
            return false;
    if (!finish_comp(r, r->tok.start))
        return false;
    lex_next(r);
    read_move_behind_callees(r->module, comp);
    return true;
}

ir_comp *read_inline_comp(reader *r) {
    ir_comp *comp = ir_comp_new(r->module, "region");
    comp->loc = lex_loc(r, r->tok.start);
    FW_PUSH(r->scratch, r->unnamed_comps, r->nunnamed_comps, r->unnamed_comps_cap, comp);
    if (!lex_enter(r) || !read_body(r, comp))
        return NULL;
    lex_leave(r);
    return comp;
}

/* ---- named computations ---- */

/* `(p0: f32[2], ...) -> shape`. The parameters are read and dropped, as in the reference. */
static const ir_shape *read_signature(reader *r) {
    lex_next(r);
    for (int i = 0; r->tok.kind != ')'; i++) {
        if (i && !lex_expect(r, ',', "',' or ')' in the signature"))
            return NULL;
        bool sigil = r->tok.kind == TOK_SIGIL;
        if (!sigil && r->tok.kind != TOK_NAME) {
            read_expected(r, "a parameter name:");
            return NULL;
        }
        lex_next(r);
        if ((sigil && !lex_expect(r, ':', "':'")) || !read_shape(r))
            return NULL;
    }
    lex_next(r);
    return lex_expect(r, TOK_ARROW, "'->' and the result shape") ? read_shape(r) : NULL;
}

static bool check_result(reader *r, const ir_comp *comp, const ir_shape *declared, const char *at) {
    if (!declared || ir_shape_equal(declared, comp->root->shape))
        return true;
    fw_text root;
    fw_text_init(&root, r->scratch);
    ir_shape_print(comp->root->shape, &root);
    return read_fail(r, at, "the signature's result is not the shape of the root '%s', which is %.300s",
        comp->root->name, fw_text_string(&root));
}

static bool read_thread(reader *r, ir_comp *comp) {
    if (r->tok.kind != ',')
        return true;
    lex_next(r);
    if (r->tok.kind != TOK_ATTR || r->tok.length != 16 || memcmp(r->tok.text, "execution_thread", 16))
        return read_expected(r, "execution_thread=");
    lex_next(r);
    return lex_string(r, &comp->execution_thread);
}

static bool read_comp_name(reader *r, ir_comp *comp) {
    if (r->tok.kind != TOK_IDENT && r->tok.kind != TOK_SIGIL)
        return read_expected(r, "the name of a computation");
    if (names_find(&r->reserved, r->tok.text, r->tok.length))
        return read_fail(r, r->tok.start, "'%.*s' is a word of the language; a computation cannot be called so",
            (int)(r->tok.length > 200 ? 200 : r->tok.length), r->tok.text);
    comp->name = fw_strndup(r->arena, r->tok.text, r->tok.length);
    const ir_comp *other = names_find(&r->comps, r->tok.text, r->tok.length);
    if (other) {
        read_fail(r, r->tok.start, "a second computation with the name '%s'", comp->name);
        fw_note(r->diag, other->loc, "the first one is here");
        return false;
    }
    lex_next(r);
    return true;
}

bool read_comp(reader *r) {
    const char *at = r->tok.start;
    bool is_entry = lex_word(r, "ENTRY");
    if (is_entry)
        lex_next(r);
    if (is_entry && r->module->entry)
        return read_fail(r, at, "a second ENTRY; the first is '%s'", r->module->entry->name);
    ir_comp *comp = ir_comp_new(r->module, NULL);
    comp->loc = lex_loc(r, r->tok.start);
    if (!read_comp_name(r, comp))
        return false;
    const ir_shape *result = NULL;
    const char *signature = r->tok.start;
    if (r->tok.kind == '(' && !(result = read_signature(r)))
        return false;
    if (!read_body(r, comp) || !check_result(r, comp, result, signature) || !read_thread(r, comp))
        return false;
    names_enter(&r->comps, comp->name, strlen(comp->name))->value = comp;
    if (is_entry)
        r->module->entry = comp;
    return true;
}

bool read_alone(reader *r) {
    ir_comp *comp = ir_comp_new(r->module, "entry");
    comp->loc = lex_loc(r, r->tok.start);
    push_scope(r, comp)->may_make_params = true;
    if (!read_instruction(r) || !finish_comp(r, r->tok.start))
        return false;
    read_move_behind_callees(r->module, comp);
    names_enter(&r->comps, comp->name, strlen(comp->name))->value = comp;
    r->module->name = comp->root->name;
    r->module->entry = comp;
    return true;
}
