/* The reader of StableHLO text (MLIR), for the files of this folder only.
 *
 * An operation is read in two steps. The parser (parse_*.c) knows only MLIR: from the pretty or the generic spelling it
 * makes one st_op with operands, attributes, regions and types. The builder (build_*.c) named for the operation in
 * ops.def then appends the HLO instructions that mean the same. Regions are computations of the module from the start;
 * scope.c brings in what they use from outside. Every function returns false or NULL after it has reported an error,
 * and the reader stops at the first one, but for unsupported operations: these are collected and reported together. */
#ifndef FW_READ_STABLEHLO_H
#define FW_READ_STABLEHLO_H

#include "../ir.h"

/* Punctuation of one character is its own kind. */
typedef enum {
    ST_EOF = 256,
    ST_IDENT,   /* name without sigil; dots belong to it */
    ST_PERCENT, /* %name; the text is the name, likewise below */
    ST_AT,      /* @name or @"name" */
    ST_HASH,    /* #name */
    ST_BANG,    /* !name */
    ST_CARET,   /* ^name */
    ST_NUMBER,  /* decimal integer, hexadecimal integer or decimal fraction */
    ST_STRING,  /* with its quotes */
    ST_ARROW,   /* -> */
    ST_BAD      /* reader->bad says why */
} st_token_kind;

typedef struct st_token {
    int kind;
    const char *start, *text;
    size_t length; /* of text */
} st_token;

/* ---- attribute values ---- */

typedef enum {
    ST_WORD,  /* a bare word, an enum value such as #stablehlo<precision HIGH>, a symbol: text */
    ST_INT,   /* also true and false: i */
    ST_FLOAT, /* f */
    ST_TEXT,  /* a string: text, unescaped */
    ST_LIST,  /* [..], array<..>, and `A x B` of pretty forms: items */
    ST_DICT,  /* {..} and #stablehlo.struct<..>: items with keys */
    ST_DENSE, /* literal */
    ST_TYPE,  /* a type; the shape of an array type in `type` */
    ST_RAW    /* anything else, between start and end */
} st_attr_kind;

typedef struct st_attr {
    const char *key; /* in a dictionary; else NULL */
    size_t key_length;
    st_attr_kind kind;
    int64_t i;
    double f;
    const char *text;
    size_t length;
    int count;
    struct st_attr *items;
    ir_literal *literal;
    const ir_shape *type;
    const char *start, *end; /* as written */
} st_attr;

/* Nested regions, attributes and types. */
#define ST_DEEPEST 200

/* ---- values and scopes ---- */

struct st_scope;

/* What an SSA name stands for, seen from one scope. Elements that are not brought into an inner scope yet are NULL. */
typedef struct st_binding {
    struct st_binding *outer; /* the same name in the scope around */
    struct st_scope *scope;
    int count;
    ir_instr **values;
} st_binding;

typedef enum {
    ST_FUNCTION, /* sees nothing from outside */
    ST_SCALARS,  /* a combiner, comparator, ...: may use constants from outside */
    ST_STATE     /* control flow: its only parameter is a tuple, to which captured values are appended */
} st_scope_kind;

/* The values that the regions of one control flow operation use from outside, in the order of their tuple elements. */
typedef struct st_captures {
    ir_instr **outer;
    int count, cap;
    int first; /* tuple index of the first one */
} st_captures;

typedef struct st_scope {
    struct st_scope *outer; /* NULL for a function */
    st_scope_kind kind;
    ir_comp *comp;
    int first_bound;       /* in reader->bound */
    ir_instr *state;       /* ST_STATE: the parameter; its shape is set when all captures are known */
    st_captures *captures; /* ST_STATE */
    int nreturned;
    ir_instr **returned; /* operands of the terminator */
    bool ended;          /* by a terminator */
} st_scope;

/* ---- operations ---- */

typedef struct st_region {
    ir_comp *comp;
    ir_instr *state;
    st_captures *captures;
    int nreturned;
    ir_instr **returned;
} st_region;

