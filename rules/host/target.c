/* Targets: rules/targets/NAME.lua returns a table of facts. It is read into ir_target, and rules get it read-only. `native` is
 * an ordinary file that copies what the host measured from the global `machine`. */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char host_target_key;

/* ---- facts of this machine ---- */

static void set_fact(lua_State *L, const char *name, long value)
{
    if (value <= 0)
        return;
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* Facts that the system does not tell are absent. */
static void push_machine(lua_State *L)
{
    lua_newtable(L);
#ifdef _SC_LEVEL1_DCACHE_SIZE
    set_fact(L, "l1", sysconf(_SC_LEVEL1_DCACHE_SIZE));
    set_fact(L, "l2", sysconf(_SC_LEVEL2_CACHE_SIZE));
    set_fact(L, "l3", sysconf(_SC_LEVEL3_CACHE_SIZE));
    set_fact(L, "line", sysconf(_SC_LEVEL1_DCACHE_LINESIZE));
#endif
#ifdef _SC_NPROCESSORS_ONLN
    set_fact(L, "cores", sysconf(_SC_NPROCESSORS_ONLN));
#endif
}

/* ---- from the table to ir_target ---- */

static int64_t read_count(lua_State *L, int table, const char *name, int64_t absent)
{
    int exact = 1;
    int64_t value = absent;
    if (lua_getfield(L, table, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &exact);
    if (!exact || value < 0)
        luaL_error(L, "target: %s is a whole number that is not negative", name);
    lua_pop(L, 1);
    return value;
}

static const char *read_name(lua_State *L, int table, const char *name, const char *absent)
{
    int type = lua_getfield(L, table, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "target: %s is a string", name);
    const char *text = type == LUA_TSTRING ? fw_strdup(host_set(L)->arena, lua_tostring(L, -1)) : absent;
    lua_pop(L, 1);
    return text;
}

/* key=value lines of all plain facts, sorted by key. */
static const char *canonical_text(lua_State *L, int table)
{
    fw_text text;
    int count = 0;
    fw_text_init(&text, host_set(L)->arena);
    lua_newtable(L);
    int keys = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "target: facts have names");
        if (lua_istable(L, -1) || lua_isfunction(L, -1))
            continue;
        lua_pushvalue(L, -2);
        lua_rawseti(L, keys, ++count);
    }
    host_sort_keys(L, keys, count);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, keys, i);
        lua_pushvalue(L, -1);
        lua_rawget(L, table);
        host_push_text(L, -1);
        fw_text_printf(&text, "%s=%s\n", lua_tostring(L, -3), lua_tostring(L, -1));
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
    return fw_text_string(&text);
}

static void read_target(lua_State *L, int table, const char *name)
{
    ir_target *t = &host_set(L)->target;
    t->name = name;
    t->backend = read_name(L, table, "backend", NULL);
    if (!t->backend || (strcmp(t->backend, "c") != 0 && strcmp(t->backend, "cuda") != 0))
        luaL_error(L, "target: backend is \"c\" or \"cuda\"");
    t->cuda_arch = read_name(L, table, "cuda_arch", NULL);
    t->vector_bytes = read_count(L, table, "vector_bytes", 0);
    t->l1 = read_count(L, table, "l1", 32 << 10);
    t->l2 = read_count(L, table, "l2", 512 << 10);
    t->l3 = read_count(L, table, "l3", 0);
    t->line = read_count(L, table, "line", 64);
    t->cores = read_count(L, table, "cores", 1);
    t->registers = read_count(L, table, "registers", 16);
    t->text = canonical_text(L, table);
}

static const char *numerics_name(rules_numerics numerics)
{
    return numerics == RULES_STRICT ? "strict" : numerics == RULES_DEFAULT ? "default" : "fast";
}

