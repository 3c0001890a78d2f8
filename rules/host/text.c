/* The string library of rules: bounded, without addresses, without locales. Patterns run in pattern.c. */
#include "host.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- plain functions ---- */

/* Position from the end when negative, clipped to the text. */
static int64_t from_start(int64_t position, size_t size)
{
    if (position >= 0)
        return position;
    return position < -(int64_t)size ? 0 : (int64_t)size + position + 1;
}

static int l_len(lua_State *L)
{
    size_t size;
    luaL_checklstring(L, 1, &size);
    lua_pushinteger(L, (lua_Integer)size);
    return 1;
}

static int l_sub(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    int64_t first = from_start(luaL_checkinteger(L, 2), size), last = from_start(luaL_optinteger(L, 3, -1), size);
    first = first < 1 ? 1 : first;
    last = last > (int64_t)size ? (int64_t)size : last;
    lua_pushlstring(L, text + (first <= last ? first - 1 : 0), first <= last ? (size_t)(last - first + 1) : 0);
    return 1;
}

static int l_byte(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    int64_t at = from_start(luaL_optinteger(L, 2, 1), size);
    if (!lua_isnoneornil(L, 3))
        return luaL_error(L, "byte: one position at a time");
    if (at < 1 || at > (int64_t)size)
        return 0;
    lua_pushinteger(L, (unsigned char)text[at - 1]);
    return 1;
}

static int l_char(lua_State *L)
{
    char bytes[64];
    int n = lua_gettop(L);
    luaL_argcheck(L, n <= FW_COUNT(bytes), 1, "at most 64 characters");
    for (int i = 1; i <= n; i++) {
        lua_Integer c = luaL_checkinteger(L, i);
        luaL_argcheck(L, c >= 0 && c <= 255, i, "value out of range");
        bytes[i - 1] = (char)c;
    }
    lua_pushlstring(L, bytes, (size_t)n);
    return 1;
}

static int map_bytes(lua_State *L, int (*map)(int))
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    host_charge(L, (int64_t)(size / 16));
    for (size_t i = 0; i < size; i++)
        to[i] = (char)map((unsigned char)text[i]);
    luaL_pushresultsize(&b, size);
    return 1;
}

static int l_lower(lua_State *L)
{
    return map_bytes(L, tolower);
}

static int l_upper(lua_State *L)
{
    return map_bytes(L, toupper);
}

static int l_reverse(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    for (size_t i = 0; i < size; i++)
        to[i] = text[size - 1 - i];
    luaL_pushresultsize(&b, size);
    return 1;
}

static int l_rep(lua_State *L)
{
    size_t size, between;
    const char *text = luaL_checklstring(L, 1, &size), *separator;
    int64_t n = luaL_checkinteger(L, 2);
    separator = luaL_optlstring(L, 3, "", &between);
    if (n > 0 && size + between > 0 && (uint64_t)n > RULES_MAX_STRING / (size + between))
        return luaL_error(L, "rep: the result has more than %d bytes", RULES_MAX_STRING);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int64_t i = 0; i < n && size + between > 0; i++) {
        luaL_addlstring(&b, text, size);
        if (i + 1 < n)
            luaL_addlstring(&b, separator, between);
    }
    luaL_pushresult(&b);
    return 1;
}

/* ---- format ---- */

/* Copies at most two digits. */
static int copy_digits(lua_State *L, const char **at, const char *end, char *form)
{
    int n = 0;
    for (; *at < end && isdigit((unsigned char)**at); (*at)++) {
        if (n == 2)
            luaL_error(L, "format: width or precision of more than two digits");
        form[n++] = **at;
    }
    return n;
}

/* One directive, copied as `%flags width.precision` to `form` without its letter. Returns the letter. */
static char read_directive(lua_State *L, const char **at, const char *end, char form[32])
{
    int n = 0;
    form[n++] = '%';
    while (*at < end && n < 8 && **at && strchr("-+ #0", **at))
        form[n++] = *(*at)++;
    n += copy_digits(L, at, end, form + n);
    if (*at < end && **at == '.') {
        form[n++] = *(*at)++;
        n += copy_digits(L, at, end, form + n);
    }
    if (*at >= end)
        luaL_error(L, "format: the directive ends early");
    form[n] = 0;
    return *(*at)++;
}

static void push_integer(lua_State *L, char *form, char letter, int arg)
{
    char buffer[160];
    long long value = (long long)luaL_checkinteger(L, arg);
    size_t n = strlen(form);
    memcpy(form + n, "ll", 2);
    form[n + 2] = letter;
    form[n + 3] = 0;
    snprintf(buffer, sizeof buffer, form, value);
    lua_pushstring(L, buffer);
}

