/* Operations that HLO has as a whole: FFT, linear algebra, batch norm, random numbers, collectives. */
#include "builders.h"

#include <string.h>

static bool put_flag(st_reader *r, const st_op *op, ir_instr *instr, const char *name, ir_attr_id id) {
    int64_t value;
    if (!st_get_int(r, op, name, 0, &value))
        return false;
    st_put_int(instr, id, value != 0);
    return true;
}

static ir_instr *whole(st_reader *r, st_op *op) {
    const ir_op_info *hlo = ir_op_of(op->info->op);
    const ir_shape *shape;
    if (!st_takes(r, op, hlo->least, hlo->most) || !(shape = st_whole_result(r, op)))
        return NULL;
    return st_emit(r, op, op->info->op, shape, op->noperands, op->operands);
}

bool build_fft(st_reader *r, st_op *op) {
    const char *type = st_get_text(r, op, "fft_type");
    int count;
    int64_t *length;
    ir_instr *instr;
    if (!st_get_ints(r, op, "fft_length", &count, &length) || !(instr = whole(r, op)))
        return false;
    if (!st_known_word(r, op, type, "FFT IFFT RFFT IRFFT"))
        return false;
    st_put_text(instr, IR_ATTR_FFT_TYPE, type);
    st_put_ints(instr, IR_ATTR_FFT_LENGTH, count, length);
    return st_give(r, op, instr);
}

bool build_cholesky(st_reader *r, st_op *op) {
    ir_instr *instr = whole(r, op);
    return instr && put_flag(r, op, instr, "lower", IR_ATTR_LOWER) && st_give(r, op, instr);
}

bool build_triangular_solve(st_reader *r, st_op *op) {
    const char *transpose = st_get_text(r, op, "transpose_a");
    ir_instr *instr = whole(r, op);
    if (!instr || !put_flag(r, op, instr, "left_side", IR_ATTR_LEFT_SIDE) ||
        !put_flag(r, op, instr, "lower", IR_ATTR_LOWER) ||
        !put_flag(r, op, instr, "unit_diagonal", IR_ATTR_UNIT_DIAGONAL))
        return false;
    if (!transpose)
        transpose = "NO_TRANSPOSE";
    if (!st_known_word(r, op, transpose, "NO_TRANSPOSE TRANSPOSE ADJOINT"))
        return false;
    st_put_text(instr, IR_ATTR_TRANSPOSE_A, transpose);
    return st_give(r, op, instr);
}

bool build_batch_norm(st_reader *r, st_op *op) {
    const st_attr *epsilon = st_get(op, "epsilon");
    int64_t feature;
    ir_instr *instr;
    if (!st_get_int(r, op, "feature_index", 0, &feature) || !(instr = whole(r, op)))
        return false;
    ir_attr_add(instr, IR_ATTR_EPSILON)->f = epsilon ? epsilon->f : 0;
    st_put_int(instr, IR_ATTR_FEATURE_INDEX, feature);
    return st_give(r, op, instr);
}

/* ---- random numbers ---- */

/* The third operand repeats the shape. */
bool build_rng(st_reader *r, st_op *op) {
    const char *distribution = st_get_text(r, op, "rng_distribution");
    const ir_shape *shape;
    if (!st_takes(r, op, 3, 3) || !(shape = st_result_type(r, op, 0)))
        return false;
    if (!st_known_word(r, op, distribution, "UNIFORM NORMAL"))
        return false;
    ir_instr *instr = st_emit(r, op, IR_OP_RNG, shape, 2, op->operands);
    st_put_text(instr, IR_ATTR_DISTRIBUTION, !strcmp(distribution, "NORMAL") ? "rng_normal" : "rng_uniform");
    return st_give(r, op, instr);
}

bool build_rng_bit_generator(st_reader *r, st_op *op) {
    static const char *const names[3][2] = {
        {"DEFAULT", "rng_default"}, {"THREE_FRY", "rng_three_fry"}, {"PHILOX", "rng_philox"}};
    const char *algorithm = st_get_text(r, op, "rng_algorithm");
    ir_instr *instr = whole(r, op);
    for (int i = 0; instr && i < 3; i++)
        if (algorithm && !strcmp(algorithm, names[i][0])) {
            st_put_text(instr, IR_ATTR_ALGORITHM, names[i][1]);
            return st_give(r, op, instr);
        }
    return instr && st_fail(r, op->at, "expected one of the algorithms DEFAULT, THREE_FRY, PHILOX");
}

