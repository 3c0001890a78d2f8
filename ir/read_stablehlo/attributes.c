/* The attributes of an operation: found by their generic name or the short one of the pretty form, and put on
 * instructions. */
#include "read_stablehlo.h"

#include <string.h>

#define MOST_INTS (1 << 20)

/* Generic name, then pretty name. */
static const char *const pretty_names[][2] = {{"broadcast_dimensions", "dims"}, {"permutation", "dims"},
    {"dimensions", "dims"}, {"dimension", "dim"}, {"iota_dimension", "dim"}, {"edge_padding_low", "low"},
    {"edge_padding_high", "high"}, {"interior_padding", "interior"}, {"slice_sizes", "sizes"},
    {"precision_config", "precision"}, {"dimension_numbers", "dim_numbers"}, {"fft_type", "type"},
    {"fft_length", "length"}, {"rng_distribution", "distribution"}, {"rng_algorithm", "algorithm"},
    {"call_target_name", "@"}, {"callee", "@"}, {"index", "["}, {"name", "\""}};

const st_attr *st_get(const st_op *op, const char *name) {
    const st_attr *found = st_find(op->attrs, op->nattrs, name);
    for (int i = 0; !found && i < FW_COUNT(pretty_names); i++)
        if (!strcmp(pretty_names[i][0], name))
            found = st_find(op->attrs, op->nattrs, pretty_names[i][1]);
    return found;
}

static const char *place_of(const st_op *op, const st_attr *attr) {
    return attr && attr->start ? attr->start : op->at;
}

static bool wrong_kind(st_reader *r, const st_op *op, const st_attr *attr, const char *wanted) {
    return st_fail(r, place_of(op, attr), "the attribute '%.*s' of %.*s must be %s", st_shown(attr->key_length),
        attr->key ? attr->key : "", st_shown(op->length), op->name, wanted);
}

/* A list of integers, or of lists of integers one behind the other. */
static bool flat_ints(const st_attr *list, int64_t **ints, int *count, fw_arena *arena) {
    int total = 0, n = 0;
    for (int i = 0; i < list->count; i++)
        total += list->items[i].kind == ST_LIST ? list->items[i].count : 1;
    *ints = fw_alloc_array(arena, (size_t)total, sizeof **ints);
    for (int i = 0; i < list->count; i++) {
        const st_attr *item = &list->items[i];
        bool nested = item->kind == ST_LIST;
        for (int k = 0; k < (nested ? item->count : 1); k++) {
            const st_attr *number = nested ? &item->items[k] : item;
            if (number->kind != ST_INT)
                return false;
            (*ints)[n++] = number->i;
        }
    }
    *count = total;
    return true;
}

bool st_ints(st_reader *r, const st_op *op, const st_attr *attr, int *count, int64_t **ints) {
    *count = 0;
    *ints = NULL;
    if (!attr)
        return true;
    if (attr->kind == ST_DENSE) {
        const ir_literal *literal = attr->literal;
        int64_t n = ir_shape_count(literal->shape);
        if (n > MOST_INTS || ir_class_of(literal->shape->type) == IR_CLASS_FLOAT ||
            ir_class_of(literal->shape->type) == IR_CLASS_COMPLEX)
            return wrong_kind(r, op, attr, "integers");
        *count = (int)n;
        *ints = fw_alloc_array(r->arena, (size_t)n, sizeof **ints);
        size_t bytes = ir_type_bytes(literal->shape->type);
        for (int i = 0; i < *count; i++)
            (*ints)[i] = ir_number_get_int(literal->shape->type, (const char *)literal->data + (size_t)i * bytes);
        return true;
    }
    if (attr->kind != ST_LIST)
        return wrong_kind(r, op, attr, "a list of integers");
    return flat_ints(attr, ints, count, r->arena) || wrong_kind(r, op, attr, "a list of integers");
}

bool st_constant_ints(st_reader *r, const ir_instr *value, int *count, int64_t **ints) {
    ir_type type = value->shape->type;
    if (value->op != IR_OP_CONSTANT || !ir_type_is_integer(type) || ir_shape_count(value->shape) > MOST_INTS)
        return false;
    *count = (int)ir_shape_count(value->shape);
    *ints = fw_alloc_array(r->arena, (size_t)*count, sizeof **ints);
    for (int i = 0; i < *count; i++)
        (*ints)[i] = ir_number_get_int(type, (const char *)value->literal->data + (size_t)i * ir_type_bytes(type));
    return true;
}

bool st_get_ints(st_reader *r, const st_op *op, const char *name, int *count, int64_t **ints) {
    return st_ints(r, op, st_get(op, name), count, ints);
}

bool st_get_int(st_reader *r, const st_op *op, const char *name, int64_t absent, int64_t *value) {
    const st_attr *attr = st_get(op, name);
    *value = attr ? attr->i : absent;
    if (attr && attr->kind == ST_DENSE && ir_shape_count(attr->literal->shape) == 1 &&
        !ir_type_is_float(attr->literal->shape->type)) {
        *value = ir_number_get_int(attr->literal->shape->type, attr->literal->data);
        return true;
    }
    return !attr || attr->kind == ST_INT || wrong_kind(r, op, attr, "an integer");
}

const char *st_get_text(st_reader *r, const st_op *op, const char *name) {
    const st_attr *attr = st_get(op, name);
    if (!attr || (attr->kind != ST_WORD && attr->kind != ST_TEXT))
        return NULL;
    return fw_strndup(r->arena, attr->text, attr->length);
}

