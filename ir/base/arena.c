/* Arenas: every phase object owns one, and everything reached from the object lives in it until the arena is freed.
 *
 * Memory comes in zeroed chunks that are never used twice, so each block is zero when it is handed out. Under
 * AddressSanitizer the unused part of a chunk is poisoned and blocks keep a gap, so overruns inside an arena are found.
 */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define FW_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FW_ASAN 1
#endif
#endif

#define ALIGN ((size_t)16)
#define FIRST_CHUNK ((size_t)16 * 1024)
#define LARGEST_CHUNK ((size_t)1024 * 1024)

#if defined(FW_ASAN)
#include <sanitizer/asan_interface.h>
#define GAP ((size_t)16)
#define POISON(start, bytes) ASAN_POISON_MEMORY_REGION((start), (bytes))
#define UNPOISON(start, bytes) ASAN_UNPOISON_MEMORY_REGION((start), (bytes))
#else
#define GAP ((size_t)0)
#define POISON(start, bytes) ((void)0)
#define UNPOISON(start, bytes) ((void)0)
#endif

typedef struct chunk {
    struct chunk *next; /* the chunk filled before this one */
    size_t size, used;  /* bytes behind this header, rounded up to ALIGN */
} chunk;

#define HEADER ((sizeof(chunk) + ALIGN - 1) & ~(ALIGN - 1))

struct fw_arena {
    chunk *top;       /* the chunk that small blocks come from */
    size_t next_size; /* of the next chunk; doubles up to LARGEST_CHUNK */
    size_t handed_out;
};

static char *chunk_data(chunk *c) {
    return (char *)c + HEADER;
}

void fw_out_of_memory(void) {
    fputs("fusewright: out of memory\n", stderr);
    exit(FW_LIMIT);
}

fw_arena *fw_arena_new(void) {
    fw_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        fw_out_of_memory();
    arena->next_size = FIRST_CHUNK;
    return arena;
}

void fw_arena_free(fw_arena *arena) {
    if (!arena)
        return;
    for (chunk *c = arena->top, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(arena);
}

static chunk *chunk_new(size_t size) {
    if (size > SIZE_MAX - HEADER)
        fw_out_of_memory();
    chunk *c = calloc(1, HEADER + size);
    if (!c)
        fw_out_of_memory();
    c->size = size;
    return c;
}

static void *chunk_take(chunk *c, size_t bytes, size_t rounded) {
    char *block = chunk_data(c) + c->used;
    c->used += rounded;
    UNPOISON(block, bytes);
    (void)bytes;
    return block;
}

/* A block too large for a chunk gets one of its own, put below the top so that the top keeps serving small blocks. */
static void *large_block(fw_arena *arena, size_t rounded) {
    chunk *c = chunk_new(rounded);
    if (arena->top) {
        c->next = arena->top->next;
        arena->top->next = c;
    } else {
        arena->top = c;
    }
    c->used = rounded;
    return chunk_data(c);
}

void *fw_alloc(fw_arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        fw_out_of_memory();
    size_t rounded = (bytes + GAP + ALIGN - 1) & ~(ALIGN - 1);
    arena->handed_out += bytes;
    chunk *top = arena->top;
    if (top && top->size - top->used >= rounded)
        return chunk_take(top, bytes, rounded);
    if (rounded > arena->next_size / 4)
        return large_block(arena, rounded);
    chunk *c = chunk_new(arena->next_size);
    POISON(chunk_data(c), c->size);
    if (arena->next_size < LARGEST_CHUNK)
        arena->next_size *= 2;
    c->next = top;
    arena->top = c;
    return chunk_take(c, bytes, rounded);
}

void *fw_alloc_array(fw_arena *arena, size_t count, size_t bytes) {
    if (bytes && count > SIZE_MAX / 2 / bytes)
        fw_out_of_memory();
    return fw_alloc(arena, count * bytes);
}

/* The newest block of the top chunk grows where it stands; everything else moves. */
static bool grow_in_place(fw_arena *arena, const void *old, size_t old_bytes, size_t new_bytes) {
    chunk *top = arena->top;
    size_t old_rounded = (old_bytes + GAP + ALIGN - 1) & ~(ALIGN - 1);
    size_t rounded = (new_bytes + GAP + ALIGN - 1) & ~(ALIGN - 1);
    if (!top || !old || top->used < old_rounded || chunk_data(top) + (top->used - old_rounded) != (const char *)old)
        return false;
    if (top->size - (top->used - old_rounded) < rounded)
        return false;
    top->used += rounded - old_rounded;
    UNPOISON(old, new_bytes);
    arena->handed_out += new_bytes - old_bytes;
    return true;
}

void *fw_grow(fw_arena *arena, void *old, size_t old_bytes, size_t new_bytes) {
    if (new_bytes < old_bytes || new_bytes > SIZE_MAX / 2)
        fw_out_of_memory();
    if (grow_in_place(arena, old, old_bytes, new_bytes))
        return old;
    void *block = fw_alloc(arena, new_bytes);
    if (old_bytes)
        memcpy(block, old, old_bytes);
    return block;
}

char *fw_strndup(fw_arena *arena, const char *text, size_t length) {
    char *copy = fw_alloc(arena, length + 1);
    if (length)
        memcpy(copy, text, length);
    return copy;
}

char *fw_strdup(fw_arena *arena, const char *text) {
    return fw_strndup(arena, text, strlen(text));
}

char *fw_format(fw_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = fw_alloc(arena, length > 0 ? (size_t)length + 1 : 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

size_t fw_arena_bytes(const fw_arena *arena) {
    return arena->handed_out;
}
