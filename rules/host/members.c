/* Methods of views that walk the graph, and sets of instructions: arrays with + and :has. */
#include "host.h"

#include <string.h>

#define SET "fusewright.set"

/* ---- sets ---- */

void host_new_set(lua_State *L)
{
    lua_newtable(L);
    luaL_setmetatable(L, SET);
}

static bool set_has(lua_State *L, int set, int item)
{
    int64_t n = (int64_t)lua_rawlen(L, set);
    host_charge(L, n / 8);
    for (int64_t i = 1; i <= n; i++) {
        lua_rawgeti(L, set, i);
        bool same = lua_rawequal(L, -1, item);
        lua_pop(L, 1);
        if (same)
            return true;
    }
    return false;
}

/* Appends the instruction or the instructions at `from` that are not there yet. */
static void set_add(lua_State *L, int set, int from)
{
    if (host_to_view(L, from)) {
        if (!set_has(L, set, from)) {
            lua_pushvalue(L, from);
            lua_rawseti(L, set, (lua_Integer)lua_rawlen(L, set) + 1);
        }
        return;
    }
    luaL_checktype(L, from, LUA_TTABLE);
    int64_t n = (int64_t)lua_rawlen(L, from);
    for (int64_t i = 1; i <= n; i++) {
        lua_rawgeti(L, from, i);
        int at = lua_gettop(L);
        if (!host_to_view(L, at))
            luaL_error(L, "a set holds instructions; element %I is a %s", (LUAI_UACINT)i, luaL_typename(L, at));
        if (!set_has(L, set, at)) {
            lua_pushvalue(L, at);
            lua_rawseti(L, set, (lua_Integer)lua_rawlen(L, set) + 1);
        }
        lua_settop(L, at - 1);
    }
}

static int set_union(lua_State *L)
{
    lua_settop(L, 2);
    host_new_set(L);
    set_add(L, 3, 1);
    set_add(L, 3, 2);
    return 1;
}

static int l_has(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    host_check_view(L, 2);
    lua_pushboolean(L, set_has(L, 1, 2));
    return 1;
}

/* set{a, b}, set(a, b): a new set. */
static int l_set(lua_State *L)
{
    int n = lua_gettop(L);
    host_new_set(L);
    for (int i = 1; i <= n; i++)
        set_add(L, n + 1, i);
    return 1;
}

/* ---- one step through the graph ---- */

static int l_size(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    lua_Integer d = luaL_checkinteger(L, 2);
    luaL_argcheck(L, d >= 1 && d <= instr->shape->rank, 2, "no such dimension (they count from 1)");
    lua_pushinteger(L, instr->shape->dims[d - 1].bound);
    return 1;
}

static int l_operand(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_argcheck(L, n >= 1 && n <= instr->noperands, 2, "no such operand (they count from 1)");
    host_push_view(L, instr->operands[n - 1]);
    return 1;
}

