/* Loading: the shipped rules and the packs in front of them, in a fixed order; `rule` and `share` as their files see them. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

/* Registry: the base table, which every rule file falls back to. */
static const char base_key;

void host_get_base(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &base_key);
}

/* ---- rule "name" { on = ..., priority = ..., propose = function ... end } ---- */

static bool known_selector(const char *name)
{
    if (!strcmp(name, "*"))
        return true;
    for (int i = 0; i < IR_NCLASSES; i++)
        if (!strcmp(ir_class_name((ir_op_class)i), name))
            return true;
    ir_op op;
    return ir_op_find(name, strlen(name), &op);
}

static const char *read_selector(lua_State *L, int index)
{
    const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    if (!name || !known_selector(name))
        luaL_error(L, "on: '%s' is neither an op, a class of ops, nor \"*\"", name ? name : luaL_typename(L, index));
    return fw_strdup(host_set(L)->arena, name);
}

static void read_on(lua_State *L, int table, rules_rule *rule)
{
    int type = lua_getfield(L, table, "on"), on = lua_gettop(L);
    if (type == LUA_TNIL)
        luaL_error(L, "rule \"%s\" has no `on`", rule->name);
    rule->non = type == LUA_TTABLE ? (int)lua_rawlen(L, on) : 1;
    rule->on = fw_alloc_array(host_set(L)->arena, (size_t)(rule->non ? rule->non : 1), sizeof *rule->on);
    for (int i = 0; i < rule->non; i++) {
        if (type == LUA_TTABLE)
            lua_rawgeti(L, on, i + 1);
        else
            lua_pushvalue(L, on);
        rule->on[i] = read_selector(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void check_fields(lua_State *L, int table, const char *name)
{
    static const char *const known[] = {"on", "priority", "propose"};
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        bool found = false;
        for (int i = 0; i < FW_COUNT(known); i++)
            found |= lua_type(L, -2) == LUA_TSTRING && !strcmp(lua_tostring(L, -2), known[i]);
        if (!found) {
            host_push_text(L, -2);
            luaL_error(L, "rule \"%s\" has no field '%s'", name, lua_tostring(L, -1));
        }
    }
}

/* Upvalues: name, line. */
static int rule_body(lua_State *L)
{
    rules_set *set = host_set(L);
    rules_rule rule = {.file = set->loading, .line = (int)lua_tointeger(L, lua_upvalueindex(2)), .order = set->nrules};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (set->loading < 0)
        return luaL_error(L, "rules are made while their file is loaded");
    rule.name = fw_strdup(set->arena, lua_tostring(L, lua_upvalueindex(1)));
    check_fields(L, 1, rule.name);
    read_on(L, 1, &rule);
    if (lua_getfield(L, 1, "priority") != LUA_TNIL) {
        int exact;
        rule.priority = lua_tointegerx(L, -1, &exact);
        if (!exact || lua_type(L, -1) != LUA_TNUMBER)
            return luaL_error(L, "priority: a whole number is needed");
    }
    if (lua_getfield(L, 1, "propose") != LUA_TFUNCTION)
        return luaL_error(L, "rule \"%s\" has no function `propose`", rule.name);
    rule.propose = luaL_ref(L, LUA_REGISTRYINDEX);
    FW_PUSH(set->arena, set->rules, set->nrules, set->rules_cap, rule);
    return 0;
}

static int l_rule(lua_State *L)
{
    lua_Debug ar;
    luaL_argcheck(L, lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > 0, 1, "a rule has a name");
    lua_settop(L, 1);
    bool running = lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar);
    lua_pushinteger(L, running && ar.currentline > 0 ? ar.currentline : 1);
    lua_pushcclosure(L, rule_body, 2);
    return 1;
}

/* share { name = value }: a global of every rule file. The first one wins, so a pack replaces what the shipped files share. */
static int l_share(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    host_get_base(L);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            return luaL_error(L, "share: names are strings");
        lua_pushvalue(L, -2);
        if (lua_rawget(L, 2) == LUA_TNIL) {
            lua_pushvalue(L, -3);
            lua_pushvalue(L, -3);
            lua_rawset(L, 2);
        }
        lua_pop(L, 1);
    }
    return 0;
}

void host_add_rules(lua_State *L, int base)
{
    base = lua_absindex(L, base);
    lua_pushcfunction(L, l_rule);
    lua_setfield(L, base, "rule");
    lua_pushcfunction(L, l_share);
    lua_setfield(L, base, "share");
    lua_pushvalue(L, base);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &base_key);
}

