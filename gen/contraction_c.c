/* Fills templates/c/contraction.c: register tile, packing through the fused producers, epilogue on the finished tile.
 * The design and its figures are in reference/cpu-kernels.md sections 1 to 3. */
#include "emit.h"

#include <string.h>

#define KC_MOST 512              /* terms a panel: 512 x 48 floats are 96 KiB, in L2 */
#define DIRECT_ROWS 16           /* up to so many rows a panel is used too rarely to pay for its packing */

typedef struct geometry { int mr, nv; } geometry;

typedef struct shape { int64_t k, kc, tile_m, tile_n, element; const char *type; } shape;

static shape shape_of(const sched_kernel *kernel)
{
    const sched_stmt *c = kernel->contraction;
    shape s = {.k = c->reds[0].extent, .tile_m = kernel->loops[1].tile, .tile_n = kernel->loops[2].tile};
    s.element = (int64_t)ir_type_bytes(emit_type(c->instr->shape->type));
    s.type = ir_type_c(emit_type(c->instr->shape->type));
    int64_t parts = (s.k + KC_MOST - 1) / KC_MOST;
    s.kc = parts ? (s.k + parts - 1) / parts : 1;
    return s;
}

static int64_t round_up(int64_t n, int64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* The register tile with the fewest loads and the least padding: time is (padded points) * (1 + (1/MR + 1/NV) / 2), over all tiles
 * with MR * NV accumulators, NV columns and one row value in the machine's registers. Costs are integers, in millionths. */
static geometry choose_tile(const shape *s, int64_t vector_bytes, int registers)
{
    geometry best = {1, 1};
    int64_t least = INT64_MAX, vl = vector_bytes / s->element;
    for (int nv = 1; nv <= 4; nv++)
        for (int mr = 1; mr <= 14; mr++) {
            if (mr * nv + nv + 1 > registers)
                continue;
            int64_t columns = round_up(s->tile_n, nv * vl), rows = round_up(s->tile_m, mr);
            int64_t price = columns * rows * (1000 + 500 / mr + 500 / nv);
            if (price < least) {
                least = price;
                best = (geometry){mr, nv};
            }
        }
    return best;
}

static geometry tile_for(const shape *s, int vector_bytes)
{
    return choose_tile(s, vector_bytes, vector_bytes == 64 ? 32 : 16);
}

/* Upper bound over the three vector widths of what the template lays out behind `packed`. */
int64_t emit_contraction_bytes(const sched_kernel *kernel)
{
    shape s = shape_of(kernel);
    int64_t most = 0;
    for (int bytes = 16; bytes <= 64; bytes *= 2) {
        geometry g = tile_for(&s, bytes);
        int64_t rows = round_up(s.tile_m, g.mr), nr = g.nv * (bytes / s.element);
        int64_t elements = round_up(rows * (s.k + 16), 16) + s.kc * nr + rows * nr;
        most = elements * s.element > most ? elements * s.element : most;
    }
    return round_up(most, 64);
}

/* ---- loops over m, k, n with the template's bounds ---- */

static void line_indent(fw_text *out, int indent)
{
    out->indent = indent;
}

static const char *name_of(emit *e, int var)
{
    return sched_var_name(e->kernel->space, var);
}

/* Pieces of k that have loops of their own while rows are packed: C name and level of each. */
static const char *open_cuts(emit *e, const sched_stmt *c, int *count)
{
    int64_t inner = 1;
    const char *position = NULL;
    *count = 0;
    for (int i = c->ncuts - 1; i >= 0; i--) {
        if (c->cuts[i].extent == 1)
            continue;
        const char *term = inner == 1 ? c->cuts[i].name : fw_format(e->arena, "%lld * %s", (long long)inner, c->cuts[i].name);
        position = position ? fw_format(e->arena, "%s + %s", term, position) : term;
        inner *= c->cuts[i].extent;
        ++*count;
    }
    return position ? position : "0";
}

static void add_piece(emit *e, const sched_index *index, const char *text, int level)
{
    if (index->nterms && e->npieces < FW_COUNT(e->pieces))
        e->pieces[e->npieces++] = (emit_piece){index, text, level};
}

/* While rows are packed, k is walked piece by piece: each piece has a loop and a name, and so have runs of neighbouring pieces. */
static void set_pieces(emit *e, const sched_stmt *c, int first_level)
{
    sched_space *s = e->kernel->space;
    const sched_index *k = sched_var(s, c->reds[0].var);
    e->npieces = 0;
    int level[16], last = first_level - 1;
    for (int i = 0; i < c->ncuts && i < 16; i++)
        level[i] = c->cuts[i].extent > 1 ? ++last : last;
    int64_t inner = 1;
    for (int to = c->ncuts - 1; to >= 0; to--) {
        const char *text = NULL;
        int64_t run = 1;
        for (int from = to; from >= 0; from--) {
            if (c->cuts[from].extent == 1)
                continue;
            const char *term = run == 1 ? c->cuts[from].name : fw_format(e->arena, "%lld * %s", (long long)run, c->cuts[from].name);
            text = text ? fw_format(e->arena, "%s + %s", term, text) : term;
            run *= c->cuts[from].extent;
            add_piece(e, sched_mod(s, sched_div(s, k, inner), run), text[strcspn(text, " ")] ? fw_format(e->arena, "(%s)", text) : text, level[to]);
        }
        inner *= c->cuts[to].extent;
    }
}

/* Elements outside the operand are zeros: known before the innermost loop, they are filled in one go. */
static const char *row_conds(emit *e, const sched_stmt *c, int inner_level)
{
    const char *inner = "1";
    for (int i = 0; i < c->nconds; i++) {
        const char *cond = emit_cond(e, &c->conds[i]);
        int level = emit_index_level(e, c->conds[i].index);
        if (!strcmp(cond, "1"))
            continue;
        if (level >= inner_level) {
            inner = strcmp(inner, "1") ? fw_format(e->arena, "%s && %s", inner, cond) : cond;
            continue;
        }
        int64_t count = 1;
        const char *start = NULL;
        for (int j = c->ncuts - 1, l = inner_level; j >= 0; j--) {
            if (c->cuts[j].extent == 1)
                continue;
            if (l > level) {
                count *= c->cuts[j].extent;
            } else {
                int64_t at = 1;
                for (int q = j + 1; q < c->ncuts; q++)
                    at *= c->cuts[q].extent;
                const char *term = fw_format(e->arena, "%lld * %s", (long long)at, c->cuts[j].name);
                start = start ? fw_format(e->arena, "%s + %s", term, start) : term;
            }
            l--;
        }
        fw_text *out = &e->text[level];
        fw_text_line(out, "if (!(%s)) {", cond);
        fw_text_line(out, "    memset(row%s%s, 0, %lld * sizeof(element));", start ? " + " : "", start ? start : "", (long long)count);
        fw_text_line(out, "    continue;");
        fw_text_line(out, "}");
    }
    return inner;
}

static const char *pack_rows(emit *e, const sched_stmt *c, int indent)
{
    fw_text out;
    fw_text_init(&out, e->arena);
    int ncuts, vars[EMIT_MAX_LEVELS], m = e->kernel->loops[1].var;
    const char *at = open_cuts(e, c, &ncuts);
    vars[0] = m;
    for (int i = 0; i < ncuts; i++)
        vars[i + 1] = -2;                                /* named by pieces, not by variables */
    emit_begin(e, c, ncuts + 1, vars, indent);
    set_pieces(e, c, 2);
    int inner = ncuts + 1;
    const char *cond = row_conds(e, c, inner);
    if (strcmp(cond, "1") != 0) {
        fw_text_line(&e->text[inner], "const int inside = %s;", cond);
        e->guard = "inside";
        e->guard_level = inner;
    }
    const char *value = emit_value(e, c->lhs);
    fw_text_line(&e->text[inner], e->guard ? "row[%s] = inside ? %s : 0;" : "row[%s] = %s;", at,
        e->guard ? emit_paren(e->arena, value, EMIT_LOGIC) : value);
    e->guard = NULL;
    fw_text_add(&out, fw_text_string(&e->text[0]));
    line_indent(&out, indent);
    fw_text_line(&out, "for (int64_t m = m0; m < m1; m++) {");
    fw_text_line(&out, "    element *const row = rows + (m - m0) * ROW_STRIDE;");
    fw_text_add(&out, fw_text_string(&e->text[1]));
    int level = 1;
    for (int i = 0; i < c->ncuts; i++) {
        if (c->cuts[i].extent == 1)
            continue;
        line_indent(&out, indent + level);
        const char *k = c->cuts[i].name;
        fw_text_line(&out, "for (int64_t %s = 0; %s < %lld; %s++) {", k, k, (long long)c->cuts[i].extent, k);
        fw_text_add(&out, fw_text_string(&e->text[++level]));
    }
    for (int i = level - 1; i >= 0; i--) {
        line_indent(&out, indent + i);
        fw_text_line(&out, "}");
    }
    e->npieces = 0;
    return fw_text_string(&out);
}

static const sched_index *flat_index(emit *e, const sched_value *load)
{
    sched_space *s = e->kernel->space;
    const sched_index *flat = sched_const(s, 0);
    for (int d = 0; d < load->nindex; d++)
        flat = sched_add(s, sched_mul(s, flat, ir_shape_size(load->instr->shape, d)), load->index[d]);
    return flat;
}

/* The right operand read where it lies: columns side by side, a constant distance between rows. 0 when it cannot. */
static int64_t direct_stride(emit *e, const sched_stmt *c)
{
    const sched_value *rhs = c->rhs;
    bool as_stored = rhs->type == emit_type(c->instr->shape->type);
    if (rhs->kind != SCHED_LOAD || sched_stmt_of(e->kernel, rhs->instr) || !as_stored)
        return 0;
    const sched_index *flat = flat_index(e, rhs);
    int k = c->reds[0].var, n = e->kernel->loops[2].var;
    int64_t stride = sched_index_coef(flat, k);
    if (!sched_index_is_linear(flat) || sched_index_coef(flat, n) != 1 || stride <= 0)
        return 0;
    bool few = e->kernel->loops[1].extent <= DIRECT_ROWS, near = stride * (int64_t)ir_type_bytes(rhs->type) <= 1024;
    return few || near ? stride : 0;
}

static const char *pack_panel(emit *e, const sched_stmt *c, int indent)
{
    fw_text out;
    fw_text_init(&out, e->arena);
    int k = c->reds[0].var, n = e->kernel->loops[2].var;
    bool rows_first = true;
    if (c->rhs->kind == SCHED_LOAD) {
        const sched_index *flat = flat_index(e, c->rhs);
        rows_first = !(sched_index_coef(flat, k) == 1 && sched_index_coef(flat, n) != 1);
    }
    int64_t direct = direct_stride(e, c);
    int vars[2] = {rows_first ? k : n, rows_first ? n : k};
    line_indent(&out, indent);
    if (direct) {
        emit_begin(e, c, 2, vars, indent);
        sched_space *s = e->kernel->space;
        const sched_index *flat = flat_index(e, c->rhs);
        flat = sched_index_replace(s, sched_index_replace(s, flat, k, sched_const(s, 0)), n, sched_const(s, 0));
        const char *base = emit_index(e, flat);
        fw_text_line(&out, "if (j1 - j0 == NR) {");
        fw_text_line(&out, "    columns = %s + %lld * k0 + j0%s%s;", emit_array(e, c->rhs->instr), (long long)direct,
            strcmp(base, "0") ? " + " : "", strcmp(base, "0") ? base : "");
        fw_text_line(&out, "    column_stride = %lld;", (long long)direct);
        fw_text_line(&out, "} else {");
        indent++;
    }
    emit_begin(e, c, 2, vars, indent);
    const char *value = emit_expression(e, c->rhs);
    fw_text_line(&e->text[2], "panel[(k - k0) * NR + %s - j0] = %s;", name_of(e, n), value);
    fw_text_add(&out, fw_text_string(&e->text[0]));
    for (int l = 0; l < 2; l++) {
        line_indent(&out, indent + l);
        if (vars[l] == k)
            fw_text_line(&out, "for (int64_t k = k0; k < k1; k++) {");
        else
            fw_text_line(&out, "for (int64_t n = j0; n < j1; n++) {");
        fw_text_add(&out, fw_text_string(&e->text[l + 1]));
    }
    for (int i = indent + 1; i >= (direct ? indent - 1 : indent); i--) {
        line_indent(&out, i);
        fw_text_line(&out, "}");
    }
    return fw_text_string(&out);
}

static void finish_stmt(emit *e, const sched_stmt *stmt, const char *value_text, int indent, fw_text *out)
{
    int vars[2] = {e->kernel->loops[1].var, e->kernel->loops[2].var};
    emit_begin(e, stmt, 2, vars, indent);
    const char *value = value_text ? value_text : emit_expression(e, stmt->value);
    emit_assign(e, stmt, value, &e->text[2]);
    fw_text_add(out, fw_text_string(&e->text[0]));
    line_indent(out, indent);
    fw_text_line(out, "for (int64_t m = m0; m < m1; m++) {");
    fw_text_add(out, fw_text_string(&e->text[1]));
    line_indent(out, indent + 1);
    fw_text_line(out, "for (int64_t n = j0; n < j1; n++) {");
    fw_text_add(out, fw_text_string(&e->text[2]));
    fw_text_line(out, "}");
    line_indent(out, indent);
    fw_text_line(out, "}");
}

/* Statements that need the product run on the finished tile, all others before it. */
static const char *finish(emit *e, int indent)
{
    const sched_kernel *k = e->kernel;
    fw_text out;
    fw_text_init(&out, e->arena);
    const char *leaf = "block[(m - m0) * NR + n - j0]";
    e->leaf_instr = k->contraction->instr;
    e->leaf_text = leaf;
    if (k->contraction->output)
        finish_stmt(e, k->contraction, leaf, indent, &out);
    for (int i = 0; i < k->nstmts; i++)
        if (&k->stmts[i] != k->contraction && k->stmts[i].after_contraction)
            finish_stmt(e, &k->stmts[i], NULL, indent, &out);
    e->leaf_instr = NULL;
    return fw_text_string(&out);
}

static const char *before(emit *e, int indent)
{
    fw_text out;
    fw_text_init(&out, e->arena);
    for (int i = 0; i < e->kernel->nstmts; i++)
        if (!e->kernel->stmts[i].after_contraction)
            emit_stmt(e, &e->kernel->stmts[i], indent, &out);
    return fw_text_string(&out);
}

static const char *ranges_text(emit *e, int indent)
{
    fw_text out;
    fw_text_init(&out, e->arena);
    emit_tile_ranges(e, indent, &out);
    line_indent(&out, indent);
    for (int i = 0; i < 3; i++) {
        const sched_loop *l = &e->kernel->loops[i];
        if (l->ntiles == 1)
            fw_text_line(&out, "const int64_t %s0 = 0, %s1 = %lld;", l->name, l->name, (long long)l->extent);
    }
    return fw_text_string(&out);
}

static const char *tile_text(emit *e, const shape *s, int bytes)
{
    geometry g = tile_for(s, bytes);
    return fw_format(e->arena, "MR = %d, NV = %d", g.mr, g.nv);
}

bool emit_contraction(emit *e, const gen_kernel *kernel, const char *banner, const char *comment, fw_text *out)
{
    const sched_kernel *k = e->kernel;
    shape s = shape_of(k);
    fw_text declarations;
    fw_text_init(&declarations, e->arena);
    const char *rows = pack_rows(e, k->contraction, 0), *panel = pack_panel(e, k->contraction, 0);
    const char *last = finish(e, 0), *first = before(e, 0);
    emit_declarations(e, 0, &declarations);
    gen_slot slots[] = {
        {"banner", banner},
        {"comment", comment},
        {"type", s.type},
        {"sizes", fw_format(e->arena,
            "K = %lld, /* terms of a sum */\nKC = %lld, /* terms that are added before the next panel is packed */\nTILE_M = %lld /* rows of a tile */",
            (long long)s.k, (long long)s.kc, (long long)s.tile_m)},
        {"tile64", tile_text(e, &s, 64)},
        {"tile32", tile_text(e, &s, 32)},
        {"tile16", tile_text(e, &s, 16)},
        {"declarations", fw_text_string(&declarations)},
        {"packed_at", fw_format(e->arena, "%lld", (long long)k->scratch_bytes)},
        {"ranges", ranges_text(e, 0)},
        {"before", first},
        {"pack_rows", rows},
        {"pack_panel", panel},
        {"finish", last},
    };
    return gen_fill(e->model, "c/contraction.c", kernel->name, slots, FW_COUNT(slots), out);
}
