/* Who takes part in a collective. The output of fusewright runs as one process on one device: a collective of a module
 * with one replica and one partition has a single participant, and is then a copy. */
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
