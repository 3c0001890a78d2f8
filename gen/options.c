/* The command line as two tables, and the parser and help text that follow from them. */
#include "options.h"

#include <string.h>

#define ON(command) (1u << (command))

typedef struct command_info {
    const char *name, *words, *summary;
    int least, most;             /* words after the command; most -1: any number */
    const char *owed;            /* the part of the plan that will build it, or NULL when it is built */
    const char *examples;
} command_info;

static const command_info commands[CLI_NCOMMANDS] = {
    [CLI_COMPILE] = {"compile", "IN -o DIR", "write C source that computes a module", 1, 1, NULL,
        "  fusewright compile model.hlo -o model/ && cc -O3 -march=native -c model/*.c\n"
        "  fusewright compile model.hlo -o model/ --with-main --name net\n"
        "  cat model.hlo | fusewright compile - -o model/ --dump=plan\n"},
    [CLI_RUN] = {"run", "IN a.npy... -o PREFIX", "compute a module with the reference evaluator", 1, -1, NULL,
        "  fusewright run model.hlo x.npy w.npy -o result      # writes result.0.npy, ...\n"
        "  fusewright run model.hlo x.npy                      # prints the results\n"},
    [CLI_CHECK] = {"check", "IN", "generate, build and run a module, and compare with the evaluator", 1, 1, NULL,
        "  fusewright check model.hlo\n  fusewright check model.hlo --cc clang --rules my_rules/\n"},
    [CLI_EXPLAIN] = {"explain", "IN", "show every decision of the rules and what it costs", 1, 1, NULL,
        "  fusewright explain model.hlo\n  fusewright explain model.hlo --op dot.3\n"},
    [CLI_PRINT] = {"print", "IN", "print a module in another form", 1, 1, NULL,
        "  fusewright print model.hlo --after fold\n"
        "  fusewright print model.hlo --format dot | dot -Tsvg > model.svg\n"
        "  fusewright print model.hlo --format stablehlo > model.mlir\n"},
    [CLI_RULES] = {"rules", "check|test PATH", "check a rule file or a folder of rules", 2, 2, NULL,
        "  fusewright rules check my_rules/\n"},
    [CLI_VERIFY] = {"verify", "DIR", "prove the generated files again", 1, 1, "scheduler", ""},
    [CLI_REDUCE] = {"reduce", "IN", "shrink a graph that fails", 1, 1, "all ops", ""},
    [CLI_TARGETS] = {"targets", "", "list the devices that code can be generated for", 0, 0, NULL,
        "  fusewright targets\n"},
    [CLI_OPS] = {"ops", "", "list the operations and what supports them", 0, 0, NULL, "  fusewright ops\n"},
    [CLI_VERSION] = {"version", "", "print the version", 0, 0, NULL, "  fusewright version\n"},
    [CLI_HELP] = {"help", "[COMMAND]", "explain a command", 0, 1, NULL, "  fusewright help compile\n"},
};

typedef enum {
    OPT_OUTPUT, OPT_PREFIX, OPT_NAME, OPT_TARGET, OPT_RULES, OPT_RULES_ON_ERROR, OPT_NUMERICS, OPT_WITH_MAIN, OPT_FORCE,
    OPT_PARALLEL, OPT_WEIGHTS, OPT_DUMP, OPT_CC, OPT_OP, OPT_FORMAT, OPT_AFTER, OPT_OWED
} option_id;

typedef struct option_info {
    option_id id;
    const char *name, *value;    /* value NULL: a flag */
    char letter;                 /* 0: none */
    unsigned commands;
    const char *help, *owed;
} option_info;

#define GENERATES (ON(CLI_COMPILE) | ON(CLI_CHECK) | ON(CLI_EXPLAIN))

