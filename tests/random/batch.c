/* Runs the models of one batch, each as a program run of its own so that a crash stays with its model:
 *
 *     batch MODEL FOLDER
 *
 * reads FOLDER/MODEL.in, runs the model with 1, 2 and 3 threads, demands the same bits from all three, and writes FOLDER/MODEL.out.
 * Workspace and results start as bytes of ones, which are no numbers: what is read before it is written shows. */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *get(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    if (!p)
        exit(9);
    memset(p, 0xff, bytes);
    return p;
}

static int read_inputs(const batch_model *m, const char *path, void **in)
{
    FILE *file = fopen(path, "rb");
    int ok = file != NULL;
    for (int i = 0; i < m->nin; i++) {
        in[i] = malloc(m->in[i] + !m->in[i]); /* exactly as long as the array: a sanitizer sees the byte after it */
        ok = ok && in[i] && fread(in[i], 1, m->in[i], file) == m->in[i];
    }
    if (file)
        fclose(file);
    return ok;
}

static int run(const batch_model *m, void **in, void **out, int threads)
{
    size_t bytes = m->workspace(threads);
    void *workspace = get(bytes);
    for (int i = 0; i < m->nout; i++) {
        out[i] = malloc(m->out[i] + !m->out[i]);
        memset(out[i], 0xff, m->out[i]);
    }
    int code = m->run(in, out, workspace, threads);
    free(workspace);
    return code;
}

static int run_all(const batch_model *m, const char *folder)
{
    char path[4096];
    void *in[BATCH_MOST], *out[3][BATCH_MOST];
    snprintf(path, sizeof path, "%s/%s.in", folder, m->name);
    if (!read_inputs(m, path, in))
        return 9;
    for (int t = 0; t < 3; t++) {
        int code = run(m, in, out[t], t + 1);
        if (code) {
            printf("run returned %d with %d threads\n", code, t + 1);
            return 1;
        }
        for (int i = 0; i < m->nout; i++)
            if (memcmp(out[t][i], out[0][i], m->out[i])) {
                printf("output %d has other bits with %d threads\n", i, t + 1);
                return 1;
            }
    }
    snprintf(path, sizeof path, "%s/%s.out", folder, m->name);
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < m->nout && file; i++)
        fwrite(out[0][i], 1, m->out[i], file);
    for (int i = 0; i < m->nin; i++)
        free(in[i]);
    for (int i = 0; i < 3 * m->nout; i++)
        free(out[i % 3][i / 3]);
    return !file || fclose(file) ? 9 : 0;
}

int main(int argc, char **argv)
{
    for (int i = 0; argc == 3 && batch_models[i]; i++)
        if (!strcmp(batch_models[i]->name, argv[1]))
            return run_all(batch_models[i], argv[2]);
    return 9;
}
