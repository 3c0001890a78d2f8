/* The attributes of collective operations: which devices take part, and how their numbers are meant. */
#include "print_stablehlo.h"

#include <stdlib.h>
#include <string.h>

enum { DEVICES_MAX = 1 << 20, AXES_MAX = 8 };

/* ---- groups of devices ---- */

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " ");
}

/* {{0,1},{2,3}}, or {0,1} or {} without groups; shorter groups are filled up with -1. False where it is written
 * otherwise. */
static bool read_listed(fw_arena *arena, const char *at, shlo_groups *groups) {
    int cap = 0, total = 0, start = 0, ends_cap = 0, *ends = NULL;
    int64_t *ids = NULL;
    for (at = skip_blanks(at + 1); *at && *at != '}'; at = skip_blanks(at)) {
        if (*at++ != '{')
            return false;
        for (at = skip_blanks(at); *at && *at != '}'; at = skip_blanks(at)) {
            char *end;
            int64_t id = strtoll(at, &end, 10);
            if (end == at || total == DEVICES_MAX)
                return false;
            FW_PUSH(arena, ids, total, cap, id);
            at = end + (*end == ',');
        }
        FW_PUSH(arena, ends, groups->count, ends_cap, total);
        at += *at == '}';
        at += *at == ',';
        groups->size = total - start > groups->size ? total - start : groups->size;
        start = total;
    }
    groups->ids = fw_alloc_array(arena, (size_t)groups->count * (size_t)groups->size + 1, sizeof *ids);
    for (int g = 0; g < groups->count; g++)
        for (int i = 0, from = g ? ends[g - 1] : 0; i < groups->size; i++)
            groups->ids[(size_t)g * (size_t)groups->size + (size_t)i] = from + i < ends[g] ? ids[from + i] : -1;
    return true;
}

/* The numbers of [2,4] or (1,0) behind `*at`; -1 where they do not stand there. */
static int read_axes(const char **at, char close, int64_t axes[AXES_MAX]) {
    int count = 0;
    while (**at && **at != close && count < AXES_MAX) {
        char *end;
        axes[count++] = strtoll(*at, &end, 10);
        if (end == *at || (*end != ',' && *end != close))
            return -1;
        *at = end + (*end == ',');
    }
    return *(*at)++ == close ? count : -1;
}

/* [groups,size]<=[dims]T(permutation): the numbers 0, 1, 2, ... as an array of `dims`, transposed, cut into groups. */
static bool read_iota(fw_arena *arena, const char *at, shlo_groups *groups) {
    int64_t shape[AXES_MAX], dims[AXES_MAX], order[AXES_MAX], steps[AXES_MAX], total = 1, step = 1;
    at++;
    if (read_axes(&at, ']', shape) != 2 || strncmp(at, "<=[", 3))
        return false;
    at += 3;
    int rank = read_axes(&at, ']', dims);
    for (int i = 0; i < rank; i++) {
        order[i] = i;
        if (dims[i] < 1 || dims[i] > DEVICES_MAX || (total *= dims[i]) > DEVICES_MAX)
            return false;
    }
    if (!strncmp(at, "T(", 2)) {
        at += 2;
        if (read_axes(&at, ')', order) != rank)
            return false;
    }
    if (rank < 1 || *at || shape[0] < 1 || shape[0] > total || shape[0] * shape[1] != total)
        return false;
    for (int i = rank - 1; i >= 0; step *= dims[i--])
        steps[i] = step;
    groups->count = (int)shape[0];
    groups->size = (int)shape[1];
    groups->ids = fw_alloc_array(arena, (size_t)total, sizeof *groups->ids);
    for (int64_t n = 0; n < total; n++)
        for (int64_t i = rank - 1, rest = n; i >= 0; rest /= dims[order[i--]]) {
            if (order[i] < 0 || order[i] >= rank)
                return false;
            groups->ids[n] += rest % dims[order[i]] * steps[order[i]];
        }
    return true;
}

bool shlo_groups_of(fw_arena *arena, const ir_instr *instr, ir_attr_id id, shlo_groups *groups) {
    const ir_attr *attr = ir_attr_get(instr, id);
    *groups = (shlo_groups){0, 0, NULL};
    if (!attr)
        return true;
    return *attr->text == '[' ? read_iota(arena, attr->text, groups)
                              : *attr->text == '{' && read_listed(arena, attr->text, groups);
}

static void print_groups(shlo *p, const ir_instr *instr, const char *key, ir_attr_id id) {
    shlo_groups groups;
    shlo_groups_of(p->arena, instr, id, &groups); /* checked before */
    fw_text_add(shlo_attr(p, key), "dense<");
    for (int g = 0; g < groups.count; g++) {
        fw_text_add(p->out, g ? ", [" : "[[");
        for (int i = 0; i < groups.size; i++)
            fw_text_printf(
                p->out, "%s%lld", i ? ", " : "", (long long)groups.ids[(size_t)g * (size_t)groups.size + (size_t)i]);
        fw_text_char(p->out, ']');
    }
    fw_text_printf(p->out, "%s> : tensor<%dx%dxi64>", groups.count ? "]" : "", groups.count, groups.size);
}

/* ---- attributes ---- */

static void channel(shlo *p, const ir_instr *instr) {
    int64_t id = ir_attr_int(instr, IR_ATTR_CHANNEL_ID, 0);
    if (id > 0) /* type 1: from device to device */
        fw_text_printf(
            shlo_attr(p, "channel_handle"), "#stablehlo.channel_handle<handle = %lld, type = 1>", (long long)id);
    if (ir_attr_int(instr, IR_ATTR_USE_GLOBAL_DEVICE_IDS, 0))
        fw_text_add(shlo_attr(p, "use_global_device_ids"), "unit");
}

static void dimension(shlo *p, const ir_instr *instr, const char *key) {
    const int64_t *dims;
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims);
    fw_text_printf(shlo_attr(p, key), "%lld : i64", count ? (long long)dims[0] : 0);
}

void attrs_all_reduce(shlo *p, const ir_instr *instr) {
    print_groups(p, instr, "replica_groups", IR_ATTR_REPLICA_GROUPS);
    channel(p, instr);
}

void attrs_all_gather(shlo *p, const ir_instr *instr) {
    dimension(p, instr, "all_gather_dim");
    attrs_all_reduce(p, instr);
}

void attrs_reduce_scatter(shlo *p, const ir_instr *instr) {
    dimension(p, instr, "scatter_dimension");
    attrs_all_reduce(p, instr);
}

/* HLO cuts and joins along one dimension, into as many parts as a group has devices. */
void attrs_all_to_all(shlo *p, const ir_instr *instr) {
    shlo_groups groups;
    shlo_groups_of(p->arena, instr, IR_ATTR_REPLICA_GROUPS, &groups);
    dimension(p, instr, "split_dimension");
    dimension(p, instr, "concat_dimension");
    fw_text_printf(shlo_attr(p, "split_count"), "%d : i64", groups.size);
    attrs_all_reduce(p, instr);
}

void attrs_collective_permute(shlo *p, const ir_instr *instr) {
    print_groups(p, instr, "source_target_pairs", IR_ATTR_SOURCE_TARGET_PAIRS);
    channel(p, instr);
}
