/* Reads HLO files, prints them, reads the print and prints again: both prints must be equal. Reports the reader's
 * speed.
 *
 *     roundtrip FILE...      exit 1 when a file is rejected or changes */
#include "ir.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Seconds of this process on a core: other programs on the machine do not count. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show_messages(fw_arena *arena, const fw_diag *diag) {
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(diag, &text);
    fputs(fw_text_string(&text), stderr);
}

/* Reads and prints; NULL after an error. */
static ir_module *read_and_print(fw_arena *arena, fw_diag *diag, const fw_source *source, fw_text *out) {
    ir_module *module = ir_read_hlo(arena, diag, source);
    fw_text_init(out, arena);
    if (module)
        ir_module_print(module, out);
    return module;
}

static bool check_file(const char *path, double *bytes, double *seconds) {
    fw_arena *arena = fw_arena_new(), *timed = fw_arena_new();
    fw_diag *diag = fw_diag_new(arena);
    fw_source *source = fw_file_read(arena, diag, path);
    fw_text first, second;
    bool ok = source && read_and_print(arena, diag, source, &first);
    if (ok) {
        double start = now();
        ir_read_hlo(timed, diag, source);
        *seconds += now() - start;
        *bytes += (double)source->size;
        fw_source printed = {"<printed>", fw_text_string(&first), first.size};
        ok = read_and_print(arena, diag, &printed, &second) && !strcmp(fw_text_string(&first), fw_text_string(&second));
        if (!ok)
            fprintf(stderr, "%s: the print does not read back to itself\n", path);
    }
    if (fw_diag_errors(diag))
        show_messages(arena, diag);
    fw_arena_free(timed);
    fw_arena_free(arena);
    return ok;
}

int main(int argc, char **argv) {
    double bytes = 0, seconds = 0;
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed += !check_file(argv[i], &bytes, &seconds);
    printf("%d files, %d failed, %.1f MB, %.1f MB/s\n", argc - 1, failed, bytes / 1e6,
        seconds > 0 ? bytes / 1e6 / seconds : 0);
    return failed > 0;
}
