/* Structural hash and equality of instructions and computations: operation, shape, attributes and literals, with
 * operands compared by number and called computations by their canonical position. Notes (metadata and the like) do not
 * count. */
#include "pass.h"

#include <string.h>

enum { HASHED_LITERAL_BYTES = 4096 }; /* a table needs no more; equality looks at all */

static uint64_t mix(uint64_t hash, uint64_t value) {
    return fw_hash64(&value, sizeof value, hash);
}

static uint64_t hash_text(uint64_t hash, const char *text) {
    return text ? fw_hash64(text, strlen(text), hash) : mix(hash, 1);
}

static uint64_t hash_shape(uint64_t hash, const ir_shape *shape) {
    hash = mix(hash, (uint64_t)shape->type * 64 + (uint64_t)shape->rank);
    for (int i = 0; i < shape->rank; i++)
        hash = mix(hash, (uint64_t)shape->dims[i].bound + ((uint64_t)shape->dims[i].symbol << 48));
    for (int i = 0; i < shape->nelems; i++)
        hash = hash_shape(hash, shape->elems[i]);
    return mix(hash, (uint64_t)shape->nelems);
}

static uint64_t hash_literal(uint64_t hash, const ir_literal *literal) {
    if (!literal || literal->shape->type == IR_TUPLE)
        return hash;
    int64_t bytes = ir_shape_bytes(literal->shape);
    if (bytes < 0 || literal->elided)
        return hash;
    return fw_hash64(literal->data, bytes < HASHED_LITERAL_BYTES ? (size_t)bytes : HASHED_LITERAL_BYTES, hash);
}

static uint64_t hash_window(uint64_t hash, const ir_window *window) {
    for (int i = 0; window && i < window->rank; i++) {
        const ir_window_dim *d = &window->dims[i];
        const int64_t fields[] = {
            d->size, d->stride, d->pad_low, d->pad_high, d->base_dilation, d->window_dilation, d->reversal};
        hash = fw_hash64(fields, sizeof fields, hash);
    }
    return hash;
}

static uint64_t hash_attr(const pass_identity *identity, const ir_attr *attr, const int *numbers) {
    uint64_t hash = mix(mix((uint64_t)attr->id, (uint64_t)attr->count), (uint64_t)attr->i);
    hash = hash_window(hash_text(fw_hash64(&attr->f, sizeof attr->f, hash), attr->text), attr->window);
    hash = hash_literal(hash_text(hash, attr->labels ? attr->labels->text : NULL), attr->literal);
    for (int i = 0; i < attr->count; i++) {
        hash = attr->words ? hash_text(hash, attr->words[i]) : hash;
        hash = attr->comps ? mix(hash, (uint64_t)identity->canon[pass_comp_position(&identity->comps, attr->comps[i])])
                           : hash;
        hash = attr->instrs ? mix(hash, (uint64_t)numbers[attr->instrs[i]->id]) : hash;
    }
    return attr->ints ? fw_hash64(attr->ints, (size_t)attr->count * sizeof *attr->ints, hash) : hash;
}

uint64_t pass_hash_instr(const pass_identity *identity, const ir_instr *instr, const int *numbers) {
    uint64_t hash = hash_shape(mix((uint64_t)instr->op, (uint64_t)instr->param), instr->shape), attrs = 0;
    for (int i = 0; i < instr->noperands; i++)
        hash = mix(hash, (uint64_t)numbers[instr->operands[i]->id]);
    for (int a = 0; a < instr->nattrs; a++)
        if (!pass_attr_is_note(instr, instr->attrs[a].id))
            attrs += hash_attr(identity, &instr->attrs[a], numbers); /* in any order */
    return hash_literal(mix(hash, attrs), instr->literal);
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_window(const ir_window *a, const ir_window *b) {
    if (!a || !b || a->rank != b->rank)
        return a == b;
    for (int i = 0; i < a->rank; i++) {
        const ir_window_dim *x = &a->dims[i], *y = &b->dims[i];
        if (x->size != y->size || x->stride != y->stride || x->pad_low != y->pad_low || x->pad_high != y->pad_high ||
            x->base_dilation != y->base_dilation || x->window_dilation != y->window_dilation ||
            x->reversal != y->reversal)
            return false;
    }
    return true;
}

static bool same_literal(const ir_literal *a, const ir_literal *b) {
    if (!a || !b)
        return a == b;
    return a == b || (!a->elided && !b->elided && ir_literal_equal(a, b));
}

static bool same_attr(const pass_identity *identity, const ir_attr *a, const ir_attr *b, const int *na, const int *nb) {
    if (a->count != b->count || a->i != b->i || memcmp(&a->f, &b->f, sizeof a->f) != 0 ||
        !same_text(a->text, b->text) || !same_window(a->window, b->window) || !same_literal(a->literal, b->literal) ||
        !a->ints != !b->ints || !a->comps != !b->comps ||
        !same_text(a->labels ? a->labels->text : NULL, b->labels ? b->labels->text : NULL) || !a->instrs != !b->instrs)
        return false;
    for (int i = 0; i < a->count; i++) {
        if (a->ints && a->ints[i] != b->ints[i])
            return false;
        if (a->words && (!b->words || !same_text(a->words[i], b->words[i])))
            return false;
        if (a->comps && identity->canon[pass_comp_position(&identity->comps, a->comps[i])] !=
                            identity->canon[pass_comp_position(&identity->comps, b->comps[i])])
            return false;
        if (a->instrs && na[a->instrs[i]->id] != nb[b->instrs[i]->id])
            return false;
    }
    return true;
}

/* Shapes are equal when bounds are; a broadcast or iota of the same bound but another symbol is another value. */
static bool same_symbols(const ir_shape *a, const ir_shape *b) {
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i].symbol != b->dims[i].symbol)
            return false;
    for (int i = 0; i < a->nelems; i++)
        if (!same_symbols(a->elems[i], b->elems[i]))
            return false;
    return true;
}

static int told(const ir_instr *instr) {
    int count = 0;
    for (int a = 0; a < instr->nattrs; a++)
        count += !pass_attr_is_note(instr, instr->attrs[a].id);
    return count;
}

bool pass_same_instr(
    const pass_identity *identity, const ir_instr *a, const ir_instr *b, const int *na, const int *nb) {
    if (a->op != b->op || a->param != b->param || a->noperands != b->noperands || told(a) != told(b) ||
        !ir_shape_equal(a->shape, b->shape) || !same_symbols(a->shape, b->shape) ||
        !same_literal(a->literal, b->literal))
        return false;
    for (int i = 0; i < a->noperands; i++)
        if (na[a->operands[i]->id] != nb[b->operands[i]->id])
            return false;
    for (int i = 0; i < a->nattrs; i++) {
        if (pass_attr_is_note(a, a->attrs[i].id))
            continue;
        const ir_attr *other = ir_attr_get(b, a->attrs[i].id);
        if (!other || !same_attr(identity, &a->attrs[i], other, na, nb))
            return false;
    }
    return true;
}