static const option_info options[] = {
    {OPT_OUTPUT, "--output", "DIR", 'o', ON(CLI_COMPILE), "folder to write into; made when missing", NULL},
    {OPT_PREFIX, "--output", "PREFIX", 'o', ON(CLI_RUN), "write PREFIX.0.npy, PREFIX.1.npy, ...", NULL},
    {OPT_NAME, "--name", "N", 0, ON(CLI_COMPILE), "prefix of all symbols and files (default: the module's name)", NULL},
    {OPT_TARGET, "--target", "T", 0, GENERATES, "device to generate for (default: c)", NULL},
    {OPT_RULES, "--rules", "PATH", 0, GENERATES | ON(CLI_RULES) | ON(CLI_TARGETS),
        "rule file or folder that wins over the shipped rules", NULL},
    {OPT_RULES_ON_ERROR, "--rules-on-error", "stop|skip", 0, GENERATES,
        "whether to go on without a rule that fails (default: stop)", NULL},
    {OPT_NUMERICS, "--numerics", "strict|default|fast", 0, GENERATES, "what rules may do to the last bits", NULL},
    {OPT_WITH_MAIN, "--with-main", NULL, 0, ON(CLI_COMPILE), "also write main.c, a program for .npy files", NULL},
    {OPT_FORCE, "--force", NULL, 0, ON(CLI_COMPILE), "overwrite files that were edited", NULL},
    {OPT_PARALLEL, "--parallel", "none|pthreads|openmp|caller", 0, ON(CLI_COMPILE),
        "threads of the code (default: pthreads with --with-main, else none)", NULL},
    {OPT_WEIGHTS, "--weights", "inline|blob|caller", 0, ON(CLI_COMPILE),
        "where constants go (default: inline up to 1 MiB in all)", NULL},
    {OPT_DUMP, "--dump", "PHASE", 0, ON(CLI_COMPILE),
        "print module, simplified, plan, schedule or program instead of writing", NULL},
    {OPT_CC, "--cc", "CC", 0, ON(CLI_CHECK), "C compiler to build with (default: cc)", NULL},
    {OPT_OP, "--op", "NAME", 0, ON(CLI_EXPLAIN), "only decisions about this instruction", NULL},
    {OPT_FORMAT, "--format", "hlo|dot|stablehlo|html", 0, ON(CLI_PRINT), "form to print (default: hlo)", NULL},
    {OPT_AFTER, "--after", "PASS", 0, ON(CLI_PRINT), "run the rewrites up to this one first", NULL},
    {OPT_OWED, "--diff", "RULES", 0, ON(CLI_EXPLAIN), "what other rules would change", "scheduler"},
    {OPT_OWED, "--arena", "BYTES", 0, ON(CLI_COMPILE), "largest workspace", "scheduler"},
    {OPT_OWED, "--frozen", NULL, 0, ON(CLI_COMPILE), "decide as the lock file says", "scheduler"},
    {OPT_OWED, "--chaos", "SEED", 0, ON(CLI_COMPILE), "decide at random", "scheduler"},
    {OPT_OWED, "--proofs", NULL, 0, ON(CLI_COMPILE), "write the proofs", "scheduler"},
    {OPT_OWED, "--constant", "PARAM=FILE.npy", 0, ON(CLI_COMPILE), "bake a parameter into the code", "CPU speed"},
    {OPT_OWED, "--prepared", "PARAM,...", 0, ON(CLI_COMPILE), "parameters that are packed once", "CPU speed"},
    {OPT_OWED, "--bind", "SYMBOL=N", 0, ON(CLI_COMPILE), "give a symbolic size a value", "dynamic shapes"},
    {OPT_OWED, "--buckets", NULL, 0, ON(CLI_COMPILE), "one variant for each range of sizes", "dynamic shapes"},
    {OPT_OWED, "--accuracy", NULL, 0, ON(CLI_OPS), "measured errors of each operation", "all ops"},
};

/* ---- "did you mean" ---- */

enum { WORD_MAX = 40 };

