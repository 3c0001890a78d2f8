/* Carried elements that always hold the same value become one: equal at the start, and updated equally as long as they
 * are equal. JAX's fori_loop inside scan carries two counters that way.
 *
 * Elements with one initial value start in one class. Numbering the values of the body under the assumption that
 * classes hold splits a class whose updates differ; once nothing splits, the assumption is proved by induction over
 * iterations. */
#include "pass.h"

enum { MERGE_ROUNDS = 16 }; /* a chain of splits longer than this is left alone */

/* leader[i]: first element in the same class. Elements are in one class while (old class, number) agree. Returns
 * classes. */
static int classify(fw_arena *scratch, int count, const int *class_of, const int *number, int *leader) {
    size_t size = 16;
    int classes = 0;
    while (size < 2 * (size_t)count)
        size *= 2;
    int *table = fw_alloc_array(scratch, size, sizeof *table);
    for (int i = 0; i < count; i++) {
        const int key[] = {class_of ? class_of[i] : 0, number[i]};
        size_t slot = (size_t)fw_hash64(key, sizeof key, 0) & (size - 1);
        for (; table[slot]; slot = (slot + 1) & (size - 1)) {
            int other = table[slot] - 1;
            if ((class_of ? class_of[other] : 0) == key[0] && number[other] == key[1])
                break;
        }
        if (!table[slot]) {
            table[slot] = i + 1;
            classes++;
        }
        leader[i] = table[slot] - 1;
    }
    return classes;
}

static int *start_classes(fw_arena *scratch, const pass_loop *loop, int *classes) {
    int *number = fw_alloc_array(scratch, (size_t)loop->count, sizeof *number),
        *leader = fw_alloc_array(scratch, (size_t)loop->count, sizeof *leader);
    for (int i = 0; i < loop->count; i++)
        number[i] = loop->init->operands[i]->id;
    *classes = classify(scratch, loop->count, NULL, number, leader);
    return leader;
}

static int read_index(const ir_instr *read) {
    return (int)ir_attr_int(read, IR_ATTR_INDEX, 0);
}

/* Splits classes whose elements the body updates differently. */
static int *split(
    fw_arena *scratch, const pass_identity *identity, const pass_loop *loop, const int *leader, int *classes) {
    int *seed = fw_alloc_array(scratch, (size_t)loop->body->ninstrs, sizeof *seed);
    for (int i = 0; i < loop->body->ninstrs; i++)
        seed[i] = -1;
    for (int i = loop->noutside; i < loop->nreads; i++)
        if (loop->reads[i]->comp == loop->body)
            seed[loop->reads[i]->id] = loop->body->ninstrs + leader[read_index(loop->reads[i])];
    const int *values = pass_value_numbers(scratch, identity, loop->body, seed);
    int *number = fw_alloc_array(scratch, (size_t)loop->count, sizeof *number),
        *finer = fw_alloc_array(scratch, (size_t)loop->count, sizeof *finer);
    for (int i = 0; i < loop->count; i++)
        number[i] = values[loop->update->operands[i]->id];
    *classes = classify(scratch, loop->count, leader, number, finer);
    return finer;
}

/* The element that stands for each element, or NULL if every element stands for itself. */
static int *leaders_of(fw_arena *scratch, const pass_identity *identity, const pass_loop *loop) {
    int classes, finer;
    int *leader = start_classes(scratch, loop, &classes);
    for (int round = 0; round < MERGE_ROUNDS && classes < loop->count; round++) {
        leader = split(scratch, identity, loop, leader, &finer);
        if (finer == classes)
            return leader;
        classes = finer;
    }
    return NULL;
}

typedef struct {
    pass_loop loop;
    const int *leader;
} merge_plan;

/* All loops are analysed before any is changed: what was proved of the module then holds for all changes together. */
void pass_merge_carried(ir_module *module) {
    fw_arena *scratch = fw_arena_new();
    pass_identity identity = pass_identity_of(scratch, module);
    const int *references = pass_references_of(scratch, &identity.comps);
    merge_plan *plans = NULL;
    int count = 0, cap = 0;
    for (int i = 0; i < module->ncomps; i++) {
        pass_loop *loops;
        int nloops = pass_loops_of(scratch, &identity.comps, references, module->comps[i], &loops);
        for (int k = 0; k < nloops; k++) {
            merge_plan plan = {.loop = loops[k], .leader = leaders_of(scratch, &identity, &loops[k])};
            if (plan.leader)
                FW_PUSH(scratch, plans, count, cap, plan);
        }
    }
    for (int i = 0; i < count; i++)
        for (int k = 0; k < plans[i].loop.nreads; k++)
            pass_attr_set_int(
                plans[i].loop.reads[k], IR_ATTR_INDEX, plans[i].leader[read_index(plans[i].loop.reads[k])]);
    fw_arena_free(scratch);
}