struct st_reader;
struct st_op;

typedef struct st_op_info {
    const char *name; /* with its dialect */
    ir_op op;         /* the HLO op, for builders of several operations; else IR_OP_COPY */
    bool (*build)(struct st_reader *r, struct st_op *op);
    st_scope_kind regions;
} st_op_info;

typedef struct st_op {
    const char *at; /* where its name stands */
    const char *name;
    size_t length;
    const st_op_info *info; /* NULL: not supported */
    int noperands, operands_cap;
    ir_instr **operands;
    int ninits, inits_cap; /* behind `init:`; they become the last operands */
    ir_instr **inits;
    int nwords; /* bare words such as the direction of compare */
    st_attr words[4];
    int nattrs, attrs_cap;
    st_attr *attrs;
    int nregions, regions_cap;
    st_region *regions;
    int ntypes, types_cap; /* the trailing types: of the operands, or all that stands there */
    const ir_shape **types;
    bool functional; /* `(operands) -> results` */
    int nresult_types, result_types_cap;
    const ir_shape **result_types;
    int nresults;       /* as many as the left side names, or else as there are types */
    ir_instr **results; /* filled by the builder */
    bool differs;       /* means something else in HLO */
    int first_id;       /* where its instructions begin in the computation */
} st_op;

/* A function; calls may come before its definition. */
typedef struct st_func {
    const char *name;
    ir_comp *comp; /* NULL until defined */
    bool is_private;
    const char *called_at; /* the first call */
} st_func;

typedef struct st_call {
    ir_instr *instr;
    int attr; /* which of its attributes gets the computation */
    int func;
} st_call;

typedef struct st_alias {
    st_attr value;
    const ir_shape *type;
    bool is_quantized;
} st_alias;

/* A type that was read before, by its text. */
typedef struct st_cached_type {
    const ir_shape *shape;
    bool is_quantized;
} st_cached_type;

typedef struct st_unsupported {
    const char *what;
    const char *at;
    int uses;
} st_unsupported;

typedef struct st_reader {
    fw_arena *arena;   /* the module's */
    fw_arena *scratch; /* freed with the reader */
    fw_diag *diag;
    const fw_source *source;
    const char *end; /* of the source text, or the split after the first module */
    const char *at;  /* behind the current token */
    st_token tok;
    const char *bad;
    const char *line_at, *line_start; /* a place whose line is known */
    uint32_t line;
    int depth;
    ir_module *module;
    st_scope *scope;
    fw_intern *ops, *names, *types, *aliases, *funcs, *what; /* numbers of texts; the arrays below go by them */
    st_binding **bindings;
    int nbindings;
    int *bound; /* numbers of names, in the order of their binding */
    int nbound, bound_cap;
    st_cached_type *cached;
    int ncached, cached_cap;
    st_alias *alias_values;
    int naliases, aliases_cap;
    st_func *func_list;
    int nfuncs, funcs_cap;
    st_call *calls;
    int ncalls, calls_cap;
    st_unsupported *unsupported;
    int nunsupported, unsupported_cap;
    struct st_located {
        ir_instr *instr;
        const char *alias;
        size_t length;
    } * located; /* op_name comes from an alias */
    int nlocated, located_cap;
    bool bare;                               /* the next attribute value has no type of its own behind a ':' */
    bool saw_quantized;                      /* in the types of the current operation */
    int symbols_cap;                         /* of module->symbols */
    struct st_frame *frames[ST_DEEPEST + 1]; /* operations being read, by depth; their arrays serve again */
    st_attr *items;                          /* a stack: lists nest */
    int nitems, items_cap;
    unsigned next_name; /* of instructions whose value has no name of its own */
} st_reader;

