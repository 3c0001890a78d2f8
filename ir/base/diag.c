/* Diagnostics: messages are recorded where the mistake is found and printed once, at the end, with the source line. */
#include "base.h"

#include <stdio.h>
#include <string.h>

typedef enum { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE } severity;

typedef struct message {
    severity severity;
    fw_loc loc;
    const char *text;
} message;

struct fw_diag {
    fw_arena *arena;
    message *messages;
    int count, cap;
    int errors;
    fw_status status; /* of the first error */
};

/* Source lines can be megabytes long (constants): this many bytes of one are shown around the caret. */
#define SHOWN_BEFORE 60
#define SHOWN_AFTER 100

fw_diag *fw_diag_new(fw_arena *arena) {
    fw_diag *diag = fw_alloc(arena, sizeof *diag);
    diag->arena = arena;
    return diag;
}

static void record(fw_diag *diag, severity level, fw_loc loc, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *buffer = fw_alloc(diag->arena, length > 0 ? (size_t)length + 1 : 1);
    if (length > 0)
        vsnprintf(buffer, (size_t)length + 1, format, again);
    va_end(again);
    message m = {level, loc, buffer};
    FW_PUSH(diag->arena, diag->messages, diag->count, diag->cap, m);
}

void fw_error(fw_diag *diag, fw_status status, fw_loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    record(diag, SEVERITY_ERROR, loc, format, args);
    va_end(args);
    if (!diag->errors++)
        diag->status = status;
}

void fw_warning(fw_diag *diag, fw_loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    record(diag, SEVERITY_WARNING, loc, format, args);
    va_end(args);
}

void fw_note(fw_diag *diag, fw_loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    record(diag, SEVERITY_NOTE, loc, format, args);
    va_end(args);
}

int fw_diag_errors(const fw_diag *diag) {
    return diag->errors;
}

fw_status fw_diag_status(const fw_diag *diag) {
    return diag->errors ? diag->status : FW_OK;
}

/* Start of line `line` (from 1), or NULL when the text has fewer lines. */
static const char *find_line(const fw_source *source, uint32_t line) {
    const char *at = source->text, *end = source->text + source->size;
    for (uint32_t i = 1; i < line; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return NULL;
        at++;
    }
    return at;
}

/* Control characters would move the caret or the terminal; tabs are kept, and repeated above the caret. */
static char shown(char c) {
    return c != '\t' && ((unsigned char)c < 32 || c == 127) ? '?' : c;
}

static bool continues_utf8(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void print_source_line(fw_loc loc, fw_text *out) {
    const fw_source *source = loc.source;
    const char *line = source->text ? find_line(source, loc.line) : NULL;
    if (!line)
        return;
    const char *text_end = source->text + source->size;
    const char *end = memchr(line, '\n', (size_t)(text_end - line));
    if (!end)
        end = text_end;
    if (end > line && end[-1] == '\r')
        end--;
    size_t length = (size_t)(end - line), caret = loc.col ? loc.col - 1 : 0;
    if (caret > length)
        caret = length;
    size_t from = caret > SHOWN_BEFORE ? caret - SHOWN_BEFORE : 0;
    size_t to = length - caret > SHOWN_AFTER ? caret + SHOWN_AFTER : length;
    const char *before = from ? "..." : "";
    fw_text_printf(out, "  %s", before);
    for (size_t i = from; i < to; i++)
        fw_text_char(out, shown(line[i]));
    fw_text_printf(out, "%s\n  %*s", to < length ? "..." : "", (int)strlen(before), "");
    for (size_t i = from; i < caret; i++)
        if (!continues_utf8(line[i]))
            fw_text_char(out, line[i] == '\t' ? '\t' : ' ');
    fw_text_add(out, "^\n");
}

/* A message of several lines is continued under its first, indented. */
static void print_text(const char *text, fw_text *out) {
    for (; *text; text++) {
        fw_text_char(out, *text);
        if (*text == '\n')
            fw_text_add(out, "    ");
    }
    fw_text_char(out, '\n');
}

void fw_diag_print(const fw_diag *diag, fw_text *out) {
    static const char *const names[] = {"error", "warning", "note"};
    for (int i = 0; i < diag->count; i++) {
        const message *m = &diag->messages[i];
        if (m->loc.source && m->loc.line)
            fw_text_printf(out, "%s:%u:%u: ", m->loc.source->name, (unsigned)m->loc.line, (unsigned)m->loc.col);
        else if (m->loc.source)
            fw_text_printf(out, "%s: ", m->loc.source->name);
        fw_text_printf(out, "%s: ", names[m->severity]);
        print_text(m->text, out);
        if (m->loc.source && m->loc.line)
            print_source_line(m->loc, out);
    }
}
