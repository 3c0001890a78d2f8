/* What of a module StableHLO can say, before a line of it is printed: all refusals at once, with their places. */
#include "print_stablehlo.h"

#include <string.h>

/* Regions nest, and a computation that two regions use is printed twice: both are bounded. */
enum { DEPTH_MAX = 100, PRINTED_MAX = 1 << 24 };

/* ---- refusals: NULL, or why the instruction cannot be said ---- */

static const char *refuse_custom_call(const ir_instr *instr) {
    static const ir_attr_id meaningful[] = {
        IR_ATTR_OUTPUT_TO_OPERAND_ALIASING, IR_ATTR_WINDOW, IR_ATTR_DIM_LABELS, IR_ATTR_LITERAL};
    for (int i = 0; i < FW_COUNT(meaningful); i++)
        if (ir_attr_get(instr, meaningful[i]))
            return ir_attr_name(meaningful[i]);
    for (int i = 0; i < instr->noperands; i++)
        if (instr->operands[i]->shape->type == IR_TUPLE)
            return "a tuple as operand";
    for (int i = 0; i < instr->shape->nelems; i++)
        if (instr->shape->elems[i]->type == IR_TUPLE)
            return "a tuple inside the result";
    return NULL;
}

static const char *refuse_precision(const ir_instr *instr) {
    static const char *const words[] = {"default", "high", "highest"};
    const ir_attr *attr = ir_attr_get(instr, IR_ATTR_OPERAND_PRECISION);
    for (int i = 0; attr && i < attr->count; i++) {
        bool known = false;
        for (int w = 0; w < FW_COUNT(words); w++)
            known |= !strcmp(attr->words[i], words[w]);
        if (!known)
            return attr->words[i];
    }
    return NULL;
}

static const char *refuse_contraction(const ir_instr *instr) {
    const char *algorithm = ir_attr_word(instr, IR_ATTR_ALGORITHM);
    const ir_attr *labels = ir_attr_get(instr, IR_ATTR_DIM_LABELS);
    bool is_dot = instr->op == IR_OP_DOT;
    if (algorithm && strcmp(algorithm, "unset") && !(is_dot && shlo_dot_algorithm(algorithm, NULL)))
        return algorithm;
    if (labels && strchr(labels->labels->text, '?'))
        return "a dimension without a meaning";
    if (ir_attr_get(instr, IR_ATTR_SPARSITY_CONFIG))
        return ir_attr_name(IR_ATTR_SPARSITY_CONFIG);
    return refuse_precision(instr);
}

static const char *refuse_bitcast(const ir_instr *instr) {
    const ir_shape *from = instr->operands[0]->shape, *to = instr->shape;
    if (from->type == IR_TUPLE || to->type == IR_TUPLE)
        return "between tuples";
    if ((from->layout && from->layout->suffix) || (to->layout && to->layout->suffix))
        return "between tiled layouts";
    return ir_type_bits(from->type) != ir_type_bits(to->type) ? "between element types of different size" : NULL;
}

static const char *refuse_select_and_scatter(const ir_instr *instr) {
    const ir_attr *window = ir_attr_get(instr, IR_ATTR_WINDOW);
    for (int i = 0; window && i < window->window->rank; i++)
        if (window->window->dims[i].base_dilation != 1 || window->window->dims[i].window_dilation != 1)
            return "a dilated window";
    return NULL;
}

/* What an asynchronous start returns is more than the value that its done gives: the other parts exist in HLO only. */
static const char *refuse_async_operand(const ir_instr *instr) {
    bool takes_it = instr->op == IR_OP_ASYNC_UPDATE || instr->op == IR_OP_ASYNC_DONE || instr->op == IR_OP_COPY_DONE;
    for (int i = 0; i < instr->noperands; i++) {
        ir_op op = instr->operands[i]->op;
        if (!takes_it && (op == IR_OP_ASYNC_START || op == IR_OP_ASYNC_UPDATE || op == IR_OP_COPY_START))
            return "parts of an asynchronous operation";
    }
    return NULL;
}

static const char *refuse_start_indices(const ir_instr *instr, int first) {
    bool is_vector = instr->noperands == first + 1 && instr->operands[first]->shape->rank == 1;
    return is_vector ? "start indices in one vector" : NULL;
}

/* The form of all-to-all with an operand for each device, and of collective-permute with slices, exist in HLO only. */
static const char *refuse_collective(fw_arena *arena, const ir_instr *instr) {
    shlo_groups groups;
    if (!shlo_groups_of(arena, instr, IR_ATTR_REPLICA_GROUPS, &groups))
        return "its replica groups";
    if (instr->op == IR_OP_ALL_TO_ALL && (!ir_attr_get(instr, IR_ATTR_DIMENSIONS) || !groups.size))
        return "no dimension to split";
    if (instr->op != IR_OP_COLLECTIVE_PERMUTE)
        return NULL;
    if (instr->noperands != 1)
        return "slices of its operands";
    bool pairs = shlo_groups_of(arena, instr, IR_ATTR_SOURCE_TARGET_PAIRS, &groups);
    return pairs && (!groups.count || groups.size == 2) ? NULL : "its source-target pairs";
}