bool st_known_word(st_reader *r, const st_op *op, const char *word, const char *words) {
    size_t length = word ? strlen(word) : 0;
    for (const char *at = words; word && *at; at += strspn(at, " ")) {
        size_t next = strcspn(at, " ");
        if (next == length && !memcmp(at, word, length))
            return true;
        at += next;
    }
    return st_fail(r, op->at, "%.*s needs one of the words %s", st_shown(op->length), op->name, words);
}

/* ---- putting ---- */

void st_put_ints(ir_instr *instr, ir_attr_id id, int count, const int64_t *ints) {
    ir_attr *attr = ir_attr_add(instr, id);
    attr->count = count;
    attr->ints = ints;
}

void st_put_int(ir_instr *instr, ir_attr_id id, int64_t value) {
    ir_attr_add(instr, id)->i = value;
}

void st_put_text(ir_instr *instr, ir_attr_id id, const char *text) {
    ir_attr_add(instr, id)->text = text;
}

void st_put_comp(ir_instr *instr, ir_attr_id id, ir_comp *comp) {
    ir_attr *attr = ir_attr_add(instr, id);
    attr->comps = fw_alloc(instr->comp->module->arena, sizeof *attr->comps);
    attr->comps[0] = comp;
    attr->count = 1;
}

/* ---- what any operation may carry ---- */

static void add_quoted(fw_text *out, const char *text, size_t length) {
    fw_text_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            fw_text_char(out, '\\');
        fw_text_char(out, text[i] == '\n' ? ' ' : text[i]);
    }
    fw_text_char(out, '"');
}

/* A key of HLO text; others are dropped. */
static bool is_key(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!st_is_name_char(text[i]) || text[i] == '$')
            return false;
    return length && st_is_letter(*text);
}

/* `{a="x",b="y"}`, our mark first. */
static void put_frontend(st_reader *r, const st_attr *dict, bool differs, ir_instr *instr) {
    fw_text text;
    fw_text_init(&text, r->arena);
    if (differs)
        fw_text_add(&text, "{fusewright.semantics=\"stablehlo\"");
    for (int i = 0; dict && dict->kind == ST_DICT && i < dict->count; i++) {
        const st_attr *item = &dict->items[i];
        if (!is_key(item->key, item->key_length) || st_is(item->key, item->key_length, "fusewright.semantics"))
            continue;
        fw_text_printf(&text, "%s%.*s=", text.size ? "," : "{", (int)item->key_length, item->key);
        bool quoted = item->kind == ST_TEXT;
        add_quoted(&text, quoted ? item->text : item->start, quoted ? item->length : (size_t)(item->end - item->start));
    }
    if (!text.size)
        return;
    fw_text_char(&text, '}');
    st_put_text(instr, IR_ATTR_FRONTEND_ATTRIBUTES, fw_text_string(&text));
}

/* HLO's own spelling, with braces that match; any other text only says where things run. */
static bool is_sharding(const st_attr *attr) {
    int depth = 0;
    if (attr->kind != ST_TEXT || !attr->length || attr->text[0] != '{')
        return false;
    for (size_t i = 0; i < attr->length; i++) {
        char c = attr->text[i];
        if (!st_is_name_char(c) && !strchr("{}[]()<>=,- ", c))
            return false;
        depth += (c == '{') - (c == '}');
        if (depth == 0 && i + 1 < attr->length)
            return false;
    }
    return depth == 0;
}

void st_put_common(st_reader *r, const st_attr *attrs, int count, bool differs, ir_instr *instr) {
    if (!count && !differs)
        return;
    const st_attr *semantics = st_find(attrs, count, "fusewright.semantics");
    const st_attr *sharding = st_find(attrs, count, "mhlo.sharding");
    if (semantics && semantics->kind == ST_TEXT && st_is(semantics->text, semantics->length, "xla"))
        differs = false; /* printed from HLO by fusewright itself */
    put_frontend(r, st_find(attrs, count, "mhlo.frontend_attributes"), differs, instr);
    if (sharding && is_sharding(sharding))
        st_put_text(instr, IR_ATTR_SHARDING, fw_strndup(r->arena, sharding->text, sharding->length));
}

/* `[DEFAULT, HIGH]`; nothing is put where all are the default. */
bool st_put_precision(st_reader *r, const st_op *op, const st_attr *attr, ir_instr *instr) {
    static const char *const names[3][2] = {{"DEFAULT", "default"}, {"HIGH", "high"}, {"HIGHEST", "highest"}};
    if (!attr)
        return true;
    if (attr->kind != ST_LIST || attr->count > 2)
        return wrong_kind(r, op, attr, "a list of two precisions");
    const char **words = fw_alloc_array(r->arena, 2, sizeof *words);
    bool all_default = true;
    for (int i = 0; i < attr->count; i++) {
        const st_attr *item = &attr->items[i];
        for (int n = 0; n < 3; n++)
            if (item->kind == ST_WORD && st_is(item->text, item->length, names[n][0]))
                words[i] = names[n][1];
        if (!words[i])
            return st_fail(r, place_of(op, item), "expected DEFAULT, HIGH or HIGHEST");
        all_default &= !strcmp(words[i], "default");
    }
    if (all_default)
        return true;
    ir_attr *put = ir_attr_add(instr, IR_ATTR_OPERAND_PRECISION);
    put->words = words;
    put->count = attr->count;
    return true;
}
