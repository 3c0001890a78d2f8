/* The closed sets of enum-like attribute words. */
#include "read.h"

#include <string.h>

typedef struct word_set {
    ir_attr_id id;
    bool any_case;
    const char *words; /* separated by blanks */
} word_set;

static const char dot_algorithms[] =
    "unset dot_any_f8_any_f8_f32 dot_any_f8_any_f8_f32_fast_accum dot_f16_f16_f16 dot_f16_f16_f32 dot_bf16_bf16_bf16 "
    "dot_bf16_bf16_f32 dot_bf16_bf16_f32_x3 dot_bf16_bf16_f32_x6 dot_bf16_bf16_f32_x9 dot_tf32_tf32_f32 "
    "dot_tf32_tf32_f32_x3 "
    "dot_f32_f32_f32 dot_f64_f64_f64";
static const char rng_algorithms[] = "rng_default rng_three_fry rng_philox";

static const word_set sets[] = {
    {IR_ATTR_DIRECTION, false, "EQ NE LT LE GT GE"},
    {IR_ATTR_TYPE, false, "FLOAT TOTALORDER SIGNED UNSIGNED"},
    {IR_ATTR_FFT_TYPE, false, "FFT IFFT RFFT IRFFT"},
    {IR_ATTR_KIND, false, "kLoop kInput kOutput kCustom"},
    {IR_ATTR_TRANSPOSE_A, false, "NO_TRANSPOSE TRANSPOSE ADJOINT"},
    {IR_ATTR_PADDING_TYPE, false, "PADDING_VALID PADDING_SAME"},
    {IR_ATTR_CONVOLUTION_KIND, false, "fprop wgrad dgrad unset"},
    {IR_ATTR_MODE, false, "cross_replica cross_partition cross_replica_and_partition flattened_id"},
    {IR_ATTR_OPERAND_PRECISION, true, "default high highest"},
    {IR_ATTR_DISTRIBUTION, true, "rng_uniform rng_normal"},
    {IR_ATTR_API_VERSION, true,
        "API_VERSION_ORIGINAL API_VERSION_STATUS_RETURNING API_VERSION_STATUS_RETURNING_UNIFIED API_VERSION_TYPED_FFI"},
    {IR_ATTR_SCHEDULE, true, "SCHEDULE_NONE SCHEDULE_LATEST SCHEDULE_EARLIEST"},
};

static const word_set *set_of(ir_op op, ir_attr_id id, word_set *algorithm) {
    if (id == IR_ATTR_ALGORITHM) {
        *algorithm = (word_set){id, true, op == IR_OP_RNG_BIT_GENERATOR ? rng_algorithms : dot_algorithms};
        return algorithm;
    }
    for (int i = 0; i < FW_COUNT(sets); i++)
        if (sets[i].id == id)
            return &sets[i];
    return NULL;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_word(const char *a, const char *b, size_t length, bool any_case) {
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i] && !(any_case && lower(a[i]) == lower(b[i])))
            return false;
    return true;
}

const char *read_spelling(reader *r, ir_op op, ir_attr_id id, const char *text, size_t length) {
    word_set algorithm;
    const word_set *set = set_of(op, id, &algorithm);
    if (!set)
        return fw_strndup(r->arena, text, length);
    for (const char *at = set->words; *at;) {
        size_t word = strcspn(at, " ");
        if (word == length && same_word(at, text, length, set->any_case))
            return fw_strndup(r->arena, at, length);
        at += word + (at[word] == ' ');
    }
    return NULL;
}

const char *read_spellings(ir_op op, ir_attr_id id) {
    word_set algorithm;
    const word_set *set = set_of(op, id, &algorithm);
    return set ? set->words : "";
}
