/* Runs a generated model with every buffer, and a workspace of exactly NAME_workspace_bytes, between pages that may not be touched.
 *
 * guard.sh compiles this file with GUARD_TABLE naming a header that it made from NAME.json:
 *
 *     #include "NAME.h"
 *     #define MODEL(word) NAME_##word
 *     #define INPUTS INPUT(field, type, count) ...
 *     #define OUTPUTS OUTPUT(field, type, count) ...
 *
 * Buffers end at the end of a page, then begin at the beginning of one; inputs are read-only; workspace and outputs are filled with
 * different bytes before each call (all ones first, which are NaN). All calls must give the same bits. */
#include GUARD_TABLE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef unsigned char pred;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef float f32;
typedef double f64;

static size_t page;

/* Pages that can be used, between two that cannot. */
typedef struct region {
    char *base;
    size_t used;
} region;

static region reserve(size_t bytes)
{
    size_t used = (bytes + page - 1) / page * page;
    char *base = mmap(NULL, used + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || (used && mprotect(base + page, used, PROT_READ | PROT_WRITE) != 0)) {
        perror("mmap");
        exit(1);
    }
    return (region){base, used};
}

/* The buffer's address: its last byte is the last of a page, or its first byte the first. */
static void *place(region r, size_t bytes, int at_end)
{
    return r.base + page + (at_end ? r.used - bytes : 0);
}

static uint64_t random_state = 1;

static double next_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)(z >> 11) * 0x1p-52 - 1;
}

/* One call of the model; what it returns in the outputs is appended to `result`. */
static void call(int at_end, int threads, int poison, char *result)
{
    MODEL(args) args = {0};
    size_t n;
    random_state = 1;
#define INPUT(field, type, count)                                      \
    region r_##field = reserve(sizeof(type) * (count));                \
    type *p_##field = place(r_##field, sizeof(type) * (count), at_end);\
    for (n = 0; n < (count); n++)                                      \
        p_##field[n] = (type)((type)0.5 != 0 ? next_random() : 3 * next_random() + 3); \
    mprotect(r_##field.base + page, r_##field.used, PROT_READ);        \
    args.field = p_##field;
#define OUTPUT(field, type, count)                                     \
    region r_##field = reserve(sizeof(type) * (count));                \
    type *p_##field = place(r_##field, sizeof(type) * (count), at_end);\
    memset(p_##field, poison, sizeof(type) * (count));                 \
    args.field = p_##field;
    INPUTS
    OUTPUTS
#undef INPUT
#undef OUTPUT
    size_t bytes = MODEL(workspace_bytes)(&args, threads);
    if (threads == 1 && bytes != MODEL(WORKSPACE_BYTES)) {
        fprintf(stderr, "workspace_bytes says %zu, the header %zu\n", bytes, (size_t)MODEL(WORKSPACE_BYTES));
        exit(1);
    }
    region work = reserve(bytes);
    void *workspace = place(work, bytes, at_end);
    memset(workspace, poison, bytes);
    MODEL(exec) exec = {.threads = threads};
    int code = MODEL(run)(&args, workspace, threads == 1 ? NULL : &exec);
    if (code != 0) {
        fprintf(stderr, "run returned %d: %s\n", code, MODEL(error)(code));
        exit(1);
    }
    munmap(work.base, work.used + 2 * page);
#define INPUT(field, type, count) munmap(r_##field.base, r_##field.used + 2 * page);
#define OUTPUT(field, type, count)                                     \
    memcpy(result, p_##field, sizeof(type) * (count));                 \
    result += sizeof(type) * (count);                                  \
    munmap(r_##field.base, r_##field.used + 2 * page);
    INPUTS
    OUTPUTS
#undef INPUT
#undef OUTPUT
}

int main(void)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = 0;
#define OUTPUT(field, type, count) bytes += sizeof(type) * (count);
    OUTPUTS
#undef OUTPUT
    char *first = malloc(bytes + 1), *other = malloc(bytes + 1);
    if (!first || !other)
        return 1;
    static const struct {
        const char *what;
        int at_end, threads, poison;
    } calls[] = {
        {"buffers at the end of pages, poison 0xff", 1, 1, 0xff},
        {"the same once more", 1, 1, 0xff},
        {"poison 0x7f", 1, 1, 0x7f},
        {"buffers at the beginning of pages, zeros", 0, 1, 0},
        {"two threads", 1, 2, 0xff},
        {"three threads", 0, 3, 0xff},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        call(calls[i].at_end, calls[i].threads, calls[i].poison, i ? other : first);
        if (i && memcmp(first, other, bytes) != 0) {
            fprintf(stderr, "other bits than in the first call: %s\n", calls[i].what);
            return 1;
        }
    }
    printf("%zu bytes of output, the same in %zu calls\n", bytes, sizeof calls / sizeof calls[0]);
    free(first);
    free(other);
    return 0;
}