/* ---- files ---- */

int host_add_file(rules_set *set, fw_diag *diag, const char *path, const char *name)
{
    fw_source *source = fw_file_read(set->arena, diag, path);
    if (!source)
        return -1;
    rules_file file = {name, source};
    FW_PUSH(set->arena, set->files, set->nfiles, set->files_cap, file);
    return set->nfiles - 1;
}

static int set_up(lua_State *L)
{
    rules_set *set = host_set(L);
    set->bitwise_is_broken = host_bitwise_is_broken(L);
    host_push_base(L);
    return 0;
}

static int run_file(lua_State *L)
{
    host_get_base(L);
    host_load_chunk(L, host_set(L)->loading, -1);
    lua_call(L, 0, 0);
    return 0;
}

static bool load_file(rules_set *set, fw_diag *diag, const char *path, const char *name)
{
    int file = host_add_file(set, diag, path, name);
    if (file < 0)
        return false;
    set->loading = file;
    bool ok = host_protected(set, run_file, NULL);
    set->loading = -1;
    if (!ok)
        host_report(set, diag, "this rule file cannot be loaded", set->options.skip_on_error);
    return ok || set->options.skip_on_error;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_lua(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, ".lua");
}

static bool load_folder(rules_set *set, fw_diag *diag, const char *folder, const char *name)
{
    const char **names;
    int count = fw_folder_list(set->arena, diag, folder, ".lua", &names);
    bool ok = count >= 0;
    for (int i = 0; i < count && ok; i++)
        ok = load_file(set, diag, fw_format(set->arena, "%s/%s", folder, names[i]), fw_format(set->arena, "%s/%s", name, names[i]));
    return ok;
}

/* A pack is a file or a folder; in records it is called by the last part of its path. */
static bool load_pack(rules_set *set, fw_diag *diag, const char *path)
{
    char *clean = fw_strdup(set->arena, path);
    for (size_t n = strlen(clean); n > 1 && clean[n - 1] == '/'; n--)
        clean[n - 1] = 0;
    return is_lua(clean) ? load_file(set, diag, clean, last_part(clean)) : load_folder(set, diag, clean, last_part(clean));
}

/* ---- order and digest ---- */

static int compare_rules(const void *a, const void *b)
{
    const rules_rule *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return x->order - y->order;
}

static const char *digest_of(rules_set *set)
{
    fw_text all;
    fw_text_init(&all, set->arena);
    for (int i = 0; i < set->nfiles; i++) {
        fw_text_printf(&all, "%s\n%zu\n", set->files[i].name, set->files[i].source->size);
        fw_text_addn(&all, set->files[i].source->text, set->files[i].source->size);
    }
    char hex[65];
    fw_sha256(fw_text_string(&all), all.size, hex);
    return fw_strdup(set->arena, hex);
}

static bool load_all(rules_set *set, fw_diag *diag)
{
    const rules_options *options = &set->options;
    if (!host_protected(set, set_up, NULL)) {
        fw_error(diag, FW_LIMIT, (fw_loc){0}, "the rules cannot start: %s", set->failure.message);
        return false;
    }
    bool ok = host_load_target(set, diag);
    for (int i = 0; i < options->npaths && ok; i++)
        ok = load_pack(set, diag, options->paths[i]);
    ok = ok && load_folder(set, diag, fw_format(set->arena, "%s/rules", options->data), "rules");
    if (!ok)
        return false;
    if (set->nrules)
        qsort(set->rules, (size_t)set->nrules, sizeof *set->rules, compare_rules);
    set->digest = digest_of(set);
    return true;
}

rules_set *rules_load(fw_arena *arena, fw_diag *diag, const rules_options *options)
{
    rules_set *set = fw_alloc(arena, sizeof *set);
    set->arena = arena;
    set->options = *options;
    if (!host_open(set)) {
        fw_error(diag, FW_LIMIT, (fw_loc){0}, "not enough memory for the rules");
        host_close(set);
        return NULL;
    }
    if (load_all(set, diag))
        return set;
    rules_free(set);
    return NULL;
}

void rules_free(rules_set *rules)
{
    if (rules)
        host_close(rules);
}

const ir_target *rules_target(const rules_set *rules)
{
    return &rules->target;
}

int rules_count(const rules_set *rules)
{
    return rules->nrules;
}

const char *rules_digest(const rules_set *rules)
{
    return rules->digest;
}
