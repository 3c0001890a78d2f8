/* Name tables of the reader, suggestions for mistyped names, and invented names. */
#include "read.h"

#include <stdio.h>
#include <string.h>

#define FIRST_SLOTS 64

void names_init(name_table *table, fw_arena *arena) {
    table->arena = arena;
    table->nslots = FIRST_SLOTS;
    table->slots = fw_alloc_array(arena, FIRST_SLOTS, sizeof *table->slots);
    table->count = 0;
    table->generation = 1;
}

void names_clear(name_table *table) {
    table->count = 0;
    table->generation++;
}

static name_entry *slot_of(const name_table *table, const char *text, size_t length, uint32_t hash) {
    size_t i = hash & (table->nslots - 1);
    for (;; i = (i + 1) & (table->nslots - 1)) {
        name_entry *e = &table->slots[i];
        if (e->generation != table->generation ||
            (e->hash == hash && e->length == length && !memcmp(e->text, text, length)))
            return e;
    }
}

static uint32_t hash_of(const char *text, size_t length) {
    uint64_t hash = fw_hash64(text, length, 0);
    return (uint32_t)(hash ^ hash >> 32);
}

static void double_slots(name_table *table) {
    name_entry *old = table->slots;
    size_t nold = table->nslots;
    table->nslots *= 2;
    table->slots = fw_alloc_array(table->arena, table->nslots, sizeof *table->slots);
    for (size_t i = 0; i < nold; i++)
        if (old[i].generation == table->generation)
            *slot_of(table, old[i].text, old[i].length, old[i].hash) = old[i];
}

name_entry *names_enter(name_table *table, const char *text, size_t length) {
    if (2 * (table->count + 1) > table->nslots)
        double_slots(table);
    uint32_t hash = hash_of(text, length);
    name_entry *e = slot_of(table, text, length, hash);
    if (e->generation != table->generation) {
        *e = (name_entry){text, length, hash, table->generation, 0, NULL};
        table->count++;
    }
    return e;
}

void *names_find(const name_table *table, const char *text, size_t length) {
    const name_entry *e = slot_of(table, text, length, hash_of(text, length));
    return e->generation == table->generation ? e->value : NULL;
}

/* ---- suggestions ---- */

#define LONGEST_SUGGESTION 64

/* Edit distance with swaps of neighbours, by rows; more than `limit` comes back as limit + 1. */
static int edit_distance(const char *a, size_t na, const char *b, size_t nb, int limit) {
    int rows[3][LONGEST_SUGGESTION + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    if (na > LONGEST_SUGGESTION || nb > LONGEST_SUGGESTION || (na > nb ? na - nb : nb - na) > (size_t)limit)
        return limit + 1;
    for (size_t j = 0; j <= nb; j++)
        last[j] = before[j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *swap = before;
        row[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        before = last;
        last = row;
        row = swap;
    }
    return last[nb];
}

/* Equal distances go to the alphabetically first name, whatever the order of the table. */
static bool is_before(const name_entry *a, const name_entry *b) {
    size_t length = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, length);
    return order ? order < 0 : a->length < b->length;
}

const char *names_suggest(reader *r, const name_table *table, const char *text, size_t length) {
    int nearest = length < 3 ? 1 : length < 6 ? 2 : 3; /* a distance must be smaller than this */
    const name_entry *found = NULL;
    for (size_t i = 0; i < table->nslots; i++) {
        const name_entry *e = &table->slots[i];
        if (e->generation != table->generation || !e->value)
            continue;
        int distance = edit_distance(text, length, e->text, e->length, nearest);
        if (distance < nearest || (distance == nearest && found && is_before(e, found))) {
            nearest = distance;
            found = e;
        }
    }
    return found ? fw_format(r->scratch, " (did you mean '%.*s'?)", (int)found->length, found->text) : "";
}

/* ---- invented names ---- */

const char *names_invent(reader *r, name_table *table, const char *base, void *value) {
    size_t length = strlen(base);
    bool is_reserved = names_find(&r->reserved, base, length) != NULL;
    name_entry *e = names_enter(table, base, length);
    if (!e->value && !is_reserved) {
        e->value = value;
        return base;
    }
    char *name = fw_alloc(r->arena, length + 12);
    memcpy(name, base, length);
    do { /* the counter stays with the base, so that many equal bases are cheap */
        length = strlen(base) + (size_t)snprintf(name + strlen(base), 12, ".%u", (unsigned)++e->next);
    } while (names_find(table, name, length));
    names_enter(table, name, length)->value = value;
    return name;
}

/* ---- the fixed names ---- */

void names_of_tables(reader *r) {
    static const char *const keywords[] = {"HloModule", "ENTRY", "ROOT", "true", "false", "inf", "nan", "maximal",
        "replicated", "manual", "unknown", "unreduced", "last_tile_dim_replicate", "shard_as", "shard_like",
        "FileNames", "FunctionNames", "FileLocations", "StackFrames"};
    names_init(&r->ops, r->scratch);
    names_init(&r->attrs, r->scratch);
    names_init(&r->reserved, r->scratch);
    for (int i = 0; i < IR_NOPS; i++) {
        const char *name = ir_op_of((ir_op)i)->name;
        names_enter(&r->ops, name, strlen(name))->value = (void *)(uintptr_t)(i + 1);
    }
    for (int i = IR_NATTRS - 1; i >= 0; i--) { /* of equal names the first id stays */
        const char *name = ir_attr_name((ir_attr_id)i);
        names_enter(&r->attrs, name, strlen(name))->value = (void *)(uintptr_t)(i + 1);
    }
    for (int i = 0; i < FW_COUNT(keywords); i++)
        names_enter(&r->reserved, keywords[i], strlen(keywords[i]))->value = r;
    for (int i = 0; i < IR_NTYPES; i++) {
        const char *name = ir_type_name((ir_type)i);
        ir_type type;
        if (ir_type_find(name, strlen(name), &type))
            names_enter(&r->reserved, name, strlen(name))->value = r;
    }
}
