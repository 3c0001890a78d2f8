/* The basic functions that a rule file sees: a whitelist, with our own where Lua's would show an address, a random order or a
 * way around the budgets. There is no os, io, debug, load, require, collectgarbage, coroutine, next, rawset or getmetatable. */
#include "host.h"

#include <lualib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Address of this marks the metatables of read-only views; the value behind it is the real table. */
static const char read_only_key;

/* ---- tostring ---- */

/* snprintf obeys the locale of the program that embeds us; rules never see that. */
void host_push_number(lua_State *L, const char *format, double value)
{
    char buffer[512];
    snprintf(buffer, sizeof buffer, format, value);
    char *comma = strchr(buffer, ',');
    if (comma && !strchr(buffer, '.'))
        *comma = '.';
    lua_pushstring(L, buffer);
}

static void push_float(lua_State *L, double value)
{
    host_push_number(L, "%.14g", value);
    const char *text = lua_tostring(L, -1);
    if (!text[strspn(text, "-0123456789")]) { /* looks like an integer */
        lua_pushfstring(L, "%s.0", text);
        lua_remove(L, -2);
    }
}

void host_push_text(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return;
    }
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, index));
        else
            push_float(L, lua_tonumber(L, index));
        break;
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    default: /* no addresses */
        lua_pushstring(L, luaL_typename(L, index));
    }
}

static int l_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    host_push_text(L, 1);
    return 1;
}

/* ---- pairs in a fixed order ---- */

static int key_rank(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        return 0;
    case LUA_TSTRING:
        return 1;
    case LUA_TBOOLEAN:
        return 2;
    case LUA_TUSERDATA:
        if (host_to_view(L, index))
            return 3;
    }
    return luaL_error(L, "pairs: a key that is a %s has no order; use numbers, strings, booleans or instructions",
        luaL_typename(L, index));
}

static bool key_less(lua_State *L, int a, int b)
{
    int ra = key_rank(L, a), rb = key_rank(L, b);
    if (ra != rb)
        return ra < rb;
    if (ra == 0)
        return lua_compare(L, a, b, LUA_OPLT);
    if (ra == 2)
        return !lua_toboolean(L, a) && lua_toboolean(L, b);
    if (ra == 3)
        return host_to_view(L, a)->id < host_to_view(L, b)->id;
    size_t na, nb;
    const char *ta = lua_tolstring(L, a, &na), *tb = lua_tolstring(L, b, &nb);
    int order = memcmp(ta, tb, na < nb ? na : nb); /* bytes: strcoll depends on the locale */
    return order ? order < 0 : na < nb;
}

/* Bottom-up merge of runs of `width` from table `from` to table `to`. */
static void merge_runs(lua_State *L, int from, int to, int count, int width)
{
    for (int low = 1; low <= count; low += 2 * width) {
        int mid = low + width < count + 1 ? low + width : count + 1, high = mid + width < count + 1 ? mid + width : count + 1;
        int a = low, b = mid;
        for (int at = low; at < high; at++) {
            bool take_b = a >= mid;
            if (a < mid && b < high) {
                lua_rawgeti(L, from, b);
                lua_rawgeti(L, from, a);
                take_b = key_less(L, -2, -1);
                lua_pop(L, 2);
            }
            lua_rawgeti(L, from, take_b ? b++ : a++);
            lua_rawseti(L, to, at);
        }
    }
}

void host_sort_keys(lua_State *L, int keys, int count)
{
    keys = lua_absindex(L, keys);
    lua_createtable(L, count, 0);
    int from = keys, to = lua_gettop(L);
    for (int width = 1; width < count; width *= 2) {
        host_charge(L, count);
        merge_runs(L, from, to, count, width);
        int swap = from;
        from = to;
        to = swap;
    }
    for (int i = 1; i <= count && from != keys; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, keys, i);
    }
    lua_pop(L, 1);
}

/* Upvalues: keys, next position, count. */
static int next_pair(lua_State *L)
{
    lua_Integer count = lua_tointeger(L, lua_upvalueindex(3));
    for (lua_Integer at = lua_tointeger(L, lua_upvalueindex(2)); at <= count; at++) {
        lua_rawgeti(L, lua_upvalueindex(1), at);
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        if (lua_isnil(L, -1)) { /* removed during the walk */
            lua_pop(L, 2);
            continue;
        }
        lua_pushinteger(L, at + 1);
        lua_replace(L, lua_upvalueindex(2));
        return 2;
    }
    lua_pushnil(L);
    return 1;
}

