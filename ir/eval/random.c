/* rng-bit-generator and stochastic-convert.
 *
 * The generators are Threefry-2x32 and Philox-4x32 in the layout that XLA gives their words, bit for bit. Both are pure
 * functions of their state: (state) -> (advanced state, bits). */
#include "eval.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static uint32_t low(uint64_t value) {
    return (uint32_t)value;
}

static uint32_t high(uint64_t value) {
    return (uint32_t)(value >> 32);
}

/* Element `at` from random bits: the lowest ones of a word for narrow types, all 64 for wide ones. */
static void put(const ir_literal *out, int64_t at, uint64_t bits) {
    ir_type type = out->shape->type;
    size_t bytes = ir_type_bytes(type);
    char *to = (char *)out->data + (size_t)at * bytes;
    if (ir_type_is_float(type))
        memcpy(to, &bits, bytes);
    else
        ir_number_set_int(type, to, (int64_t)bits);
}

/* ---- Threefry ---- */

static void threefry(uint64_t key, uint64_t counter, uint32_t word[2]) {
    static const int turns[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    uint32_t keys[3] = {low(key), high(key), 0x1BD11BDA ^ low(key) ^ high(key)};
    uint32_t a = low(counter) + keys[0], b = high(counter) + keys[1];
    for (uint32_t group = 0; group < 5; group++) {
        for (int i = 0; i < 4; i++) {
            int turn = turns[group % 2][i];
            a += b;
            b = (b << turn | b >> (32 - turn)) ^ a;
        }
        a += keys[(group + 1) % 3];
        b += keys[(group + 2) % 3] + group + 1;
    }
    word[0] = a;
    word[1] = b;
}

/* The dimension that is cut in two: the first even one, else the first of the largest. */
static int split_dim(const ir_shape *shape) {
    int largest = 0;
    for (int d = 0; d < shape->rank; d++) {
        if (ir_shape_size(shape, d) % 2 == 0)
            return d;
        if (ir_shape_size(shape, d) > ir_shape_size(shape, largest))
            largest = d;
    }
    return largest;
}

/* Block i of the half shape, in row-major order, gives elements 2j and 2j + 1 along the cut dimension, where j is its
 * index there; what is over in an odd dimension is dropped. Returns the number of blocks. */
static uint64_t threefry_halves(fw_arena *arena, uint64_t key, uint64_t counter, const ir_literal *out) {
    const ir_shape *shape = out->shape;
    int cut = split_dim(shape);
    int64_t *half = eval_sizes(arena, shape), *strides = eval_strides(arena, shape), *index;
    int64_t size = shape->rank > 0 ? half[cut] : 1, blocks = 1;
    index = eval_ints(arena, shape->rank);
    if (shape->rank > 0)
        half[cut] = (size + 1) / 2;
    for (int d = 0; d < shape->rank; d++)
        blocks *= half[d];
    for (int64_t i = 0; i < blocks; i++) {
        uint32_t word[2];
        int64_t at = 0, j = shape->rank > 0 ? index[cut] : 0, step = shape->rank > 0 ? strides[cut] : 0;
        for (int d = 0; d < shape->rank; d++)
            at += (d == cut ? 2 * index[d] : index[d]) * strides[d];
        threefry(key, counter + (uint64_t)i, word);
        put(out, at, word[0]);
        if (2 * j + 1 < size)
            put(out, at + step, word[1]);
        eval_step(shape->rank, half, index);
    }
    return (uint64_t)blocks;
}

static uint64_t threefry_wide(uint64_t key, uint64_t counter, const ir_literal *out) {
    int64_t count = ir_shape_count(out->shape);
    for (int64_t i = 0; i < count; i++) {
        uint32_t word[2];
        threefry(key, counter + (uint64_t)i, word);
        put(out, i, (uint64_t)word[1] << 32 | word[0]);
    }
    return (uint64_t)count;
}

/* ---- Philox ---- */

static void philox(uint64_t key, uint64_t counter_low, uint64_t counter_high, uint32_t word[4]) {
    uint32_t k0 = low(key), k1 = high(key);
    word[0] = low(counter_low);
    word[1] = high(counter_low);
    word[2] = low(counter_high);
    word[3] = high(counter_high);
    for (int round = 0; round < 10; round++) {
        uint64_t a = UINT64_C(0xD2511F53) * word[0], b = UINT64_C(0xCD9E8D57) * word[2];
        word[0] = high(b) ^ word[1] ^ k0;
        word[1] = low(b);
        word[2] = high(a) ^ word[3] ^ k1;
        word[3] = low(a);
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

/* The words of a block are neighbours in the output; two of them make a wide element. Returns the number of blocks. */
static uint64_t philox_all(uint64_t key, uint64_t counter_low, uint64_t counter_high, const ir_literal *out) {
    int64_t count = ir_shape_count(out->shape), at = 0;
    bool wide = ir_type_bits(out->shape->type) == 64;
    uint64_t block = 0;
    for (; at < count; block++) {
        uint32_t word[4];
        uint64_t sum = counter_low + block;
        philox(key, sum, counter_high + (sum < counter_low), word);
        for (int i = 0; i < 4 && at < count; i += 1 + wide, at++)
            put(out, at, wide ? (uint64_t)word[i + 1] << 32 | word[i] : word[i]);
    }
    return block;
}

/* ---- the op ---- */

/* key, counter for Threefry; key, counter for Philox, whose counter has 128 bits and takes its upper half from the
 * third word of the state or, where there is none, from the key. */
ir_literal *eval_rng_bit_generator(eval_frame *f, const ir_instr *instr, ir_literal *const *operands) {
    bool is_tuple = instr->shape->type == IR_TUPLE;
    ir_literal *result = ir_literal_new(f->arena, instr->shape), *out = is_tuple ? result->elems[1] : result;
    const uint64_t *state = operands[0]->data;
    int64_t words = ir_shape_count(operands[0]->shape);
    bool is_threefry = strcasecmp(ir_attr_word(instr, IR_ATTR_ALGORITHM), "rng_three_fry") == 0;
    int bits = ir_type_bits(out->shape->type);
    if (bits > 64 || (is_threefry ? words != 2 : words != 2 && words != 3))
        return eval_fail(f, instr, "with these shapes");
    fw_arena *arena = fw_arena_new();
    uint64_t blocks;
    if (is_threefry)
        blocks = bits == 64 ? threefry_wide(state[0], state[1], out) : threefry_halves(arena, state[0], state[1], out);
    else
        blocks = philox_all(state[0], state[1], words == 3 ? state[2] : state[0], out);
    fw_arena_free(arena);
    if (is_tuple) {
        uint64_t *next = result->elems[0]->data;
        memcpy(next, state, (size_t)words * sizeof *next);
        next[1] += blocks;
        if (words == 3 && !is_threefry)
            next[2] += next[1] < state[1];
    }
    return result;
}

/* ---- stochastic-convert ---- */

/* Float to signed integer: the magnitude is rounded up where the random number, as a fraction of its range, is below
 * the fraction that truncation drops. Infinities and what is out of range saturate, NaN gives 0. */
static int64_t stochastic(double x, uint64_t random, int random_bits, int64_t least, int64_t most) {
    if (isnan(x))
        return 0;
    if (x >= (double)most)
        return most;
    if (x <= (double)least)
        return least;
    double whole = trunc(fabs(x)), fraction = ldexp(fabs(x) - whole, random_bits);
    int64_t magnitude = (int64_t)whole + (fraction > 0 && random < (uint64_t)fraction);
    return signbit(x) ? -magnitude : magnitude;
}

bool lanes_stochastic_convert(const ir_instr *instr, int64_t n, void *out, const void *const *in) {
    ir_type from = instr->operands[0]->shape->type, to = instr->shape->type;
    ir_type random = instr->operands[1]->shape->type;
    double x[EVAL_LANES];
    int64_t bits[EVAL_LANES];
    if (ir_class_of(to) != IR_CLASS_SIGNED || !ir_type_is_float(from))
        return false;
    int64_t most = INT64_MAX >> (64 - ir_type_bits(to));
    lanes_get(from, n, in[0], x);
    lanes_get_int(random, n, in[1], bits);
    for (int64_t i = 0; i < n; i++)
        bits[i] = stochastic(x[i], (uint64_t)bits[i], ir_type_bits(random), -most - 1, most);
    lanes_set_int(to, n, bits, out);
    return true;
}
