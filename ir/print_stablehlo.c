/* The module as StableHLO text, in MLIR's generic form: what every tool that knows StableHLO parses.
 *
 * The entry becomes @main, computations that are called by name private functions, all others regions where they are
 * used. Tuples come apart into their leaves, so tuple and get-tuple-element leave no trace. Layouts, control
 * predecessors, statistics and backend configurations (but for custom calls) have no meaning for values and are left
 * out. */
#include "print_stablehlo.h"

#include <ctype.h>
#include <string.h>

static void print_instr(shlo *p, const ir_instr *instr);

int shlo_place(const shlo *p, const ir_comp *comp) {
    return fw_intern_find(p->places, comp->name, strlen(comp->name));
}

/* ---- SSA names: HLO's, with a number behind where a region around has the same ---- */

static const char *clean(fw_arena *arena, const char *name) {
    char *text = fw_format(arena, isalpha((unsigned char)*name) || *name == '_' ? "%s" : "_%s", name);
    for (char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_$.-", *c))
            *c = '_';
    return text;
}

static const char *define(shlo *p, const char *name) {
    const char *base = clean(p->arena, name), *text = base;
    int id = fw_intern_id(p->names, text, strlen(text));
    for (int n = 1; id < p->nvisible && p->visible[id]; n++) {
        text = fw_format(p->arena, "%s_%d", base, n);
        id = fw_intern_id(p->names, text, strlen(text));
    }
    while (p->nvisible <= id)
        FW_PUSH(p->arena, p->visible, p->nvisible, p->visible_cap, false);
    p->visible[id] = true;
    FW_PUSH(p->arena, p->scope, p->nscope, p->scope_cap, id);
    return text;
}

static void leave_scope(shlo *p, int mark) {
    while (p->nscope > mark)
        p->visible[p->scope[--p->nscope]] = false;
}

/* ---- values ---- */

static void add_value(shlo *p, shlo_values *values, const char *name, const ir_shape *shape) {
    shlo_value value = {name, shape};
    FW_PUSH(p->arena, values->items, values->count, values->cap, value);
}

static void add_values(shlo *p, shlo_values *values, const shlo_values *more) {
    for (int i = 0; i < more->count; i++)
        add_value(p, values, more->items[i].name, more->items[i].shape);
}

/* Leaves without names. */
static void add_leaves(shlo *p, shlo_values *values, const ir_shape *shape) {
    if (shape->type != IR_TUPLE)
        add_value(p, values, "", shape);
    for (int i = 0; shape->type == IR_TUPLE && i < shape->nelems; i++)
        add_leaves(p, values, shape->elems[i]);
}

static shlo_values operands_of(shlo *p, const ir_instr *instr) {
    shlo_values operands = {0, 0, NULL};
    for (int i = 0; i < instr->noperands; i++)
        add_values(p, &operands, &p->frame[instr->operands[i]->id]);
    return operands;
}

static void print_names(const shlo_values *values, fw_text *out) {
    for (int i = 0; i < values->count; i++)
        fw_text_printf(out, "%s%%%s", i ? ", " : "", values->items[i].name);
}

/* ---- one operation: %name = "op"(operands) <{properties}> ({regions}) {discardable} : (types) -> types loc(...) ----
 */

static void start_line(shlo *p) {
    fw_text_printf(p->out, "%*s", 2 * p->out->indent, "");
}

/* Names `results` after the instruction. */
static void begin_op(
    shlo *p, const ir_instr *instr, const char *op, const shlo_values *operands, shlo_values *results) {
    int n = results->count;
    const char *name = n ? define(p, instr->name) : NULL;
    for (int i = 0; i < n; i++)
        results->items[i].name = n == 1 ? name : fw_format(p->arena, "%s#%d", name, i);
    start_line(p);
    if (n == 1)
        fw_text_printf(p->out, "%%%s = ", name);
    else if (n)
        fw_text_printf(p->out, "%%%s:%d = ", name, n);
    fw_text_printf(p->out, "\"%s\"(", op);
    print_names(operands, p->out);
    fw_text_char(p->out, ')');
    p->nattrs = 0;
}

static void end_attrs(shlo *p) {
    fw_text_add(p->out, p->nattrs ? "}>" : "");
}

static void end_op(shlo *p, const ir_instr *instr, const shlo_values *operands, const shlo_values *results) {
    fw_text_add(p->out, " : ");
    shlo_types(operands, true, p->out);
    fw_text_add(p->out, " -> ");
    shlo_types(results, false, p->out);
    if (instr->op_name) {
        fw_text_add(p->out, " loc(");
        shlo_string(instr->op_name, p->out);
        fw_text_char(p->out, ')');
    }
    fw_text_char(p->out, '\n');
}

/* ---- bodies and regions ---- */

static void print_block_header(shlo *p, const ir_comp *comp) {
    bool any = false;
    for (int i = 0; i < comp->nparams; i++) {
        shlo_values *leaves = &p->frame[comp->params[i]->id];
        for (int k = 0; k < leaves->count; k++) {
            fw_text_printf(p->out, any ? ", %%%s: " : "^bb0(%%%s: ", leaves->items[k].name);
            shlo_type(leaves->items[k].shape, p->out);
            any = true;
        }
    }
    fw_text_add(p->out, any ? "):\n" : "");
}

/* The parameters of a body as leaves with names of their own. */
static void define_params(shlo *p, const ir_comp *comp) {
    for (int i = 0; i < comp->nparams; i++) {
        shlo_values *leaves = &p->frame[comp->params[i]->id];
        add_leaves(p, leaves, comp->params[i]->shape);
        for (int k = 0; k < leaves->count; k++)
            leaves->items[k].name = define(p, comp->params[i]->name);
    }
}

static void print_body(shlo *p, const ir_comp *comp, const char *terminator) {
    for (int i = 0; i < comp->ninstrs; i++)
        print_instr(p, comp->instrs[i]);
    const shlo_values *results = &p->frame[comp->root->id];
    start_line(p);
    fw_text_printf(p->out, "\"%s\"(", terminator);
    print_names(results, p->out);
    fw_text_add(p->out, ") : ");
    shlo_types(results, true, p->out);
    fw_text_add(p->out, " -> ()\n");
}

/* A computation between braces. Its parameters are block arguments, or `bound` where the region takes none. */
static void print_region(shlo *p, const ir_comp *comp, const shlo_values *bound) {
    shlo_values *outer = p->frame;
    int mark = p->nscope;
    p->frame = fw_alloc_array(p->arena, (size_t)comp->ninstrs, sizeof *p->frame);
    fw_text_add(p->out, "{\n");
    if (bound) {
        p->frame[comp->params[0]->id] = *bound;
    } else {
        define_params(p, comp);
        start_line(p);
        print_block_header(p, comp);
    }
    p->out->indent++;
    print_body(p, comp, "stablehlo.return");
    p->out->indent--;
    start_line(p);
    fw_text_char(p->out, '}');
    leave_scope(p, mark);
    p->frame = outer;
}

/* ---- forms of stablehlo.def ---- */

static void print_op(shlo *p, const ir_instr *instr, const char *name, bool with_regions) {
    static const ir_attr_id regions[] = {
        IR_ATTR_TO_APPLY, IR_ATTR_SELECT, IR_ATTR_SCATTER, IR_ATTR_CONDITION, IR_ATTR_BODY};
    shlo_values operands = operands_of(p, instr), *results = &p->frame[instr->id];
    const char *separator = " (";
    add_leaves(p, results, instr->shape);
    begin_op(p, instr, name, &operands, results);
    shlo_op_of(instr->op)->attrs(p, instr);
    end_attrs(p);
    for (int i = 0; with_regions && i < FW_COUNT(regions); i++) {
        const ir_comp *comp = ir_attr_comp(instr, regions[i]);
        if (!comp)
            continue;
        fw_text_add(p->out, separator);
        print_region(p, comp, NULL);
        separator = ", ";
    }
    fw_text_add(p->out, with_regions ? ")" : "");
    shlo_discardable(p, instr);
    end_op(p, instr, &operands, results);
}

static void form_plain(shlo *p, const ir_instr *instr) {
    print_op(p, instr, shlo_op_of(instr->op)->name, false);
}

static void form_regions(shlo *p, const ir_instr *instr) {
    print_op(p, instr, shlo_op_of(instr->op)->name, true);
}

/* The value of the first operand, under its name. */
static void form_forward(shlo *p, const ir_instr *instr) {
    p->frame[instr->id] = p->frame[instr->operands[0]->id];
}

/* Named where the block begins. */
static void form_parameter(shlo *p, const ir_instr *instr) {
    (void)p;
    (void)instr;
}

static void form_tuple(shlo *p, const ir_instr *instr) {
    p->frame[instr->id] = operands_of(p, instr);
}

static int leaf_count(const ir_shape *shape) {
    int count = shape->type != IR_TUPLE;
    for (int i = 0; shape->type == IR_TUPLE && i < shape->nelems; i++)
        count += leaf_count(shape->elems[i]);
    return count;
}

static void form_element(shlo *p, const ir_instr *instr) {
    const ir_instr *tuple = instr->operands[0];
    int64_t index = ir_attr_int(instr, IR_ATTR_INDEX, 0);
    int first = 0;
    for (int64_t i = 0; i < index; i++)
        first += leaf_count(tuple->shape->elems[i]);
    shlo_values part = {leaf_count(instr->shape), 0, p->frame[tuple->id].items + first};
    add_values(p, &p->frame[instr->id], &part);
}

static shlo_value print_literal(shlo *p, const ir_instr *instr, const ir_literal *literal) {
    shlo_values none = {0, 0, NULL}, results = {0, 0, NULL};
    add_leaves(p, &results, literal->shape);
    begin_op(p, instr, "stablehlo.constant", &none, &results);
    shlo_dense(literal, shlo_attr(p, "value"));
    end_attrs(p);
    end_op(p, instr, &none, &results);
    return results.items[0];
}

/* A constant tuple is a constant for each leaf. */
static void print_leaf_literals(shlo *p, const ir_instr *instr, const ir_literal *literal) {
    if (literal->shape->type != IR_TUPLE) {
        shlo_value value = print_literal(p, instr, literal);
        add_value(p, &p->frame[instr->id], value.name, value.shape);
        return;
    }
    for (int i = 0; i < literal->shape->nelems; i++)
        print_leaf_literals(p, instr, literal->elems[i]);
}

static void form_constant(shlo *p, const ir_instr *instr) {
    print_leaf_literals(p, instr, instr->literal);
}

/* The result has the type of the callee's root: that is the instruction's own, but for asynchronous starts. */
static void form_call(shlo *p, const ir_instr *instr) {
    const ir_comp *callee = ir_attr_comp(instr, instr->op == IR_OP_CALL ? IR_ATTR_TO_APPLY : IR_ATTR_CALLS);
    shlo_values operands = operands_of(p, instr), *results = &p->frame[instr->id];
    add_leaves(p, results, callee->root->shape);
    begin_op(p, instr, "func.call", &operands, results);
    shlo_symbol(p->functions[shlo_place(p, callee)], shlo_attr(p, "callee"));
    end_attrs(p);
    shlo_discardable(p, instr);
    end_op(p, instr, &operands, results);
}

/* HLO passes each branch its operand; StableHLO's branches see it from outside. Branch 0 is `true` in both. */
static void form_conditional(shlo *p, const ir_instr *instr) {
    const ir_attr *branches = ir_attr_get(instr, IR_ATTR_BRANCH_COMPUTATIONS);
    ir_comp *pair[] = {ir_attr_comp(instr, IR_ATTR_TRUE_COMPUTATION), ir_attr_comp(instr, IR_ATTR_FALSE_COMPUTATION)};
    ir_comp **comps = branches ? branches->comps : pair;
    shlo_values *results = &p->frame[instr->id], *index = &p->frame[instr->operands[0]->id];
    add_leaves(p, results, instr->shape);
    begin_op(p, instr, instr->operands[0]->shape->type == IR_PRED ? "stablehlo.if" : "stablehlo.case", index, results);
    for (int i = 0; i < instr->noperands - 1; i++) {
        fw_text_add(p->out, i ? ", " : " (");
        print_region(p, comps[i], &p->frame[instr->operands[i + 1]->id]);
    }
    fw_text_char(p->out, ')');
    shlo_discardable(p, instr);
    end_op(p, instr, index, results);
}

/* StableHLO takes the shape of the result as an operand. */
static void form_rng(shlo *p, const ir_instr *instr) {
    const ir_shape *shape = instr->shape;
    int64_t rank = shape->rank;
    ir_literal *sizes = ir_literal_new(p->arena, ir_shape_array(p->arena, IR_S64, 1, &rank));
    for (int d = 0; d < shape->rank; d++)
        ((int64_t *)sizes->data)[d] = shape->dims[d].bound;
    shlo_value constant = print_literal(p, instr, sizes);
    shlo_values operands = operands_of(p, instr), *results = &p->frame[instr->id];
    add_value(p, &operands, constant.name, constant.shape);
    add_leaves(p, results, shape);
    begin_op(p, instr, "stablehlo.rng", &operands, results);
    attrs_rng(p, instr);
    end_attrs(p);
    end_op(p, instr, &operands, results);
}

/* ---- bitcast: the bytes stay, so logical order changes where a layout is not row-major ---- */

/* One step of a bitcast: `value` becomes what `op` makes of it, transposed by `permutation` when that is not NULL. */
static shlo_value recast(shlo *p, const ir_instr *instr, const char *op, shlo_value value, const ir_shape *shape,
    const int64_t *permutation) {
    shlo_values operand = {1, 0, &value}, results = {0, 0, NULL};
    add_leaves(p, &results, shape);
    begin_op(p, instr, op, &operand, &results);
    if (permutation)
        shlo_attr_array(p, "permutation", shape->rank, permutation);
    end_attrs(p);
    end_op(p, instr, &operand, &results);
    return results.items[0];
}

/* The dimensions of a shape from the slowest in memory to the fastest. */
static int64_t *storage_order(shlo *p, const ir_shape *shape) {
    int64_t *order = fw_alloc_array(p->arena, (size_t)shape->rank + 1, sizeof *order);
    for (int i = 0; i < shape->rank; i++)
        order[i] = ir_shape_is_row_major(shape) ? i : shape->layout->minor_to_major[shape->rank - 1 - i];
    return order;
}

static const ir_shape *stored(shlo *p, const ir_shape *shape, ir_type type, const int64_t *order) {
    ir_dim *dims = fw_alloc_array(p->arena, (size_t)shape->rank + 1, sizeof *dims);
    for (int i = 0; i < shape->rank; i++)
        dims[i] = shape->dims[order[i]];
    return ir_shape_dims(p->arena, type, shape->rank, dims);
}

static void form_bitcast(shlo *p, const ir_instr *instr) {
    const ir_shape *from = instr->operands[0]->shape, *to = instr->shape;
    shlo_value value = p->frame[instr->operands[0]->id].items[0];
    int64_t *from_order = storage_order(p, from), *to_order = storage_order(p, to);
    int64_t *back = fw_alloc_array(p->arena, (size_t)to->rank + 1, sizeof *back);
    const ir_shape *from_stored = stored(p, from, to->type, from_order), *to_stored = stored(p, to, to->type, to_order);
    for (int i = 0; i < to->rank; i++)
        back[to_order[i]] = i;
    if (from->type != to->type)
        value =
            recast(p, instr, "stablehlo.bitcast_convert", value, ir_shape_with_type(p->arena, from, to->type), NULL);
    if (!ir_shape_is_row_major(from))
        value = recast(p, instr, "stablehlo.transpose", value, from_stored, from_order);
    if (!ir_shape_same_dims(from_stored, to_stored))
        value = recast(p, instr, "stablehlo.reshape", value, to_stored, NULL);
    if (!ir_shape_is_row_major(to))
        value = recast(p, instr, "stablehlo.transpose", value, to, back);
    add_value(p, &p->frame[instr->id], value.name, to);
}

/* ---- the table ---- */

const shlo_op *shlo_op_of(ir_op op) {
    static const shlo_op table[IR_NOPS] = {
#define SHLO(id, name, form, attrs) [IR_OP_##id] = {name, form_##form, attrs_##attrs},
#include "stablehlo.def"
#undef SHLO
    };
    return &table[op];
}

static void print_instr(shlo *p, const ir_instr *instr) {
    shlo_op_of(instr->op)->form(p, instr);
}

/* ---- functions and the module ---- */

/* The first leaf of the part of a tuple that `index` leads to. */
static int leaf_at(const ir_shape *shape, int nindex, const int64_t *index) {
    int leaf = 0;
    for (int i = 0; i < nindex; i++) {
        for (int64_t k = 0; k < index[i]; k++)
            leaf += leaf_count(shape->elems[k]);
        shape = shape->elems[index[i]];
    }
    return leaf;
}

/* The output that may be written into a leaf of a parameter, or -1. */
static int aliased_output(const ir_module *module, const ir_instr *param, int leaf) {
    for (int i = 0; i < module->naliases; i++) {
        const ir_alias *alias = &module->aliases[i];
        if (alias->param == param->param && leaf_at(param->shape, alias->nindex, alias->index) == leaf)
            return leaf_at(module->entry->root->shape, alias->noutput, alias->output);
    }
    return -1;
}

static void print_params(shlo *p, const ir_comp *comp) {
    bool any = false;
    for (int i = 0; i < comp->nparams; i++) {
        const shlo_values *leaves = &p->frame[comp->params[i]->id];
        for (int k = 0; k < leaves->count; k++) {
            int output = comp == p->module->entry ? aliased_output(p->module, comp->params[i], k) : -1;
            fw_text_printf(p->out, "%s%%%s: ", any ? ", " : "", leaves->items[k].name);
            shlo_type(leaves->items[k].shape, p->out);
            if (output >= 0)
                fw_text_printf(p->out, " {tf.aliasing_output = %d : i32}", output);
            any = true;
        }
    }
}

static void print_function(shlo *p, int place) {
    const ir_comp *comp = p->module->comps[place];
    shlo_values results = {0, 0, NULL};
    int mark = p->nscope;
    p->frame = fw_alloc_array(p->arena, (size_t)comp->ninstrs, sizeof *p->frame);
    define_params(p, comp);
    start_line(p);
    fw_text_printf(p->out, "func.func %s ", comp == p->module->entry ? "public" : "private");
    shlo_symbol(p->functions[place], p->out);
    fw_text_char(p->out, '(');
    print_params(p, comp);
    fw_text_add(p->out, ") -> ");
    add_leaves(p, &results, comp->root->shape);
    shlo_types(&results, true, p->out);
    fw_text_add(p->out, " {\n");
    p->out->indent++;
    print_body(p, comp, "func.return");
    p->out->indent--;
    fw_text_add(p->out, "  }\n");
    leave_scope(p, mark);
}

static void print_functions(shlo *p) {
    int entry = shlo_place(p, p->module->entry);
    fw_text_add(p->out, "module ");
    shlo_symbol(p->module->name, p->out);
    fw_text_printf(p->out, " attributes {mhlo.num_partitions = %lld : i32, mhlo.num_replicas = %lld : i32} {\n",
        (long long)p->module->num_partitions, (long long)p->module->replica_count);
    p->out->indent++;
    print_function(p, entry);
    for (int c = 0; c < p->module->ncomps; c++)
        if (c != entry && p->functions[c])
            print_function(p, c);
    p->out->indent--;
    fw_text_add(p->out, "}\n");
}

bool ir_module_print_stablehlo(const ir_module *module, fw_diag *diag, fw_text *out) {
    fw_arena *scratch = fw_arena_new();
    shlo p = {.arena = scratch, .out = out, .module = module};
    p.places = fw_intern_new(scratch);
    p.names = fw_intern_new(scratch);
    p.functions = fw_alloc_array(scratch, (size_t)module->ncomps, sizeof *p.functions);
    p.reached = fw_alloc_array(scratch, (size_t)module->ncomps, sizeof *p.reached);
    for (int c = 0; c < module->ncomps; c++)
        fw_intern_id(p.places, module->comps[c]->name, strlen(module->comps[c]->name));
    bool fine = shlo_check(&p, diag);
    if (fine)
        print_functions(&p);
    fw_arena_free(scratch);
    return fine;
}
