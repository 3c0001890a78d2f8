/* The canonical HLO text of a module: what the reader reads back to the same module.
 *
 * Names carry no sigil, operands no shapes, computations no signatures; every instruction states its result shape.
 * Async sugar is printed as sugar, without the wrapper computation that the reader invents for it. */
#include "ir.h"

#include <string.h>

static void print_string(const char *text, fw_text *out) {
    static const char special[] = "\"\\\n\t\r", letters[] = "\"\\ntr";
    fw_text_char(out, '"');
    for (; *text; text++) {
        const char *found = strchr(special, *text);
        if (found)
            fw_text_printf(out, "\\%c", letters[found - special]);
        else if ((unsigned char)*text < 32 || *text == 127)
            fw_text_printf(out, "\\%03o", (unsigned)(unsigned char)*text);
        else
            fw_text_char(out, *text);
    }
    fw_text_char(out, '"');
}

/* ---- attribute values ---- */

static void print_groups(const int64_t *ints, int count, bool interior, fw_text *out) {
    for (int i = 0; i < count; i += 3) {
        fw_text_printf(out, "%s%lld_%lld", i ? "x" : "", (long long)ints[i], (long long)ints[i + 1]);
        if (interior && ints[i + 2])
            fw_text_printf(out, "_%lld", (long long)ints[i + 2]);
    }
}

static void print_ranges(const ir_attr *attr, fw_text *out) {
    fw_text_char(out, '{');
    for (int i = 0; i < attr->count; i += 3) {
        const int64_t *range = attr->ints + i;
        fw_text_printf(out, "%s[%lld:%lld", i ? ", " : "", (long long)range[0], (long long)range[1]);
        if (range[2] != 1)
            fw_text_printf(out, ":%lld", (long long)range[2]);
        fw_text_char(out, ']');
    }
    fw_text_char(out, '}');
}

typedef enum { WINDOW_STRIDE, WINDOW_PAD, WINDOW_BASE, WINDOW_DILATION, WINDOW_REVERSAL, WINDOW_FIELDS } window_field;

static bool is_default(const ir_window_dim *dim, window_field field) {
    switch (field) {
    case WINDOW_STRIDE:
        return dim->stride == 1;
    case WINDOW_PAD:
        return dim->pad_low == 0 && dim->pad_high == 0;
    case WINDOW_BASE:
        return dim->base_dilation == 1;
    case WINDOW_DILATION:
        return dim->window_dilation == 1;
    default:
        return !dim->reversal;
    }
}

static void print_window_field(const ir_window *window, window_field field, fw_text *out) {
    static const char *const names[WINDOW_FIELDS] = {"stride", "pad", "lhs_dilate", "rhs_dilate", "rhs_reversal"};
    bool needed = false;
    for (int i = 0; i < window->rank; i++)
        needed |= !is_default(&window->dims[i], field);
    if (!needed)
        return;
    fw_text_printf(out, " %s=", names[field]);
    for (int i = 0; i < window->rank; i++) {
        const ir_window_dim *dim = &window->dims[i];
        int64_t value = field == WINDOW_STRIDE     ? dim->stride
                        : field == WINDOW_BASE     ? dim->base_dilation
                        : field == WINDOW_DILATION ? dim->window_dilation
                                                   : dim->reversal;
        fw_text_add(out, i ? "x" : "");
        if (field == WINDOW_PAD)
            fw_text_printf(out, "%lld_%lld", (long long)dim->pad_low, (long long)dim->pad_high);
        else
            fw_text_printf(out, "%lld", (long long)value);
    }
}

static void print_window(const ir_window *window, fw_text *out) {
    fw_text_char(out, '{');
    for (int i = 0; i < window->rank; i++)
        fw_text_printf(out, "%s%lld", i ? "x" : "size=", (long long)window->dims[i].size);
    for (int f = 0; f < WINDOW_FIELDS; f++)
        print_window_field(window, (window_field)f, out);
    fw_text_char(out, '}');
}

