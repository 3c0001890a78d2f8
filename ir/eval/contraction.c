/* Sums of products for dot and convolution.
 *
 * Floats are multiplied and summed in double and rounded once to the result type: this is the reference, so it is as
 * exact as it can be without losing all speed. Integers of up to 16 bits go the same way while every sum is exact in
 * double; wider ones wrap in uint64_t. The right operand is packed into panels of four columns and a tile of 4 x 4 sums
 * stays in registers. */
#include "eval.h"

#include <complex.h>
#include <string.h>

#define TILE 4
#define ROWS 32                  /* rows of the left operand packed at a time */
#define PANEL_ELEMENTS (4 << 20) /* doubles of the right operand packed at a time */

typedef double _Complex number;

int64_t *eval_multiples(fw_arena *arena, int64_t count, int64_t step) {
    int64_t *at = eval_ints(arena, count);
    for (int64_t i = 0; i < count; i++)
        at[i] = i * step;
    return at;
}

/* ---- loading factors ---- */

/* `count` elements at `offsets` as double. */
static void load_doubles(ir_type type, const void *base, int64_t count, const int64_t *offsets, double *to) {
    char raw[EVAL_LANES * 16];
    int64_t ints[EVAL_LANES];
    for (int64_t at = 0; at < count; at += EVAL_LANES) {
        int64_t n = count - at < EVAL_LANES ? count - at : EVAL_LANES;
        lanes_gather(ir_type_bytes(type), n, base, offsets + at, raw);
        if (ir_type_is_float(type)) {
            lanes_get(type, n, raw, to + at);
            continue;
        }
        lanes_get_int(type, n, raw, ints);
        for (int64_t i = 0; i < n; i++)
            to[at + i] = type == IR_U64 ? (double)(uint64_t)ints[i] : (double)ints[i];
    }
}

/* ---- in double ---- */

/* sums[i][j] = rows[i] . column j of a panel */
static void tile(int64_t k, const double *rows, const double *panel, double sums[TILE][TILE]) {
    const double *a0 = rows, *a1 = rows + k, *a2 = rows + 2 * k, *a3 = rows + 3 * k;
    double s[TILE][TILE] = {{0}};
    for (int64_t i = 0; i < k; i++, panel += TILE) {
        for (int j = 0; j < TILE; j++) {
            s[0][j] += a0[i] * panel[j];
            s[1][j] += a1[i] * panel[j];
            s[2][j] += a2[i] * panel[j];
            s[3][j] += a3[i] * panel[j];
        }
    }
    memcpy(sums, s, sizeof s);
}

static void store(const contraction *c, int64_t row, int64_t column, const double *sums, int64_t count) {
    size_t bytes = ir_type_bytes(c->out_type);
    for (int64_t j = 0; j < count; j++) {
        char *to = (char *)c->out + (size_t)(c->out_row[row] + c->out_col[column + j]) * bytes;
        if (ir_class_of(c->out_type) == IR_CLASS_FLOAT)
            lanes_set(c->out_type, 1, &sums[j], to);
        else
            ir_number_set_int(c->out_type, to, (int64_t)sums[j]);
    }
}

static void pack_rows(const contraction *c, int64_t first, int64_t count, int64_t *offsets, double *to) {
    for (int64_t i = 0; i < ROWS; i++, to += c->k) {
        if (i < count) {
            c->row_offsets(c, first + i, offsets);
            load_doubles(c->lhs_type, c->lhs, c->k, offsets, to);
        } else if (i < (count + TILE - 1) / TILE * TILE) {
            memset(to, 0, (size_t)c->k * sizeof *to);
        }
    }
}

/* Panel p holds columns first + 4 p ..., k after k; missing columns are zero. */
static void pack_columns(const contraction *c, int64_t first, int64_t count, double *to) {
    for (int64_t p = 0; p < count; p += TILE) {
        int64_t width = count - p < TILE ? count - p : TILE, offsets[EVAL_LANES] = {0};
        for (int64_t at = 0; at < c->k; at += EVAL_LANES / TILE) {
            int64_t depth = c->k - at < EVAL_LANES / TILE ? c->k - at : EVAL_LANES / TILE;
            for (int64_t i = 0; i < depth; i++)
                for (int64_t j = 0; j < TILE; j++)
                    offsets[i * TILE + j] = j < width ? c->rhs_k[at + i] + c->col[first + p + j] : -1;
            load_doubles(c->rhs_type, c->rhs, depth * TILE, offsets, to);
            to += depth * TILE;
        }
    }
}