/* Letters to insert, remove or change to get from one word to the other. */
static int distance(const char *a, const char *b)
{
    int row[WORD_MAX + 1], n = (int)strlen(b);
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[n];
}

const char *cli_nearest(const char *word, const char *const *candidates, int count)
{
    const char *nearest = NULL;
    int best = (int)strlen(word) / 3 + 1;
    for (int i = 0; i < count; i++) {
        if (strlen(word) > WORD_MAX || strlen(candidates[i]) > WORD_MAX)
            continue;
        int d = distance(word, candidates[i]);
        if (d <= best && d < (int)strlen(candidates[i]) && (!nearest || d < best)) {
            nearest = candidates[i];
            best = d;
        }
    }
    return nearest;
}

/* ---- parsing ---- */

typedef struct parser {
    fw_arena *arena;
    fw_diag *diag;
    cli_line *out;
} parser;

static bool usage_error(parser *p, const char *text)
{
    fw_error(p->diag, FW_USAGE, GEN_NOWHERE, "%s", text);
    if (p->out->command < CLI_HELP)
        fw_note(p->diag, GEN_NOWHERE, "'fusewright %s --help' lists what there is", commands[p->out->command].name);
    else
        fw_note(p->diag, GEN_NOWHERE, "'fusewright --help' lists the commands");
    return false;
}

static bool not_built(parser *p, const char *what, const char *owed)
{
    const char *when = owed ? fw_format(p->arena, " (planned: %s)", owed) : "";
    fw_error(p->diag, FW_USAGE, GEN_NOWHERE, "%s is not built yet%s", what, when);
    return false;
}

static bool unknown(parser *p, const char *what, const char *word, const char *const *candidates, int count)
{
    const char *nearest = cli_nearest(word, candidates, count);
    return usage_error(p, fw_format(p->arena, "unknown %s '%s'%s%s%s", what, word, nearest ? "; did you mean '" : "",
        nearest ? nearest : "", nearest ? "'?" : ""));
}

/* The number of `value` in `choices` ("a|b|c"), -1 after an error. */
static int choice(parser *p, const char *option, const char *value, const char *choices)
{
    const char *names[8];
    int count = 0;
    for (const char *at = choices; *at && count < FW_COUNT(names); count++) {
        size_t n = strcspn(at, "|");
        names[count] = fw_strndup(p->arena, at, n);
        if (!strcmp(names[count], value))
            return count;
        at += n + (at[n] == '|');
    }
    unknown(p, fw_format(p->arena, "value of %s", option), value, names, count);
    return -1;
}

static bool set_choice(parser *p, const option_info *option, const char *value)
{
    gen_options *gen = &p->out->gen;
    const char *phases = "module|simplified|plan|schedule|program";
    int c = choice(p, option->name, value, option->id == OPT_DUMP ? phases : option->value);
    if (c < 0)
        return false;
    switch (option->id) {
    case OPT_RULES_ON_ERROR: gen->rules.skip_on_error = c == 1; return true;
    case OPT_NUMERICS: gen->rules.numerics = (rules_numerics)c; return true;
    case OPT_WEIGHTS: gen->weights = (gen_weights)(GEN_WEIGHTS_INLINE + c); return true;
    case OPT_DUMP: gen->dump = value; return true;
    case OPT_FORMAT: p->out->format = value; return true;
    case OPT_PARALLEL:
        gen->parallel = c == 1 ? GEN_PARALLEL_PTHREADS : GEN_PARALLEL_NONE;
        p->out->parallel_given = true;
        return c < 2 || not_built(p, fw_format(p->arena, "--parallel %s", value), "CPU speed");
    default: return false;
    }
}

