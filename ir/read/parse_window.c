/* Attribute values with a spelling of their own: padding, slice ranges, windows, dim labels. */
#include "read.h"

#include <string.h>

/* No shape of the corpus comes near; it bounds the lists below. */
#define MOST_DIMS 64

/* `-?[0-9]+` at *at. */
static bool scan_int(reader *r, const char **at, int64_t *value) {
    const char *start = *at;
    bool negative = *start == '-';
    const char *digits = start + negative, *end = digits;
    int64_t magnitude = 0;
    for (; is_digit(*end); end++) {
        if (magnitude > (INT64_MAX - 9) / 10)
            return read_fail(r, start, "the integer does not fit 64 bits");
        magnitude = magnitude * 10 + (*end - '0');
    }
    if (end == digits)
        return read_fail(r, start, "expected an integer");
    *value = negative ? -magnitude : magnitude;
    *at = end;
    return true;
}

/* Groups `a_b_c` joined by 'x', each of `least` to `most` integers, as triples; missing integers stay 0. */
static bool scan_groups(reader *r, const char **at, int least, int most, int64_t values[][3], int *count) {
    for (*count = 0;; (*count)++) {
        if (*count == MOST_DIMS)
            return read_fail(r, *at, "more than %d dimensions", MOST_DIMS);
        int64_t *group = values[*count];
        memset(group, 0, 3 * sizeof *group);
        const char *start = *at;
        int n = 0;
        do {
            if (n == most)
                return read_fail(r, *at, "expected at most %d numbers joined by '_'", most);
            *at += n > 0;
            if (!scan_int(r, at, &group[n++]))
                return false;
        } while (**at == '_');
        if (n < least)
            return read_fail(r, start, "expected %d numbers joined by '_'", least);
        if (**at != 'x')
            break;
        (*at)++;
    }
    (*count)++;
    return true;
}

/* Our printer writes the padding of a scalar as `padding=` and nothing. */
static bool is_empty_value(reader *r, const char *at) {
    while (*at == ' ')
        at++;
    return at >= r->end || *at == '\n' || *at == ',' || *at == '}';
}

