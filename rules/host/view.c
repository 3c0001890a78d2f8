/* Instructions as rules see them: one userdata an instruction, made on first use and kept, so that equal views are the same value
 * and can be table keys. A view holds an id and the generation of the computation it belongs to; using it later is an error. */
#include "host.h"

#include <string.h>

#define VIEW "fusewright.instruction"
#define KERNEL "fusewright.kernel"

typedef struct view { int id, generation; } view;
typedef struct kernel_view { plan_kernel *kernel; int generation; } kernel_view;

/* Registry: array of the views of the computation being planned, and the generation it belongs to at index 0. */
static const char views_key;

plan_state *host_check_state(lua_State *L, const char *what)
{
    plan_state *state = host_set(L)->state;
    if (!state)
        luaL_error(L, "%s is only offered inside propose", what);
    return state;
}

/* ---- views ---- */

static void push_memo(lua_State *L)
{
    rules_set *set = host_set(L);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &views_key) == LUA_TTABLE) {
        bool current = lua_rawgeti(L, -1, 0) == LUA_TNUMBER && lua_tointeger(L, -1) == set->generation;
        lua_pop(L, 1);
        if (current)
            return;
    }
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushinteger(L, set->generation);
    lua_rawseti(L, -2, 0);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &views_key);
}

void host_push_view(lua_State *L, const ir_instr *instr)
{
    luaL_checkstack(L, 5, "views");
    push_memo(L);
    if (lua_rawgeti(L, -1, instr->id + 1) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        view *v = lua_newuserdatauv(L, sizeof *v, 0);
        *v = (view){instr->id, host_set(L)->generation};
        luaL_setmetatable(L, VIEW);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, instr->id + 1);
    }
    lua_remove(L, -2);
}

const ir_instr *host_to_view(lua_State *L, int index)
{
    rules_set *set = host_set(L);
    view *v = luaL_testudata(L, index, VIEW);
    if (!v)
        return NULL;
    if (!set->state || v->generation != set->generation)
        luaL_error(L, "this instruction belongs to a computation that is not being planned any more");
    return set->state->comp->instrs[v->id];
}

const ir_instr *host_check_view(lua_State *L, int index)
{
    const ir_instr *instr = host_to_view(L, index);
    if (!instr)
        luaL_typeerror(L, index, "instruction");
    return instr;
}

void host_push_kernel(lua_State *L, plan_kernel *kernel)
{
    kernel_view *v = lua_newuserdatauv(L, sizeof *v, 0);
    *v = (kernel_view){kernel, host_set(L)->generation};
    luaL_setmetatable(L, KERNEL);
}

plan_kernel *host_check_kernel(lua_State *L, int index)
{
    kernel_view *v = luaL_checkudata(L, index, KERNEL);
    if (!host_set(L)->state || v->generation != host_set(L)->generation)
        luaL_error(L, "this kernel belongs to a computation that is not being planned any more");
    return v->kernel;
}

/* ---- fields ---- */

typedef enum {
    F_OP, F_CLASS, F_NAME, F_ID, F_TYPE, F_BITS, F_BYTES, F_COUNT, F_RANK, F_DIMS, F_OPERANDS, F_FLOPS, F_OP_NAME, F_VALUE, F_KEPT,
    F_REDUCED, F_GROUPS, F_B, F_M, F_N, F_K, F_DEMANDED, F_IS_OUTPUT, F_IS_SOURCE, F_IS_ELEMENTWISE, F_IS_INDEX, F_IS_POINTWISE,
    F_IS_SCALAR, F_IS_CONSTANT, F_IS_REDUCE, F_IS_CONTRACTION, F_IS_COMPUTED, F_COMPUTED_IN
} view_field;
static const struct { const char *name; view_field field; } fields[] = {{"op", F_OP}, {"class", F_CLASS}, {"name", F_NAME}, {"id", F_ID},
    {"type", F_TYPE}, {"bits", F_BITS}, {"bytes", F_BYTES}, {"count", F_COUNT}, {"rank", F_RANK}, {"dims", F_DIMS},
    {"operands", F_OPERANDS}, {"flops", F_FLOPS}, {"op_name", F_OP_NAME}, {"value", F_VALUE}, {"kept", F_KEPT}, {"reduced", F_REDUCED},
    {"groups", F_GROUPS}, {"b", F_B}, {"m", F_M}, {"n", F_N}, {"k", F_K}, {"demanded", F_DEMANDED}, {"is_output", F_IS_OUTPUT},
    {"is_source", F_IS_SOURCE}, {"is_elementwise", F_IS_ELEMENTWISE}, {"is_index", F_IS_INDEX}, {"is_pointwise", F_IS_POINTWISE},
    {"is_scalar", F_IS_SCALAR}, {"is_constant", F_IS_CONSTANT}, {"is_reduce", F_IS_REDUCE}, {"is_contraction", F_IS_CONTRACTION},
    {"is_computed", F_IS_COMPUTED}, {"computed_in", F_COMPUTED_IN}};

