/* What a rule answers with: fuse(members, options), export(kernel, options) or refuse(reason, ...). Wrong types and unknown names
 * are errors at the line of the call; whether a well-formed proposal makes sense is decided when it is tried (accept.c). */
#include "host.h"

#include <string.h>

#define PROPOSAL "fusewright.proposal"

typedef struct answer_ref { rules_proposal *proposal; int generation; } answer_ref;

/* Line inside `propose` that leads to this call; 0 when a tail call has forgotten it, or the file is another one. */
static int calling_line(lua_State *L)
{
    const rules_set *set = host_set(L);
    lua_Debug ar;
    int line = 0;
    for (int level = 1; set->asking && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Slt", &ar);
        if (ar.currentline > 0 && ar.source[0] == '@' && !strcmp(ar.source + 1, set->files[set->asking->file].source->name))
            line = ar.istailcall ? 0 : ar.currentline;
    }
    return line;
}

static rules_proposal *new_proposal(lua_State *L, rules_verdict verdict)
{
    plan_state *state = host_check_state(L, verdict == RULES_FUSE ? "fuse" : verdict == RULES_EXPORT ? "export" : "refuse");
    rules_proposal *p = fw_alloc(state->arena, sizeof *p);
    answer_ref *ref = lua_newuserdatauv(L, sizeof *ref, 0);
    p->verdict = verdict;
    p->line = calling_line(L);
    *ref = (answer_ref){p, host_set(L)->generation};
    luaL_setmetatable(L, PROPOSAL);
    return p;
}

/* ---- options ---- */

static ir_instr **read_members(lua_State *L, int index, const char *what, int *count)
{
    plan_state *state = host_check_state(L, "fuse");
    index = lua_absindex(L, index);
    const ir_instr *one = host_to_view(L, index);
    if (!one && !lua_istable(L, index))
        luaL_error(L, "%s: a list of instructions is needed, not a %s", what, luaL_typename(L, index));
    int n = one ? 1 : (int)lua_rawlen(L, index);
    ir_instr **list = fw_alloc_array(state->arena, (size_t)(n ? n : 1), sizeof *list);
    for (int i = 0; i < n; i++) {
        if (one)
            lua_pushvalue(L, index);
        else
            lua_rawgeti(L, index, i + 1);
        const ir_instr *instr = host_to_view(L, -1);
        if (!instr)
            luaL_error(L, "%s: element %d is a %s, not an instruction", what, i + 1, luaL_typename(L, -1));
        list[i] = state->comp->instrs[instr->id];
        lua_pop(L, 1);
    }
    *count = n;
    return list;
}

static int64_t read_size(lua_State *L, const char *what)
{
    int exact;
    lua_Integer size = lua_tointegerx(L, -1, &exact);
    if (!exact || lua_type(L, -1) != LUA_TNUMBER)
        luaL_error(L, "%s: a tile size is a whole number", what);
    return size;
}

/* { 8, 0, 64 } by position, { m = 64, n = 512 } by the loop's name, or both. */
static void read_tile(lua_State *L, int index, rules_proposal *p)
{
    plan_state *state = host_check_state(L, "fuse");
    if (!lua_istable(L, index))
        luaL_error(L, "tile: a table of sizes is needed, not a %s", luaL_typename(L, index));
    int n = (int)lua_rawlen(L, index);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, index, i + 1);
        int64_t size = read_size(L, "tile");
        if (i < PLAN_MAX_LOOPS)
            p->tile[i] = size;
        lua_pop(L, 1);
    }
    p->ntile = n;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER)
            continue;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "tile: a %s is no loop", luaL_typename(L, -2));
        rules_tile named = {fw_strdup(state->arena, lua_tostring(L, -2)), read_size(L, lua_tostring(L, -2))};
        if (p->nnamed < PLAN_MAX_LOOPS)
            p->named[p->nnamed++] = named;
    }
}

static void read_allow(lua_State *L, int index, rules_proposal *p)
{
    static const char *const names[] = {"reassociate", "contract", "rescale", "approximate", "excess_precision"};
    if (!lua_istable(L, index))
        luaL_error(L, "allow: a list of permissions is needed, not a %s", luaL_typename(L, index));
    int n = (int)lua_rawlen(L, index);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, index, i);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
        int bit = -1;
        for (int j = 0; j < FW_COUNT(names); j++)
            if (!strcmp(name, names[j]))
                bit = j;
        if (bit < 0)
            luaL_error(L, "allow: there is no permission '%s'", name);
        p->allow |= 1u << bit;
        lua_pop(L, 1);
    }
}

static const char *read_string(lua_State *L, int index, const char *what)
{
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: a string is needed, not a %s", what, luaL_typename(L, index));
    return fw_strdup(host_set(L)->state->arena, lua_tostring(L, index));
}