static int l_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (host_is_read_only(L, 1))
        lua_replace(L, 1);
    lua_newtable(L);
    int count = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        key_rank(L, -1);
        lua_rawseti(L, 2, ++count);
    }
    host_charge(L, count);
    host_sort_keys(L, 2, count);
    lua_pushinteger(L, 1);
    lua_pushinteger(L, count);
    lua_pushcclosure(L, next_pair, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* ---- protected calls and metatables ---- */

static int l_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    bool ok = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == LUA_OK;
    if (host_set(L)->exhausted)
        return luaL_error(L, "the instruction budget of %I is used up", (LUAI_UACINT)host_set(L)->steps);
    lua_pushboolean(L, ok);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* A copy without finalizers and weakness, so that neither can be added later: __gc escapes every hook, and what a weak table
 * holds depends on when the collector ran. */
static int l_setmetatable(lua_State *L)
{
    static const char *const kept[] = {"__index", "__newindex", "__call", "__tostring", "__name", "__add", "__sub", "__mul", "__div",
        "__mod", "__idiv", "__unm", "__concat", "__len", "__eq", "__lt", "__le"};
    static const char *const refused[] = {"__gc", "__close", "__mode"};
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_istable(L, 2) || lua_isnil(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (lua_istable(L, 2)) {
        for (int i = 0; i < FW_COUNT(refused); i++) {
            lua_pushstring(L, refused[i]);
            lua_rawget(L, 2);
            if (!lua_isnil(L, -1))
                return luaL_error(L, "setmetatable: %s is not offered", refused[i]);
            lua_pop(L, 1);
        }
        lua_createtable(L, 0, 4);
        for (int i = 0; i < FW_COUNT(kept); i++) {
            lua_pushstring(L, kept[i]);
            lua_pushvalue(L, -1);
            lua_rawget(L, 2);
            lua_rawset(L, 3);
        }
    }
    lua_setmetatable(L, 1);
    lua_settop(L, 1);
    return 1;
}

/* ---- read-only views ---- */

static int refuse_write(lua_State *L)
{
    host_push_text(L, 2);
    return luaL_error(L, "cannot set '%s': this table is read-only", lua_tostring(L, -1));
}

void host_read_only(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 5);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, -3);
    lua_rawsetp(L, -2, &read_only_key);
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

bool host_is_read_only(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index))
        return false;
    bool found = lua_rawgetp(L, -1, &read_only_key) == LUA_TTABLE;
    lua_remove(L, -2);
    if (!found)
        lua_pop(L, 1);
    return found;
}

/* ---- the base table ---- */

/* Copies names from the library that `open` makes, and forgets the rest of it. */
static void pick(lua_State *L, lua_CFunction open, const char *const *names, int count, int to)
{
    to = lua_absindex(L, to);
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    for (int i = 0; i < count; i++) {
        lua_getfield(L, -1, names[i]);
        lua_setfield(L, to, names[i]);
    }
    lua_pop(L, 1);
}

void host_push_base(lua_State *L)
{
    static const char *const basics[] = {"assert", "error", "ipairs", "rawequal", "select", "tonumber", "type"};
    static const char *const maths[] = {"abs", "ceil", "floor", "fmod", "max", "min", "modf", "sqrt", "tointeger", "type", "ult", "huge",
        "maxinteger", "mininteger", "pi", "exp", "log"};
    static const luaL_Reg ours[] = {{"pairs", l_pairs}, {"pcall", l_pcall}, {"setmetatable", l_setmetatable}, {"tostring", l_tostring},
        {NULL, NULL}};
    lua_newtable(L);
    int base = lua_gettop(L);
    pick(L, luaopen_base, basics, FW_COUNT(basics), base);
    lua_newtable(L); /* luaopen_base filled the global table: nobody keeps it */
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    luaL_setfuncs(L, ours, 0);
    lua_newtable(L);
    pick(L, luaopen_math, maths, FW_COUNT(maths), -1);
    host_read_only(L);
    lua_setfield(L, base, "math");
    host_add_tables(L, base);
    host_add_strings(L, base);
    host_add_views(L);
    host_add_sets(L, base);
    host_add_proposals(L, base);
    host_add_rules(L, base);
}
