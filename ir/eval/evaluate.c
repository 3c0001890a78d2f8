/* The evaluator's core: runs computations instruction by instruction, with dispatch from ops.def.
 *
 * A computation has an arena for small values, and each large value has one of its own that is freed after its last
 * use, so that a model needs the memory of its live values and not of all. Values never change once made: ops such as
 * tuple and reshape share their operands' data, and an operand lives as long as everything that shares it. */
#include "eval.h"

#include <string.h>

typedef ir_literal *(*eval_function)(eval_frame *f, const ir_instr *instr, ir_literal *const *operands);

static const eval_function functions[IR_NOPS] = {
#define OP(id, text, cls, lo, hi, infer, eval, access, cf, ci, cp, flops, attrs, req) [IR_OP_##id] = eval_##eval,
#include "ops.def"
#undef OP
};

/* Values from here on get an arena of their own. */
#define LARGE_VALUE (32 * 1024)
#define DEEPEST_CALL 1000

ir_literal *eval_fail(eval_frame *f, const ir_instr *instr, const char *problem) {
    fw_error(f->diag, FW_UNSUPPORTED, instr->loc, "the evaluator does not support %s %%%s %s",
        ir_op_of(instr->op)->name, instr->name, problem);
    return NULL;
}

ir_literal *eval_none(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)operands;
    fw_error(f->diag, FW_UNSUPPORTED, instr->loc, "the evaluator does not support %s (%%%s)", ir_op_of(instr->op)->name,
        instr->name);
    return NULL;
}

static void add_lenders(fw_arena *arena, eval_lenders *lenders, int *cap, const ir_literal *value) {
    if (value->shape->type == IR_TUPLE) {
        for (int i = 0; i < value->shape->nelems; i++)
            add_lenders(arena, lenders, cap, value->elems[i]);
    } else if (ir_shape_bytes(value->shape) >= LARGE_VALUE) {
        FW_PUSH(arena, lenders->data, lenders->count, *cap, value->data);
    }
}

eval_lenders eval_lenders_of(fw_arena *arena, ir_literal *const *values, int count) {
    eval_lenders lenders = {0, NULL};
    int cap = 0;
    for (int i = 0; i < count; i++)
        add_lenders(arena, &lenders, &cap, values[i]);
    return lenders;
}

static bool is_lent(const eval_lenders *lenders, const void *data) {
    for (int i = 0; lenders && i < lenders->count; i++)
        if (lenders->data[i] == data)
            return true;
    return false;
}

ir_literal *eval_copy(fw_arena *arena, const ir_literal *literal) {
    return eval_copy_unlent(arena, literal, NULL);
}

ir_literal *eval_copy_unlent(fw_arena *arena, const ir_literal *literal, const eval_lenders *lenders) {
    const ir_shape *shape = literal->shape;
    ir_literal *out = fw_alloc(arena, sizeof *out);
    out->shape = shape;
    if (shape->type == IR_TUPLE) {
        ir_literal **elems = fw_alloc_array(arena, (size_t)shape->nelems + 1, sizeof *elems);
        for (int i = 0; i < shape->nelems; i++)
            elems[i] = eval_copy_unlent(arena, literal->elems[i], lenders);
        out->elems = elems;
        return out;
    }
    int64_t bytes = ir_shape_bytes(shape);
    if (bytes >= LARGE_VALUE && is_lent(lenders, literal->data)) {
        out->data = literal->data;
        return out;
    }
    out->data = fw_alloc(arena, bytes > 0 ? (size_t)bytes : 1);
    if (bytes > 0)
        memcpy(out->data, literal->data, (size_t)bytes);
    return out;
}

ir_literal *eval_view(fw_arena *arena, const ir_shape *shape, const ir_literal *literal) {
    ir_literal *out = fw_alloc(arena, sizeof *out);
    *out = *literal;
    out->shape = shape;
    return out;
}

/* ---- values that pass through ---- */

ir_literal *eval_parameter(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)operands;
    return f->args[instr->param];
}

ir_literal *eval_constant(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)f;
    (void)operands;
    return instr->literal;
}

ir_literal *eval_forward(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)f;
    (void)instr;
    return operands[0];
}

