/* The reader of HLO text, for the files of this folder only. The grammar is in reference/hlo-text.md.
 *
 * lexer.c makes tokens on demand, one ahead of the parser. Values whose spelling is not made of tokens (dim labels,
 * padding, windows, sharding, JSON, literals) are scanned by character from the place where the parser stands. Every
 * parse function returns false or NULL after it has reported an error, and the parser stops at the first one. */
#ifndef FW_READ_H
#define FW_READ_H

#include "../ir.h"

/* Punctuation of one character is its own kind. */
typedef enum {
    TOK_EOF = 256,
    TOK_IDENT, /* name without sigil; also opcodes, types, keywords */
    TOK_NAME,  /* `name:`; the colon belongs to the token but not to its text */
    TOK_ATTR,  /* `name=`; likewise */
    TOK_SIGIL, /* `%name`; the text is the name */
    TOK_INT,
    TOK_DECIMAL,
    TOK_STRING,     /* text with its quotes */
    TOK_ARROW,      /* -> */
    TOK_LESS_EQUAL, /* <= */
    TOK_DOTS,       /* ... */
    TOK_BAD         /* reader.bad says why */
} token_kind;

typedef struct token {
    int kind;
    const char *start; /* where the token begins, sigil included */
    const char *text;  /* of names: the name */
    size_t length;
} token;

/* A hash table from names to pointers. Clearing is one increment: entries of an older generation count as free. */
typedef struct name_entry {
    const char *text;
    size_t length;
    uint32_t hash, generation;
    uint32_t next; /* counter of the names invented from this one */
    void *value;
} name_entry;
typedef struct name_table {
    fw_arena *arena;
    name_entry *slots;
    size_t nslots, count;
    uint32_t generation;
} name_table;

/* The names of one computation while it is being read. */
typedef struct scope {
    struct scope *outer; /* the computation around an inline one; the next free one while unused */
    name_table names;    /* instructions */
    ir_comp *comp;
    ir_instr **unnamed; /* nested instructions that get their names when all written names are known */
    int nunnamed, unnamed_cap;
    bool may_make_params; /* an instruction alone: unknown operands become parameters */
    int made_params;
} scope;

typedef struct reader {
    fw_arena *arena;   /* the module's */
    fw_arena *scratch; /* freed with the reader */
    fw_diag *diag;
    const fw_source *source;
    const char *end; /* of the source text */
    const char *at;  /* behind the current token */
    token tok;
    const char *bad;     /* why the current token is TOK_BAD */
    bool raw_dirty;      /* the raw text just scanned holds comments or line breaks */
    const char *line_at; /* a place whose line is known: ... */
    const char *line_start;
    uint32_t line;
    int depth; /* of nested shapes, operands, computations */
    ir_module *module;
    name_table ops, attrs, reserved, comps, shapes;
    uint64_t allowed[IR_NOPS][2], required[IR_NOPS][2]; /* attribute sets, filled per op at its first use */
    bool attrs_known[IR_NOPS];
    scope *scope, *free_scopes;
    ir_instr **operands; /* a stack: operand lists nest */
    int noperands, operands_cap;
    ir_comp **unnamed_comps; /* inline computations; named at the end of the module */
    int nunnamed_comps, unnamed_comps_cap;
    int symbols_cap;              /* of module->symbols */
    bool saw_dynamic;             /* set by read_shape when a dimension is `<=n` or `?` */
    const ir_shape *entry_layout; /* of entry_computation_layout: a tuple of the parameters' tuple and the result */
} reader;

