/* The verifier: what every phase after the reader may rely on. One pass over the module, callees before callers, so
 * that an instruction is only compared with computations and operands that were themselves found sound. It reports
 * everything it finds and stops nowhere, and it assumes nothing beyond pointers that are NULL or valid. */
#include "infer.h"

#include <stdlib.h>

typedef struct numbered_comp {
    const ir_comp *comp;
    int position;
} numbered_comp;

typedef struct verifier {
    fw_arena *arena; /* shapes that inference makes; freed at the end */
    fw_diag *diag;
    const ir_module *module;
    numbered_comp *comps; /* sorted by address: position of each computation */
    bool *sound;          /* by position: structure and called computations are fine */
} verifier;

static int by_address(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)((const numbered_comp *)a)->comp, y = (uintptr_t)((const numbered_comp *)b)->comp;
    return (x > y) - (x < y);
}

static void number_comps(verifier *v) {
    int n = v->module->ncomps;
    v->comps = fw_alloc_array(v->arena, (size_t)n + 1, sizeof *v->comps);
    v->sound = fw_alloc_array(v->arena, (size_t)n + 1, sizeof *v->sound);
    for (int i = 0; i < n; i++)
        v->comps[i] = (numbered_comp){v->module->comps[i], i};
    qsort(v->comps, (size_t)n, sizeof *v->comps, by_address);
}

/* -1: no computation of this module. */
static int position_of(const verifier *v, const ir_comp *comp) {
    numbered_comp key = {comp, 0};
    const numbered_comp *found = bsearch(&key, v->comps, (size_t)v->module->ncomps, sizeof key, by_address);
    return found ? found->position : -1;
}

/* ---- the structure of a computation ---- */

static bool operands_ok(const verifier *v, const ir_comp *comp, const ir_instr *instr) {
    for (int i = 0; i < instr->noperands; i++) {
        const ir_instr *operand = instr->operands[i];
        if (!operand) {
            fw_error(v->diag, FW_INPUT, instr->loc, "operand %d of %%%s is missing", i, instr->name);
            return false;
        }
        if (operand->comp != comp || operand->id < 0 || operand->id >= comp->ninstrs ||
            comp->instrs[operand->id] != operand) {
            fw_error(v->diag, FW_INPUT, instr->loc, "operand %%%s of %%%s is not in the computation %%%s",
                operand->name, instr->name, comp->name);
            return false;
        }
        if (operand->id >= instr->id) {
            fw_error(v->diag, FW_INPUT, instr->loc, "operand %%%s of %%%s is defined after its use", operand->name,
                instr->name);
            return false;
        }
    }
    return true;
}

static bool params_ok(const verifier *v, const ir_comp *comp) {
    bool ok = true;
    for (int i = 0; i < comp->nparams; i++) {
        const ir_instr *param = comp->params[i];
        if (!param || param->op != IR_OP_PARAMETER || param->comp != comp || param->param != i) {
            fw_error(v->diag, FW_INPUT, comp->loc, "the computation %%%s has no parameter %d", comp->name, i);
            ok = false;
        }
    }
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        bool listed = instr->op != IR_OP_PARAMETER ||
                      (instr->param >= 0 && instr->param < comp->nparams && comp->params[instr->param] == instr);
        if (!listed) {
            fw_error(v->diag, FW_INPUT, instr->loc, "%%%s is not the only parameter %lld of %%%s", instr->name,
                (long long)instr->param, comp->name);
            ok = false;
        }
    }
    return ok;
}

static bool names_ok(const verifier *v, const ir_comp *comp) {
    fw_arena *arena = fw_arena_new();
    fw_intern *names = fw_intern_new(arena);
    bool ok = true;
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        size_t length = 0;
        while (instr->name && instr->name[length])
            length++;
        int before = fw_intern_count(names);
        if (length == 0 || fw_intern_id(names, instr->name, length) < before) {
            fw_error(v->diag, FW_INPUT, instr->loc, "the name %%%s stands twice in %%%s",
                instr->name ? instr->name : "", comp->name);
            ok = false;
        }
    }
    fw_arena_free(arena);
    return ok;
}

static bool structure_ok(const verifier *v, const ir_comp *comp) {
    bool ok = true;
    for (int i = 0; i < comp->ninstrs; i++) {
        const ir_instr *instr = comp->instrs[i];
        if (!instr || instr->comp != comp || instr->id != i) {
            fw_error(v->diag, FW_INTERNAL, comp->loc, "instruction %d of %%%s is not numbered by its position", i,
                comp->name);
            return false;
        }
        if (!instr->shape) {
            fw_error(v->diag, FW_INPUT, instr->loc, "%%%s has no shape", instr->name);
            ok = false;
        }
        ok = operands_ok(v, comp, instr) && ok;
    }
    const ir_instr *root = comp->root;
    if (!root || root->comp != comp || root->id < 0 || root->id >= comp->ninstrs || comp->instrs[root->id] != root) {
        fw_error(v->diag, FW_INPUT, comp->loc, "the computation %%%s has no root", comp->name);
        ok = false;
    }
    bool named = names_ok(v, comp);
    return params_ok(v, comp) && named && ok;
}

/* ---- one instruction ---- */