/* One option; its value is on top of the stack. */
static void read_option(lua_State *L, const char *name, rules_proposal *p)
{
    int at = lua_gettop(L), one;
    if (!strcmp(name, "why")) {
        p->why = read_string(L, at, name);
    } else if (p->verdict == RULES_EXPORT) {
        luaL_error(L, "export has no option '%s'", name);
    } else if (!strcmp(name, "template")) {
        p->template_name = read_string(L, at, name);
    } else if (!strcmp(name, "tile")) {
        read_tile(L, at, p);
    } else if (!strcmp(name, "keep")) {
        p->keep = read_members(L, at, name, &p->nkeep);
    } else if (!strcmp(name, "outputs")) {
        p->outputs = read_members(L, at, name, &p->noutputs);
    } else if (!strcmp(name, "allow")) {
        read_allow(L, at, p);
    } else if (!strcmp(name, "in_place")) {
        if (!host_to_view(L, at))
            luaL_error(L, "in_place: an instruction is needed, not a %s", luaL_typename(L, at));
        p->in_place = read_members(L, at, name, &one)[0];
    } else {
        luaL_error(L, "fuse has no option '%s'", name);
    }
}

static void read_options(lua_State *L, int index, rules_proposal *p)
{
    if (lua_isnoneornil(L, index))
        return;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "options have names; found a %s", luaL_typename(L, -2));
        read_option(L, lua_tostring(L, -2), p);
    }
}

/* ---- the three answers ---- */

static int l_fuse(lua_State *L)
{
    host_check_state(L, "fuse");
    int count;
    lua_settop(L, 2);
    ir_instr **members = read_members(L, 1, "fuse", &count);
    rules_proposal *p = new_proposal(L, RULES_FUSE);
    p->members = members;
    p->nmembers = count;
    read_options(L, 2, p);
    lua_settop(L, 3);
    return 1;
}

static int l_export(lua_State *L)
{
    plan_kernel *kernel = host_check_kernel(L, 1);
    lua_settop(L, 2);
    rules_proposal *p = new_proposal(L, RULES_EXPORT);
    p->kernel = kernel;
    read_options(L, 2, p);
    lua_settop(L, 3);
    return 1;
}

/* Upvalue 1: string.format. */
static int l_refuse(lua_State *L)
{
    plan_state *state = host_check_state(L, "refuse");
    int n = lua_gettop(L);
    luaL_checkstring(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, 1);
    const char *why = fw_strdup(state->arena, lua_tostring(L, 1));
    new_proposal(L, RULES_REFUSE)->why = why;
    return 1;
}

/* fuse(members) { template = ... } reads like a sentence; the second call adds options. */
static int proposal_call(lua_State *L)
{
    answer_ref *ref = luaL_checkudata(L, 1, PROPOSAL);
    if (!host_set(L)->state || ref->generation != host_set(L)->generation)
        return luaL_error(L, "this proposal belongs to a computation that is not being planned any more");
    read_options(L, 2, ref->proposal);
    lua_settop(L, 1);
    return 1;
}

static int proposal_tostring(lua_State *L)
{
    lua_pushliteral(L, "proposal");
    return 1;
}

void host_add_proposals(lua_State *L, int base)
{
    base = lua_absindex(L, base);
    luaL_newmetatable(L, PROPOSAL);
    lua_pushcfunction(L, proposal_call);
    lua_setfield(L, -2, "__call");
    lua_pushcfunction(L, proposal_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_pushcfunction(L, l_fuse);
    lua_setfield(L, base, "fuse");
    lua_pushcfunction(L, l_export);
    lua_setfield(L, base, "export");
    lua_getfield(L, base, "string");
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, l_refuse, 1);
    lua_setfield(L, base, "refuse");
    lua_pop(L, 1);
}

/* ---- asking a rule ---- */

typedef struct question {
    const rules_rule *rule;
    ir_instr *root;
    rules_answer *answer;
} question;

static void take(lua_State *L, int index, rules_answer *answer)
{
    answer_ref *ref = luaL_testudata(L, index, PROPOSAL);
    if (!ref || ref->generation != host_set(L)->generation)
        luaL_error(L, "propose returned a %s; it returns fuse(...), export(...), refuse(...), a list of them, or nothing",
            luaL_typename(L, index));
    if (answer->count == RULES_MAX_PROPOSALS)
        luaL_error(L, "propose returned more than %d proposals", RULES_MAX_PROPOSALS);
    answer->proposals[answer->count++] = ref->proposal;
}

static int ask(lua_State *L)
{
    question *q = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, q->rule->propose);
    host_push_view(L, q->root);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &host_target_key);
    lua_call(L, 2, 1);
    if (lua_isnil(L, -1))
        return 0;
    if (!lua_istable(L, -1)) {
        take(L, -1, q->answer);
        return 0;
    }
    int list = lua_gettop(L), n = (int)lua_rawlen(L, list);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, list, i);
        take(L, -1, q->answer);
        lua_pop(L, 1);
    }
    return 0;
}

bool rules_ask(rules_set *set, const rules_rule *rule, ir_instr *root, rules_answer *answer)
{
    question q = {rule, root, answer};
    answer->count = 0;
    set->asking = rule;
    bool ok = host_protected(set, ask, &q);
    set->asking = NULL;
    return ok;
}

bool rules_matches(const rules_rule *rule, const ir_instr *instr)
{
    const ir_op_info *info = ir_op_of(instr->op);
    for (int i = 0; i < rule->non; i++)
        if (!strcmp(rule->on[i], "*") || !strcmp(rule->on[i], info->name) || !strcmp(rule->on[i], ir_class_name(info->cls)))
            return true;
    return false;
}