static void print_list(const ir_attr *attr, fw_text *out) {
    fw_text_char(out, '{');
    for (int i = 0; i < attr->count; i++) {
        fw_text_add(out, i ? attr->ints || attr->words ? "," : ", " : "");
        switch (ir_attr_kind_of(attr->id)) {
        case IR_KIND_PREDS:
            fw_text_add(out, attr->ints[i] ? "true" : "false");
            break;
        case IR_KIND_WORDS:
            fw_text_add(out, attr->words[i]);
            break;
        case IR_KIND_COMPS:
            fw_text_add(out, attr->comps[i]->name);
            break;
        case IR_KIND_INSTRS:
            fw_text_add(out, attr->instrs[i]->name);
            break;
        default:
            fw_text_printf(out, "%lld", (long long)attr->ints[i]);
        }
    }
    fw_text_char(out, '}');
}

static void print_attr_literal(const ir_literal *literal, fw_text *out) {
    const ir_shape *shape = literal->shape;
    ir_shape_print(shape, out);
    if (!shape->layout && shape->rank) { /* without a layout the brace of the value would be read as one */
        for (int i = shape->rank - 1; i >= 0; i--)
            fw_text_printf(out, "%c%d", i == shape->rank - 1 ? '{' : ',', i);
        fw_text_char(out, '}');
    }
    fw_text_char(out, ' ');
    ir_literal_print(literal, out);
}

static void print_value(const ir_attr *attr, fw_text *out) {
    switch (ir_attr_kind_of(attr->id)) {
    case IR_KIND_BOOL:
        fw_text_add(out, attr->i ? "true" : "false");
        break;
    case IR_KIND_INT:
        fw_text_printf(out, "%lld", (long long)attr->i);
        break;
    case IR_KIND_FLOAT:
        ir_number_print(IR_F64, &attr->f, out);
        break;
    case IR_KIND_STRING:
        print_string(attr->text, out);
        break;
    case IR_KIND_RANGES:
        print_ranges(attr, out);
        break;
    case IR_KIND_PADDING:
        print_groups(attr->ints, attr->count, true, out);
        break;
    case IR_KIND_WINDOW:
        print_window(attr->window, out);
        break;
    case IR_KIND_DIM_LABELS:
        fw_text_add(out, attr->labels->text);
        break;
    case IR_KIND_COMP:
        fw_text_add(out, attr->comps[0]->name);
        break;
    case IR_KIND_LITERAL:
        print_attr_literal(attr->literal, out);
        break;
    case IR_KIND_INTS:
    case IR_KIND_PREDS:
    case IR_KIND_WORDS:
    case IR_KIND_COMPS:
    case IR_KIND_INSTRS:
        print_list(attr, out);
        break;
    default:
        fw_text_add(out, attr->text);
    }
}

void ir_attr_print(const ir_attr *attr, fw_text *out) {
    fw_text_printf(out, "%s=", ir_attr_name(attr->id));
    print_value(attr, out);
}

/* ---- instructions ---- */

static bool is_sugar_start(const ir_instr *instr) {
    return instr->async_op && instr->op == IR_OP_ASYNC_START && ir_attr_comp(instr, IR_ATTR_CALLS);
}

static void print_opcode(const ir_instr *instr, fw_text *out) {
    fw_text_add(out, instr->async_op ? instr->async_op : ir_op_of(instr->op)->name);
    if (instr->async_op)
        fw_text_add(out, instr->op == IR_OP_ASYNC_START    ? "-start"
                         : instr->op == IR_OP_ASYNC_UPDATE ? "-update"
                                                           : "-done");
}

static void print_operands(const ir_instr *instr, fw_text *out) {
    fw_text_char(out, '(');
    if (instr->op == IR_OP_PARAMETER)
        fw_text_printf(out, "%lld", (long long)instr->param);
    else if (instr->op == IR_OP_CONSTANT)
        ir_literal_print(instr->literal, out);
    for (int i = 0; i < instr->noperands; i++) {
        fw_text_add(out, i ? ", " : "");
        fw_text_add(out, instr->operands[i]->name);
    }
    fw_text_char(out, ')');
}

