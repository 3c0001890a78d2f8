/* Attribute values that are kept as written: balanced brackets, JSON objects, metadata, strings. */
#include "read.h"

#include <string.h>

/* Bracketed text inside bracketed text. */
#define DEEPEST_BRACKET 256

/* End of the string whose opening quote is at `at`, or NULL. */
static const char *string_end(const reader *r, const char *at) {
    char quote = *at;
    for (at++; at < r->end; at++) {
        if (*at == quote)
            return at + 1;
        if (*at == '\\')
            at++;
    }
    return NULL;
}

static const char *unclosed(reader *r, const char *at) {
    read_fail(r, at, "this '%c' is not closed", *at);
    return NULL;
}

const char *raw_balanced(reader *r, const char *at) {
    const char *start = at, *open[DEEPEST_BRACKET];
    int depth = 0;
    for (; at < r->end; at++) {
        switch (*at) {
        case '{':
        case '[':
        case '(':
            if (depth == DEEPEST_BRACKET) {
                read_fail(r, at, "brackets nested deeper than %d levels", DEEPEST_BRACKET);
                return NULL;
            }
            open[depth++] = at;
            break;
        case '}':
        case ']':
        case ')':
            if (*at != (*open[depth - 1] == '{' ? '}' : *open[depth - 1] == '[' ? ']' : ')')) {
                read_fail(r, at, "'%c' does not close '%c'", *at, *open[depth - 1]);
                return NULL;
            }
            if (--depth == 0)
                return at + 1;
            break;
        case '"':
        case '\'': {
            const char *end = string_end(r, at);
            if (!end)
                return unclosed(r, at);
            at = end - 1;
            break;
        }
        case '/': {
            const char *end = lex_skip_space(r, at);
            r->raw_dirty |= end != at;
            at = end != at ? end - 1 : at;
            break;
        }
        case '\n':
            r->raw_dirty = true;
            break;
        default:
            break;
        }
    }
    return unclosed(r, start);
}

/* From the brace at `at` to its partner. Only braces and double-quoted strings count. */
const char *raw_json(reader *r, const char *at) {
    const char *start = at;
    int64_t depth = 0;
    for (; at < r->end; at++) {
        if (*at == '"') {
            const char *end = string_end(r, at);
            if (!end)
                return unclosed(r, at);
            at = end - 1;
        } else if (*at == '{') {
            depth++;
        } else if (*at == '}' && --depth == 0) {
            return at + 1;
        }
    }
    return unclosed(r, start);
}

const char *raw_copy(reader *r, const char *start, const char *end) {
    if (!r->raw_dirty)
        return fw_strndup(r->arena, start, (size_t)(end - start));
    r->raw_dirty = false;
    char *copy = fw_alloc(r->arena, (size_t)(end - start) + 1), *to = copy;
    for (const char *at = start; at < end;) {
        const char *next = lex_skip_space(r, at);
        if (next > at) { /* whatever stood here, one blank keeps the words apart */
            *to++ = ' ';
            at = next;
        } else if (*at == '"' || *at == '\'') {
            next = string_end(r, at);
            next = next && next <= end ? next : end;
            memcpy(to, at, (size_t)(next - at));
            to += next - at;
            at = next;
        } else {
            *to++ = *at++;
        }
    }
    *to = 0;
    return copy;
}

/* ---- strings ---- */

static int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return 16;
}

/* A code of up to `most` digits in the base; moves *at behind it. */
static char escaped_code(const char **at, const char *end, int base, int most) {
    unsigned code = 0;
    for (int i = 0; i < most && *at < end && digit_value(**at) < base; i++, (*at)++)
        code = code * (unsigned)base + (unsigned)digit_value(**at);
    return (char)(unsigned char)code;
}

const char *raw_unescape(reader *r, const char *start, const char *end) {
    static const char letters[] = "ntrabfv", values[] = "\n\t\r\a\b\f\v";
    size_t length = (size_t)(end - start);
    if (!memchr(start, '\\', length))
        return fw_strndup(r->arena, start, length);
    char *text = fw_alloc(r->arena, length + 1), *to = text;
    for (const char *at = start; at < end;) {
        if (*at != '\\' || at + 1 == end) {
            *to++ = *at++;
            continue;
        }
        at++;
        const char *letter = strchr(letters, *at);
        if (*at == 'x' || *at == 'X') {
            at++;
            *to++ = escaped_code(&at, end, 16, 2);
        } else if (*at >= '0' && *at <= '7') {
            *to++ = escaped_code(&at, end, 8, 3);
        } else if (*at && letter) {
            *to++ = values[letter - letters];
            at++;
        } else {
            *to++ = *at++;
        }
    }
    if (memchr(text, 0, (size_t)(to - text))) {
        read_fail(r, start, "a string cannot hold a zero byte");
        return NULL;
    }
    return text;
}

/* ---- metadata ---- */

/* End of one metadata value: a string, a braced group or a word. */
static const char *metadata_value(reader *r, const char *at) {
    if (*at == '"' || *at == '\'') {
        const char *end = string_end(r, at);
        return end ? end : unclosed(r, at);
    }
    if (*at == '{')
        return raw_balanced(r, at);
    const char *end = at;
    while (is_name_char(*end))
        end++;
    if (end == at)
        read_fail(r, at, "expected a value");
    return end == at ? NULL : end;
}

const char *raw_metadata(reader *r, const char *at, const char **op_name) {
    const char *open = at;
    if (*at != '{') {
        read_fail(r, at, "expected '{' after metadata=");
        return NULL;
    }
    for (at++;;) {
        const char *next = lex_skip_space(r, at);
        r->raw_dirty |= next != at && (next != at + 1 || *at != ' ');
        at = next;
        if (*at == '}')
            return at + 1;
        if (*at == ',') {
            at++;
            continue;
        }
        if (at >= r->end)
            return unclosed(r, open);
        const char *key = at;
        while (is_name_char(*at))
            at++;
        size_t length = (size_t)(at - key);
        at = lex_skip_space(r, at);
        if (!length || *at != '=') {
            read_fail(r, key, "expected name=value in metadata");
            return NULL;
        }
        const char *value = lex_skip_space(r, at + 1);
        at = metadata_value(r, value);
        if (!at)
            return NULL;
        bool is_op_name = length == 7 && !memcmp(key, "op_name", 7) && (*value == '"' || *value == '\'');
        if (is_op_name && !(*op_name = raw_unescape(r, value + 1, at - 1)))
            return NULL;
    }
}
