/* .npy files, versions 1.0 to 3.0: a magic number, a Python dictionary with type, order and shape, then the elements.
 *
 * Numpy has no names for bf16 and the small floats; libraries write them as raw bytes (kind V) or under the names of
 * ml_dtypes, so the type of the parameter decides how such bytes are read. */
#include "ir.h"

#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6

/* ---- element types ---- */

/* Names that ml_dtypes gives to the types that numpy lacks. */
static const struct {
    const char *name;
    ir_type type;
} extension_types[] = {
    {"bfloat16", IR_BF16},
    {"float8_e3m4", IR_F8E3M4},
    {"float8_e4m3", IR_F8E4M3},
    {"float8_e4m3fn", IR_F8E4M3FN},
    {"float8_e4m3fnuz", IR_F8E4M3FNUZ},
    {"float8_e4m3b11fnuz", IR_F8E4M3B11FNUZ},
    {"float8_e5m2", IR_F8E5M2},
    {"float8_e5m2fnuz", IR_F8E5M2FNUZ},
    {"float8_e8m0fnu", IR_F8E8M0FNU},
    {"float6_e2m3fn", IR_F6E2M3FN},
    {"float6_e3m2fn", IR_F6E3M2FN},
    {"float4_e2m1fn", IR_F4E2M1FN},
    {"int4", IR_S4},
    {"uint4", IR_U4},
    {"int2", IR_S2},
    {"uint2", IR_U2},
    {"int1", IR_S1},
    {"uint1", IR_U1},
};

/* The letter for an element type; V where numpy has none. */
static char kind_of(ir_type type) {
    switch (ir_class_of(type)) {
    case IR_CLASS_PRED:
        return 'b';
    case IR_CLASS_SIGNED:
        return 'i';
    case IR_CLASS_UNSIGNED:
        return 'u';
    case IR_CLASS_COMPLEX:
        return 'c';
    default:
        return type == IR_F16 || type == IR_F32 || type == IR_F64 ? 'f' : 'V';
    }
}

/* `<f4`: optional byte order, kind, bytes of an element. */
static bool descr_fits(const char *descr, size_t length, ir_type type) {
    for (int i = 0; i < FW_COUNT(extension_types); i++)
        if (strlen(extension_types[i].name) == length && memcmp(extension_types[i].name, descr, length) == 0)
            return extension_types[i].type == type;
    size_t bytes = ir_type_bytes(type), size = 0;
    bool big = length > 0 && descr[0] == '>';
    if (length > 0 && strchr("<>|=", descr[0])) {
        descr++;
        length--;
    }
    if (length < 2 || length > 4)
        return false;
    for (size_t i = 1; i < length; i++) {
        if (descr[i] < '0' || descr[i] > '9')
            return false;
        size = size * 10 + (size_t)(descr[i] - '0');
    }
    if (size != bytes || (big && size > 1))
        return false;
    /* Narrow integers take a byte each, whichever sign it has. */
    bool narrow = ir_type_is_integer(type) && ir_type_bits(type) < 8;
    return descr[0] == 'V' || descr[0] == kind_of(type) || (size == 1 && ir_type_is_float(type) && descr[0] == 'f') || (narrow && (descr[0] == 'i' || descr[0] == 'u'));
}

/* ---- reading ---- */

typedef struct npy_header {
    const char *descr;
    size_t descr_length;
    bool fortran;
    int rank;
    int64_t *dims;
    size_t data_at;
} npy_header;

typedef struct scanner {
    fw_arena *arena;
    const char *at, *end;
} scanner;

