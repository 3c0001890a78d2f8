/* Index arithmetic over dense arrays: strides, stepping, and moving a box of elements from one array to another. */
#include "eval.h"

#include <string.h>

int64_t *eval_ints(fw_arena *arena, int64_t count) {
    return fw_alloc_array(arena, (size_t)count + 1, sizeof(int64_t));
}

int64_t *eval_strides(fw_arena *arena, const ir_shape *shape) {
    int64_t *strides = eval_ints(arena, shape->rank), stride = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        strides[d] = stride;
        stride *= ir_shape_size(shape, d);
    }
    return strides;
}

bool eval_listed(const int64_t *ints, int count, int64_t value) {
    for (int i = 0; i < count; i++)
        if (ints[i] == value)
            return true;
    return false;
}

int64_t *eval_sizes(fw_arena *arena, const ir_shape *shape) {
    int64_t *sizes = eval_ints(arena, shape->rank);
    for (int d = 0; d < shape->rank; d++)
        sizes[d] = ir_shape_size(shape, d);
    return sizes;
}

bool eval_step(int rank, const int64_t *sizes, int64_t *index) {
    for (int d = rank - 1; d >= 0; d--) {
        if (++index[d] < sizes[d])
            return true;
        index[d] = 0;
    }
    return false;
}

/* Loops over memcpy of a constant size compile to plain loads and stores. */
#define ROW(size)                                                                                                      \
    for (int64_t i = 0; i < n; i++, from += from_step, to += to_step)                                                  \
        memcpy(to, from, size);                                                                                        \
    break

static void move_row(size_t bytes, int64_t n, const char *from, int64_t from_step, char *to, int64_t to_step) {
    if (from_step == 1 && to_step == 1) {
        memcpy(to, from, (size_t)n * bytes);
        return;
    }
    from_step *= (int64_t)bytes;
    to_step *= (int64_t)bytes;
    switch (bytes) {
    case 1:
        ROW(1);
    case 2:
        ROW(2);
    case 4:
        ROW(4);
    case 8:
        ROW(8);
    default:
        ROW(16);
    }
}

void eval_move(size_t bytes, int rank, const int64_t *sizes, const void *from, const int64_t *from_strides, void *to,
    const int64_t *to_strides) {
    const char *in = from;
    char *out = to;
    if (rank == 0) {
        memcpy(out, in, bytes);
        return;
    }
    if (rank == 1) {
        move_row(bytes, sizes[0], in, from_strides[0], out, to_strides[0]);
        return;
    }
    for (int64_t i = 0; i < sizes[0]; i++) {
        eval_move(bytes, rank - 1, sizes + 1, in, from_strides + 1, out, to_strides + 1);
        in += from_strides[0] * (int64_t)bytes;
        out += to_strides[0] * (int64_t)bytes;
    }
}

int64_t eval_index_at(const ir_literal *indices, int64_t position) {
    ir_type type = indices->shape->type;
    int64_t value = ir_number_get_int(type, (const char *)indices->data + position * (int64_t)ir_type_bytes(type));
    return type == IR_U64 && value < 0 ? INT64_MAX : value;
}
