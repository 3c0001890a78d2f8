/* The module as a graph for graphviz: a cluster for each computation, an edge for each operand, a dashed edge for each
 * call. */
#include "ir.h"

#include <string.h>

/* A quoted label; `\l` would be a line break to graphviz, so backslashes are doubled. */
static void print_label(const ir_instr *instr, fw_text *out) {
    fw_text label;
    fw_text_init(&label, out->arena);
    fw_text_printf(&label, "%s\n%s", instr->name, ir_op_of(instr->op)->name);
    if (instr->op == IR_OP_PARAMETER)
        fw_text_printf(&label, "(%lld)", (long long)instr->param);
    fw_text_char(&label, '\n');
    ir_shape_print(instr->shape, &label);
    fw_text_char(out, '"');
    for (const char *at = fw_text_string(&label); *at; at++) {
        if (*at == '\n')
            fw_text_add(out, "\\n");
        else if (*at == '"' || *at == '\\')
            fw_text_printf(out, "\\%c", *at);
        else
            fw_text_char(out, *at);
    }
    fw_text_char(out, '"');
}

/* Nodes are numbered over the whole module: names are unique in their computation only. */
static int comp_place(const ir_module *module, const ir_comp *comp) {
    for (int c = 0; c < module->ncomps; c++)
        if (module->comps[c] == comp)
            return c;
    return -1;
}

static void print_edges(const ir_module *module, int place, const ir_instr *instr, fw_text *out) {
    for (int i = 0; i < instr->noperands; i++)
        fw_text_line(out, "n%d_%d -> n%d_%d;", place, instr->operands[i]->id, place, instr->id);
    for (int a = 0; a < instr->nattrs; a++)
        for (int i = 0; instr->attrs[a].comps && i < instr->attrs[a].count; i++) {
            const ir_comp *callee = instr->attrs[a].comps[i];
            fw_text_line(out, "n%d_%d -> n%d_%d [style=dashed, label=\"%s\"];", comp_place(module, callee),
                callee->root->id, place, instr->id, ir_attr_name(instr->attrs[a].id));
        }
}

void ir_module_print_dot(const ir_module *module, fw_text *out) {
    fw_text_line(out, "digraph \"%s\" {", module->name);
    out->indent++;
    fw_text_line(out, "node [shape=box, fontname=\"monospace\"];");
    for (int c = 0; c < module->ncomps; c++) {
        const ir_comp *comp = module->comps[c];
        fw_text_line(out, "subgraph cluster_%d {", c);
        out->indent++;
        fw_text_line(out, "label=\"%s%s\";", comp == module->entry ? "ENTRY " : "", comp->name);
        for (int i = 0; i < comp->ninstrs; i++) {
            fw_text_printf(out, "%*sn%d_%d [%slabel=", 4 * out->indent, "", c, comp->instrs[i]->id,
                comp->instrs[i] == comp->root ? "peripheries=2, " : "");
            print_label(comp->instrs[i], out);
            fw_text_add(out, "];\n");
        }
        out->indent--;
        fw_text_line(out, "}");
    }
    for (int c = 0; c < module->ncomps; c++)
        for (int i = 0; i < module->comps[c]->ninstrs; i++)
            print_edges(module, c, module->comps[c]->instrs[i], out);
    out->indent--;
    fw_text_line(out, "}");
}