/* ---- lexer.c ---- */
void st_lex_start(st_reader *r);
void st_lex_from(st_reader *r, const char *at);
void st_lex_next(st_reader *r);
const char *st_skip_space(const st_reader *r, const char *at);
fw_loc st_loc(st_reader *r, const char *at);
bool st_fail(st_reader *r, const char *at, const char *format, ...) FW_PRINTF(3, 4); /* always false */
bool st_expected(st_reader *r, const char *what);                                    /* always false */
bool st_accept(st_reader *r, int kind);
bool st_expect(st_reader *r, int kind, const char *what);
bool st_word(const st_reader *r, const char *word);
bool st_accept_word(st_reader *r, const char *word);
bool st_is_reserved(const char *text, size_t length);            /* cannot be a name in HLO text */
bool st_string(st_reader *r, const char **text, size_t *length); /* consumes a string and undoes its escapes */
bool st_enter(st_reader *r);
void st_leave(st_reader *r);
int st_shown(size_t length); /* how much of a name a message shows */
static inline bool st_is_digit(char c) {
    return c >= '0' && c <= '9';
}
static inline int st_hex_digit(char c) /* -1: none */
{
    return st_is_digit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}
static inline bool st_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static inline bool st_is_name_char(char c) {
    return st_is_letter(c) || st_is_digit(c) || c == '$' || c == '.';
}
static inline bool st_is(const char *text, size_t length, const char *word) {
    for (size_t i = 0; i < length; i++)
        if (text[i] != word[i]) /* a shorter word differs at its zero */
            return false;
    return !word[length];
}

/* ---- parse_type.c ---- */
bool st_at_type(const st_reader *r);
const ir_shape *st_type(st_reader *r); /* of a value; sets saw_quantized */
bool st_skip_type(
    st_reader *r, const ir_shape **shape); /* of an attribute: also scalars and functions; shape may stay NULL */
/* Gives dimensions without a symbol those of `like`, or new ones. */
const ir_shape *st_resolve(st_reader *r, const ir_shape *shape, const ir_shape *like);

/* ---- parse_dense.c ---- */
bool st_dense(st_reader *r, st_attr *attr); /* from `dense` to the end of the type behind it */

/* ---- parse_number.c ---- */
/* One element of a dense constant at *at, which it moves on. */
bool st_element(st_reader *r, const char **at, ir_type type, void *element);

/* ---- parse_attr.c ---- */
bool st_attr_value(st_reader *r, st_attr *attr);
bool st_attr_dict(st_reader *r, int close, st_attr **items, int *count, int *cap); /* behind the opening token */
bool st_skip_balanced(st_reader *r); /* the group that the current token opens */
bool st_alias_define(st_reader *r);  /* #name = attribute, !name = type */
const st_attr *st_find(const st_attr *items, int count, const char *key);

/* ---- parse_loc.c ---- */
bool st_skip_loc(
    st_reader *r, ir_instr *instr); /* `loc(...)` if it stands here; the name goes to instr, which may be NULL */
void st_settle_locs(st_reader *r);  /* names that came from aliases */

/* ---- attributes.c: of an operation, by its generic or its pretty name ---- */
const st_attr *st_get(const st_op *op, const char *name);
bool st_ints(st_reader *r, const st_op *op, const st_attr *attr, int *count, int64_t **ints);
bool st_get_ints(st_reader *r, const st_op *op, const char *name, int *count, int64_t **ints); /* absent: none */
/* The values of an integer constant, for operands that HLO has as attributes. False without an error where it is none.
 */
bool st_constant_ints(st_reader *r, const ir_instr *value, int *count, int64_t **ints);
bool st_get_int(st_reader *r, const st_op *op, const char *name, int64_t absent, int64_t *value);
const char *st_get_text(st_reader *r, const st_op *op, const char *name); /* word, symbol or string; NULL when absent */
/* One of the words in a blank-separated list; the message says which they are. */
bool st_known_word(st_reader *r, const st_op *op, const char *word, const char *words);
void st_put_ints(ir_instr *instr, ir_attr_id id, int count, const int64_t *ints);
void st_put_int(ir_instr *instr, ir_attr_id id, int64_t value);
void st_put_text(ir_instr *instr, ir_attr_id id, const char *text);
void st_put_comp(ir_instr *instr, ir_attr_id id, ir_comp *comp);
/* Shardings, frontend attributes and the mark of an instruction that means what StableHLO says where HLO says something
 * else. */
