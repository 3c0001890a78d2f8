/* What every part of fusewright stands on: arenas, growable text, source positions, diagnostics, files.
 * Nothing here knows HLO. No globals: every object is passed in. */
#ifndef FW_BASE_H
#define FW_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define FW_NORETURN __attribute__((noreturn))
#else
#define FW_PRINTF(fmt, args)
#define FW_NORETURN
#endif

#define FW_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Exit codes of the tool and severity classes of diagnostics; DESIGN section 6. */
typedef enum {
    FW_OK = 0,
    FW_INPUT = 1,        /* the input file is wrong */
    FW_USAGE = 2,        /* the command line is wrong, or names what is not built yet */
    FW_FILE = 3,         /* a file cannot be read or written */
    FW_LIMIT = 4,        /* out of memory, or over a stated limit */
    FW_RULE = 5,         /* a Lua rule failed */
    FW_UNSUPPORTED = 6,  /* valid HLO that this version cannot compile */
    FW_MISMATCH = 7,     /* a verification found different values */
    FW_INTERNAL = 70     /* a bug of ours */
} fw_status;

/* ---- arena.c: one arena per phase object; nothing in it is freed singly ---- */
typedef struct fw_arena fw_arena;
fw_arena *fw_arena_new(void);
void fw_arena_free(fw_arena *arena);                                  /* NULL is fine */
void *fw_alloc(fw_arena *arena, size_t bytes);                        /* zeroed, 16-byte aligned; never NULL */
void *fw_alloc_array(fw_arena *arena, size_t count, size_t bytes);    /* zeroed; overflow is out of memory */
void *fw_grow(fw_arena *arena, void *old, size_t old_bytes, size_t new_bytes); /* copy to a larger block; the tail is zero */
char *fw_strdup(fw_arena *arena, const char *text);
char *fw_strndup(fw_arena *arena, const char *text, size_t length);
char *fw_format(fw_arena *arena, const char *format, ...) FW_PRINTF(2, 3);
size_t fw_arena_bytes(const fw_arena *arena);                         /* bytes handed out so far */
FW_NORETURN void fw_out_of_memory(void);                              /* message, exit FW_LIMIT */

/* Append to an arena-owned array `items` of `count` elements with capacity `cap`. */
#define FW_PUSH(arena, items, count, cap, value)                                                        \
    do {                                                                                                \
        if ((count) == (cap)) {                                                                         \
            size_t fw_old_ = sizeof(*(items)) * (size_t)(cap);                                          \
            (cap) = (cap) ? 2 * (cap) : 8;                                                              \
            (items) = fw_grow((arena), (items), fw_old_, sizeof(*(items)) * (size_t)(cap));             \
        }                                                                                               \
        (items)[(count)++] = (value);                                                                   \
    } while (0)

/* ---- text.c: growable text in an arena ---- */
typedef struct fw_text {
    fw_arena *arena;
    char *data;          /* always NUL-terminated once anything was added */
    size_t size, cap;
    int indent;          /* levels of four spaces that fw_text_line puts in front */
} fw_text;
void fw_text_init(fw_text *text, fw_arena *arena);
void fw_text_add(fw_text *text, const char *string);
void fw_text_addn(fw_text *text, const char *bytes, size_t count);
void fw_text_char(fw_text *text, char c);
void fw_text_printf(fw_text *text, const char *format, ...) FW_PRINTF(2, 3);
void fw_text_line(fw_text *text, const char *format, ...) FW_PRINTF(2, 3); /* indent, formatted, newline */
const char *fw_text_string(fw_text *text);                            /* "" when empty */

/* ---- intern.c: string table; equal strings get one pointer and a dense number ---- */
typedef struct fw_intern fw_intern;
fw_intern *fw_intern_new(fw_arena *arena);
int fw_intern_id(fw_intern *table, const char *text, size_t length);  /* 0, 1, 2, ... in order of first use */
int fw_intern_find(const fw_intern *table, const char *text, size_t length); /* -1 when absent */
const char *fw_intern_text(const fw_intern *table, int id);
int fw_intern_count(const fw_intern *table);

/* ---- diag.c: positions and messages ---- */
typedef struct fw_source {
    const char *name;    /* as the user gave it; "<stdin>" for - */
    const char *text;
    size_t size;
} fw_source;

typedef struct fw_loc {
    const fw_source *source; /* NULL: no position */
    uint32_t line, col;      /* from 1 */
} fw_loc;

typedef struct fw_diag fw_diag;
fw_diag *fw_diag_new(fw_arena *arena);
/* Record an error. The first error's status becomes the exit code. Line wraps and carets are added when printing. */
void fw_error(fw_diag *diag, fw_status status, fw_loc loc, const char *format, ...) FW_PRINTF(4, 5);
void fw_warning(fw_diag *diag, fw_loc loc, const char *format, ...) FW_PRINTF(3, 4);
void fw_note(fw_diag *diag, fw_loc loc, const char *format, ...) FW_PRINTF(3, 4); /* belongs to the message before it */
int fw_diag_errors(const fw_diag *diag);
fw_status fw_diag_status(const fw_diag *diag);                        /* FW_OK without errors */
/* `file:line:col: error: text`, the source line, a caret. */
void fw_diag_print(const fw_diag *diag, fw_text *out);

/* ---- file.c: the only code that opens files ---- */
/* Reads a whole file ("-" is standard input). NULL after an error was reported. The text is NUL-terminated beyond size. */
fw_source *fw_file_read(fw_arena *arena, fw_diag *diag, const char *path);
bool fw_file_exists(const char *path);
typedef struct fw_named_text {
    const char *name;    /* file name inside the folder */
    const void *data;
    size_t size;
} fw_named_text;
/* Writes all files into `folder` (made when missing), or none: texts go to temporary names first and are renamed in one last
 * step; on an error everything new is removed again. `remove` lists files of an earlier run to delete at the end. */
bool fw_files_write(fw_diag *diag, const char *folder, const fw_named_text *files, int count, const char *const *remove, int nremove);
/* Sorted names of the regular files in a folder with the given suffix. -1 after an error. */
int fw_folder_list(fw_arena *arena, fw_diag *diag, const char *folder, const char *suffix, const char ***names);
bool fw_file_write(fw_diag *diag, const char *path, const void *data, size_t size);   /* one file, through a temporary name */

/* ---- hash.c ---- */
void fw_sha256(const void *data, size_t size, char hex[65]);
uint64_t fw_hash64(const void *data, size_t size, uint64_t seed);     /* FNV-1a: for tables only */

#endif