/* Every computation that an attribute names stands earlier in the module (so there is no recursion) and is sound. */
static bool callees_ok(const verifier *v, const ir_instr *instr, int caller) {
    bool ok = true;
    for (int a = 0; a < instr->nattrs; a++) {
        const ir_attr *attr = &instr->attrs[a];
        ir_attr_kind kind = ir_attr_kind_of(attr->id);
        if (kind != IR_KIND_COMP && kind != IR_KIND_COMPS)
            continue;
        for (int i = 0; i < attr->count; i++) {
            int callee = attr->comps[i] ? position_of(v, attr->comps[i]) : -1;
            if (callee < 0 || callee >= caller) {
                fw_error(v->diag, FW_INPUT, instr->loc, "%s of %%%s names a computation that is not defined before it",
                    ir_attr_name(attr->id), instr->name);
                ok = false;
            } else if (!v->sound[callee]) {
                ok = false; /* already reported there */
            }
        }
    }
    return ok;
}

static bool attrs_ok(const verifier *v, const ir_instr *instr) {
    bool ok = true, seen[IR_NATTRS] = {false};
    for (int a = 0; a < instr->nattrs; a++) {
        const ir_attr *attr = &instr->attrs[a];
        if (!ir_op_allows(instr->op, attr->id) || seen[attr->id]) {
            fw_error(v->diag, FW_INPUT, instr->loc, "%%%s: the attribute %s %s", instr->name, ir_attr_name(attr->id),
                seen[attr->id] ? "stands twice" : "does not belong to this op");
            ok = false;
        }
        seen[attr->id] = true;
        if (ir_attr_kind_of(attr->id) != IR_KIND_INSTRS)
            continue;
        for (int i = 0; i < attr->count; i++) {
            if (!attr->instrs[i] || attr->instrs[i]->comp != instr->comp || attr->instrs[i]->id >= instr->id) {
                fw_error(v->diag, FW_INPUT, instr->loc, "%s of %%%s names an instruction that is not defined before it",
                    ir_attr_name(attr->id), instr->name);
                ok = false;
            }
        }
    }
    return ok;
}

/* Sizes are not negative and the elements can be counted. */
static bool countable(const ir_shape *shape) {
    for (int i = 0; i < shape->nelems; i++)
        if (!countable(shape->elems[i]))
            return false;
    for (int d = 0; d < shape->rank; d++)
        if (!shape->dims[d].symbol && shape->dims[d].bound < 0)
            return false;
    return !infer_is_array(shape) || !ir_shape_is_static(shape) || ir_shape_count(shape) >= 0;
}

static bool instr_ok(const verifier *v, const ir_instr *instr, int caller) {
    infer_site site = {v->arena, v->diag, instr};
    if (!countable(instr->shape)) {
        infer_fail(&site, "the shape %s is not valid", infer_text(&site, instr->shape));
        return false;
    }
    if (!callees_ok(v, instr, caller) || !attrs_ok(v, instr))
        return false;
    bool failed;
    const ir_shape *inferred = ir_infer(v->arena, v->diag, instr, &failed);
    if (failed || (!inferred && !infer_ready(&site)))
        return false;
    if (inferred && !infer_agrees(inferred, instr->shape)) {
        infer_fail(&site, "the stated shape %s differs from %s, which follows from the operands",
            infer_text(&site, instr->shape), infer_text(&site, inferred));
        return false;
    }
    return verify_types(&site) && verify_shape(&site) && verify_calls(&site);
}

/* ---- the module ---- */

/* The element of `shape` at a tuple index, NULL when there is none. */
static const ir_shape *shape_at(const ir_shape *shape, int count, const int64_t *index) {
    for (int i = 0; i < count; i++) {
        if (shape->type != IR_TUPLE || index[i] < 0 || index[i] >= shape->nelems)
            return NULL;
        shape = shape->elems[index[i]];
    }
    return shape;
}

static void verify_aliases(const verifier *v) {
    const ir_comp *entry = v->module->entry;
    for (int i = 0; i < v->module->naliases; i++) {
        const ir_alias *alias = &v->module->aliases[i];
        const ir_shape *param = NULL, *output = shape_at(entry->root->shape, alias->noutput, alias->output);
        if (alias->param >= 0 && alias->param < entry->nparams)
            param = shape_at(entry->params[alias->param]->shape, alias->nindex, alias->index);
        if (!param || !output)
            fw_error(v->diag, FW_INPUT, entry->loc, "input_output_alias %d names no parameter or no output", i);
        else if (ir_shape_is_static(param) && ir_shape_is_static(output) &&
                 ir_shape_bytes(param) != ir_shape_bytes(output))
            fw_error(v->diag, FW_INPUT, entry->loc, "input_output_alias %d joins buffers of different sizes", i);
    }
}

static void verify_comp(verifier *v, int position) {
    const ir_comp *comp = v->module->comps[position];
    if (!structure_ok(v, comp))
        return;
    bool sound = true;
    for (int i = 0; i < comp->ninstrs; i++)
        sound = instr_ok(v, comp->instrs[i], position) && sound;
    v->sound[position] = sound;
}

bool ir_verify(fw_diag *diag, const ir_module *module) {
    int before = fw_diag_errors(diag);
    verifier v = {.arena = fw_arena_new(), .diag = diag, .module = module};
    number_comps(&v);
    for (int i = 0; i < module->ncomps; i++)
        verify_comp(&v, i);
    int entry = module->entry ? position_of(&v, module->entry) : -1;
    if (entry < 0)
        fw_error(
            diag, FW_INPUT, (fw_loc){module->source, 0, 0}, "the module %s has no entry computation", module->name);
    else if (v.sound[entry])
        verify_aliases(&v);
    fw_arena_free(v.arena);
    return fw_diag_errors(diag) == before;
}
