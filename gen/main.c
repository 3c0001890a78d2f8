/* fusewright: parses the command line, runs the command, prints what it said. */
#include "options.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    fw_arena *arena = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    fw_text out, messages;
    fw_text_init(&out, arena);
    fw_text_init(&messages, arena);
    cli_line line;
    bool ok = cli_parse(arena, diag, argc, argv, &line) && command_any(arena, diag, &line, &out);
    if (!ok && !fw_diag_errors(diag))
        fw_error(diag, FW_INTERNAL, GEN_NOWHERE, "the command failed without saying why");
    size_t written = out.size ? fwrite(out.data, 1, out.size, stdout) : 0;
    if (written != out.size || fflush(stdout) != 0)
        fw_error(diag, FW_FILE, GEN_NOWHERE, "cannot write to standard output");
    fw_diag_print(diag, &messages);
    if (messages.size)
        fwrite(messages.data, 1, messages.size, stderr);
    fw_status status = fw_diag_status(diag);
    fw_arena_free(arena);
    return (int)status;
}