static void contract_double(const contraction *c) {
    int64_t wide = PANEL_ELEMENTS / (c->k + 1) / TILE * TILE;
    if (wide < TILE)
        wide = TILE;
    if (wide > (c->n + TILE - 1) / TILE * TILE)
        wide = (c->n + TILE - 1) / TILE * TILE;
    fw_arena *arena = fw_arena_new();
    double *rows = fw_alloc_array(arena, (size_t)c->k * ROWS + 1, sizeof *rows);
    double *panels = fw_alloc_array(arena, (size_t)(c->k * wide) + 1, sizeof *panels);
    int64_t *offsets = eval_ints(arena, c->k);
    for (int64_t column = 0; column < c->n; column += wide) {
        int64_t ncolumns = c->n - column < wide ? c->n - column : wide;
        pack_columns(c, column, ncolumns, panels);
        for (int64_t row = 0; row < c->m; row += ROWS) {
            int64_t nrows = c->m - row < ROWS ? c->m - row : ROWS;
            pack_rows(c, row, nrows, offsets, rows);
            for (int64_t p = 0; p < ncolumns; p += TILE) {
                for (int64_t i = 0; i < nrows; i += TILE) {
                    double sums[TILE][TILE];
                    tile(c->k, rows + i * c->k, panels + p * c->k, sums);
                    for (int64_t t = 0; t < TILE && i + t < nrows; t++)
                        store(c, row + i + t, column + p, sums[t], ncolumns - p < TILE ? ncolumns - p : TILE);
                }
            }
        }
    }
    fw_arena_free(arena);
}

/* ---- in uint64_t and complex double ---- */

static uint64_t load_int(ir_type type, const void *base, int64_t offset) {
    if (offset < 0)
        return 0;
    return (uint64_t)ir_number_get_int(type, (const char *)base + (size_t)offset * ir_type_bytes(type));
}

static void contract_int(const contraction *c, int64_t *offsets) {
    size_t bytes = ir_type_bytes(c->out_type);
    for (int64_t row = 0; row < c->m; row++) {
        c->row_offsets(c, row, offsets);
        for (int64_t column = 0; column < c->n; column++) {
            uint64_t sum = 0;
            for (int64_t k = 0; k < c->k; k++)
                sum += load_int(c->lhs_type, c->lhs, offsets[k]) *
                       load_int(c->rhs_type, c->rhs, c->rhs_k[k] + c->col[column]);
            ir_number_set_int(c->out_type, (char *)c->out + (size_t)(c->out_row[row] + c->out_col[column]) * bytes,
                c->out_type == IR_PRED ? sum != 0 : (int64_t)sum);
        }
    }
}

static number load_complex(ir_type type, const void *base, int64_t offset) {
    double parts[2] = {0, 0};
    number z;
    const char *at = (const char *)base + (size_t)(offset < 0 ? 0 : offset) * ir_type_bytes(type);
    if (offset >= 0 && ir_class_of(type) == IR_CLASS_COMPLEX)
        lanes_get_complex(type, 1, at, parts);
    else if (offset >= 0)
        parts[0] = ir_number_get(type, at);
    memcpy(&z, parts, sizeof z);
    return z;
}

static void contract_complex(const contraction *c, int64_t *offsets) {
    size_t bytes = ir_type_bytes(c->out_type);
    for (int64_t row = 0; row < c->m; row++) {
        c->row_offsets(c, row, offsets);
        for (int64_t column = 0; column < c->n; column++) {
            number sum = 0;
            for (int64_t k = 0; k < c->k; k++)
                sum += load_complex(c->lhs_type, c->lhs, offsets[k]) *
                       load_complex(c->rhs_type, c->rhs, c->rhs_k[k] + c->col[column]);
            double parts[2] = {creal(sum), cimag(sum)};
            lanes_set_complex(
                c->out_type, 1, parts, (char *)c->out + (size_t)(c->out_row[row] + c->out_col[column]) * bytes);
        }
    }
}

/* Products of 16-bit factors need 32 bits, so that 2^20 of them sum exactly in 53. */
static bool exact_in_double(const contraction *c) {
    return ir_type_bits(c->lhs_type) <= 16 && ir_type_bits(c->rhs_type) <= 16 && c->k <= 1 << 20 &&
           c->out_type != IR_PRED;
}

void eval_contract(const contraction *c) {
    if (c->m == 0 || c->n == 0)
        return;
    if (ir_class_of(c->out_type) == IR_CLASS_FLOAT ||
        (ir_class_of(c->out_type) != IR_CLASS_COMPLEX && exact_in_double(c))) {
        contract_double(c);
        return;
    }
    fw_arena *arena = fw_arena_new();
    int64_t *offsets = eval_ints(arena, c->k);
    if (ir_class_of(c->out_type) == IR_CLASS_COMPLEX)
        contract_complex(c, offsets);
    else
        contract_int(c, offsets);
    fw_arena_free(arena);
}
