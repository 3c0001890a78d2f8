/* The sandboxed Lua state: a memory cap in the allocator, an instruction budget that pcall cannot swallow, and the one protected
 * call. A rule is untrusted text: whatever it does, it ends within its budgets with an error that names its file and line. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOOK_INTERVAL 1000

rules_set *host_set(lua_State *L)
{
    return *(rules_set **)lua_getextraspace(L);
}

/* Lua frees single objects, which an arena cannot: the state is the one place outside ir/base/arena.c that uses malloc. New
 * blocks cost steps in proportion to their size, because `s = s .. s` is one instruction however long s is. */
static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    rules_set *set = user;
    size_t old = block ? old_size : 0; /* without a block, old_size is the type of the new object */
    if (!new_size) {
        set->used -= old;
        free(block);
        return NULL;
    }
    bool long_string = !block && old_size == LUA_TSTRING && new_size > RULES_MAX_STRING + 64;
    set->string_refused |= long_string;
    if (long_string || (new_size > old && set->used + (new_size - old) > set->bytes))
        return NULL;
    void *fresh = realloc(block, new_size);
    if (!fresh)
        return NULL;
    set->used += new_size - old;
    if (set->used > set->peak)
        set->peak = set->used;
    if (new_size > old)
        set->left -= (int64_t)((new_size - old) / 64);
    return fresh;
}

static int raise_exhausted(lua_State *L)
{
    rules_set *set = host_set(L);
    set->exhausted = true;
    lua_pushfstring(L, "the instruction budget of %I is used up", (LUAI_UACINT)set->steps);
    return lua_error(L);
}

/* Sticky: once the budget is gone the hook runs at every instruction, so a pcall that catches the error catches nothing else. */
static void hook(lua_State *L, lua_Debug *ar)
{
    rules_set *set = host_set(L);
    (void)ar;
    set->left -= set->interval;
    if (set->left <= 0) {
        set->interval = 1;
        lua_sethook(L, hook, LUA_MASKCOUNT, 1);
        raise_exhausted(L);
    }
    int interval = set->left < HOOK_INTERVAL ? (int)set->left : HOOK_INTERVAL;
    if (interval != set->interval) {
        set->interval = interval;
        lua_sethook(L, hook, LUA_MASKCOUNT, interval);
    }
}

void host_start(rules_set *set)
{
    set->left = set->steps;
    set->exhausted = false;
    set->interval = set->steps < HOOK_INTERVAL ? (int)set->steps : HOOK_INTERVAL;
    lua_sethook(set->L, hook, LUA_MASKCOUNT, set->interval);
}

void host_charge(lua_State *L, int64_t steps)
{
    rules_set *set = host_set(L);
    set->left -= steps;
    if (set->left > 0)
        return;
    set->interval = 1;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    raise_exhausted(L);
}

bool host_open(rules_set *set)
{
    set->steps = set->options.instructions > 0 ? set->options.instructions : RULES_DEFAULT_STEPS;
    set->bytes = set->options.bytes > 0 ? (size_t)set->options.bytes : RULES_DEFAULT_BYTES;
    set->left = set->steps;
    set->loading = -1;
    set->L = lua_newstate(allocate, set);
    if (!set->L)
        return false;
    *(rules_set **)lua_getextraspace(set->L) = set;
    host_start(set);
    return true;
}

void host_close(rules_set *set)
{
    if (set->L)
        lua_close(set->L);
    set->L = NULL;
}

static int find_file(const rules_set *set, const char *path)
{
    for (int i = 0; i < set->nfiles; i++)
        if (!strcmp(set->files[i].source->name, path))
            return i;
    return -1;
}

/* The innermost running line of a rule file. */
static void find_place(lua_State *L, rules_set *set, lua_Debug *ar)
{
    for (int level = 0; lua_getstack(L, level, ar); level++) {
        lua_getinfo(L, "Sl", ar);
        if (ar->currentline <= 0 || ar->source[0] != '@')
            continue;
        set->failure.file = find_file(set, ar->source + 1);
        set->failure.line = ar->currentline;
        return;
    }
}

/* Message handler: keeps the place apart from the text, which begins with the same place when error() or luaL_error made it. */
static int on_error(lua_State *L)
{
    rules_set *set = host_set(L);
    lua_Debug ar;
    if (set->failure.message) /* chunk.c knew the place better */
        return 1;
    ar.short_src[0] = 0;
    find_place(L, set, &ar);
    if (!lua_isstring(L, 1)) {
        set->failure.message = fw_format(set->arena, "(the error is a %s)", luaL_typename(L, 1));
        return 1;
    }
    const char *text = lua_tostring(L, 1);
    char place[LUA_IDSIZE + 24];
    int length = snprintf(place, sizeof place, "%s:%d: ", ar.short_src, set->failure.line);
    if (ar.short_src[0] && !strncmp(text, place, (size_t)length))
        text += length;
    set->failure.message = fw_strdup(set->arena, text);
    return 1;
}

bool host_protected(rules_set *set, lua_CFunction function, void *argument)
{
    lua_State *L = set->L;
    int top = lua_gettop(L);
    set->failure = (rules_failure){NULL, -1, 0};
    set->string_refused = false;
    lua_pushcfunction(L, on_error); /* light functions and userdata: nothing here allocates */
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, argument);
    int status = lua_pcall(L, 1, 0, -3);
    if (status == LUA_ERRMEM && set->string_refused)
        set->failure.message = fw_format(set->arena, "a string of more than %d bytes", RULES_MAX_STRING);
    else if (status == LUA_ERRMEM)
        set->failure.message = fw_format(set->arena, "the rules need more memory than the cap of %zu bytes", set->bytes);
    else if (status != LUA_OK && !set->failure.message)
        set->failure.message = "an error inside the handling of an error";
    lua_settop(L, top);
    if (status != LUA_OK && set->failure.file < 0 && set->asking) {
        set->failure.file = set->asking->file;
        set->failure.line = set->asking->line;
    } else if (status != LUA_OK && set->failure.file < 0 && set->loading >= 0) {
        set->failure.file = set->loading;
        set->failure.line = 1;
    }
    return status == LUA_OK;
}

void host_report(rules_set *set, fw_diag *diag, const char *what, bool skipped)
{
    const rules_failure *f = &set->failure;
    fw_loc loc = {f->file >= 0 ? set->files[f->file].source : NULL, f->file >= 0 ? (uint32_t)f->line : 0, 1};
    if (skipped)
        fw_warning(diag, loc, "%s and is skipped: %s", what, f->message);
    else
        fw_error(diag, FW_RULE, loc, "%s: %s", what, f->message);
}