static const char *refuse_op(fw_arena *arena, const ir_instr *instr) {
    switch (instr->op) {
    case IR_OP_CUSTOM_CALL:
        return refuse_custom_call(instr);
    case IR_OP_DOT:
    case IR_OP_CONVOLUTION:
        return refuse_contraction(instr);
    case IR_OP_BITCAST:
        return refuse_bitcast(instr);
    case IR_OP_SELECT_AND_SCATTER:
        return refuse_select_and_scatter(instr);
    case IR_OP_DYNAMIC_SLICE:
        return refuse_start_indices(instr, 1);
    case IR_OP_DYNAMIC_UPDATE_SLICE:
        return refuse_start_indices(instr, 2);
    case IR_OP_TOPK:
        return ir_attr_int(instr, IR_ATTR_LARGEST, 1) ? NULL : "the smallest elements";
    default:
        return ir_op_of(instr->op)->cls == IR_COLLECTIVE ? refuse_collective(arena, instr) : NULL;
    }
}

static bool check_instr(fw_arena *arena, const ir_instr *instr, fw_diag *diag) {
    const char *op = ir_op_of(instr->op)->name, *reason = refuse_async_operand(instr);
    if (!shlo_op_of(instr->op)->name) {
        fw_error(diag, FW_UNSUPPORTED, instr->loc, "cannot print %s (%%%s) as StableHLO", op, instr->name);
        return false;
    }
    /* The start of an asynchronous pair is typed by what it computes, not by its own shape; a tuple by its parts. */
    bool starts = instr->op == IR_OP_ASYNC_START || instr->op == IR_OP_ASYNC_UPDATE || instr->op == IR_OP_COPY_START;
    if (!starts && instr->op != IR_OP_TUPLE && !shlo_has_type(instr->shape))
        reason = "its element type";
    if (starts && instr->comp->root == instr)
        reason = "an asynchronous operation without an end";
    if (!reason)
        reason = refuse_op(arena, instr);
    if (reason)
        fw_error(diag, FW_UNSUPPORTED, instr->loc, "cannot print %s (%%%s) as StableHLO: %s", op, instr->name, reason);
    return !reason;
}

/* ---- reachable computations ---- */

static bool is_called_by_name(ir_op op) {
    return op == IR_OP_CALL || op == IR_OP_FUSION || op == IR_OP_ASYNC_START || op == IR_OP_CUSTOM_CALL;
}

static void reach_callees(shlo *p, const ir_instr *instr) {
    for (int a = 0; a < instr->nattrs; a++)
        for (int i = 0; instr->attrs[a].comps && i < instr->attrs[a].count; i++) {
            int place = shlo_place(p, instr->attrs[a].comps[i]);
            p->reached[place] = true;
            if (is_called_by_name(instr->op) && !p->functions[place])
                p->functions[place] = p->module->comps[place]->name;
        }
}

/* Callees stand before their callers, so one walk from the back reaches all. */
static bool check_comps(shlo *p, fw_diag *diag) {
    bool fine = true;
    p->reached[shlo_place(p, p->module->entry)] = true;
    for (int c = p->module->ncomps - 1; c >= 0; c--)
        for (int i = 0; p->reached[c] && i < p->module->comps[c]->ninstrs; i++) {
            const ir_instr *instr = p->module->comps[c]->instrs[i];
            fine &= check_instr(p->arena, instr, diag);
            reach_callees(p, instr);
        }
    return fine;
}

/* The entry is @main, as every tool expects; another computation of this name gives way. */
static void name_functions(shlo *p) {
    int entry = shlo_place(p, p->module->entry);
    for (int c = 0; c < p->module->ncomps; c++) {
        const char *name = p->functions[c];
        if (!name || c == entry || strcmp(name, "main"))
            continue;
        for (int n = 1; fw_intern_find(p->places, name, strlen(name)) >= 0; n++)
            name = fw_format(p->arena, "main_%d", n);
        p->functions[c] = name;
    }
    p->functions[entry] = "main";
}

/* ---- size ---- */

static int64_t at_most(int64_t value, int64_t most) {
    return value < most ? value : most;
}

/* Lines of a computation with its regions and the depth of these, from those of its callees, which stand before it. */
static bool fits(shlo *p, fw_diag *diag) {
    const ir_module *module = p->module;
    int64_t *lines = fw_alloc_array(p->arena, (size_t)module->ncomps, sizeof *lines);
    int *depth = fw_alloc_array(p->arena, (size_t)module->ncomps, sizeof *depth);
    for (int c = 0; c < module->ncomps; c++) {
        lines[c] = module->comps[c]->ninstrs;
        for (int i = 0; i < module->comps[c]->ninstrs; i++) {
            const ir_instr *instr = module->comps[c]->instrs[i];
            for (int a = 0; !is_called_by_name(instr->op) && a < instr->nattrs; a++)
                for (int k = 0; instr->attrs[a].comps && k < instr->attrs[a].count; k++) {
                    int place = shlo_place(p, instr->attrs[a].comps[k]);
                    lines[c] = at_most(lines[c] + lines[place], PRINTED_MAX + 1);
                    depth[c] = depth[place] + 1 > depth[c] ? depth[place] + 1 : depth[c];
                }
        }
        if (p->reached[c] && (lines[c] > PRINTED_MAX || depth[c] > DEPTH_MAX)) {
            fw_error(diag, FW_LIMIT, module->comps[c]->loc, "'%s' with its regions is over %d lines or %d levels deep",
                module->comps[c]->name, PRINTED_MAX, DEPTH_MAX);
            return false;
        }
    }
    return true;
}

bool shlo_check(shlo *p, fw_diag *diag) {
    bool fine = check_comps(p, diag);
    name_functions(p);
    return fits(p, diag) && fine;
}
