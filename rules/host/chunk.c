/* From the text of a rule file to a Lua function: text chunks only, each with an environment of its own.
 *
 * Lua 5.4.4 as Debian ships it folds the wrong constants into & | ~ in chunks of more than 256 constants. A self-test finds such
 * a library at run time; there, chunks that use a bitwise operator are refused and all others run. */
#include "host.h"

#include <string.h>

/* Three expressions whose operands lie beyond the 256th constant; a right library gives 3, 3 and 1. */
bool host_bitwise_is_broken(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "local t = {");
    for (int i = 0; i < 300; i++) {
        char item[16] = "1000.5,";
        item[1] = (char)('0' + i / 100);
        item[2] = (char)('0' + i / 10 % 10);
        item[3] = (char)('0' + i % 10);
        luaL_addstring(&b, item);
    }
    luaL_addstring(&b, "} return 1 ~ (2 or 3), 1 | (2 or 3), 1 & (3 or 2)");
    luaL_pushresult(&b);
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    if (luaL_loadbufferx(L, text, size, "=self-test", "t") != LUA_OK)
        lua_error(L);
    lua_call(L, 0, 3);
    bool broken = lua_tointeger(L, -3) != 3 || lua_tointeger(L, -2) != 3 || lua_tointeger(L, -1) != 1;
    lua_pop(L, 4);
    return broken;
}

/* Length of a long bracket's opening `[==[`, or 0. *level gets the number of equals signs. */
static size_t long_bracket(const char *at, const char *end, int *level)
{
    const char *p = at + 1;
    while (p < end && *p == '=')
        p++;
    *level = (int)(p - at - 1);
    return at < end && *at == '[' && p < end && *p == '[' ? (size_t)(p - at) + 1 : 0;
}

/* Behind the closing `]==]`. */
static const char *skip_long(const char *at, const char *end, int level)
{
    for (; at < end; at++) {
        if (*at != ']')
            continue;
        const char *p = at + 1;
        while (p < end && *p == '=')
            p++;
        if (p < end && *p == ']' && p - at - 1 == level)
            return p + 1;
    }
    return end;
}

static const char *skip_quoted(const char *at, const char *end)
{
    char quote = *at++;
    while (at < end && *at != quote && *at != '\n')
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    return at < end ? at + 1 : end;
}

static const char *skip_comment(const char *at, const char *end)
{
    int level;
    size_t open = long_bracket(at, end, &level);
    if (open)
        return skip_long(at + open, end, level);
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline : end;
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

bool host_uses_bitwise(const char *text, size_t size, int *line)
{
    const char *end = text + size;
    for (const char *at = text; at < end;) {
        char c = *at, next = at + 1 < end ? at[1] : 0;
        int level;
        size_t open = c == '[' ? long_bracket(at, end, &level) : 0;
        if (open) {
            at = skip_long(at + open, end, level);
        } else if (c == '"' || c == '\'') {
            at = skip_quoted(at, end);
        } else if (c == '-' && next == '-') {
            at = skip_comment(at + 2, end);
        } else if (c == '~' && next == '=') {
            at += 2;
        } else if (c == '&' || c == '|' || c == '~' || ((c == '<' || c == '>') && next == c)) {
            *line = line_of(text, at);
            return true;
        } else {
            at++;
        }
    }
    return false;
}

/* A place at the front, as luaL_error writes it for running code. */
static void raise_at(lua_State *L, const rules_file *file, int line, const char *message)
{
    rules_set *set = host_set(L);
    set->failure.file = (int)(file - set->files);
    set->failure.line = line;
    set->failure.message = message;
    lua_pushliteral(L, "");
    lua_error(L);
}

/* `name:12: message` of the Lua parser, split into line and message. */
static void raise_syntax(lua_State *L, const rules_file *file)
{
    const char *text = lua_tostring(L, -1), *colon = text ? strstr(text, ".lua:") : NULL;
    int line = 0;
    const char *at = colon ? colon + 5 : text ? text : "";
    for (; colon && *at >= '0' && *at <= '9' && line < 100000000; at++)
        line = 10 * line + (*at - '0');
    if (colon && *at == ':')
        at += 2;
    raise_at(L, file, line ? line : 1, fw_strdup(host_set(L)->arena, at));
}

void host_load_chunk(lua_State *L, int file, int base)
{
    rules_set *set = host_set(L);
    const rules_file *f = &set->files[file];
    const char *text = f->source->text;
    size_t size = f->source->size;
    int line;
    base = lua_absindex(L, base);
    if (size && text[0] == LUA_SIGNATURE[0])
        raise_at(L, f, 1, "a precompiled chunk: rules are text");
    if (set->bitwise_is_broken && host_uses_bitwise(text, size, &line))
        raise_at(L, f, line, "this Lua library miscompiles bitwise operators, so rules that use & | ~ << >> are refused; use // and %, or Lua 5.4.6");
    if (luaL_loadbufferx(L, text, size, lua_pushfstring(L, "@%s", f->source->name), "t") != LUA_OK)
        raise_syntax(L, f);
    lua_newtable(L);                       /* environment: assignments stay in the file, reads fall back to base */
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, base);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setupvalue(L, -2, 1);
    lua_remove(L, -2);
}