/* Rules see every fact of the file, those of ir_target with their defaults, and the numerics mode. */
static void complete(lua_State *L, int table)
{
    const rules_set *set = host_set(L);
    const ir_target *t = &set->target;
    const struct { const char *name; int64_t value; } counts[] = {{"vector_bytes", t->vector_bytes}, {"l1", t->l1}, {"l2", t->l2},
        {"l3", t->l3}, {"line", t->line}, {"cores", t->cores}, {"registers", t->registers}};
    for (int i = 0; i < FW_COUNT(counts); i++) {
        lua_pushinteger(L, counts[i].value);
        lua_setfield(L, table, counts[i].name);
    }
    lua_pushstring(L, t->name);
    lua_setfield(L, table, "name");
    lua_pushstring(L, numerics_name(set->options.numerics));
    lua_setfield(L, table, "numerics");
}

typedef struct target_request { int file; const char *name; } target_request;

static int run_target(lua_State *L)
{
    const target_request *request = lua_touserdata(L, 1);
    lua_newtable(L); /* what the file sees: `machine`, then the base */
    push_machine(L);
    host_read_only(L);
    lua_setfield(L, -2, "machine");
    lua_newtable(L);
    host_get_base(L);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    host_load_chunk(L, request->file, -1);
    lua_call(L, 0, 1);
    if (!lua_istable(L, -1))
        return luaL_error(L, "target: the file returns a table of facts");
    read_target(L, lua_gettop(L), request->name);
    complete(L, lua_gettop(L));
    host_read_only(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host_target_key);
    return 0;
}

/* ---- files ---- */

static bool plain_name(const char *name)
{
    return *name && name[0] != '.' && !strchr(name, '/');
}

/* Packs come first, as with rules. NULL when no folder has the target. */
static const char *find_target(rules_set *set, const char *name)
{
    const rules_options *options = &set->options;
    for (int i = 0; i < options->npaths; i++) {
        const char *path = fw_format(set->arena, "%s/targets/%s.lua", options->paths[i], name);
        if (fw_file_exists(path))
            return path;
    }
    const char *path = fw_format(set->arena, "%s/rules/targets/%s.lua", options->data, name);
    return fw_file_exists(path) ? path : NULL;
}

static bool load_target(rules_set *set, fw_diag *diag, const char *path, const char *name)
{
    target_request request = {host_add_file(set, diag, path, fw_format(set->arena, "targets/%s.lua", name)), name};
    if (request.file < 0)
        return false;
    set->loading = request.file;
    bool ok = host_protected(set, run_target, &request);
    set->loading = -1;
    if (!ok)
        host_report(set, diag, "this target cannot be loaded", false);
    return ok;
}

bool host_load_target(rules_set *set, fw_diag *diag)
{
    const char *name = set->options.target ? set->options.target : "c";
    const char *path = plain_name(name) ? find_target(set, name) : NULL;
    if (!path) {
        fw_error(diag, FW_USAGE, (fw_loc){0}, "there is no target '%s'; `fusewright targets` lists them", name);
        return false;
    }
    return load_target(set, diag, path, name);
}

static bool list_folder(rules_set *set, fw_diag *diag, const char *folder, fw_text *out)
{
    const char **names;
    int count = fw_folder_list(set->arena, diag, folder, ".lua", &names);
    for (int i = 0; i < count; i++) {
        const char *name = fw_strndup(set->arena, names[i], strlen(names[i]) - 4);
        if (!load_target(set, diag, fw_format(set->arena, "%s/%s", folder, names[i]), name))
            return false;
        fw_text_printf(out, "%s\n", name);
        for (const char *line = set->target.text; *line;) {
            const char *end = strchr(line, '\n');
            fw_text_printf(out, "    %.*s\n", (int)(end - line), line);
            line = end + 1;
        }
    }
    return count >= 0;
}

bool rules_list_targets(fw_arena *arena, fw_diag *diag, const rules_options *options, fw_text *out)
{
    rules_options shipped = *options;
    shipped.target = "c";
    rules_set *set = rules_load(arena, diag, &shipped);
    if (!set)
        return false;
    bool ok = true;
    for (int i = 0; i < options->npaths && ok; i++) {
        const char *folder = fw_format(arena, "%s/targets", options->paths[i]);
        if (fw_file_exists(fw_format(arena, "%s/.", folder)))
            ok = list_folder(set, diag, folder, out);
    }
    ok = ok && list_folder(set, diag, fw_format(arena, "%s/rules/targets", options->data), out);
    rules_free(set);
    return ok;
}