static int l_users(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    const ir_users *users = &host_set(L)->state->users;
    host_new_set(L);
    for (int i = 0; i < users->count[instr->id]; i++) {
        host_push_view(L, users->users[instr->id][i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* The one instruction that uses this one; nil where there are several, none, or the value leaves the computation. */
static int l_only_user(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    const plan_state *state = host_set(L)->state;
    if (state->result[instr->id] || state->users.count[instr->id] != 1)
        lua_pushnil(L);
    else
        host_push_view(L, state->users.users[instr->id][0]);
    return 1;
}

/* through(n, "broadcast", "reshape"): operand n, looked at through the named ops (their first operand). */
static int l_through(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    int names = lua_gettop(L);
    luaL_argcheck(L, n >= 1 && n <= instr->noperands, 2, "no such operand (they count from 1)");
    for (int i = 3; i <= names; i++)
        luaL_checkstring(L, i);
    const ir_instr *at = instr->operands[n - 1];
    for (bool again = true; again && at->noperands;) {
        again = false;
        host_charge(L, 1);
        for (int i = 3; i <= names && !again; i++)
            again = !strcmp(lua_tostring(L, i), ir_op_of(at->op)->name);
        if (again)
            at = at->operands[0];
    }
    host_push_view(L, at);
    return 1;
}

/* ---- attributes ---- */

static void push_ints(lua_State *L, const ir_attr *attr)
{
    lua_createtable(L, attr->count, 0);
    for (int i = 0; i < attr->count; i++) {
        lua_pushinteger(L, attr->ints[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_attr(lua_State *L, const ir_attr *attr)
{
    switch (ir_attr_kind_of(attr->id)) {
    case IR_KIND_BOOL: lua_pushboolean(L, attr->i != 0); break;
    case IR_KIND_INT: lua_pushinteger(L, attr->i); break;
    case IR_KIND_FLOAT: lua_pushnumber(L, attr->f); break;
    case IR_KIND_INTS: case IR_KIND_PREDS: case IR_KIND_RANGES: case IR_KIND_PADDING: push_ints(L, attr); break;
    default: lua_pushstring(L, attr->text); /* nil where the attribute has no plain form */
    }
}

/* attr("dimensions"): as HLO spells it, numbers from 0; nil when absent. */
static int l_attr(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    const char *name = luaL_checkstring(L, 2);
    for (int i = 0; i < instr->nattrs; i++)
        if (!strcmp(ir_attr_name(instr->attrs[i].id), name)) {
            push_attr(L, &instr->attrs[i]);
            return 1;
        }
    bool known = false;
    for (int i = 0; i < IR_NATTRS; i++)
        known |= !strcmp(ir_attr_name((ir_attr_id)i), name);
    if (!known)
        return luaL_error(L, "there is no attribute '%s'", name);
    lua_pushnil(L);
    return 1;
}

/* ---- shapes ---- */

static bool same_space(const ir_shape *a, const ir_shape *b)
{
    int i = 0, j = 0;
    for (;;) {
        while (i < a->rank && a->dims[i].bound == 1)
            i++;
        while (j < b->rank && b->dims[j].bound == 1)
            j++;
        if (i == a->rank || j == b->rank)
            return i == a->rank && j == b->rank;
        if (a->dims[i++].bound != b->dims[j++].bound)
            return false;
    }
}

/* Equal dims up to dims of size 1. */
static int l_same_space(lua_State *L)
{
    const ir_instr *a = host_check_view(L, 1), *b = host_check_view(L, 2);
    lua_pushboolean(L, same_space(a->shape, b->shape));
    return 1;
}

/* loops() or loops(contraction): what `tile` of a proposal for this root indexes, as {name =, extent =} from 1. */
static int l_loops(lua_State *L)
{
    plan_state *state = host_check_state(L, "loops");
    const ir_instr *instr = host_check_view(L, 1), *contraction = lua_isnoneornil(L, 2) ? NULL : host_check_view(L, 2);
    luaL_argcheck(L, ir_shape_is_static(instr->shape), 1, "symbolic sizes");
    luaL_argcheck(L, !contraction || ir_op_of(contraction->op)->cls == IR_CONTRACTION, 2, "not a contraction");
    sched_loop loops[PLAN_MAX_LOOPS];
    int n = sched_loops(state->arena, instr, contraction, loops);
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, loops[i].name);
        lua_setfield(L, -2, "name");
        lua_pushinteger(L, loops[i].extent);
        lua_setfield(L, -2, "extent");
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* ---- walks ---- */

/* Are all users of `id` marked, and does the value stay inside the computation? `marked` ends with `last`. */
static bool is_private(const plan_state *state, const bool *marked, int last, int id)
{
    if (state->result[id])
        return false;
    for (int i = 0; i < state->users.count[id]; i++) {
        int user = state->users.users[id][i]->id;
        if (state->live[user] && (user > last || !marked[user]))
            return false;
    }
    return true;
}

/* producers(predicate): instructions from which this one is computed, nearest first. Candidates are the operands of what was
 * collected; predicate(candidate, private) is asked once for each, after all its users were decided; `private` says that
 * everything that uses it was collected. Sources and constants are never asked: they need no place in a kernel. */
static int l_producers(lua_State *L)
{
    plan_state *state = host_check_state(L, "producers");
    const ir_instr *root = host_check_view(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    bool *marked = lua_newuserdatauv(L, 2 * (size_t)root->id + 2, 0), *candidate = marked + root->id + 1; /* freed by the collector */
    memset(marked, 0, 2 * (size_t)root->id + 2);
    host_new_set(L);
    int count = 0;
    marked[root->id] = candidate[root->id] = true;
    for (int id = root->id; id >= 0; id--) {
        const ir_instr *instr = state->comp->instrs[id];
        host_charge(L, 1);
        if (!candidate[id])
            continue;
        if (id != root->id) {
            if (sched_is_source(instr) || plan_is_constant(instr))
                continue;
            lua_pushvalue(L, 2);
            host_push_view(L, instr);
            lua_pushboolean(L, is_private(state, marked, root->id, id));
            lua_call(L, 2, 1);
            marked[id] = lua_toboolean(L, -1);
            lua_pop(L, 1);
            if (!marked[id])
                continue;
            host_push_view(L, instr);
            lua_rawseti(L, 4, ++count);
        }
        for (int i = 0; i < instr->noperands; i++)
            candidate[instr->operands[i]->id] = true;
    }
    return 1;
}

/* depends_on(other): is this instruction computed from the other one, directly or not? */
static int l_depends_on(lua_State *L)
{
    const plan_state *state = host_check_state(L, "depends_on");
    const ir_instr *from = host_check_view(L, 1), *to = host_check_view(L, 2);
    bool *seen = lua_newuserdatauv(L, (size_t)from->id + 1, 0);
    memset(seen, 0, (size_t)from->id + 1);
    seen[from->id] = true;
    for (int id = from->id; id > to->id; id--) {
        host_charge(L, 1);
        for (int i = 0; seen[id] && i < state->comp->instrs[id]->noperands; i++)
            seen[state->comp->instrs[id]->operands[i]->id] = true;
    }
    lua_pushboolean(L, to->id <= from->id && seen[to->id] && to != from);
    return 1;
}

/* waiting(): instructions before this one that have to be in memory and are not computed yet, nearest first. */
static int l_waiting(lua_State *L)
{
    const plan_state *state = host_check_state(L, "waiting");
    const ir_instr *root = host_check_view(L, 1);
    host_new_set(L);
    int count = 0;
    host_charge(L, root->id);
    for (int id = root->id - 1; id >= 0; id--)
        if (state->demanded[id] && !state->computed[id] && !state->inside[id]) {
            host_push_view(L, state->comp->instrs[id]);
            lua_rawseti(L, -2, ++count);
        }
    return 1;
}

void host_add_searches(lua_State *L, int methods)
{
    static const luaL_Reg functions[] = {{"size", l_size}, {"operand", l_operand}, {"users", l_users}, {"only_user", l_only_user},
        {"through", l_through}, {"attr", l_attr}, {"same_space", l_same_space}, {"loops", l_loops}, {"producers", l_producers},
        {"depends_on", l_depends_on}, {"waiting", l_waiting}, {NULL, NULL}};
    lua_pushvalue(L, methods);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}

void host_add_sets(lua_State *L, int base)
{
    static const luaL_Reg methods[] = {{"has", l_has}, {NULL, NULL}};
    base = lua_absindex(L, base);
    luaL_newmetatable(L, SET);
    lua_pushcfunction(L, set_union);
    lua_setfield(L, -2, "__add");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_pushcfunction(L, l_set);
    lua_setfield(L, base, "set");
    lua_pushcfunction(L, l_producers);
    lua_setfield(L, base, "producers");
}
