/* What remains of a distributed program on one device. The output of fusewright runs as one process: a collective of a
 * module with one replica and one partition has a single participant and is a copy, and where an array is placed does
 * not matter. */
#include "ir.h"

#include <string.h>

/* Has every group one member? `{}` means all participants, who are one here; `{{0}}`; or the iota form `[1,1]<=[1]`,
 * whose second number is the size of a group. A header may leave its counts out, so the groups have to agree. */
static bool lone_groups(const char *groups) {
    if (*groups == '[') {
        const char *size = strchr(groups, ',');
        return size && size[1 + strspn(size + 1, " ")] == '1' && size[2 + strspn(size + 1, " ")] == ']';
    }
    return strspn(groups, "{}0 ") == strlen(groups);
}

bool ir_is_alone(const ir_instr *instr) {
    const ir_module *module = instr->comp->module;
    const char *groups = ir_attr_word(instr, IR_ATTR_REPLICA_GROUPS);
    const char *pairs = ir_attr_word(instr, IR_ATTR_SOURCE_TARGET_PAIRS);
    if (module->replica_count > 1 || module->num_partitions > 1)
        return false;
    if (pairs) /* from 0 to 0 is the only way there is; without a pair nothing arrives */
        return strspn(pairs, "{},0 ") == strlen(pairs);
    return !groups || lone_groups(groups);
}

/* Custom calls that only say where their operand is to be. */
bool ir_call_forwards(const ir_instr *instr) {
    static const char *const targets[] = {
        "Sharding", "xla.sdy.FuncResultSharding", "annotate_device_placement", "MoveToHost", "MoveToDevice"};
    const char *target = ir_attr_word(instr, IR_ATTR_CUSTOM_CALL_TARGET);
    if (instr->op != IR_OP_CUSTOM_CALL || !target || instr->noperands != 1 ||
        !ir_shape_equal(instr->shape, instr->operands[0]->shape))
        return false;
    for (int i = 0; i < FW_COUNT(targets); i++)
        if (strcmp(target, targets[i]) == 0)
            return true;
    return false;
}
