/* Tokens of MLIR text, positions and errors. */
#include "read_stablehlo.h"

#include <stdio.h>
#include <string.h>

void st_lex_start(st_reader *r) {
    r->line_at = r->line_start = r->source->text;
    r->line = 1;
    st_lex_from(r, r->source->text);
}

/* Lines are counted from the place asked for last, forwards or backwards: mostly there are none between. */
fw_loc st_loc(st_reader *r, const char *at) {
    if (at < r->source->text || at > r->source->text + r->source->size) /* unescaped text is a copy */
        at = r->tok.start;
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

int st_shown(size_t length) {
    return (int)(length > 100 ? 100 : length);
}

bool st_fail(st_reader *r, const char *at, const char *format, ...) {
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fw_error(r->diag, FW_INPUT, st_loc(r, at), "%s", message);
    return false;
}

const char *st_skip_space(const st_reader *r, const char *at) {
    while (at < r->end) {
        if (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') {
            at++;
        } else if (at[0] == '/' && at[1] == '/') {
            const char *newline = memchr(at, '\n', (size_t)(r->end - at));
            at = newline ? newline : r->end;
        } else {
            return at;
        }
    }
    return r->end;
}

/* ---- tokens ---- */

static void bad_token(st_reader *r, const char *end, const char *why) {
    r->tok.kind = ST_BAD;
    r->tok.length = (size_t)(end - r->tok.start);
    r->bad = why;
    r->at = end;
}

static const char *name_end(const char *at) {
    while (st_is_name_char(*at) || (*at == '-' && st_is_name_char(at[1])))
        at++;
    return at;
}

static void string_token(st_reader *r, const char *at) {
    const char *start = at;
    for (at++; at < r->end && *at != '"' && *at != '\n'; at++)
        if (*at == '\\' && at + 1 < r->end)
            at++;
    if (at >= r->end || *at != '"') {
        bad_token(r, at, "this string is not closed");
        return;
    }
    r->at = at + 1;
    r->tok.text = start;
    r->tok.length = (size_t)(r->at - start);
}

/* A sigil and a name; values, symbols and aliases. */
static void sigil_token(st_reader *r, const char *at, int kind) {
    r->tok.kind = kind;
    if (kind == ST_AT && at[1] == '"') {
        string_token(r, at + 1);
        if (r->tok.kind == ST_AT) {
            r->tok.text++;
            r->tok.length -= 2;
        }
        return;
    }
    const char *end = kind == ST_HASH || kind == ST_BANG ? at + 1 : name_end(at + 1);
    while ((kind == ST_HASH || kind == ST_BANG) && st_is_name_char(*end))
        end++;
    if (end == at + 1) {
        bad_token(r, end, "a name must follow this sign");
        return;
    }
    r->tok.text = at + 1;
    r->tok.length = (size_t)(end - at - 1);
    r->at = end;
}

static void number_token(st_reader *r, const char *at) {
    r->tok.kind = ST_NUMBER;
    at += *at == '-';
    if (at[0] == '0' && at[1] == 'x' && st_hex_digit(at[2]) >= 0) {
        for (at += 2; st_hex_digit(*at) >= 0;)
            at++;
    } else {
        while (st_is_digit(*at))
            at++;
        if (*at == '.')
            for (at++; st_is_digit(*at);)
                at++;
        if ((*at == 'e' || *at == 'E') &&
            (st_is_digit(at[1]) || ((at[1] == '-' || at[1] == '+') && st_is_digit(at[2]))))
            for (at += 2; st_is_digit(*at);)
                at++;
    }
    r->tok.length = (size_t)(at - r->tok.start);
    r->at = at;
}

static void punctuation_token(st_reader *r, const char *at) {
    r->tok.kind = (unsigned char)*at;
    r->tok.length = 1;
    if (at[0] == '-' && at[1] == '>') {
        r->tok.kind = ST_ARROW;
        r->tok.length = 2;
    } else if (!strchr("=,:[]{}()<>*+-?|/;&", *at) || !*at) {
        bad_token(r, at + 1, "this character has no meaning in MLIR text");
        return;
    }
    r->at = at + r->tok.length;
}

void st_lex_from(st_reader *r, const char *at) {
    at = st_skip_space(r, at);
    r->tok.start = r->tok.text = at;
    char c = *at;
    if (at >= r->end) {
        r->tok.kind = ST_EOF;
        r->tok.length = 0;
        r->at = r->end;
    } else if (c == '%') {
        sigil_token(r, at, ST_PERCENT);
    } else if (st_is_letter(c)) {
        r->tok.kind = ST_IDENT;
        while (st_is_name_char(*at))
            at++;
        r->tok.length = (size_t)(at - r->tok.start);
        r->at = at;
    } else if (st_is_digit(c) || (c == '-' && st_is_digit(at[1]))) {
        number_token(r, at);
    } else if (c == '"') {
        r->tok.kind = ST_STRING;
        string_token(r, at);
    } else if (c == '@' || c == '#' || c == '!' || c == '^') {
        sigil_token(r, at, c == '@' ? ST_AT : c == '#' ? ST_HASH : c == '!' ? ST_BANG : ST_CARET);
    } else {
        punctuation_token(r, at);
    }
}

void st_lex_next(st_reader *r) {
    st_lex_from(r, r->at);
}

/* ---- expecting ---- */

bool st_expected(st_reader *r, const char *what) {
    if (r->tok.kind == ST_BAD)
        return st_fail(r, r->tok.start, "%s", r->bad);
    if (r->tok.kind == ST_EOF)
        return st_fail(r, r->tok.start, "expected %s, but the text ends here", what);
    int length = (int)(r->at - r->tok.start > 41 ? 41 : r->at - r->tok.start);
    return st_fail(r, r->tok.start, "expected %s, not '%.*s'%s", what, length > 40 ? 40 : length, r->tok.start,
        length > 40 ? "..." : "");
}

bool st_accept(st_reader *r, int kind) {
    if (r->tok.kind != kind)
        return false;
    st_lex_next(r);
    return true;
}

bool st_expect(st_reader *r, int kind, const char *what) {
    return st_accept(r, kind) || st_expected(r, what);
}

bool st_word(const st_reader *r, const char *word) {
    return r->tok.kind == ST_IDENT && st_is(r->tok.text, r->tok.length, word);
}

bool st_accept_word(st_reader *r, const char *word) {
    if (!st_word(r, word))
        return false;
    st_lex_next(r);
    return true;
}

bool st_is_reserved(const char *text, size_t length) {
    static const char *const keywords[] = {"HloModule", "ENTRY", "ROOT", "true", "false", "inf", "nan", "maximal",
        "replicated", "manual", "unknown", "unreduced", "last_tile_dim_replicate", "shard_as", "shard_like",
        "FileNames", "FunctionNames", "FileLocations", "StackFrames"};
    ir_type type;
    for (int i = 0; i < FW_COUNT(keywords); i++)
        if (st_is(text, length, keywords[i]))
            return true;
    return ir_type_find(text, length, &type);
}

/* Escapes are \n, \t, \\, \" and two hexadecimal digits; a zero byte is refused, for texts are kept as C strings. */
bool st_string(st_reader *r, const char **text, size_t *length) {
    if (r->tok.kind != ST_STRING)
        return st_expected(r, "a string");
    const char *at = r->tok.text + 1, *end = r->tok.text + r->tok.length - 1;
    char *copy = fw_alloc(r->scratch, (size_t)(end - at) + 1), *to = copy;
    while (at < end) {
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        int high = st_hex_digit(at[1]), low = high < 0 ? -1 : st_hex_digit(at[2]);
        if (at[1] == 'n' || at[1] == 't' || at[1] == '\\' || at[1] == '"')
            *to++ = at[1] == 'n' ? '\n' : at[1] == 't' ? '\t' : at[1];
        else if (low < 0 || !(high | low))
            return st_fail(r, at, "this escape in a string has no meaning");
        else
            *to++ = (char)(16 * high + low);
        at += low < 0 ? 2 : 3;
    }
    *to = 0;
    *text = copy;
    *length = (size_t)(to - copy);
    st_lex_next(r);
    return true;
}

bool st_enter(st_reader *r) {
    if (r->depth >= ST_DEEPEST)
        return st_fail(r, r->tok.start, "nested deeper than %d levels", ST_DEEPEST);
    r->depth++;
    return true;
}

void st_leave(st_reader *r) {
    r->depth--;
}
