/* Lua patterns with a step counter. Lua's own matcher backtracks inside one C call, where no hook runs: twelve `a*` on forty
 * letters never end. This one counts every step, charges them to the instruction budget and stops at RULES_MAX_MATCH. */
#include "host.h"

#include <ctype.h>
#include <string.h>

#define MAX_DEPTH 200

static void step(host_match *m)
{
    if (++m->steps > RULES_MAX_MATCH)
        luaL_error(m->L, "the pattern takes more than %d steps on this text", RULES_MAX_MATCH);
    if (m->steps % 64 == 0)
        host_charge(m->L, 64);
}

/* Behind the single-character class at `p`: a character, an escape or a set. */
static const char *class_end(host_match *m, const char *p)
{
    if (*p == '%') {
        if (p + 1 == m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    if (*p != '[')
        return p + 1;
    p += p + 1 < m->pattern_end && p[1] == '^' ? 2 : 1;
    bool first = true; /* a ']' that comes first is itself */
    for (;; first = false) {
        if (p >= m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p == ']' && !first)
            return p + 1;
        p += *p == '%' && p + 1 < m->pattern_end ? 2 : 1;
    }
}

static bool in_class(int c, int class)
{
    bool is;
    switch (tolower(class)) {
    case 'a': is = isalpha(c); break;
    case 'c': is = iscntrl(c); break;
    case 'd': is = isdigit(c); break;
    case 'g': is = isgraph(c); break;
    case 'l': is = islower(c); break;
    case 'p': is = ispunct(c); break;
    case 's': is = isspace(c); break;
    case 'u': is = isupper(c); break;
    case 'w': is = isalnum(c); break;
    case 'x': is = isxdigit(c); break;
    default: return class == c;
    }
    return isupper(class) ? !is : is;
}

/* Is `c` in the set from `p` ('[') to `end` (behind ']')? */
static bool in_set(int c, const char *p, const char *end)
{
    bool positive = p[1] != '^';
    p += positive ? 1 : 2;
    for (const char *last = end - 1; p < last;) {
        unsigned char low = (unsigned char)*p;
        if (low == '%' && p + 1 < last) {
            if (in_class(c, (unsigned char)p[1]))
                return positive;
            p += 2;
        } else if (p + 2 < last && p[1] == '-') {
            if (low <= c && c <= (unsigned char)p[2])
                return positive;
            p += 3;
        } else {
            if (low == c)
                return positive;
            p++;
        }
    }
    return !positive;
}

static bool matches_one(host_match *m, const char *at, const char *p, const char *end)
{
    step(m);
    if (at >= m->text_end)
        return false;
    int c = (unsigned char)*at;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end);
    default:
        return (unsigned char)*p == c;
    }
}

/* `x*` and `x+`: as many as possible, then fewer. */
static const char *repeat_most(host_match *m, const char *at, const char *p, const char *end)
{
    ptrdiff_t n = 0;
    while (matches_one(m, at + n, p, end))
        n++;
    for (; n >= 0; n--) {
        const char *result = host_match_at(m, at + n, end + 1);
        if (result)
            return result;
    }
    return NULL;
}

/* `x-`: as few as possible. */
static const char *repeat_least(host_match *m, const char *at, const char *p, const char *end)
{
    for (;; at++) {
        const char *result = host_match_at(m, at, end + 1);
        if (result)
            return result;
        if (!matches_one(m, at, p, end))
            return NULL;
    }
}

static const char *open_capture(host_match *m, const char *at, const char *p, ptrdiff_t kind)
{
    if (m->ncaptures >= FW_COUNT(m->captures))
        luaL_error(m->L, "too many captures");
    m->captures[m->ncaptures].start = at;
    m->captures[m->ncaptures++].size = kind;
    const char *result = host_match_at(m, at, p);
    if (!result)
        m->ncaptures--;
    return result;
}

