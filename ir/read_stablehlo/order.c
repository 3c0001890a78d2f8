/* Computations of the module in the order that HLO wants, callees before callers, and with names of their own. */
#include "read_stablehlo.h"

#include <string.h>

typedef enum { UNSEEN, OPEN, DONE } mark;

/* One computation on the walk, and how far its calls are followed. */
typedef struct frame {
    int comp, instr, attr, callee;
} frame;

typedef struct walk {
    st_reader *r;
    size_t nslots; /* a hash table from computations to their numbers */
    int *slots;
    mark *marks;
    frame *stack; /* calls can be nested as deep as there are functions: no recursion */
    int depth, cap;
    ir_comp **order;
    int count;
} walk;

static size_t slot_of(const walk *w, const ir_comp *comp) {
    size_t i = (size_t)fw_hash64(&comp, sizeof comp, 0) & (w->nslots - 1);
    while (w->slots[i] && w->r->module->comps[w->slots[i] - 1] != comp)
        i = (i + 1) & (w->nslots - 1);
    return i;
}

static void number_comps(walk *w) {
    size_t count = (size_t)w->r->module->ncomps;
    for (w->nslots = 16; w->nslots < 2 * count;)
        w->nslots *= 2;
    w->slots = fw_alloc_array(w->r->scratch, w->nslots, sizeof *w->slots);
    for (size_t i = 0; i < count; i++)
        w->slots[slot_of(w, w->r->module->comps[i])] = (int)i + 1;
    w->marks = fw_alloc_array(w->r->scratch, count, sizeof *w->marks);
    w->order = fw_alloc_array(w->r->arena, count, sizeof *w->order);
}

static void enter(walk *w, int comp) {
    frame f = {comp, 0, 0, 0};
    w->marks[comp] = OPEN;
    FW_PUSH(w->r->scratch, w->stack, w->depth, w->cap, f);
}

/* The next computation that the top of the stack calls, or NULL; *instr makes the call. */
static ir_comp *next_callee(walk *w, const ir_instr **instr) {
    frame *f = &w->stack[w->depth - 1];
    const ir_comp *comp = w->r->module->comps[f->comp];
    for (; f->instr < comp->ninstrs; f->instr++, f->attr = 0) {
        *instr = comp->instrs[f->instr];
        for (; f->attr < (*instr)->nattrs; f->attr++, f->callee = 0) {
            const ir_attr *attr = &(*instr)->attrs[f->attr];
            ir_attr_kind kind = ir_attr_kind_of(attr->id);
            if ((kind == IR_KIND_COMP || kind == IR_KIND_COMPS) && f->callee < attr->count)
                return attr->comps[f->callee++];
        }
    }
    return NULL;
}

static bool visit(walk *w, int root) {
    enter(w, root);
    while (w->depth) {
        const ir_instr *instr;
        const ir_comp *callee = next_callee(w, &instr);
        if (!callee) {
            int done = w->stack[--w->depth].comp;
            w->marks[done] = DONE;
            w->order[w->count++] = w->r->module->comps[done];
            continue;
        }
        int number = w->slots[slot_of(w, callee)] - 1;
        if (w->marks[number] == UNSEEN) {
            enter(w, number);
        } else if (w->marks[number] == OPEN) {
            fw_error(w->r->diag, FW_INPUT, instr->loc, "this call leads back to the function that makes it");
            return false;
        }
    }
    return true;
}

/* ---- names ---- */

/* What HLO does not allow in a name becomes '_'. */
char *st_clean_name(st_reader *r, const char *name) {
    bool prefix = !st_is_letter(*name) || st_is_reserved(name, strlen(name));
    char *clean = fw_format(r->arena, "%s%s", prefix ? "f_" : "", name);
    for (char *at = clean; *at; at++)
        if (!st_is_name_char(*at) && *at != '-')
            *at = '_';
        else if (*at == '$')
            *at = '_';
    return clean;
}

static void name_comps(st_reader *r) {
    fw_intern *taken = fw_intern_new(r->scratch);
    ir_module *module = r->module;
    int next = 0;
    for (int regions = 0; regions < 2; regions++) /* functions first: they have names to keep */
        for (int i = 0; i < module->ncomps; i++) {
            ir_comp *comp = module->comps[i];
            if ((comp->name == NULL) != regions)
                continue;
            const char *base = comp->name ? st_clean_name(r, comp->name) : "region", *name = base;
            int before = fw_intern_count(taken);
            while (regions || fw_intern_id(taken, name, strlen(name)) < before) {
                name = fw_format(r->arena, "%s.%d", base, ++next);
                if (fw_intern_id(taken, name, strlen(name)) == before)
                    break;
            }
            comp->name = name;
        }
}

bool st_order_comps(st_reader *r) {
    walk w = {.r = r};
    number_comps(&w);
    for (int i = 0; i < r->module->ncomps; i++)
        if (w.marks[i] == UNSEEN && !visit(&w, i))
            return false;
    r->module->comps = w.order;
    r->module->cap = r->module->ncomps;
    name_comps(r);
    return true;
}