bool read_padding(reader *r, ir_attr *attr) {
    int64_t values[MOST_DIMS][3];
    int count = 0;
    if (is_empty_value(r, r->at)) {
        lex_next(r);
        return true;
    }
    const char *start = lex_skip_space(r, r->at), *at = start;
    if (!scan_groups(r, &at, 2, 3, values, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (values[i][2] < 0)
            return read_fail(r, start, "interior padding cannot be negative");
    int64_t *ints = fw_alloc_array(r->arena, (size_t)count * 3, sizeof *ints);
    memcpy(ints, values, (size_t)count * 3 * sizeof *ints);
    attr->ints = ints;
    attr->count = 3 * count;
    lex_from(r, at);
    return true;
}

/* `[start:limit]` or `[start:limit:stride]`. */
static bool read_range(reader *r, int64_t range[3]) {
    range[2] = 1;
    if (!lex_expect(r, '[', "'[' of a slice range") || !lex_int(r, &range[0]) || !lex_expect(r, ':', "':'") ||
        !lex_int(r, &range[1]))
        return false;
    if (lex_accept(r, ':') && !lex_int(r, &range[2]))
        return false;
    return lex_expect(r, ']', "']' at the end of a slice range");
}

bool read_ranges(reader *r, ir_attr *attr) {
    int64_t *ints = NULL;
    int cap = 0;
    lex_next(r);
    if (!lex_expect(r, '{', "'{' of a list of ranges"))
        return false;
    while (r->tok.kind != '}') {
        int64_t range[3];
        if ((attr->count && !lex_expect(r, ',', "',' or '}' in the list of ranges")) || !read_range(r, range))
            return false;
        for (int i = 0; i < 3; i++)
            FW_PUSH(r->arena, ints, attr->count, cap, range[i]);
    }
    lex_next(r);
    attr->ints = ints;
    return true;
}

/* ---- window ---- */

enum {
    WINDOW_SIZE,
    WINDOW_STRIDE,
    WINDOW_PAD,
    WINDOW_LHS_DILATE,
    WINDOW_RHS_DILATE,
    WINDOW_RHS_REVERSAL,
    WINDOW_FIELDS
};

static const char *const window_fields[WINDOW_FIELDS] = {
    "size", "stride", "pad", "lhs_dilate", "rhs_dilate", "rhs_reversal"};

typedef struct window_text {
    int64_t values[WINDOW_FIELDS][MOST_DIMS][3];
    int counts[WINDOW_FIELDS];
    bool seen[WINDOW_FIELDS];
} window_text;

static int window_field(const char *name, size_t length) {
    for (int i = 0; i < WINDOW_FIELDS; i++)
        if (strlen(window_fields[i]) == length && !memcmp(window_fields[i], name, length))
            return i;
    return -1;
}

/* Fields to the closing brace, separated by blanks only. */
static bool scan_window(reader *r, const char **at, window_text *w) {
    for (;;) {
        *at = lex_skip_space(r, *at);
        if (**at == '}') {
            (*at)++;
            return true;
        }
        const char *name = *at;
        while (is_name_char(**at))
            (*at)++;
        int field = window_field(name, (size_t)(*at - name));
        if (field < 0 || **at != '=')
            return read_fail(
                r, name, "expected size=, stride=, pad=, lhs_dilate=, rhs_dilate=, rhs_reversal= or '}' in a window");
        if (w->seen[field])
            return read_fail(r, name, "'%s' stands twice in this window", window_fields[field]);
        w->seen[field] = true;
        int numbers = field == WINDOW_PAD ? 2 : 1;
        *at = lex_skip_space(r, *at + 1);
        if (!scan_groups(r, at, numbers, numbers, w->values[field], &w->counts[field]))
            return false;
    }
}

static void set_window_dim(const window_text *w, int i, ir_window_dim *dim) {
    *dim = (ir_window_dim){.size = w->values[WINDOW_SIZE][i][0], .stride = 1, .base_dilation = 1, .window_dilation = 1};
    if (w->seen[WINDOW_STRIDE])
        dim->stride = w->values[WINDOW_STRIDE][i][0];
    if (w->seen[WINDOW_PAD]) {
        dim->pad_low = w->values[WINDOW_PAD][i][0];
        dim->pad_high = w->values[WINDOW_PAD][i][1];
    }
    if (w->seen[WINDOW_LHS_DILATE])
        dim->base_dilation = w->values[WINDOW_LHS_DILATE][i][0];
    if (w->seen[WINDOW_RHS_DILATE])
        dim->window_dilation = w->values[WINDOW_RHS_DILATE][i][0];
    dim->reversal = w->seen[WINDOW_RHS_REVERSAL] && w->values[WINDOW_RHS_REVERSAL][i][0];
}

static bool check_window(reader *r, const char *start, const window_text *w) {
    int rank = w->counts[WINDOW_SIZE];
    for (int f = 0; f < WINDOW_FIELDS; f++)
        if (w->seen[f] && w->counts[f] != rank)
            return read_fail(
                r, start, "'%s' has %d dimensions, but 'size' has %d", window_fields[f], w->counts[f], rank);
    for (int i = 0; i < w->counts[WINDOW_RHS_REVERSAL]; i++)
        if (w->values[WINDOW_RHS_REVERSAL][i][0] & ~(int64_t)1)
            return read_fail(r, start, "'rhs_reversal' is made of 0 and 1");
    return true;
}

bool read_window(reader *r, ir_attr *attr) {
    window_text w;
    memset(w.counts, 0, sizeof w.counts);
    memset(w.seen, 0, sizeof w.seen);
    const char *start = lex_skip_space(r, r->at), *at = start + 1;
    if (*start != '{')
        return read_fail(r, start, "expected '{' of a window");
    if (!scan_window(r, &at, &w) || !check_window(r, start, &w))
        return false;
    ir_window *window = fw_alloc(r->arena, sizeof *window);
    window->rank = w.counts[WINDOW_SIZE];
    window->dims = fw_alloc_array(r->arena, (size_t)window->rank, sizeof *window->dims);
    for (int i = 0; i < window->rank; i++)
        set_window_dim(&w, i, &window->dims[i]);
    attr->window = window;
    lex_from(r, at);
    return true;
}

/* ---- dim_labels ---- */

/* One part of `b01f_01io->b01f`: digits are spatial dimensions, `first` and `second` the two letters. */
typedef struct label_part {
    int nspatial, spatial[10]; /* position of each digit, -1 where it does not stand */
    int first, second;
} label_part;

static bool scan_labels(reader *r, const char **at, char first, char second, label_part *part) {
    const char *start = *at;
    *part = (label_part){.first = -1, .second = -1};
    memset(part->spatial, -1, sizeof part->spatial);
    for (;; (*at)++) {
        char c = **at;
        int *place = is_digit(c)   ? &part->spatial[c - '0']
                     : c == first  ? &part->first
                     : c == second ? &part->second
                                   : NULL;
        if (!place && c != '?')
            break;
        if (place && *place >= 0)
            return read_fail(r, *at, "'%c' stands twice in this part of dim_labels", c);
        if (place)
            *place = (int)(*at - start);
        part->nspatial += is_digit(c);
    }
    if (*at - start < 2)
        return read_fail(r, start, "expected dim_labels such as b01f_01io->b01f");
    for (int i = 0; i < part->nspatial; i++)
        if (part->spatial[i] < 0)
            return read_fail(r, start, "spatial dimension %d is missing in this part of dim_labels", i);
    return true;
}

static int *copy_spatial(reader *r, const label_part *part) {
    int *copy = fw_alloc_array(r->arena, (size_t)part->nspatial, sizeof *copy);
    memcpy(copy, part->spatial, (size_t)part->nspatial * sizeof *copy);
    return copy;
}

bool read_dim_labels(reader *r, ir_attr *attr) {
    label_part lhs, rhs, out;
    const char *start = lex_skip_space(r, r->at), *at = start;
    if (!scan_labels(r, &at, 'b', 'f', &lhs))
        return false;
    if (*at++ != '_')
        return read_fail(r, at - 1, "expected '_' in dim_labels");
    if (!scan_labels(r, &at, 'i', 'o', &rhs))
        return false;
    if (*at != '-' || at[1] != '>')
        return read_fail(r, at, "expected '->' in dim_labels");
    at += 2;
    if (!scan_labels(r, &at, 'b', 'f', &out))
        return false;
    if (is_name_char(*at))
        return read_fail(r, at, "'%c' has no meaning in dim_labels", *at);
    if (lhs.nspatial != rhs.nspatial || lhs.nspatial != out.nspatial)
        return read_fail(r, start, "the three parts of dim_labels differ in their number of spatial dimensions");
    ir_labels *labels = fw_alloc(r->arena, sizeof *labels);
    *labels = (ir_labels){.nspatial = lhs.nspatial,
        .lhs_batch = lhs.first,
        .lhs_feature = lhs.second,
        .rhs_input = rhs.first,
        .rhs_output = rhs.second,
        .out_batch = out.first,
        .out_feature = out.second,
        .lhs_spatial = copy_spatial(r, &lhs),
        .rhs_spatial = copy_spatial(r, &rhs),
        .out_spatial = copy_spatial(r, &out),
        .text = fw_strndup(r->arena, start, (size_t)(at - start))};
    attr->labels = labels;
    lex_from(r, at);
    return true;
}
