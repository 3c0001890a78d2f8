/* Growable text in an arena: what printers and emitters write into. */
#include "base.h"

#include <stdio.h>
#include <string.h>

void fw_text_init(fw_text *text, fw_arena *arena) {
    *text = (fw_text){.arena = arena};
}

/* Makes room for `more` bytes and the terminating NUL. */
static void reserve(fw_text *text, size_t more) {
    if (text->cap - text->size > more)
        return;
    if (more > SIZE_MAX / 4 - text->size)
        fw_out_of_memory();
    size_t cap = text->cap ? text->cap : 64;
    while (cap - text->size <= more)
        cap *= 2;
    text->data = fw_grow(text->arena, text->data, text->cap, cap);
    text->cap = cap;
}

void fw_text_addn(fw_text *text, const char *bytes, size_t count) {
    reserve(text, count);
    if (count)
        memcpy(text->data + text->size, bytes, count);
    text->size += count;
    text->data[text->size] = 0;
}

void fw_text_add(fw_text *text, const char *string) {
    fw_text_addn(text, string, strlen(string));
}

void fw_text_char(fw_text *text, char c) {
    reserve(text, 1);
    text->data[text->size++] = c;
    text->data[text->size] = 0;
}

static void add_formatted(fw_text *text, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    reserve(text, 1);
    int length = vsnprintf(text->data + text->size, text->cap - text->size, format, args);
    if (length > 0 && (size_t)length >= text->cap - text->size) {
        reserve(text, (size_t)length);
        vsnprintf(text->data + text->size, text->cap - text->size, format, again);
    }
    if (length > 0)
        text->size += (size_t)length;
    va_end(again);
}

void fw_text_printf(fw_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_formatted(text, format, args);
    va_end(args);
}

void fw_text_line(fw_text *text, const char *format, ...) {
    size_t start = text->size;
    for (int i = 0; i < text->indent; i++)
        fw_text_addn(text, "    ", 4);
    size_t indented = text->size;
    va_list args;
    va_start(args, format);
    add_formatted(text, format, args);
    va_end(args);
    if (text->size == indented) /* an empty line carries no blanks */
        text->size = start;
    fw_text_char(text, '\n');
}

const char *fw_text_string(fw_text *text) {
    return text->data ? text->data : "";
}