ir_literal *eval_tuple(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    ir_literal *out = fw_alloc(f->arena, sizeof *out);
    ir_literal **elems = fw_alloc_array(f->arena, (size_t)instr->noperands + 1, sizeof *elems);
    for (int i = 0; i < instr->noperands; i++)
        elems[i] = operands[i];
    out->shape = instr->shape;
    out->elems = elems;
    return out;
}

ir_literal *eval_gte(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    (void)f;
    return operands[0]->elems[ir_attr_int(instr, IR_ATTR_INDEX, 0)];
}

/* ---- a computation ---- */

/* Is the value of `instr` nothing but its operands' memory? */
static bool only_shares(const ir_instr *instr) {
    ir_op_class cls = ir_op_of(instr->op)->cls;
    return cls == IR_TUPLE_CLASS || cls == IR_FORWARD || cls == IR_BITCAST_CLASS || instr->op == IR_OP_RESHAPE;
}

/* May it share memory with its operands? Calls and loops lend to their results. */
static bool may_share(const ir_instr *instr) {
    return only_shares(instr) || ir_op_of(instr->op)->cls == IR_CONTROL;
}

/* For each instruction the position after which its memory is not needed; -1: never needed. Users come later, so one
 * walk backwards knows them all. */
static int *last_uses(fw_arena *arena, const ir_comp *comp) {
    int *last = fw_alloc_array(arena, (size_t)comp->ninstrs, sizeof *last);
    for (int i = 0; i < comp->ninstrs; i++)
        last[i] = -1;
    last[comp->root->id] = comp->ninstrs;
    for (int i = comp->ninstrs - 1; i >= 0; i--) {
        const ir_instr *instr = comp->instrs[i];
        if (last[i] < 0)
            continue;
        int until = may_share(instr) ? last[i] : i;
        for (int k = 0; k < instr->noperands; k++) {
            int operand = instr->operands[k]->id;
            if (last[operand] < until)
                last[operand] = until;
        }
    }
    return last;
}

/* The values of one run of a computation. */
typedef struct run {
    const ir_comp *comp;
    fw_arena *small;
    ir_literal **values;
    fw_arena **own; /* of large values */
    int *last;
    int *next_dying; /* lists of large values by the position of their last use */
    int *dying;
} run;

static void start(run *r, const ir_comp *comp) {
    size_t n = (size_t)comp->ninstrs + 1;
    r->comp = comp;
    r->small = fw_arena_new();
    r->values = fw_alloc_array(r->small, n, sizeof *r->values);
    r->own = fw_alloc_array(r->small, n, sizeof *r->own);
    r->next_dying = fw_alloc_array(r->small, n, sizeof *r->next_dying);
    r->dying = fw_alloc_array(r->small, n, sizeof *r->dying);
    r->last = last_uses(r->small, comp);
    for (size_t i = 0; i < n; i++)
        r->dying[i] = -1;
}

static void finish(run *r) {
    for (int i = 0; i < r->comp->ninstrs; i++)
        fw_arena_free(r->own[i]);
    fw_arena_free(r->small);
}

static fw_arena *arena_for(run *r, const ir_instr *instr) {
    if (only_shares(instr) || ir_shape_bytes(instr->shape) < LARGE_VALUE)
        return r->small;
    int i = instr->id, last = r->last[i];
    r->own[i] = fw_arena_new();
    r->next_dying[i] = r->dying[last];
    r->dying[last] = i;
    return r->own[i];
}

static void free_dying(run *r, int position) {
    for (int i = r->dying[position]; i >= 0; i = r->next_dying[i]) {
        fw_arena_free(r->own[i]);
        r->own[i] = NULL;
    }
}

static bool step(run *r, eval_frame *f, const ir_instr *instr, ir_literal **operands) {
    for (int k = 0; k < instr->noperands; k++)
        operands[k] = r->values[instr->operands[k]->id];
    f->arena = arena_for(r, instr);
    r->values[instr->id] = functions[instr->op](f, instr, operands);
    free_dying(r, instr->id);
    return r->values[instr->id] != NULL;
}

static int most_operands(const ir_comp *comp) {
    int most = 0;
    for (int i = 0; i < comp->ninstrs; i++)
        if (comp->instrs[i]->noperands > most)
            most = comp->instrs[i]->noperands;
    return most;
}

