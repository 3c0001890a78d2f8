/* fft: transforms of any length over the last one to three dimensions, in double precision.
 *
 * A length n = p * m with the smallest prime factor p is p transforms of length m and one step that joins them; a prime
 * length is the plain sum. Roots of unity come from one table per length. */
#include "eval.h"

#include <complex.h>
#include <math.h>
#include <string.h>

typedef double _Complex number;

typedef struct transform {
    int64_t n;
    number *roots; /* exp(-+2 pi i k / n), k < n */
    number *line, *result, *spare;
} transform;

/* The angle is taken within a quarter turn, so that quarter turns are exact. */
static number root(int64_t k, int64_t n, bool inverse) {
    const double quarter = 1.57079632679489661923;
    int64_t turn = 4 * k / n, rest = 4 * k % n;
    double angle = quarter * (double)rest / (double)n, c = cos(angle), s = sin(angle), re, im;
    switch (turn) {
    case 0:
        re = c, im = s;
        break;
    case 1:
        re = -s, im = c;
        break;
    case 2:
        re = -c, im = -s;
        break;
    default:
        re = s, im = -c;
    }
    return eval_number(re, inverse ? im : -im);
}

static transform plan(fw_arena *arena, int64_t n, bool inverse) {
    transform t = {.n = n};
    number **arrays[] = {&t.roots, &t.line, &t.result, &t.spare};
    for (int i = 0; i < FW_COUNT(arrays); i++)
        *arrays[i] = fw_alloc_array(arena, (size_t)n + 1, sizeof(number));
    for (int64_t k = 0; k < n; k++)
        t.roots[k] = root(k, n, inverse);
    return t;
}

static int64_t smallest_factor(int64_t n) {
    for (int64_t p = 2; p * p <= n; p++)
        if (n % p == 0)
            return p;
    return n;
}

/* out[0..n) from in[0], in[step], ...; `step` is also the step through the table of roots. */
static void run(const transform *t, int64_t n, const number *in, int64_t step, number *out) {
    if (n == 1) {
        out[0] = in[0];
        return;
    }
    int64_t p = smallest_factor(n), m = n / p;
    for (int64_t r = 0; r < p; r++)
        run(t, m, in + r * step, step * p, out + r * m);
    for (int64_t k = 0; k < m; k++) {
        for (int64_t r = 0; r < p; r++)
            t->spare[r] = out[r * m + k];
        for (int64_t q = 0; q < p; q++) {
            number sum = t->spare[0];
            for (int64_t r = 1; r < p; r++)
                sum += t->spare[r] * t->roots[r * (q * m + k) % n * step];
            out[q * m + k] = sum;
        }
    }
}

/* ---- whole arrays ---- */

typedef struct field {
    int rank, count; /* dimensions, and how many of the last ones are transformed */
    int64_t *sizes, *strides;
    number *data;
    bool inverse;
} field;

static int64_t elements(const field *f) {
    int64_t count = 1;
    for (int d = 0; d < f->rank; d++)
        count *= f->sizes[d];
    return count;
}

/* Transforms every line along dimension d. */
static void along(const field *f, int d) {
    int64_t n = f->sizes[d], stride = f->strides[d], count = elements(f);
    if (count == 0)
        return;
    fw_arena *arena = fw_arena_new();
    transform t = plan(arena, n, f->inverse);
    for (int64_t line = 0; line < count / n; line++) {
        number *at = f->data + line / stride * stride * n + line % stride;
        for (int64_t i = 0; i < n; i++)
            t.line[i] = at[i * stride];
        run(&t, n, t.line, 1, t.result);
        for (int64_t i = 0; i < n; i++)
            at[i * stride] = f->inverse ? t.result[i] / (double)n : t.result[i];
    }
    fw_arena_free(arena);
}

static field field_of(fw_arena *arena, const ir_shape *shape, int64_t last, int count, bool inverse) {
    field f = {.rank = shape->rank, .count = count, .inverse = inverse};
    f.sizes = eval_sizes(arena, shape);
    f.sizes[f.rank - 1] = last;
    f.strides = eval_ints(arena, f.rank);
    int64_t stride = 1;
    for (int d = f.rank - 1; d >= 0; d--) {
        f.strides[d] = stride;
        stride *= f.sizes[d];
    }
    f.data = fw_alloc_array(arena, (size_t)elements(&f) + 1, sizeof(number));
    return f;
}

static void load(const ir_literal *from, int64_t at, int64_t n, number *to) {
    ir_type type = from->shape->type;
    const char *data = (const char *)from->data + (size_t)at * ir_type_bytes(type);
    double parts[2];
    for (int64_t i = 0; i < n; i++, data += ir_type_bytes(type)) {
        parts[1] = 0;
        if (ir_class_of(type) == IR_CLASS_COMPLEX)
            lanes_get_complex(type, 1, data, parts);
        else
            lanes_get(type, 1, data, parts);
        to[i] = eval_number(parts[0], parts[1]);
    }
}

static void store(const number *from, int64_t n, const ir_literal *to, int64_t at) {
    ir_type type = to->shape->type;
    char *data = (char *)to->data + (size_t)at * ir_type_bytes(type);
    for (int64_t i = 0; i < n; i++, data += ir_type_bytes(type)) {
        double parts[2] = {creal(from[i]), cimag(from[i])};
        if (ir_class_of(type) == IR_CLASS_COMPLEX)
            lanes_set_complex(type, 1, parts, data);
        else
            lanes_set(type, 1, parts, data);
    }
}

/* Rows of n / 2 + 1 elements stand for n: the others are the conjugates, and the first and the middle one are real. */
static void complete_row(number *row, int64_t n) {
    row[0] = creal(row[0]);
    if (n % 2 == 0)
        row[n / 2] = creal(row[n / 2]);
    for (int64_t i = n / 2 + 1; i < n; i++)
        row[i] = conj(row[n - i]);
}

/* RFFT transforms the last dimension first, IRFFT last: there the array is real, and half of it is enough. */
ir_literal *eval_fft(eval_frame *frame, const ir_instr *instr, ir_literal *const *operands) {
    const char *kind = ir_attr_word(instr, IR_ATTR_FFT_TYPE);
    bool real = strcmp(kind, "RFFT") == 0, to_real = strcmp(kind, "IRFFT") == 0;
    const int64_t *length;
    int count = ir_attr_ints(instr, IR_ATTR_FFT_LENGTH, &length);
    ir_literal *out = ir_literal_new(frame->arena, instr->shape);
    if (ir_shape_count(instr->shape) == 0 || ir_shape_count(operands[0]->shape) == 0)
        return out;
    fw_arena *arena = fw_arena_new();
    const ir_shape *shape = operands[0]->shape;
    int last = shape->rank - 1;
    int64_t n = length[count - 1], given = ir_shape_size(shape, last), kept = ir_shape_size(instr->shape, last);
    field f = field_of(arena, shape, n, count, to_real || strcmp(kind, "IFFT") == 0);
    int64_t rows = elements(&f) / n;
    for (int64_t row = 0; row < rows; row++)
        load(operands[0], row * given, given, f.data + row * n);
    if (!to_real)
        along(&f, last);
    for (int d = last - 1; d > last - count; d--)
        along(&f, d);
    if (to_real) {
        for (int64_t row = 0; row < rows; row++)
            complete_row(f.data + row * n, n);
        along(&f, last);
    }
    for (int64_t row = 0; row < rows; row++)
        store(f.data + row * n, real ? kept : n, out, row * kept);
    fw_arena_free(arena);
    return out;
}
