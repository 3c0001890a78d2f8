/* Names that are unique in a computation or module. Names are part of what users see (kernel names come from them), so
 * an instruction keeps its own name while that is free and otherwise counts up from its stem: add.5 becomes add.6, not
 * add.5.clone.1. */
#include "pass.h"

#include <string.h>

struct pass_names {
    fw_arena *scratch;
    fw_intern *taken, *stems;
    int *next; /* by stem: the number to try first */
    int nnext, next_cap;
};

pass_names *pass_names_new(fw_arena *scratch) {
    pass_names *names = fw_alloc(scratch, sizeof *names);
    names->scratch = scratch;
    names->taken = fw_intern_new(scratch);
    names->stems = fw_intern_new(scratch);
    return names;
}

void pass_names_use(pass_names *names, const char *name) {
    fw_intern_id(names->taken, name, strlen(name));
}

/* Length of the name without a trailing `.digits`. */
static size_t stem_length(const char *name) {
    size_t length = strlen(name), end = length;
    while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
        end--;
    return end > 1 && end < length && name[end - 1] == '.' ? end - 1 : length;
}

static bool taken(const pass_names *names, const char *name) {
    return fw_intern_find(names->taken, name, strlen(name)) >= 0;
}

const char *pass_names_unique(pass_names *names, fw_arena *arena, const char *wanted) {
    const char *name = wanted;
    if (taken(names, wanted)) {
        size_t length = stem_length(wanted);
        int stem = fw_intern_id(names->stems, wanted, length);
        while (names->nnext <= stem)
            FW_PUSH(names->scratch, names->next, names->nnext, names->next_cap, 1);
        do {
            name = fw_format(names->scratch, "%.*s.%d", (int)length, wanted, names->next[stem]++);
        } while (taken(names, name));
    }
    pass_names_use(names, name);
    return fw_strdup(arena, name);
}
