/* The module as one HTML page that needs no network and no scripts: a section for each computation, a row for each
 * instruction, links from operands, users and calls to where they are defined. */
#include "ir.h"

#include <string.h>

/* Constants of more elements are told by their count. */
enum { SHOWN_MAX = 16 };

static const char style[] =
    ":root { color-scheme: light dark; --line: #8884; --mark: #fd03; --quiet: #888; --link: #1763c6; }\n"
    "@media (prefers-color-scheme: dark) { :root { --link: #7ab4ff; } }\n"
    "body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; }\n"
    "h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }\n"
    "nav { columns: 18rem; } nav a { display: block; }\n"
    "a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { border-bottom: 1px solid var(--line); padding: 0.15rem 0.6rem; text-align: left; vertical-align: top; }\n"
    "th { position: sticky; top: 0; background: Canvas; }\n"
    "td { font-family: ui-monospace, monospace; font-size: 12px; overflow-wrap: anywhere; }\n"
    "tr:target, h2:target { background: var(--mark); } tr.root td:first-child { font-weight: bold; }\n"
    ".quiet { color: var(--quiet); }\n";

typedef struct page {
    fw_arena *arena; /* for as long as the printing lasts */
    fw_text *out;
    const ir_module *module;
    fw_intern *places; /* names of computations, numbered by place in the module */
} page;

/* ---- text ---- */

static void print_escaped(const char *text, fw_text *out) {
    for (; *text; text++)
        switch (*text) {
        case '&':
            fw_text_add(out, "&amp;");
            break;
        case '<':
            fw_text_add(out, "&lt;");
            break;
        case '>':
            fw_text_add(out, "&gt;");
            break;
        case '"':
            fw_text_add(out, "&quot;");
            break;
        default:
            fw_text_char(out, *text);
        }
}

static int place_of(const page *p, const ir_comp *comp) {
    return fw_intern_find(p->places, comp->name, strlen(comp->name));
}

/* Names are unique in their computation only: places make the targets of links. */
static void link_instr(page *p, const ir_instr *instr) {
    fw_text_printf(p->out, "<a href=\"#i%d.%d\">", place_of(p, instr->comp), instr->id);
    print_escaped(instr->name, p->out);
    fw_text_add(p->out, "</a>");
}

static void link_comp(page *p, const ir_comp *comp) {
    fw_text_printf(p->out, "<a href=\"#c%d\">", place_of(p, comp));
    print_escaped(comp->name, p->out);
    fw_text_add(p->out, "</a>");
}

/* ---- cells ---- */

static void print_shape(page *p, const ir_shape *shape) {
    fw_text text;
    fw_text_init(&text, p->arena);
    ir_shape_print(shape, &text);
    print_escaped(fw_text_string(&text), p->out);
}

static int64_t element_count(const ir_literal *literal) {
    if (literal->shape->type != IR_TUPLE)
        return ir_shape_count(literal->shape);
    int64_t count = 0;
    for (int i = 0; i < literal->shape->nelems; i++)
        count += element_count(literal->elems[i]);
    return count;
}

static void print_literal(page *p, const ir_literal *literal) {
    int64_t count = element_count(literal);
    if (count > SHOWN_MAX) {
        fw_text_printf(p->out, "<span class=\"quiet\">%lld elements</span>", (long long)count);
        return;
    }
    fw_text text;
    fw_text_init(&text, p->arena);
    ir_literal_print(literal, &text);
    print_escaped(fw_text_string(&text), p->out);
}

static void print_operands(page *p, const ir_instr *instr) {
    if (instr->op == IR_OP_PARAMETER)
        fw_text_printf(p->out, "%lld", (long long)instr->param);
    else if (instr->op == IR_OP_CONSTANT)
        print_literal(p, instr->literal);
    for (int i = 0; i < instr->noperands; i++) {
        fw_text_add(p->out, i ? ", " : "");
        link_instr(p, instr->operands[i]);
    }
}

static void print_attr(page *p, const ir_attr *attr) {
    fw_text text;
    if (!attr->comps) {
        fw_text_init(&text, p->arena);
        ir_attr_print(attr, &text);
        print_escaped(fw_text_string(&text), p->out);
        return;
    }
    fw_text_printf(p->out, "%s=", ir_attr_name(attr->id));
    for (int i = 0; i < attr->count; i++) {
        fw_text_add(p->out, i ? ", " : "");
        link_comp(p, attr->comps[i]);
    }
}

/* Metadata has a column of its own. */
static void print_attrs(page *p, const ir_instr *instr) {
    const char *separator = "";
    for (int i = 0; i < instr->nattrs; i++) {
        const ir_attr *attr = &instr->attrs[i];
        if (attr->id == IR_ATTR_METADATA)
            continue;
        fw_text_add(p->out, separator);
        print_attr(p, attr);
        separator = "<br>";
    }
}