/* ---- collectives ---- */

/* `{{0,1},{2,3}}` from a matrix of numbers; -1 pads rows. */
static bool put_matrix(st_reader *r, const st_op *op, ir_instr *instr, const char *name, ir_attr_id id) {
    const st_attr *attr = st_get(op, name);
    int count;
    int64_t *ints;
    fw_text text;
    if (!attr || attr->kind != ST_DENSE || attr->literal->shape->rank != 2)
        return !attr || st_fail(r, attr->start, "expected a matrix dense<[[..]]>");
    if (!st_ints(r, op, attr, &count, &ints))
        return false;
    int64_t columns = ir_shape_size(attr->literal->shape, 1);
    fw_text_init(&text, r->arena);
    fw_text_char(&text, '{');
    for (int64_t i = 0; columns && i < count; i++) {
        bool first = i % columns == 0, last = i % columns == columns - 1;
        fw_text_add(&text, first ? i ? ",{" : "{" : ints[i] >= 0 ? "," : "");
        if (ints[i] >= 0)
            fw_text_printf(&text, "%lld", (long long)ints[i]);
        fw_text_add(&text, last ? "}" : "");
    }
    fw_text_char(&text, '}');
    st_put_text(instr, id, fw_text_string(&text));
    return true;
}

static bool put_channel(st_reader *r, const st_op *op, ir_instr *instr) {
    const st_attr *channel = st_get(op, "channel_handle");
    const st_attr *handle =
        channel && channel->kind == ST_DICT ? st_find(channel->items, channel->count, "handle") : NULL;
    int64_t global;
    if (handle && handle->i > 0)
        st_put_int(instr, IR_ATTR_CHANNEL_ID, handle->i);
    if (!st_get_int(r, op, "use_global_device_ids", 0, &global))
        return false;
    if (global)
        st_put_int(instr, IR_ATTR_USE_GLOBAL_DEVICE_IDS, 1);
    return true;
}

static ir_instr *collective(st_reader *r, st_op *op) {
    ir_instr *instr = whole(r, op);
    return instr && put_matrix(r, op, instr, "replica_groups", IR_ATTR_REPLICA_GROUPS) &&
                   (instr->op == IR_OP_COLLECTIVE_BROADCAST || put_channel(r, op, instr))
               ? instr
               : NULL;
}

bool build_collective(st_reader *r, st_op *op) {
    ir_instr *instr = collective(r, op);
    return instr && st_give(r, op, instr);
}

static bool put_dim(st_reader *r, const st_op *op, ir_instr *instr, const char *name) {
    int64_t *dim = fw_alloc(r->arena, sizeof *dim);
    if (!st_get_int(r, op, name, 0, dim))
        return false;
    st_put_ints(instr, IR_ATTR_DIMENSIONS, 1, dim);
    return true;
}

bool build_all_gather(st_reader *r, st_op *op) {
    ir_instr *instr = collective(r, op);
    return instr && put_dim(r, op, instr, "all_gather_dim") && st_give(r, op, instr);
}

static bool put_region(st_reader *r, const st_op *op, ir_instr *instr) {
    if (op->nregions != 1)
        return st_fail(r, op->at, "%.*s needs one region", st_shown(op->length), op->name);
    st_put_comp(instr, IR_ATTR_TO_APPLY, op->regions[0].comp);
    return true;
}

bool build_all_reduce(st_reader *r, st_op *op) {
    ir_instr *instr = collective(r, op);
    return instr && put_region(r, op, instr) && st_give(r, op, instr);
}

bool build_reduce_scatter(st_reader *r, st_op *op) {
    ir_instr *instr = collective(r, op);
    return instr && put_region(r, op, instr) && put_dim(r, op, instr, "scatter_dimension") && st_give(r, op, instr);
}

bool build_collective_permute(st_reader *r, st_op *op) {
    ir_instr *instr = whole(r, op);
    if (!instr || !put_matrix(r, op, instr, "source_target_pairs", IR_ATTR_SOURCE_TARGET_PAIRS))
        return false;
    const st_attr *channel = st_get(op, "channel_handle");
    const st_attr *handle =
        channel && channel->kind == ST_DICT ? st_find(channel->items, channel->count, "handle") : NULL;
    if (handle && handle->i > 0)
        st_put_int(instr, IR_ATTR_CHANNEL_ID, handle->i);
    return st_give(r, op, instr);
}