static bool set_option(parser *p, const option_info *option, const char *value)
{
    cli_line *out = p->out;
    switch (option->id) {
    case OPT_OUTPUT: out->gen.output = value; return true;
    case OPT_PREFIX: out->prefix = value; return true;
    case OPT_NAME: out->gen.name = value; return true;
    case OPT_TARGET: out->gen.rules.target = value; return true;
    case OPT_RULES: FW_PUSH(p->arena, out->paths, out->npaths, out->paths_cap, value); return true;
    case OPT_WITH_MAIN: out->gen.with_main = true; return true;
    case OPT_FORCE: out->gen.force = true; return true;
    case OPT_CC: out->cc = value; return true;
    case OPT_OP: out->op = value; return true;
    case OPT_AFTER: out->after = value; return true;
    case OPT_OWED: return not_built(p, option->name, option->owed);
    default: return set_choice(p, option, value);
    }
}

static const option_info *find_option(cli_command command, const char *name, size_t length)
{
    for (int i = 0; i < FW_COUNT(options); i++) {
        const option_info *o = &options[i];
        bool is_letter = length == 2 && o->letter && name[0] == '-' && name[1] == o->letter;
        bool is_name = strlen(o->name) == length && !memcmp(o->name, name, length);
        if ((o->commands & ON(command)) && (is_letter || is_name))
            return o;
    }
    return NULL;
}

static bool unknown_option(parser *p, const char *name)
{
    const char *names[FW_COUNT(options) + 1];
    int count = 0;
    for (int i = 0; i < FW_COUNT(options); i++)
        if (options[i].commands & ON(p->out->command))
            names[count++] = options[i].name;
    names[count++] = "--help";
    return unknown(p, fw_format(p->arena, "option of '%s'", commands[p->out->command].name), name, names, count);
}

/* Takes the option at argv[*i] and its value, which may be the next word. */
static bool take_option(parser *p, int argc, char *const *argv, int *i)
{
    const char *word = argv[*i], *equals = strchr(word, '=');
    bool glued = word[1] != '-' && word[2] && word[2] != '='; /* -oDIR */
    size_t length = glued ? 2 : equals ? (size_t)(equals - word) : strlen(word);
    const option_info *option = find_option(p->out->command, word, length);
    const char *name = fw_strndup(p->arena, word, length);
    if (!option)
        return unknown_option(p, name);
    const char *value = glued ? word + 2 : equals ? equals + 1 : NULL;
    if (option->owed)
        return set_option(p, option, "");
    if (!option->value && value)
        return usage_error(p, fw_format(p->arena, "%s takes no value", name));
    if (option->value && !value && *i + 1 < argc)
        value = argv[++*i];
    if (option->value && (!value || !*value))
        return usage_error(p, fw_format(p->arena, "%s needs a value: %s", name, option->value));
    return set_option(p, option, value);
}

static bool take_command(parser *p, const char *word)
{
    const char *names[CLI_NCOMMANDS];
    for (int i = 0; i < CLI_NCOMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(word, names[i]))
            continue;
        p->out->command = (cli_command)i;
        return true;
    }
    return unknown(p, *word == '-' ? "option" : "command", word, names, CLI_NCOMMANDS);
}

/* What can only be said when everything was read. */
static bool check_whole(parser *p)
{
    cli_line *out = p->out;
    const command_info *command = &commands[out->command];
    if (command->owed)
        return not_built(p, fw_format(p->arena, "'fusewright %s'", command->name), command->owed);
    if (out->nwords < command->least)
        return usage_error(p, fw_format(p->arena, "usage: fusewright %s %s", command->name, command->words));
    if (command->most >= 0 && out->nwords > command->most)
        return usage_error(p, fw_format(p->arena, "'%s' is one word too many: fusewright %s %s",
            out->words[command->most], command->name,
            command->words));
    if (out->command == CLI_COMPILE && !out->gen.output && !out->gen.dump)
        return usage_error(p, "compile needs -o DIR, the folder to write into");
    if (out->command == CLI_RULES && strcmp(out->words[0], "check"))
        return strcmp(out->words[0], "test") ? usage_error(p, "usage: fusewright rules check|test PATH")
                                             : not_built(p, "'fusewright rules test'", "scheduler");
    if (out->command != CLI_HELP)
        return true;
    out->help = true;
    out->command = CLI_NCOMMANDS;
    return !out->nwords || take_command(p, out->words[0]);
}