/* The value of `key=` in the raw text of the metadata, without its quotes; "" when it has none. */
static const char *metadata_value(page *p, const ir_instr *instr, const char *key) {
    const ir_attr *metadata = ir_attr_get(instr, IR_ATTR_METADATA);
    const char *found = metadata ? strstr(metadata->text, key) : NULL;
    if (!found)
        return "";
    found += strlen(key);
    return *found == '"' ? fw_strndup(p->arena, found + 1, strcspn(found + 1, "\""))
                         : fw_strndup(p->arena, found, strcspn(found, " }"));
}

/* Where the instruction comes from: the operation of the framework and its place in the program, then ours in the text.
 */
static void print_origin(page *p, const ir_instr *instr) {
    const char *file = metadata_value(p, instr, "source_file="), *line = metadata_value(p, instr, "source_line=");
    print_escaped(instr->op_name ? instr->op_name : "", p->out);
    if (*file) {
        fw_text_add(p->out, instr->op_name ? "<br>" : "");
        print_escaped(file, p->out);
        fw_text_printf(p->out, "%s%s", *line ? ":" : "", line);
    }
    if (!instr->loc.source)
        return;
    fw_text_printf(p->out, "%s<span class=\"quiet\">line %u</span>", instr->op_name || *file ? " " : "",
        (unsigned)instr->loc.line);
}

static void print_users(page *p, const ir_users *users, const ir_instr *instr) {
    for (int i = 0; i < users->count[instr->id]; i++) {
        fw_text_add(p->out, i ? ", " : "");
        link_instr(p, users->users[instr->id][i]);
    }
}

/* ---- rows, sections, the page ---- */

static void print_row(page *p, const ir_users *users, const ir_instr *instr) {
    bool is_root = instr->comp->root == instr;
    fw_text_printf(
        p->out, "<tr id=\"i%d.%d\"%s><td>", place_of(p, instr->comp), instr->id, is_root ? " class=\"root\"" : "");
    print_escaped(instr->name, p->out);
    fw_text_add(p->out, "</td><td>");
    print_shape(p, instr->shape);
    fw_text_add(p->out, "</td><td>");
    if (instr->async_op)
        fw_text_printf(p->out, "%s ", instr->async_op);
    fw_text_printf(p->out, "%s</td><td>", ir_op_of(instr->op)->name);
    print_operands(p, instr);
    fw_text_add(p->out, "</td><td>");
    print_attrs(p, instr);
    fw_text_add(p->out, "</td><td>");
    print_users(p, users, instr);
    fw_text_add(p->out, "</td><td>");
    print_origin(p, instr);
    fw_text_add(p->out, "</td></tr>\n");
}

static void print_section(page *p, int place) {
    const ir_comp *comp = p->module->comps[place];
    ir_users users = ir_users_of(p->arena, comp);
    fw_text_printf(p->out, "<section>\n<h2 id=\"c%d\">%s", place, comp == p->module->entry ? "ENTRY " : "");
    print_escaped(comp->name, p->out);
    fw_text_printf(
        p->out, " <span class=\"quiet\">%d instruction%s</span></h2>\n", comp->ninstrs, comp->ninstrs == 1 ? "" : "s");
    fw_text_add(p->out, "<table>\n<tr><th>name</th><th>shape</th><th>operation</th><th>operands</th><th>attributes</th>"
                        "<th>users</th><th>origin</th></tr>\n");
    for (int i = 0; i < comp->ninstrs; i++)
        print_row(p, &users, comp->instrs[i]);
    fw_text_add(p->out, "</table>\n</section>\n");
}

static void print_head(page *p) {
    fw_text_add(p->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    print_escaped(p->module->name, p->out);
    fw_text_printf(p->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    print_escaped(p->module->name, p->out);
    fw_text_add(p->out, "</h1>\n");
    if (p->module->header) {
        fw_text_add(p->out, "<p class=\"quiet\">");
        print_escaped(p->module->header, p->out);
        fw_text_add(p->out, "</p>\n");
    }
}

void ir_module_print_html(const ir_module *module, fw_text *out) {
    page p = {fw_arena_new(), out, module, NULL};
    p.places = fw_intern_new(p.arena);
    for (int c = 0; c < module->ncomps; c++)
        fw_intern_id(p.places, module->comps[c]->name, strlen(module->comps[c]->name));
    print_head(&p);
    fw_text_add(out, "<nav>\n");
    for (int c = module->ncomps - 1; c >= 0; c--) { /* callers before what they call, as in the sections */
        link_comp(&p, module->comps[c]);
        fw_text_char(out, '\n');
    }
    fw_text_add(out, "</nav>\n");
    for (int c = module->ncomps - 1; c >= 0; c--)
        print_section(&p, c);
    fw_text_add(out, "</body>\n</html>\n");
    fw_arena_free(p.arena);
}