static void print_attrs(const ir_instr *instr, fw_text *out) {
    bool sugar = is_sugar_start(instr);
    if (sugar) /* what stands on the start belongs to the op inside */
        print_attrs(ir_attr_comp(instr, IR_ATTR_CALLS)->root, out);
    for (int i = 0; i < instr->nattrs; i++) {
        if (sugar && instr->attrs[i].id == IR_ATTR_CALLS)
            continue;
        fw_text_add(out, ", ");
        ir_attr_print(&instr->attrs[i], out);
    }
}

void ir_instr_print(const ir_instr *instr, fw_text *out) {
    if (instr->comp && instr->comp->root == instr)
        fw_text_add(out, "ROOT ");
    fw_text_add(out, instr->name);
    fw_text_add(out, " = ");
    ir_shape_print(instr->shape, out);
    fw_text_char(out, ' ');
    print_opcode(instr, out);
    print_operands(instr, out);
    print_attrs(instr, out);
}

/* ---- modules ---- */

static void print_index(int count, const int64_t *index, fw_text *out) {
    fw_text_char(out, '{');
    for (int i = 0; i < count; i++)
        fw_text_printf(out, "%s%lld", i ? "," : "", (long long)index[i]);
    fw_text_char(out, '}');
}

/* The header of a module that was not read from HLO text. */
static void print_made_header(const ir_module *module, fw_text *out) {
    if (module->is_scheduled)
        fw_text_add(out, ", is_scheduled=true");
    for (int i = 0; i < module->naliases; i++) {
        const ir_alias *alias = &module->aliases[i];
        fw_text_add(out, i ? ", " : ", input_output_alias={ ");
        print_index(alias->noutput, alias->output, out);
        fw_text_printf(out, ": (%lld, ", (long long)alias->param);
        print_index(alias->nindex, alias->index, out);
        fw_text_printf(out, ", %s-alias)", alias->must ? "must" : "may");
    }
    if (module->naliases)
        fw_text_add(out, " }");
    if (module->replica_count != 1)
        fw_text_printf(out, ", replica_count=%lld", (long long)module->replica_count);
    if (module->num_partitions != 1)
        fw_text_printf(out, ", num_partitions=%lld", (long long)module->num_partitions);
}

static void print_header(const ir_module *module, fw_text *out) {
    fw_text_printf(out, "HloModule %s", module->name);
    if (module->header)
        fw_text_printf(out, ", %s", module->header);
    else
        print_made_header(module, out);
    fw_text_char(out, '\n');
    if (module->stack_tables)
        fw_text_printf(out, "\n%s", module->stack_tables);
}

static void print_comp(const ir_comp *comp, fw_text *out) {
    fw_text_printf(out, "\n%s%s {\n", comp == comp->module->entry ? "ENTRY " : "", comp->name);
    for (int i = 0; i < comp->ninstrs; i++) {
        fw_text_add(out, "  ");
        ir_instr_print(comp->instrs[i], out);
        fw_text_char(out, '\n');
    }
    fw_text_char(out, '}');
    if (comp->execution_thread) {
        fw_text_add(out, ", execution_thread=");
        print_string(comp->execution_thread, out);
    }
    fw_text_char(out, '\n');
}

/* The computations that only async sugar names, by their place in the module. */
static bool *find_wrappers(const ir_module *module, fw_arena *arena) {
    bool *is_wrapper = fw_alloc_array(arena, (size_t)module->ncomps, sizeof *is_wrapper);
    for (int c = 0; c < module->ncomps; c++)
        for (int i = 0; i < module->comps[c]->ninstrs; i++) {
            const ir_instr *instr = module->comps[c]->instrs[i];
            for (int w = 0; is_sugar_start(instr) && w < module->ncomps; w++)
                is_wrapper[w] |= module->comps[w] == ir_attr_comp(instr, IR_ATTR_CALLS);
        }
    return is_wrapper;
}

void ir_module_print(const ir_module *module, fw_text *out) {
    fw_arena *scratch = fw_arena_new();
    const bool *is_wrapper = find_wrappers(module, scratch);
    print_header(module, out);
    for (int c = 0; c < module->ncomps; c++)
        if (!is_wrapper[c])
            print_comp(module->comps[c], out);
    fw_arena_free(scratch);
}