static void push_string(lua_State *L, const char *form, int arg)
{
    luaL_checkany(L, arg);
    host_push_text(L, arg);
    if (form[1]) { /* width or precision: the text is cut to what they can show */
        char buffer[256], full[40];
        snprintf(full, sizeof full, "%ss", form);
        const char *text = lua_tostring(L, -1);
        if (!strchr(form, '.') && strlen(text) >= 100)
            return;
        snprintf(buffer, sizeof buffer, full, text);
        lua_pushstring(L, buffer);
        lua_remove(L, -2);
    }
}

/* Pushes argument `arg` as the directive wants it. */
static void push_directive(lua_State *L, char *form, char letter, int arg)
{
    size_t n = strlen(form);
    switch (letter) {
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
        push_integer(L, form, letter == 'u' ? 'd' : letter, arg);
        break;
    case 'c':
        lua_pushfstring(L, "%c", (int)luaL_checkinteger(L, arg));
        break;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        form[n] = letter;
        form[n + 1] = 0;
        host_push_number(L, form, luaL_checknumber(L, arg));
        break;
    case 's':
        push_string(L, form, arg);
        break;
    default:
        luaL_error(L, "format: '%%%c' is not offered", letter);
    }
}

static int l_format(lua_State *L)
{
    size_t size, total = 0;
    const char *at = luaL_checklstring(L, 1, &size), *end = at + size;
    int arg = 1;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (at < end) {
        if (*at != '%' || (at + 1 < end && at[1] == '%')) {
            luaL_addchar(&b, *at);
            at += *at == '%' ? 2 : 1;
            continue;
        }
        char form[32];
        at++;
        char letter = read_directive(L, &at, end, form);
        push_directive(L, form, letter, ++arg);
        size_t piece;
        lua_tolstring(L, -1, &piece);
        total += piece;
        if (total > RULES_MAX_STRING)
            return luaL_error(L, "format: the result has more than %d bytes", RULES_MAX_STRING);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    return 1;
}

/* ---- patterns ---- */

static host_match new_match(lua_State *L, const char *text, size_t size, const char *pattern, size_t pattern_size)
{
    return (host_match){.L = L, .text = text, .text_end = text + size, .pattern_end = pattern + pattern_size};
}

/* Capture `i`, or the whole match from `start` to `end` where the pattern has none. */
static void push_capture(host_match *m, int i, const char *start, const char *end)
{
    if (i >= m->ncaptures) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, start, (size_t)(end - start));
    } else if (m->captures[i].size == HOST_CAPTURE_POSITION) {
        lua_pushinteger(m->L, m->captures[i].start - m->text + 1);
    } else {
        if (m->captures[i].size == HOST_CAPTURE_OPEN)
            luaL_error(m->L, "unfinished capture");
        lua_pushlstring(m->L, m->captures[i].start, (size_t)m->captures[i].size);
    }
}

static int push_captures(host_match *m, const char *start, const char *end)
{
    int count = m->ncaptures ? m->ncaptures : start ? 1 : 0;
    luaL_checkstack(m->L, count, "captures");
    for (int i = 0; i < count; i++)
        push_capture(m, i, start, end);
    return count;
}

/* First match at or behind `*at`; the pattern may be anchored. */
static const char *search(host_match *m, const char **at, const char *pattern)
{
    bool anchored = pattern < m->pattern_end && *pattern == '^';
    for (const char *from = *at; from <= m->text_end; from++) {
        m->ncaptures = 0;
        const char *end = host_match_at(m, from, pattern + anchored);
        if (end) {
            *at = from;
            return end;
        }
        if (anchored)
            break;
    }
    return NULL;
}

static const char *find_plain(lua_State *L, const char *text, const char *end, const char *wanted, size_t size)
{
    host_charge(L, (end - text) / 16);
    for (; (size_t)(end - text) >= size; text++)
        if (!memcmp(text, wanted, size))
            return text;
    return NULL;
}

