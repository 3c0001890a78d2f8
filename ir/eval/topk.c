/* topk, and the custom call of that name: the k first elements of each row of the last dimension in a stable order, and
 * where they were. */
#include "eval.h"

#include <string.h>

typedef struct ranking {
    ir_type type;
    bool smallest;       /* first, instead of the largest */
    eval_region *before; /* a comparator that was given, or NULL */
    int nparams;
    const char *row;
    int32_t *order, *spare;
    bool failed;
} ranking;

/* A number whose order is that of the elements: floats by their bits, -nan < -inf < ... < -0 < 0 < ... < inf < nan. */
static int64_t rank_of(const ranking *r, int32_t at) {
    size_t bytes = ir_type_bytes(r->type);
    const char *element = r->row + (size_t)at * bytes;
    int width = ir_type_bits(r->type);
    if (r->type == IR_U64)
        return (int64_t)((uint64_t)ir_number_get_int(r->type, element) ^ UINT64_C(1) << 63);
    if (!ir_type_is_float(r->type))
        return ir_number_get_int(r->type, element);
    uint64_t bits = 0, sign = UINT64_C(1) << (width - 1);
    memcpy(&bits, element, bytes);
    return bits & sign ? -1 - (int64_t)(bits ^ sign) : (int64_t)bits;
}

static bool is_before(ranking *r, int32_t a, int32_t b) {
    if (!r->before) {
        int64_t x = rank_of(r, a), y = rank_of(r, b);
        return r->smallest ? x < y : x > y;
    }
    unsigned char result = 0;
    void *out = &result;
    size_t bytes = ir_type_bytes(r->type);
    const void *in[] = {r->row + (size_t)a * bytes, r->row + (size_t)b * bytes, &a, &b};
    if (!eval_region_run(r->before, 1, in, &out))
        r->failed = true;
    return result;
}

static void merge_sort(ranking *r, int64_t first, int64_t last) {
    if (last - first < 2 || r->failed)
        return;
    int64_t middle = first + (last - first) / 2, left = first, right = middle;
    merge_sort(r, first, middle);
    merge_sort(r, middle, last);
    for (int64_t at = first; at < last; at++) {
        bool take_right = left == middle || (right < last && is_before(r, r->order[right], r->order[left]));
        r->spare[at] = take_right ? r->order[right++] : r->order[left++];
    }
    memcpy(r->order + first, r->spare + first, (size_t)(last - first) * sizeof *r->order);
}

/* The comparator of the custom call sees two elements and their two positions, or the elements alone. */
static bool read_comparator(ranking *r, fw_arena *arena, eval_frame *f, const ir_instr *instr) {
    const ir_attr *called = ir_attr_get(instr, IR_ATTR_CALLED_COMPUTATIONS);
    ir_comp *comp = called && called->count == 1 ? called->comps[0] : ir_attr_comp(instr, IR_ATTR_TO_APPLY);
    if (!comp)
        return true;
    if (comp->nparams != 2 && comp->nparams != 4)
        return false;
    r->before = eval_region_new(arena, f->diag, comp, instr, f->depth);
    return true;
}

ir_literal *eval_topk(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    const ir_shape *shape = operands[0]->shape;
    int64_t size = ir_shape_size(shape, shape->rank - 1), rows = 1;
    int64_t k = ir_shape_size(instr->shape->elems[0], shape->rank - 1);
    size_t bytes = ir_type_bytes(shape->type);
    ranking r = {.type = shape->type, .smallest = !ir_attr_int(instr, IR_ATTR_LARGEST, 1)};
    fw_arena *arena = fw_arena_new();
    ir_literal *out = ir_literal_new(f->arena, instr->shape);
    char *values = out->elems[0]->data;
    int32_t *indices = out->elems[1]->data;
    r.order = fw_alloc_array(arena, (size_t)size + 1, sizeof *r.order);
    r.spare = fw_alloc_array(arena, (size_t)size + 1, sizeof *r.spare);
    r.failed = !read_comparator(&r, arena, f, instr);
    if (r.failed)
        eval_fail(f, instr, "with this comparator");
    for (int d = 0; d < shape->rank - 1; d++)
        rows *= ir_shape_size(shape, d);
    for (int64_t row = 0; row < rows && !r.failed; row++) {
        r.row = (const char *)operands[0]->data + (size_t)(row * size) * bytes;
        for (int64_t i = 0; i < size; i++)
            r.order[i] = (int32_t)i;
        merge_sort(&r, 0, size);
        for (int64_t i = 0; i < k; i++, values += bytes) {
            memcpy(values, r.row + (size_t)r.order[i] * bytes, bytes);
            *indices++ = r.order[i];
        }
    }
    fw_arena_free(arena);
    return r.failed ? NULL : out;
}