ir_literal *eval_comp(fw_arena *arena, fw_diag *diag, const ir_comp *comp, ir_literal *const *args,
    const eval_lenders *lenders, int depth) {
    if (depth > DEEPEST_CALL) {
        fw_error(diag, FW_LIMIT, comp->loc, "calls nest deeper than %d", DEEPEST_CALL);
        return NULL;
    }
    run r;
    start(&r, comp);
    eval_frame f = {NULL, diag, args, depth};
    ir_literal **operands = fw_alloc_array(r.small, (size_t)most_operands(comp) + 1, sizeof *operands);
    bool ok = true;
    for (int i = 0; ok && i < comp->ninstrs; i++)
        if (r.last[i] >= 0)
            ok = step(&r, &f, comp->instrs[i], operands);
    ir_literal *result = ok ? eval_copy_unlent(arena, r.values[comp->root->id], lenders) : NULL;
    finish(&r);
    return result;
}

/* ---- entry points ---- */

/* Everything that will stop the evaluation for certain is reported before it begins, all at once. */
static bool supported(fw_diag *diag, const ir_comp *comp) {
    int before = fw_diag_errors(diag);
    fw_arena *arena = fw_arena_new();
    int *last = last_uses(arena, comp);
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        eval_frame f = {arena, diag, NULL, 0};
        if (last[i] < 0)
            continue;
        if (functions[instr->op] == eval_none)
            eval_none(&f, instr, NULL);
        else if (eval_problem(arena, instr))
            eval_fail(&f, instr, eval_problem(arena, instr));
        else if (!ir_shape_is_static(instr->shape))
            eval_fail(&f, instr, "with symbolic dimensions");
        else if (instr->literal && instr->literal->elided)
            fw_error(
                diag, FW_INPUT, instr->loc, "the values of the constant %%%s were left out of the text", instr->name);
    }
    fw_arena_free(arena);
    return fw_diag_errors(diag) == before;
}

static bool is_reached(const ir_comp *comp, ir_comp *const *reached, int count) {
    for (int i = 0; i < count; i++)
        if (reached[i] == comp)
            return true;
    return false;
}

/* The computations that running `comp` may call, itself included. */
static bool all_supported(fw_diag *diag, const ir_comp *comp) {
    fw_arena *arena = fw_arena_new();
    ir_comp **reached = NULL;
    int count = 0, cap = 0;
    bool ok = true;
    FW_PUSH(arena, reached, count, cap, (ir_comp *)comp);
    for (int i = 0; i < count; i++) {
        ok = supported(diag, reached[i]) && ok;
        for (int k = 0; k < reached[i]->ninstrs; k++) {
            const ir_instr *instr = reached[i]->instrs[k];
            for (int a = 0; a < instr->nattrs; a++) {
                ir_attr_kind kind = ir_attr_kind_of(instr->attrs[a].id);
                if (kind != IR_KIND_COMP && kind != IR_KIND_COMPS)
                    continue;
                for (int n = 0; n < instr->attrs[a].count; n++)
                    if (!is_reached(instr->attrs[a].comps[n], reached, count))
                        FW_PUSH(arena, reached, count, cap, instr->attrs[a].comps[n]);
            }
        }
    }
    fw_arena_free(arena);
    return ok;
}

static const char *text_of(fw_arena *arena, const ir_shape *shape) {
    fw_text text;
    fw_text_init(&text, arena);
    ir_shape_print(shape, &text);
    return fw_text_string(&text);
}

ir_literal *ir_evaluate_comp(fw_arena *arena, fw_diag *diag, const ir_comp *comp, ir_literal *const *args, int nargs) {
    if (nargs != comp->nparams) {
        fw_error(diag, FW_INPUT, comp->loc, "%%%s takes %d arguments, not %d", comp->name, comp->nparams, nargs);
        return NULL;
    }
    for (int i = 0; i < nargs; i++) {
        const ir_shape *want = comp->params[i]->shape;
        if (!ir_shape_equal(args[i]->shape, want)) {
            fw_error(diag, FW_INPUT, comp->params[i]->loc, "argument %d is %s, but parameter %%%s is %s", i,
                text_of(arena, args[i]->shape), comp->params[i]->name, text_of(arena, want));
            return NULL;
        }
    }
    return all_supported(diag, comp) ? eval_comp(arena, diag, comp, args, NULL, 0) : NULL;
}

ir_literal *ir_evaluate(fw_arena *arena, fw_diag *diag, const ir_module *module, ir_literal *const *args, int nargs) {
    return ir_evaluate_comp(arena, diag, module->entry, args, nargs);
}
