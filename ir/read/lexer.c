/* Tokens, positions and errors. */
#include "read.h"

#include <stdio.h>
#include <string.h>

/* Nested shapes, operands and computations; the reference has a limit too (max_recursion_depth). */
#define DEEPEST 200

void lex_start(reader *r) {
    r->end = r->source->text + r->source->size;
    r->line_at = r->line_start = r->source->text;
    r->line = 1;
    lex_from(r, r->source->text);
}

/* Lines are counted from the place asked for last, forwards or backwards: mostly there are none between. */
fw_loc lex_loc(reader *r, const char *at) {
    while (at < r->line_start) {
        r->line--;
        for (r->line_start--; r->line_start > r->source->text && r->line_start[-1] != '\n';)
            r->line_start--;
        r->line_at = r->line_start;
    }
    for (const char *newline; r->line_at < at && (newline = memchr(r->line_at, '\n', (size_t)(at - r->line_at)));) {
        r->line++;
        r->line_at = r->line_start = newline + 1;
    }
    if (r->line_at < at)
        r->line_at = at;
    return (fw_loc){r->source, r->line, (uint32_t)(at - r->line_start) + 1};
}

bool read_fail(reader *r, const char *at, const char *format, ...) {
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fw_error(r->diag, FW_INPUT, lex_loc(r, at), "%s", message);
    return false;
}

/* ---- blanks ---- */

/* End of the comment at `at`; NULL when it is not closed. */
static const char *comment_end(const reader *r, const char *at) {
    if (at[1] == '/') {
        const char *newline = memchr(at, '\n', (size_t)(r->end - at));
        return newline ? newline : r->end;
    }
    for (at += 2; (at = memchr(at, '*', (size_t)(r->end - at))); at++)
        if (at[1] == '/')
            return at + 2;
    return NULL;
}

const char *lex_skip_space(reader *r, const char *at) {
    for (;;) {
        while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
            at++;
        if (*at != '/' || (at[1] != '/' && at[1] != '*'))
            return at;
        const char *end = comment_end(r, at);
        if (!end)
            return at;
        at = end;
    }
}

/* ---- tokens ---- */

static void bad_token(reader *r, const char *end, const char *why) {
    r->tok.kind = TOK_BAD;
    r->tok.length = (size_t)(end - r->tok.start);
    r->bad = why;
    r->at = end;
}

static void name_token(reader *r, const char *at) {
    r->tok.kind = *at == '%' ? TOK_SIGIL : TOK_IDENT;
    r->tok.text = at += *at == '%';
    if (is_digit(*at) || *at == '.' || *at == '-' || !is_name_char(*at)) {
        bad_token(r, at, "a name must follow '%'");
        return;
    }
    while (is_name_char(*at))
        at++;
    r->tok.length = (size_t)(at - r->tok.text);
    r->at = at;
    if (r->tok.kind == TOK_IDENT && (*at == ':' || *at == '=')) {
        r->tok.kind = *at == ':' ? TOK_NAME : TOK_ATTR;
        r->at++;
    }
}

/* Integers and decimals. The spellings that go on with 'x' or '_' are scanned by those who expect them. */
static void number_token(reader *r, const char *at) {
    r->tok.kind = TOK_INT;
    at += *at == '-';
    while (is_digit(*at))
        at++;
    if (*at == '.') {
        r->tok.kind = TOK_DECIMAL;
        for (at++; is_digit(*at);)
            at++;
    }
    if (*at == 'e' || *at == 'E') {
        const char *digits = at + 1 + (at[1] == '-' || at[1] == '+');
        if (is_digit(*digits)) {
            r->tok.kind = TOK_DECIMAL;
            for (at = digits; is_digit(*at);)
                at++;
        }
    }
    r->tok.length = (size_t)(at - r->tok.start);
    r->at = at;
}

static void string_token(reader *r, const char *at) {
    char quote = *at;
    for (at++; at < r->end && *at != quote; at++)
        if (*at == '\\' && at + 1 < r->end)
            at++;
    if (at >= r->end) {
        bad_token(r, r->end, "this string is not closed");
        return;
    }
    r->tok.kind = TOK_STRING;
    r->at = at + 1;
    r->tok.length = (size_t)(r->at - r->tok.start);
}