static int push_fail(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

static int find_or_match(lua_State *L, bool find)
{
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size), *pattern = luaL_checklstring(L, 2, &pattern_size);
    int64_t init = from_start(luaL_optinteger(L, 3, 1), size);
    bool plain = find && (lua_toboolean(L, 4) || !strpbrk(pattern, "^$*+?.([%-"));
    init = init < 1 ? 1 : init;
    if (init > (int64_t)size + 1)
        return push_fail(L);
    host_match m = new_match(L, text, size, pattern, pattern_size);
    const char *at = text + init - 1, *end;
    if (plain && strlen(pattern) == pattern_size) {
        at = find_plain(L, at, m.text_end, pattern, pattern_size);
        end = at ? at + pattern_size : NULL;
    } else {
        end = search(&m, &at, pattern);
    }
    if (!end)
        return push_fail(L);
    if (!find)
        return push_captures(&m, at, end);
    lua_pushinteger(L, at - text + 1);
    lua_pushinteger(L, end - text);
    return push_captures(&m, NULL, NULL) + 2;
}

static int l_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int l_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* Upvalues: text, pattern, offset of the next search, end of the match before (an empty match there is no match). */
static int next_match(lua_State *L)
{
    size_t size, pattern_size;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &size);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_size);
    lua_Integer before = lua_tointeger(L, lua_upvalueindex(4));
    host_match m = new_match(L, text, size, pattern, pattern_size);
    for (lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)); at <= (lua_Integer)size; at++) {
        m.ncaptures = 0;
        const char *end = host_match_at(&m, text + at, pattern);
        if (!end || end - text == before)
            continue;
        lua_pushinteger(L, end - text);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, text + at, end);
    }
    return 0;
}

static int l_gmatch(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

static void add_template(host_match *m, luaL_Buffer *b, const char *start, const char *end)
{
    size_t size;
    const char *text = lua_tolstring(m->L, 3, &size);
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '%') {
            luaL_addchar(b, text[i]);
            continue;
        }
        char c = i + 1 < size ? text[++i] : 0;
        if (c == '%') {
            luaL_addchar(b, c);
        } else if (c == '0') {
            luaL_addlstring(b, start, (size_t)(end - start));
        } else if (c >= '1' && c <= '9') {
            push_capture(m, c - '1', start, end);
            luaL_addvalue(b);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
}

/* What replaces a match: a string with %1, a table's entry, or a function's result; nil and false keep the match. */
static void add_replacement(host_match *m, luaL_Buffer *b, const char *start, const char *end)
{
    lua_State *L = m->L;
    int type = lua_type(L, 3);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        add_template(m, b, start, end);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(m, start, end), 1);
    } else {
        push_capture(m, 0, start, end);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, start, (size_t)(end - start));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    } else {
        luaL_addvalue(b);
    }
}

static int l_gsub(lua_State *L)
{
    size_t size, pattern_size;
    const char *text = luaL_checklstring(L, 1, &size), *pattern = luaL_checklstring(L, 2, &pattern_size);
    int type = lua_type(L, 3);
    int64_t most = luaL_optinteger(L, 4, (lua_Integer)size + 1), count = 0;
    luaL_argexpected(L, type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TTABLE || type == LUA_TFUNCTION, 3,
        "string, function or table");
    host_match m = new_match(L, text, size, pattern, pattern_size);
    bool anchored = pattern_size && *pattern == '^';
    const char *at = text, *before = NULL;
    luaL_Buffer b;
    lua_settop(L, 3);
    luaL_buffinit(L, &b);
    while (count < most) {
        m.ncaptures = 0;
        const char *end = host_match_at(&m, at, pattern + anchored);
        if (end && end != before) {
            count++;
            add_replacement(&m, &b, at, end);
            at = before = end;
        } else if (at < m.text_end) {
            luaL_addchar(&b, *at++);
        } else {
            break;
        }
        if (anchored)
            break;
        if (luaL_bufflen(&b) > RULES_MAX_STRING)
            return luaL_error(L, "gsub: the result has more than %d bytes", RULES_MAX_STRING);
    }
    luaL_addlstring(&b, at, (size_t)(m.text_end - at));
    luaL_pushresult(&b);
    lua_pushinteger(L, count);
    return 2;
}

void host_add_strings(lua_State *L, int base)
{
    static const luaL_Reg functions[] = {{"byte", l_byte}, {"char", l_char}, {"find", l_find}, {"format", l_format}, {"gmatch", l_gmatch},
        {"gsub", l_gsub}, {"len", l_len}, {"lower", l_lower}, {"match", l_match}, {"rep", l_rep}, {"reverse", l_reverse}, {"sub", l_sub},
        {"upper", l_upper}, {NULL, NULL}};
    base = lua_absindex(L, base);
    luaL_newlib(L, functions);
    host_read_only(L);
    lua_pushliteral(L, ""); /* ("x"):rep(2) goes the same way */
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    lua_setfield(L, base, "string");
}