static bool is_elementwise(const ir_instr *instr)
{
    ir_op_class cls = ir_op_of(instr->op)->cls;
    return cls == IR_ELEMENTWISE || cls == IR_FORWARD;
}

/* Moves elements and computes nothing; iota and gathers with run-time indices count as such. */
static bool is_index(const ir_instr *instr)
{
    ir_op_class cls = ir_op_of(instr->op)->cls;
    return cls == IR_INDEX || cls == IR_BITCAST_CLASS || cls == IR_DYNAMIC || instr->op == IR_OP_IOTA;
}

static void push_dims(lua_State *L, const ir_shape *shape)
{
    lua_createtable(L, shape->rank, 0);
    for (int i = 0; i < shape->rank; i++) {
        lua_pushinteger(L, shape->dims[i].bound);
        lua_rawseti(L, -2, i + 1);
    }
}

/* Positions (from 1) of a reduce's operand dims that are kept, or reduced; nil for other ops. */
static void push_reduce_dims(lua_State *L, const ir_instr *instr, bool reduced)
{
    const int64_t *dims;
    if (instr->op != IR_OP_REDUCE) {
        lua_pushnil(L);
        return;
    }
    int count = ir_attr_ints(instr, IR_ATTR_DIMENSIONS, &dims), n = 0;
    lua_newtable(L);
    for (int i = 0; i < instr->operands[0]->shape->rank; i++) {
        bool found = false;
        for (int j = 0; j < count; j++)
            found |= dims[j] == i;
        if (found != reduced)
            continue;
        lua_pushinteger(L, i + 1);
        lua_rawseti(L, -2, ++n);
    }
}

/* The number that a scalar or splat constant holds; nil for everything else. */
static void push_value(lua_State *L, const ir_instr *instr)
{
    if (!plan_is_constant(instr))
        lua_pushnil(L);
    else if (ir_type_is_float(instr->shape->type))
        lua_pushnumber(L, ir_number_get(instr->shape->type, instr->literal->data));
    else
        lua_pushinteger(L, ir_number_get_int(instr->shape->type, instr->literal->data));
}

static void push_size(lua_State *L, const ir_instr *instr, view_field field)
{
    if (ir_op_of(instr->op)->cls != IR_CONTRACTION) {
        lua_pushnil(L);
        return;
    }
    host_sizes s = host_contraction_sizes(instr);
    lua_pushinteger(L, field == F_B ? s.b : field == F_M ? s.m : field == F_N ? s.n : s.k);
}

static void push_text(lua_State *L, const char *text)
{
    lua_pushstring(L, text); /* nil for NULL */
}

/* Facts of the shape and the op. False when the field is none of them. */
static bool push_static_field(lua_State *L, const ir_instr *instr, view_field field)
{
    const ir_shape *shape = instr->shape;
    switch (field) {
    case F_OP: push_text(L, ir_op_of(instr->op)->name); return true;
    case F_CLASS: push_text(L, ir_class_name(ir_op_of(instr->op)->cls)); return true;
    case F_NAME: push_text(L, instr->name); return true;
    case F_ID: lua_pushinteger(L, instr->id); return true;
    case F_TYPE: push_text(L, ir_type_name(shape->type)); return true;
    case F_BITS: lua_pushinteger(L, ir_type_bits(shape->type)); return true;
    case F_BYTES: lua_pushinteger(L, ir_shape_bytes(shape)); return true;
    case F_COUNT: lua_pushinteger(L, shape->type == IR_TUPLE ? 0 : ir_shape_count(shape)); return true;
    case F_RANK: lua_pushinteger(L, shape->rank); return true;
    case F_DIMS: push_dims(L, shape); return true;
    case F_OPERANDS: lua_pushinteger(L, instr->noperands); return true;
    case F_FLOPS: lua_pushinteger(L, ir_op_of(instr->op)->flops); return true;
    case F_OP_NAME: push_text(L, instr->op_name); return true;
    case F_VALUE: push_value(L, instr); return true;
    case F_KEPT: push_reduce_dims(L, instr, false); return true;
    case F_REDUCED: push_reduce_dims(L, instr, true); return true;
    case F_GROUPS: lua_pushinteger(L, ir_attr_int(instr, IR_ATTR_FEATURE_GROUP_COUNT, 1)); return true;
    case F_B: case F_M: case F_N: case F_K: push_size(L, instr, field); return true;
    default: return false;
    }
}