void st_put_common(st_reader *r, const st_attr *attrs, int count, bool differs, ir_instr *instr);
bool st_put_precision(st_reader *r, const st_op *op, const st_attr *attr, ir_instr *instr);

/* ---- scope.c ---- */
void st_push_scope(st_reader *r, st_scope *scope, st_scope_kind kind, ir_comp *comp);
void st_pop_scope(st_reader *r);
bool st_bind(st_reader *r, const char *at, const char *name, size_t length, int count, ir_instr *const *values);
ir_instr *st_value(st_reader *r); /* %name or %name#2 at the current token; NULL after an error */

/* ---- parse_op.c, parse_pretty.c ---- */
bool st_operation(st_reader *r);           /* with its results */
bool st_op_items(st_reader *r, st_op *op); /* what stands between the name and the types */
bool st_trailing_types(st_reader *r, st_op *op);

/* ---- parse_region.c ---- */
bool st_read_region(st_reader *r, st_op *op); /* `{...}` with optional ^bb0(...) */
bool st_block(st_reader *r);                  /* operations up to and with the closing brace */
bool st_param(
    st_reader *r, const char **at, const char **name, size_t *length, const ir_shape **shape); /* `%x: type` */
bool st_read_while(st_reader *r, st_op *op); /* behind the name, up to the end */
bool st_read_reducer(st_reader *r, st_op *op);
bool st_applied(st_reader *r, st_op *op, const char *name, size_t length);

/* ---- parse_func.c, parse_module.c ---- */
bool st_function(st_reader *r); /* func.func in pretty or generic form */
int st_func_number(st_reader *r, const char *name, size_t length);
bool st_text(st_reader *r); /* all of it */

/* ---- build.c: what the builders share ---- */
const st_op_info *st_op_find(st_reader *r, const char *name, size_t length);
void st_ops_of_table(st_reader *r);
ir_instr *st_emit_in(
    st_reader *r, ir_comp *comp, const char *at, ir_op hlo, const ir_shape *shape, int n, ir_instr *const *operands);
ir_instr *st_param_add(st_reader *r, ir_comp *comp, const char *at, const ir_shape *shape);
ir_instr *st_emit(st_reader *r, const st_op *op, ir_op hlo, const ir_shape *shape, int n, ir_instr *const *operands);
ir_instr *st_constant(st_reader *r, const st_op *op, ir_literal *literal);
ir_instr *st_tuple_in(st_reader *r, ir_comp *comp, const char *at, int n, ir_instr *const *values);
ir_instr *st_element_in(st_reader *r, ir_comp *comp, const char *at, ir_instr *tuple, int index, const ir_shape *shape);
const ir_shape *st_result_type(st_reader *r, const st_op *op, int i); /* NULL after an error */
const ir_shape *st_whole_result(
    st_reader *r, const st_op *op); /* the only result, or the tuple of all; NULL likewise */
bool st_takes(st_reader *r, const st_op *op, int least, int most);
bool st_give(
    st_reader *r, st_op *op, ir_instr *instr); /* the only result, or the elements of its tuple are the results */
bool st_forward(st_op *op, ir_instr *instr);   /* a value that exists is the only result */
void st_unsupport(st_reader *r, const char *at, const char *what, size_t length);
bool st_decline(
    st_reader *r, st_op *op, const char *why); /* this use is not supported; reading goes on; NULL: none is */
bool st_build(st_reader *r, st_op *op);
void st_name(st_reader *r, ir_instr *instr, const char *base);

/* ---- order.c ---- */
bool st_order_comps(st_reader *r);                   /* callees before callers */
char *st_clean_name(st_reader *r, const char *name); /* as HLO allows it */

#endif
