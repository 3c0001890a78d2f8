/* cholesky and triangular-solve, matrix after matrix, in double precision. Only the triangle that the attributes name
 * is read. */
#include "eval.h"

#include <complex.h>
#include <math.h>
#include <string.h>

typedef double _Complex number;

static number load(ir_type type, const void *base, int64_t at) {
    const char *element = (const char *)base + (size_t)at * ir_type_bytes(type);
    double parts[2] = {0, 0};
    if (ir_class_of(type) == IR_CLASS_COMPLEX)
        lanes_get_complex(type, 1, element, parts);
    else
        lanes_get(type, 1, element, parts);
    return eval_number(parts[0], parts[1]);
}

static void store(ir_type type, void *base, int64_t at, number value) {
    char *element = (char *)base + (size_t)at * ir_type_bytes(type);
    double parts[2] = {creal(value), cimag(value)};
    if (ir_class_of(type) == IR_CLASS_COMPLEX)
        lanes_set_complex(type, 1, parts, element);
    else
        lanes_set(type, 1, parts, element);
}

/* Real numbers are multiplied as such: the complex rule would make NaN of infinity times a real number. */
static number times(bool complex_type, number a, number b) {
    return complex_type ? a * b : eval_number(creal(a) * creal(b), 0);
}

static number quotient(bool complex_type, number a, number b) {
    return complex_type ? a / b : eval_number(creal(a) / creal(b), 0);
}

/* ---- cholesky ---- */

/* l l^H = a from the lower triangle of a, row by row; false where a is not positive definite. */
static bool factor(bool complex_type, int64_t n, number *a) {
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            number sum = a[i * n + j];
            for (int64_t k = 0; k < j; k++)
                sum -= times(complex_type, a[i * n + k], conj(a[j * n + k]));
            if (j < i)
                a[i * n + j] = quotient(complex_type, sum, a[j * n + j]);
            else if (creal(sum) > 0)
                a[i * n + i] = sqrt(creal(sum));
            else
                return false;
        }
    }
    return true;
}

/* The other triangle of the result is zero; a matrix that is not positive definite gives NaN. */
ir_literal *eval_cholesky(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *shape = instr->shape;
    ir_type type = shape->type;
    bool lower = ir_attr_int(instr, IR_ATTR_LOWER, 0), complex_type = ir_class_of(type) == IR_CLASS_COMPLEX;
    int64_t n = ir_shape_size(shape, shape->rank - 1), count = ir_shape_count(shape);
    ir_literal *out = ir_literal_new(f->arena, shape);
    fw_arena *arena = fw_arena_new();
    number *a = fw_alloc_array(arena, (size_t)(n * n) + 1, sizeof *a);
    for (int64_t base = 0; base < count; base += n * n) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j <= i; j++) {
                number element = load(type, operands[0]->data, base + (lower ? i * n + j : j * n + i));
                a[i * n + j] = lower ? element : conj(element);
            }
        bool ok = factor(complex_type, n, a);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                bool inside = lower ? j <= i : i <= j;
                number element = !inside ? 0 : lower ? a[i * n + j] : conj(a[j * n + i]);
                store(type, out->data, base + i * n + j, ok ? element : eval_number(NAN, complex_type ? NAN : 0));
            }
    }
    fw_arena_free(arena);
    return out;
}

/* ---- triangular-solve ---- */

typedef struct system {
    bool complex_type;
    int64_t n;
    number *matrix;   /* the coefficients of m x = b, row-major */
    bool lower, unit; /* of the coefficients */
    number *x;
} system;

/* op(a) x = b as it stands; x op(a) = b is the transpose of that for each row of b. */
static void load_matrix(system *s, const ir_instr *instr, const ir_literal *a, int64_t base) {
    const char *transpose = ir_attr_word(instr, IR_ATTR_TRANSPOSE_A);
    bool adjoint = transpose && strcmp(transpose, "ADJOINT") == 0;
    bool turned = adjoint || (transpose && strcmp(transpose, "TRANSPOSE") == 0);
    bool from_right = !ir_attr_int(instr, IR_ATTR_LEFT_SIDE, 0);
    bool swapped = turned != from_right;
    s->lower = (ir_attr_int(instr, IR_ATTR_LOWER, 0) != 0) != swapped;
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t j = 0; j < s->n; j++) {
            number element = load(a->shape->type, a->data, base + (swapped ? j * s->n + i : i * s->n + j));
            s->matrix[i * s->n + j] = adjoint ? conj(element) : element;
        }
}

static void substitute(system *s) {
    for (int64_t step = 0; step < s->n; step++) {
        int64_t i = s->lower ? step : s->n - 1 - step;
        int64_t first = s->lower ? 0 : i + 1, last = s->lower ? i : s->n;
        number sum = s->x[i];
        for (int64_t k = first; k < last; k++)
            sum -= times(s->complex_type, s->matrix[i * s->n + k], s->x[k]);
        s->x[i] = s->unit ? sum : quotient(s->complex_type, sum, s->matrix[i * s->n + i]);
    }
}

ir_literal *eval_triangular_solve(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_literal *a = operands[0], *b = operands[1];
    const ir_shape *shape = b->shape;
    ir_type type = shape->type;
    bool left = ir_attr_int(instr, IR_ATTR_LEFT_SIDE, 0);
    int64_t rows = ir_shape_size(shape, shape->rank - 2), columns = ir_shape_size(shape, shape->rank - 1);
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    int64_t vectors = left ? columns : rows, count = ir_shape_count(shape);
    fw_arena *arena = fw_arena_new();
    system s = {.complex_type = ir_class_of(type) == IR_CLASS_COMPLEX, .n = left ? rows : columns};
    s.unit = ir_attr_int(instr, IR_ATTR_UNIT_DIAGONAL, 0);
    s.matrix = fw_alloc_array(arena, (size_t)(s.n * s.n) + 1, sizeof *s.matrix);
    s.x = fw_alloc_array(arena, (size_t)s.n + 1, sizeof *s.x);
    for (int64_t base = 0, from = 0; base < count; base += rows * columns, from += s.n * s.n) {
        load_matrix(&s, instr, a, from);
        for (int64_t v = 0; v < vectors; v++) {
            int64_t start = base + (left ? v : v * columns), stride = left ? columns : 1;
            for (int64_t i = 0; i < s.n; i++)
                s.x[i] = load(type, b->data, start + i * stride);
            substitute(&s);
            for (int64_t i = 0; i < s.n; i++)
                store(type, out->data, start + i * stride, s.x[i]);
        }
    }
    fw_arena_free(arena);
    return out;
}