static void push_field(lua_State *L, const ir_instr *instr, view_field field)
{
    const plan_state *state = host_set(L)->state;
    if (push_static_field(L, instr, field))
        return;
    switch (field) {
    case F_DEMANDED: lua_pushboolean(L, state->demanded[instr->id]); return;
    case F_IS_OUTPUT: lua_pushboolean(L, state->result[instr->id]); return;
    case F_IS_SOURCE: lua_pushboolean(L, sched_is_source(instr)); return;
    case F_IS_ELEMENTWISE: lua_pushboolean(L, is_elementwise(instr)); return;
    case F_IS_INDEX: lua_pushboolean(L, is_index(instr)); return;
    case F_IS_POINTWISE: lua_pushboolean(L, is_elementwise(instr) || is_index(instr)); return;
    case F_IS_SCALAR: lua_pushboolean(L, ir_shape_is_scalar(instr->shape)); return;
    case F_IS_CONSTANT: lua_pushboolean(L, plan_is_constant(instr)); return;
    case F_IS_REDUCE: lua_pushboolean(L, ir_op_of(instr->op)->cls == IR_REDUCE_CLASS); return;
    case F_IS_CONTRACTION: lua_pushboolean(L, ir_op_of(instr->op)->cls == IR_CONTRACTION); return;
    case F_IS_COMPUTED: lua_pushboolean(L, state->computed[instr->id] != NULL); return;
    default: break;
    }
    if (state->inside[instr->id])
        host_push_kernel(L, state->inside[instr->id]);
    else
        lua_pushnil(L);
}

/* ---- metamethods ---- */

/* Upvalue 1: name -> number of a field, or method. An unknown name is an error: nil would hide a spelling mistake. */
static int view_index(lua_State *L)
{
    const ir_instr *instr = host_check_view(L, 1);
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TFUNCTION)
        return 1;
    if (type != LUA_TNUMBER) {
        host_push_text(L, 2);
        return luaL_error(L, "an instruction has no field '%s'", lua_tostring(L, -1));
    }
    push_field(L, instr, (view_field)lua_tointeger(L, -1));
    return 1;
}

static int view_tostring(lua_State *L)
{
    lua_pushstring(L, host_check_view(L, 1)->name);
    return 1;
}

static int refuse_write(lua_State *L)
{
    return luaL_error(L, "instructions and kernels cannot be changed");
}

static void push_instrs(lua_State *L, ir_instr *const *instrs, int count)
{
    host_new_set(L);
    for (int i = 0; i < count; i++) {
        host_push_view(L, instrs[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static int kernel_index(lua_State *L)
{
    const plan_kernel *kernel = host_check_kernel(L, 1);
    const char *name = luaL_checkstring(L, 2);
    if (!strcmp(name, "template"))
        lua_pushstring(L, kernel->template_name);
    else if (!strcmp(name, "rule"))
        lua_pushstring(L, kernel->rule);
    else if (!strcmp(name, "root"))
        host_push_view(L, kernel->outputs[0]);
    else if (!strcmp(name, "members"))
        push_instrs(L, kernel->members, kernel->nmembers);
    else if (!strcmp(name, "outputs"))
        push_instrs(L, kernel->outputs, kernel->noutputs);
    else if (!strcmp(name, "keep"))
        push_instrs(L, kernel->keep, kernel->nkeep);
    else
        return luaL_error(L, "a kernel has no field '%s'", name);
    return 1;
}

static int kernel_tostring(lua_State *L)
{
    lua_pushfstring(L, "kernel of %s", host_check_kernel(L, 1)->outputs[0]->name);
    return 1;
}

static void new_metatable(lua_State *L, const char *name, lua_CFunction to_string)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, to_string);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

void host_add_views(lua_State *L)
{
    new_metatable(L, VIEW, view_tostring);
    lua_createtable(L, 0, 64);
    for (int i = 0; i < FW_COUNT(fields); i++) {
        lua_pushinteger(L, fields[i].field);
        lua_setfield(L, -2, fields[i].name);
    }
    host_add_searches(L, -1);
    lua_pushcclosure(L, view_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    new_metatable(L, KERNEL, kernel_tostring);
    lua_pushcfunction(L, kernel_index);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
