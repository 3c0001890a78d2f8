/* The table library of rules: own loops that pay for their length, a stable sort (Lua's picks its pivots by the clock, so equal
 * elements would end in another order each run), and no access through metamethods. */
#include "host.h"

#define MAX_UNPACK 250

static int64_t length(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    if (host_is_read_only(L, index))
        luaL_argerror(L, index, "this table is read-only");
    return (int64_t)lua_rawlen(L, index);
}

static int l_insert(lua_State *L)
{
    int64_t n = length(L, 1), at = n + 1;
    if (lua_gettop(L) == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, at >= 1 && at <= n + 1, 2, "position out of bounds");
        host_charge(L, n - at + 1);
        for (int64_t i = n; i >= at; i--) {
            lua_rawgeti(L, 1, i);
            lua_rawseti(L, 1, i + 1);
        }
    } else if (lua_gettop(L) != 2) {
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_settop(L, 3 > lua_gettop(L) ? lua_gettop(L) : 3);
    lua_rawseti(L, 1, at);
    return 0;
}

static int l_remove(lua_State *L)
{
    int64_t n = length(L, 1), at = luaL_optinteger(L, 2, n);
    if (n == 0 && lua_gettop(L) < 2)
        return 0;
    luaL_argcheck(L, at >= 1 && at <= n + 1, 2, "position out of bounds");
    host_charge(L, n - at);
    lua_rawgeti(L, 1, at);
    for (int64_t i = at; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        lua_rawseti(L, 1, i);
    }
    if (at <= n) {
        lua_pushnil(L);
        lua_rawseti(L, 1, n);
    }
    return 1;
}

static int l_concat(lua_State *L)
{
    int64_t n = length(L, 1);
    size_t separator_size, total = 0;
    const char *separator = luaL_optlstring(L, 2, "", &separator_size);
    int64_t first = luaL_optinteger(L, 3, 1), last = luaL_optinteger(L, 4, n);
    luaL_argcheck(L, first >= 1 && last <= n, 3, "range out of bounds");
    luaL_Buffer b;
    lua_settop(L, 2);
    luaL_buffinit(L, &b);
    for (int64_t i = first; i <= last; i++) {
        size_t size;
        host_charge(L, 1);
        int type = lua_rawgeti(L, 1, i);
        if (type != LUA_TSTRING && type != LUA_TNUMBER)
            return luaL_error(L, "concat: element %I is a %s", (LUAI_UACINT)i, luaL_typename(L, -1));
        host_push_text(L, -1);
        lua_remove(L, -2);
        lua_tolstring(L, -1, &size);
        total += size + separator_size;
        if (total > RULES_MAX_STRING + separator_size)
            return luaL_error(L, "concat: more than %d bytes", RULES_MAX_STRING);
        luaL_addvalue(&b);
        if (i < last)
            luaL_addlstring(&b, separator, separator_size);
    }
    luaL_pushresult(&b);
    return 1;
}

static int l_unpack(lua_State *L)
{
    int64_t n = length(L, 1), first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, n);
    if (first > last)
        return 0;
    if (first < 1 || last > MAX_UNPACK)
        return luaL_error(L, "unpack: at most elements 1 to %d", MAX_UNPACK);
    luaL_checkstack(L, (int)(last - first + 1), "unpack");
    for (int64_t i = first; i <= last; i++)
        lua_rawgeti(L, 1, i);
    return (int)(last - first + 1);
}

/* Is the value on top less than the one below it? Both are popped. */
static bool top_is_less(lua_State *L)
{
    bool less;
    if (lua_isfunction(L, 2)) {
        lua_pushvalue(L, 2);
        lua_insert(L, -3);
        lua_insert(L, -2); /* function, top, below */
        lua_call(L, 2, 1);
        less = lua_toboolean(L, -1);
        lua_pop(L, 1);
    } else {
        less = lua_compare(L, -1, -2, LUA_OPLT);
        lua_pop(L, 2);
    }
    return less;
}

/* One pass of a bottom-up merge sort from the table at `from` to the table at `to`; a tie takes the earlier element. */
static void merge_pass(lua_State *L, int from, int to, int64_t n, int64_t width)
{
    for (int64_t low = 1; low <= n; low += 2 * width) {
        int64_t mid = low + width <= n + 1 ? low + width : n + 1, high = mid + width <= n + 1 ? mid + width : n + 1;
        int64_t a = low, b = mid;
        for (int64_t at = low; at < high; at++) {
            bool take_b = a >= mid;
            if (a < mid && b < high) {
                lua_rawgeti(L, from, a);
                lua_rawgeti(L, from, b);
                take_b = top_is_less(L);
            }
            lua_rawgeti(L, from, take_b ? b++ : a++);
            lua_rawseti(L, to, at);
        }
    }
}

/* Stable; works on a copy, so a comparison that changes the table does no harm, and one that contradicts itself only gives
 * some order. */
static int l_sort(lua_State *L)
{
    int64_t n = length(L, 1);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_createtable(L, (int)n, 0);
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 1; i <= n; i++) {
        if (lua_rawgeti(L, 1, i) == LUA_TNIL)
            return luaL_error(L, "sort: element %I is nil", (LUAI_UACINT)i);
        lua_rawseti(L, 3, i);
    }
    int from = 3, to = 4;
    for (int64_t width = 1; width < n; width *= 2) {
        host_charge(L, n);
        merge_pass(L, from, to, n, width);
        from = 7 - from;
        to = 7 - to;
    }
    for (int64_t i = 1; i <= n; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

void host_add_tables(lua_State *L, int base)
{
    static const luaL_Reg functions[] = {{"insert", l_insert}, {"remove", l_remove}, {"concat", l_concat}, {"unpack", l_unpack},
        {"sort", l_sort}, {NULL, NULL}};
    base = lua_absindex(L, base);
    luaL_newlib(L, functions);
    host_read_only(L);
    lua_setfield(L, base, "table");
}