static void skip_spaces(scanner *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

static bool accept(scanner *s, char c) {
    skip_spaces(s);
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool scan_word(scanner *s, const char *word) {
    size_t length = strlen(word);
    skip_spaces(s);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return false;
    s->at += length;
    return true;
}

static bool scan_string(scanner *s, const char **text, size_t *length) {
    char quote = accept(s, '\'') ? '\'' : '"';
    if (quote == '"' && !accept(s, '"'))
        return false;
    *text = s->at;
    while (s->at < s->end && *s->at != quote)
        s->at++;
    *length = (size_t)(s->at - *text);
    return s->at++ < s->end;
}

static bool scan_size(scanner *s, int64_t *size) {
    skip_spaces(s);
    const char *start = s->at;
    *size = 0;
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
        if (__builtin_mul_overflow(*size, (int64_t)10, size) ||
            __builtin_add_overflow(*size, (int64_t)(*s->at - '0'), size))
            return false;
    accept(s, 'L'); /* written by Python 2 */
    return s->at > start;
}

/* (), (3,), (3, 4) */
static bool scan_shape(scanner *s, npy_header *h) {
    int cap = 0;
    if (!accept(s, '('))
        return false;
    while (!accept(s, ')')) {
        int64_t size;
        if (!scan_size(s, &size))
            return false;
        FW_PUSH(s->arena, h->dims, h->rank, cap, size);
        if (!accept(s, ','))
            return accept(s, ')');
    }
    return true;
}

static bool scan_dictionary(scanner *s, npy_header *h) {
    bool has_descr = false, has_order = false, has_shape = false;
    if (!accept(s, '{'))
        return false;
    while (!accept(s, '}')) {
        const char *key;
        size_t length;
        if (!scan_string(s, &key, &length) || !accept(s, ':'))
            return false;
        if (length == 5 && memcmp(key, "descr", 5) == 0) {
            has_descr = scan_string(s, &h->descr, &h->descr_length);
        } else if (length == 13 && memcmp(key, "fortran_order", 13) == 0) {
            h->fortran = scan_word(s, "True");
            has_order = h->fortran || scan_word(s, "False");
        } else if (length == 5 && memcmp(key, "shape", 5) == 0) {
            has_shape = scan_shape(s, h);
        } else {
            return false;
        }
        accept(s, ',');
    }
    return has_descr && has_order && has_shape;
}

static bool read_header(fw_arena *arena, const fw_source *file, npy_header *h) {
    const unsigned char *bytes = (const unsigned char *)file->text;
    if (file->size < MAGIC_SIZE + 4 || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return false;
    int version = bytes[6];
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8, start = 10;
    if (version < 1 || version > 3)
        return false;
    if (version > 1) {
        if (file->size < 12)
            return false;
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
        start = 12;
    }
    if (length > file->size - start)
        return false;
    scanner s = {arena, file->text + start, file->text + start + length};
    h->data_at = start + length;
    return scan_dictionary(&s, h);
}

static const char *shape_text(fw_arena *arena, const npy_header *h) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_text_char(&text, '[');
    for (int d = 0; d < h->rank; d++)
        fw_text_printf(&text, d ? ",%lld" : "%lld", (long long)h->dims[d]);
    fw_text_char(&text, ']');
    return fw_text_string(&text);
}

static bool dims_fit(const npy_header *h, const ir_shape *shape) {
    bool fits = h->rank == shape->rank;
    for (int d = 0; fits && d < h->rank; d++)
        fits = h->dims[d] == ir_shape_size(shape, d);
    return fits;
}

/* Column-major elements into row-major order. */
static void from_fortran(fw_arena *arena, const ir_shape *shape, const char *from, char *to) {
    size_t bytes = ir_type_bytes(shape->type), rank = (size_t)shape->rank;
    int64_t *index = fw_alloc_array(arena, rank + 1, sizeof *index), count = ir_shape_count(shape);
    for (int64_t i = 0; i < count; i++, to += bytes) {
        int64_t at = 0;
        for (int d = shape->rank - 1; d >= 0; d--)
            at = at * ir_shape_size(shape, d) + index[d];
        memcpy(to, from + (size_t)at * bytes, bytes);
        for (int d = shape->rank - 1; d >= 0 && ++index[d] == ir_shape_size(shape, d); d--)
            index[d] = 0;
    }
}

/* Writers may leave anything in the unused bits of narrow elements, and any nonzero byte is true. */
static void normalise(ir_literal *literal) {
    ir_type type = literal->shape->type;
    int64_t count = ir_shape_count(literal->shape);
    unsigned char *bytes = literal->data;
    for (int64_t i = 0; ir_type_bits(type) < 8 && i < count; i++) {
        if (type == IR_PRED || ir_type_is_integer(type))
            ir_number_set_int(type, &bytes[i], bytes[i]);
        else
            bytes[i] &= (unsigned char)((1 << ir_type_bits(type)) - 1);
    }
}

static ir_literal *read_elements(
    fw_arena *arena, fw_arena *scratch, const fw_source *file, const npy_header *h, const ir_shape *shape) {
    ir_literal *literal = ir_literal_new(arena, shape);
    const char *from = file->text + h->data_at;
    int64_t bytes = ir_shape_bytes(shape);
    if (bytes > 0 && h->fortran && shape->rank > 1)
        from_fortran(scratch, shape, from, literal->data);
    else if (bytes > 0)
        memcpy(literal->data, from, (size_t)bytes);
    normalise(literal);
    return literal;
}

static bool header_fits(fw_arena *scratch, fw_diag *diag, const char *path, const fw_source *file, const npy_header *h,
    const ir_shape *shape, const char *what) {
    fw_loc nowhere = {NULL, 0, 0};
    fw_text want;
    fw_text_init(&want, scratch);
    ir_shape_print(shape, &want);
    if (!descr_fits(h->descr, h->descr_length, shape->type)) {
        fw_error(diag, FW_INPUT, nowhere, "%s is %s, but %s holds elements of type %.*s", what, fw_text_string(&want),
            path, h->descr_length > 40 ? 40 : (int)h->descr_length, h->descr);
        return false;
    }
    if (!dims_fit(h, shape)) {
        fw_error(diag, FW_INPUT, nowhere, "%s is %s, but %s holds an array of shape %s", what, fw_text_string(&want),
            path, shape_text(scratch, h));
        return false;
    }
    if (file->size - h->data_at < (size_t)ir_shape_bytes(shape)) {
        fw_error(diag, FW_FILE, nowhere, "%s ends after %zu of the %lld bytes of %s", path, file->size - h->data_at,
            (long long)ir_shape_bytes(shape), what);
        return false;
    }
    return true;
}

ir_literal *ir_npy_read(fw_arena *arena, fw_diag *diag, const char *path, const ir_shape *shape, const char *what) {
    fw_arena *scratch = fw_arena_new();
    npy_header header = {0};
    ir_literal *literal = NULL;
    const fw_source *file = fw_file_read(scratch, diag, path);
    if (ir_shape_bytes(shape) < 0 || ir_type_bytes(shape->type) == 0)
        fw_error(diag, FW_UNSUPPORTED, (fw_loc){NULL, 0, 0},
            "%s cannot be read from a file: it is no array of known size", what);
    else if (file && !read_header(scratch, file, &header))
        fw_error(diag, FW_FILE, (fw_loc){NULL, 0, 0}, "%s is no .npy file of version 1.0 to 3.0 (for %s)", path, what);
    else if (file && header_fits(scratch, diag, path, file, &header, shape, what))
        literal = read_elements(arena, scratch, file, &header, shape);
    fw_arena_free(scratch);
    return literal;
}

/* ---- writing ---- */

bool ir_npy_write(fw_diag *diag, const char *path, const ir_literal *literal) {
    const ir_shape *shape = literal->shape;
    size_t bytes = ir_type_bytes(shape->type);
    int64_t size = ir_shape_bytes(shape);
    if (bytes == 0 || size < 0) {
        fw_error(diag, FW_UNSUPPORTED, (fw_loc){NULL, 0, 0}, "%s: only arrays can be written", path);
        return false;
    }
    fw_arena *arena = fw_arena_new();
    fw_text header, file;
    fw_text_init(&header, arena);
    fw_text_init(&file, arena);
    fw_text_printf(&header, "{'descr': '%c%c%zu', 'fortran_order': False, 'shape': (", bytes > 1 ? '<' : '|',
        kind_of(shape->type), bytes);
    for (int d = 0; d < shape->rank; d++)
        fw_text_printf(&header, d ? ", %lld" : "%lld", (long long)ir_shape_size(shape, d));
    fw_text_add(&header, shape->rank == 1 ? ",), }" : "), }");
    while ((MAGIC_SIZE + 4 + header.size + 1) % 64 != 0) /* the elements begin at a multiple of 64 */
        fw_text_char(&header, ' ');
    fw_text_char(&header, '\n');
    fw_text_addn(&file, MAGIC "\x01\x00", MAGIC_SIZE + 2);
    fw_text_char(&file, (char)(header.size & 0xff));
    fw_text_char(&file, (char)(header.size >> 8));
    fw_text_addn(&file, header.data, header.size);
    fw_text_addn(&file, literal->data, (size_t)size);
    bool ok = fw_file_write(diag, path, file.data, file.size);
    fw_arena_free(arena);
    return ok;
}
