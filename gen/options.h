/* The command line: one table of commands and one of options; parsing and --help come from them. */
#ifndef FW_GEN_OPTIONS_H
#define FW_GEN_OPTIONS_H

#include "gen.h"

typedef enum {
    CLI_COMPILE, CLI_RUN, CLI_CHECK, CLI_EXPLAIN, CLI_PRINT, CLI_RULES, CLI_VERIFY, CLI_REDUCE, CLI_TARGETS, CLI_OPS,
    CLI_VERSION, CLI_HELP, CLI_NCOMMANDS
} cli_command;

/* A command line, parsed. */
typedef struct cli_line {
    cli_command command;
    bool help;                   /* print help for the command (CLI_NCOMMANDS: for all) and do nothing else */
    int nwords, words_cap;
    const char **words;          /* what is no option, in order */
    gen_options gen;
    bool parallel_given;
    const char *prefix;          /* run -o PREFIX */
    const char *op;              /* explain --op */
    const char *cc;              /* check --cc */
    const char *format, *after;  /* print */
    int npaths, paths_cap;
    const char **paths;          /* --rules */
} cli_line;

/* False after a usage error was reported. */
bool cli_parse(fw_arena *arena, fw_diag *diag, int argc, char *const *argv, cli_line *out);
void cli_help(const cli_line *line, fw_text *out);
/* The candidate closest to a misspelt word, or NULL when none is close. */
const char *cli_nearest(const char *word, const char *const *candidates, int count);

/* ---- commands*.c: one function a command; output for stdout goes to `out` ---- */
bool command_run(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);
bool command_check(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);
bool command_explain(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);
bool command_print(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);
bool command_rules(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);
bool command_targets(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);
bool command_ops(fw_text *out);
/* Runs the command that was parsed. */
bool command_any(fw_arena *arena, fw_diag *diag, const cli_line *line, fw_text *out);

/* check.c's way to run another program; *status is its exit code. False after an error was reported. */
bool spawn_program(fw_diag *diag, const char *const *argv, int *status);

#endif