/* ---- lexer.c ---- */
void lex_start(reader *r);
void lex_next(reader *r);
void lex_from(reader *r, const char *at); /* makes the token that begins at or behind `at` the current one */
const char *lex_skip_space(reader *r, const char *at); /* blanks and comments */
fw_loc lex_loc(reader *r, const char *at);
bool read_fail(reader *r, const char *at, const char *format, ...) FW_PRINTF(3, 4); /* always false */
bool read_expected(reader *r, const char *what); /* error at the current token; always false */
bool lex_accept(reader *r, int kind);            /* consumes the token if it is of this kind */
bool lex_expect(reader *r, int kind, const char *what);
bool lex_word(const reader *r, const char *word); /* is the current token this identifier? */
bool lex_int(reader *r, int64_t *value);          /* consumes an integer */
bool lex_string(reader *r, const char **text);    /* consumes a string and undoes its escapes */
bool lex_enter(reader *r);                        /* one level of nesting deeper; false past the limit */
void lex_leave(reader *r);
static inline bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
}
static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* ---- raw.c: text that is kept as written ---- */
/* The first three return the end of the group that begins at `at`, or NULL after an error. */
const char *raw_balanced(reader *r, const char *at); /* brackets of any kind, strings, comments */
const char *raw_json(reader *r, const char *at);
const char *raw_metadata(reader *r, const char *at, const char **op_name);
/* A copy for the module; without comments and line breaks when r->raw_dirty says that there are any. */
const char *raw_copy(reader *r, const char *start, const char *end);
const char *raw_unescape(reader *r, const char *start, const char *end); /* inside of a string; NULL after an error */

/* ---- names.c ---- */
void names_init(name_table *table, fw_arena *arena);
void names_clear(name_table *table);
/* The entry of the name; its value is NULL when it was not in the table before. The text is not copied. */
name_entry *names_enter(name_table *table, const char *text, size_t length);
void *names_find(const name_table *table, const char *text, size_t length);
/* The name in the table that is nearest to a mistyped one, as " (did you mean 'x'?)", or "". */
const char *names_suggest(reader *r, const name_table *table, const char *text, size_t length);
/* `base`, `base.1`, `base.2`, ...: the first that is not in the table. It is entered with `value`. The base must
 * outlive the module. */
const char *names_invent(reader *r, name_table *table, const char *base, void *value);
void names_of_tables(reader *r); /* fills ops, attrs and reserved */

/* ---- parse_shape.c ---- */
/* The symbol of a dynamic dimension before read_resolve gives it one of the module's symbols. */
#define UNRESOLVED INT32_MAX
bool at_shape(reader *r);
const ir_shape *read_shape(reader *r);
/* Gives every unresolved dimension the symbol of `like` in the same place (when like is not NULL and has one), else a
 * new one. */
const ir_shape *read_resolve(reader *r, const ir_shape *shape, const ir_shape *like);

/* ---- parse_literal.c ---- */
ir_literal *read_literal(reader *r, const ir_shape *shape); /* from the current token on */

/* ---- parse_attr.c, parse_window.c, parse_words.c ---- */
/* Reads `, name=value` to the end of the list. `inner` is the wrapped instruction of async sugar, else NULL. */
bool read_attributes(reader *r, ir_instr *instr, ir_instr *inner);
bool read_required(reader *r, const ir_instr *instr);
bool read_bool(reader *r, int64_t *value);
bool read_padding(reader *r, ir_attr *attr); /* these four scan from r->at and make the next token current */
bool read_ranges(reader *r, ir_attr *attr);
bool read_window(reader *r, ir_attr *attr);
bool read_dim_labels(reader *r, ir_attr *attr);
/* The table's spelling of an enum-like word; NULL when the attribute does not know it. Words of open sets come back as
 * they are. */
const char *read_spelling(reader *r, ir_op op, ir_attr_id id, const char *text, size_t length);
const char *read_spellings(ir_op op, ir_attr_id id); /* all of them, for messages */

/* ---- parse_instr.c, parse_async.c ---- */
bool read_instruction(reader *r); /* ROOT? name = rhs */
/* Finds X in `X-start`, `X-update`, `X-done`. */
bool read_async_name(const char *text, size_t length, const reader *r, ir_op *outer, ir_op *inner);
/* The wrapper computation of `X-start` around its operands; returns the X in it. */
ir_instr *read_async_wrap(reader *r, ir_instr *start, ir_op inner, const char *at);

/* ---- parse_comp.c ---- */
ir_comp *read_inline_comp(reader *r); /* `{ instructions }` as an attribute value */
bool read_comp(reader *r);            /* a computation of the module */
/* Computations inside `comp` were appended behind it: it moves to the end, so that callees come first. */
void read_move_behind_callees(ir_module *module, ir_comp *comp);
bool read_alone(reader *r); /* a single instruction as a whole text */

/* ---- parse_header.c ---- */
bool read_header(reader *r); /* HloModule name, attributes */
bool read_stack_tables(reader *r);

#endif
