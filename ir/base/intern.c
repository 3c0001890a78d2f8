/* A string table: equal strings get one pointer and a dense number in order of first use.
 * Open addressing with linear probing; the table is at most half full. */
#include "base.h"

#include <string.h>

typedef struct entry {
    const char *text;
    size_t length;
    uint64_t hash;
} entry;

struct fw_intern {
    fw_arena *arena;
    entry *entries; /* by number */
    int count, cap;
    int *slots;    /* 1 + number, 0 when free */
    size_t nslots; /* a power of two */
};

fw_intern *fw_intern_new(fw_arena *arena) {
    fw_intern *table = fw_alloc(arena, sizeof *table);
    table->arena = arena;
    table->nslots = 16;
    table->slots = fw_alloc_array(arena, table->nslots, sizeof *table->slots);
    return table;
}

/* The slot that holds the string, or the free slot where it belongs. */
static size_t slot_of(const fw_intern *table, const char *text, size_t length, uint64_t hash) {
    size_t slot = (size_t)hash & (table->nslots - 1);
    for (; table->slots[slot]; slot = (slot + 1) & (table->nslots - 1)) {
        const entry *e = &table->entries[table->slots[slot] - 1];
        if (e->hash == hash && e->length == length && !memcmp(e->text, text, length))
            break;
    }
    return slot;
}

static void double_slots(fw_intern *table) {
    table->nslots *= 2;
    table->slots = fw_alloc_array(table->arena, table->nslots, sizeof *table->slots);
    for (int i = 0; i < table->count; i++) {
        const entry *e = &table->entries[i];
        table->slots[slot_of(table, e->text, e->length, e->hash)] = i + 1;
    }
}

int fw_intern_id(fw_intern *table, const char *text, size_t length) {
    uint64_t hash = fw_hash64(text, length, 0);
    size_t slot = slot_of(table, text, length, hash);
    if (table->slots[slot])
        return table->slots[slot] - 1;
    entry e = {fw_strndup(table->arena, text, length), length, hash};
    FW_PUSH(table->arena, table->entries, table->count, table->cap, e);
    table->slots[slot] = table->count;
    if (2 * (size_t)table->count > table->nslots)
        double_slots(table);
    return table->count - 1;
}

int fw_intern_find(const fw_intern *table, const char *text, size_t length) {
    return table->slots[slot_of(table, text, length, fw_hash64(text, length, 0))] - 1;
}

const char *fw_intern_text(const fw_intern *table, int id) {
    return table->entries[id].text;
}

int fw_intern_count(const fw_intern *table) {
    return table->count;
}