static const char *close_capture(host_match *m, const char *at, const char *p)
{
    int i = m->ncaptures - 1;
    while (i >= 0 && m->captures[i].size != HOST_CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->captures[i].size = at - m->captures[i].start;
    const char *result = host_match_at(m, at, p);
    if (!result)
        m->captures[i].size = HOST_CAPTURE_OPEN;
    return result;
}

/* `%bxy`: behind the y that balances the x at `at`, or NULL. */
static const char *balance(host_match *m, const char *at, const char *p)
{
    if (p + 1 >= m->pattern_end)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (at >= m->text_end || *at != p[0])
        return NULL;
    int open = 1;
    for (at++; at < m->text_end; at++) {
        step(m);
        if (*at == p[1] && --open == 0)
            return at + 1;
        open += *at == p[0] && *at != p[1];
    }
    return NULL;
}

/* `%f[set]`: the border where the set begins to hold. */
static bool is_frontier(host_match *m, const char *at, const char *p, const char **end)
{
    if (p >= m->pattern_end || *p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    *end = class_end(m, p);
    int before = at == m->text ? 0 : (unsigned char)at[-1], after = at < m->text_end ? (unsigned char)*at : 0;
    return !in_set(before, p, *end) && in_set(after, p, *end);
}

static const char *back_reference(host_match *m, const char *at, int digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->ncaptures || m->captures[i].size == HOST_CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    ptrdiff_t size = m->captures[i].size;
    if (size < 0 || m->text_end - at < size || memcmp(m->captures[i].start, at, (size_t)size))
        return NULL;
    m->steps += size / 8;
    return at + size;
}

/* What follows `%` and is no class: b, f and digits. *p is moved behind it; *known tells whether it was one of them. */
static const char *special(host_match *m, const char *at, const char **p, bool *known)
{
    char c = *p + 1 < m->pattern_end ? (*p)[1] : 0;
    const char *end;
    *known = c == 'b' || c == 'f' || (c >= '0' && c <= '9');
    if (c == 'b') {
        at = balance(m, at, *p + 2);
        *p += 4;
    } else if (c == 'f') {
        at = is_frontier(m, at, *p + 2, &end) ? at : NULL;
        *p = end;
    } else if (*known) {
        at = back_reference(m, at, c);
        *p += 2;
    }
    return at;
}

/* One class with its suffix. Plain matches advance *at and *p and return true; everything else leaves the answer in *result. */
static bool match_class(host_match *m, const char **at, const char **p, const char **result)
{
    const char *end = class_end(m, *p);
    char suffix = end < m->pattern_end ? *end : 0;
    if (suffix == '*') {
        *result = repeat_most(m, *at, *p, end);
    } else if (suffix == '-') {
        *result = repeat_least(m, *at, *p, end);
    } else if (!matches_one(m, *at, *p, end)) {
        *result = NULL;
        *p = end + 1;
        return suffix == '?';
    } else if (suffix == '+') {
        *result = repeat_most(m, *at + 1, *p, end);
    } else {
        *result = suffix == '?' ? host_match_at(m, *at + 1, end + 1) : NULL;
        *p = suffix == '?' ? end + 1 : end;
        *at += suffix != '?';
        return !*result;
    }
    return false;
}

static const char *match_items(host_match *m, const char *at, const char *p)
{
    const char *result = NULL;
    while (p < m->pattern_end) {
        bool known = false;
        step(m);
        if (*p == '(')
            return p + 1 < m->pattern_end && p[1] == ')' ? open_capture(m, at, p + 2, HOST_CAPTURE_POSITION)
                                                          : open_capture(m, at, p + 1, HOST_CAPTURE_OPEN);
        if (*p == ')')
            return close_capture(m, at, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return at == m->text_end ? at : NULL;
        if (*p == '%') {
            const char *after = special(m, at, &p, &known);
            if (known && !after)
                return NULL;
            at = after;
        }
        if (!known && !match_class(m, &at, &p, &result))
            return result;
    }
    return at;
}

const char *host_match_at(host_match *m, const char *at, const char *p)
{
    if (++m->depth > MAX_DEPTH)
        luaL_error(m->L, "the pattern is too complex");
    const char *result = match_items(m, at, p);
    m->depth--;
    return result;
}