static void set_defaults(cli_line *out)
{
    *out = (cli_line){.command = CLI_NCOMMANDS, .cc = "cc", .format = "hlo"};
    out->gen.rules.target = "c";
    out->gen.rules.numerics = RULES_DEFAULT;
}

bool cli_parse(fw_arena *arena, fw_diag *diag, int argc, char *const *argv, cli_line *out)
{
    parser p = {arena, diag, out};
    set_defaults(out);
    if (argc < 2)
        return usage_error(&p, "no command");
    out->help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
    if (out->help)
        return true;
    if (!take_command(&p, strcmp(argv[1], "--version") ? argv[1] : "version"))
        return false;
    bool only_words = false;
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i];
        if (!only_words && (!strcmp(word, "--help") || !strcmp(word, "-h"))) {
            out->help = true;
            return true;
        }
        if (!only_words && !strcmp(word, "--"))
            only_words = true;
        else if (only_words || word[0] != '-' || !word[1])
            FW_PUSH(arena, out->words, out->nwords, out->words_cap, word);
        else if (!take_option(&p, argc, argv, &i))
            return false;
    }
    if (out->gen.with_main && !out->parallel_given)
        out->gen.parallel = GEN_PARALLEL_PTHREADS;
    out->gen.rules.npaths = out->npaths;
    out->gen.rules.paths = out->paths;
    out->gen.input = out->nwords ? out->words[0] : NULL;
    return check_whole(&p);
}

/* ---- help ---- */

static void help_all(fw_text *out)
{
    fw_text_add(out, "fusewright reads a graph of HLO operations and writes the C source that computes it.\n\n"
        "usage: fusewright COMMAND [options]\n\n");
    for (int i = 0; i < CLI_NCOMMANDS; i++)
        fw_text_printf(out, "  %-8s %-22s %s%s\n", commands[i].name, commands[i].words, commands[i].summary,
            commands[i].owed ? " (not built yet)" : "");
    fw_text_add(out, "\nIN is a file or - for standard input. 'fusewright COMMAND --help' says more.\n\n"
        "exit codes: 0 done, 1 input rejected, 2 usage, 3 file error, 4 out of memory or over a limit, 5 rule error,\n"
        "6 unsupported operation, 7 verification mismatch, 70 internal error\n");
}

void cli_help(const cli_line *line, fw_text *out)
{
    if (line->command == CLI_NCOMMANDS) {
        help_all(out);
        return;
    }
    const command_info *command = &commands[line->command];
    fw_text_printf(out, "usage: fusewright %s %s%s\n\n%s%s\n", command->name, command->words,
        line->command == CLI_VERSION ? "" : " [options]",
        command->summary, command->owed ? " (not built yet)" : "");
    fw_text_add(out, "\noptions:\n");
    for (int i = 0; i < FW_COUNT(options); i++) {
        const option_info *o = &options[i];
        if (!(o->commands & ON(line->command)))
            continue;
        const char *letter = o->letter ? fw_format(out->arena, "-%c, ", o->letter) : "";
        const char *owed = o->owed ? " (not built yet)" : "";
        const char *head = fw_format(out->arena, "%s%s%s%s", letter, o->name, o->value ? " " : "",
            o->value ? o->value : "");
        fw_text_printf(out, strlen(head) > 26 ? "  %s\n%30s%s%s\n" : "  %-26s%2s%s%s\n", head, "", o->help, owed);
    }
    fw_text_printf(out, "  %-26s  print this\n", "--help");
    if (*command->examples)
        fw_text_printf(out, "\nexamples:\n%s", command->examples);
}