static void punctuation_token(reader *r, const char *at) {
    r->tok.kind = (unsigned char)*at;
    r->tok.length = 1;
    if (at[0] == '-' && at[1] == '>') {
        r->tok.kind = TOK_ARROW;
        r->tok.length = 2;
    } else if (at[0] == '<' && at[1] == '=') {
        r->tok.kind = TOK_LESS_EQUAL;
        r->tok.length = 2;
    } else if (at[0] == '.' && at[1] == '.' && at[2] == '.') {
        r->tok.kind = TOK_DOTS;
        r->tok.length = 3;
    } else if (at[0] == '.' && is_digit(at[1])) {
        bad_token(r, at + 1, "a number cannot begin with '.'; write a 0 in front");
        return;
    } else if (at[0] == '+' && is_digit(at[1])) {
        bad_token(r, at + 1, "a number cannot begin with '+'");
        return;
    } else if (at[0] == '/' && at[1] == '*') {
        bad_token(r, at + 2, "this comment is not closed");
        return;
    } else if (!strchr("=,:[]{}()*#+~?", *at)) {
        bad_token(r, at + 1, "this character has no meaning in HLO text");
        return;
    }
    r->at = at + r->tok.length;
}

void lex_from(reader *r, const char *at) {
    at = lex_skip_space(r, at);
    r->tok.start = r->tok.text = at;
    char c = *at;
    if (at >= r->end) {
        r->tok.kind = TOK_EOF;
        r->tok.length = 0;
        r->at = r->end;
    } else if (c == '%' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        name_token(r, at);
    } else if (is_digit(c) || (c == '-' && (is_digit(at[1]) || (at[1] == '.' && is_digit(at[2]))))) {
        number_token(r, at);
    } else if (c == '"' || c == '\'') {
        string_token(r, at);
    } else {
        punctuation_token(r, at);
    }
}

void lex_next(reader *r) {
    lex_from(r, r->at);
}

bool read_expected(reader *r, const char *what) {
    if (r->tok.kind == TOK_BAD)
        return read_fail(r, r->tok.start, "%s", r->bad);
    if (r->tok.kind == TOK_EOF)
        return read_fail(r, r->tok.start, "expected %s, but the text ends here", what);
    int length = (int)(r->at - r->tok.start);
    return read_fail(r, r->tok.start, "expected %s, not '%.*s'%s", what, length > 40 ? 40 : length, r->tok.start,
        length > 40 ? "..." : "");
}

bool lex_accept(reader *r, int kind) {
    if (r->tok.kind != kind)
        return false;
    lex_next(r);
    return true;
}

bool lex_expect(reader *r, int kind, const char *what) {
    return lex_accept(r, kind) || read_expected(r, what);
}

bool lex_word(const reader *r, const char *word) {
    return r->tok.kind == TOK_IDENT && strlen(word) == r->tok.length && !memcmp(word, r->tok.text, r->tok.length);
}

/* Signed 64 bits, or unsigned 64 bits kept as the same bits. */
bool lex_int(reader *r, int64_t *value) {
    if (r->tok.kind != TOK_INT)
        return read_expected(r, "an integer");
    const char *at = r->tok.start, *end = at + r->tok.length;
    bool negative = *at == '-';
    uint64_t magnitude = 0, most = negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX;
    for (at += negative; at < end; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (magnitude > (most - digit) / 10)
            return read_fail(r, r->tok.start, "the integer does not fit 64 bits");
        magnitude = magnitude * 10 + digit;
    }
    *value = (int64_t)(negative ? 0 - magnitude : magnitude);
    lex_next(r);
    return true;
}

bool lex_string(reader *r, const char **text) {
    if (r->tok.kind != TOK_STRING)
        return read_expected(r, "a string");
    *text = raw_unescape(r, r->tok.start + 1, r->tok.start + r->tok.length - 1);
    lex_next(r);
    return *text != NULL;
}

bool lex_enter(reader *r) {
    if (r->depth >= DEEPEST)
        return read_fail(r, r->tok.start, "nested deeper than %d levels", DEEPEST);
    r->depth++;
    return true;
}

void lex_leave(reader *r) {
    r->depth--;
}
