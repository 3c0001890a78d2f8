/* softmax.h: the model jit_softmax as a function.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef softmax_H
#define softmax_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays are dense and row-major, each in its own memory unless a comment allows two to be the same. */
typedef struct softmax_args {
    const float *x; /* f32[64,1000] */
    float *out0;    /* f32[64,1000] */
} softmax_args;

struct softmax_state;

/* How to run; NULL means one thread. The results are the same for every number of threads. */
typedef struct softmax_exec {
    int threads; /* not used: this code was generated for one thread */

    /* For code of other kinds; this code does not look at them. */
    void (*parallel_for)(void *user, int n, void (*body)(void *, int), void *arg);
    void *user;
    void *stream;
    struct softmax_state *state;
} softmax_exec;

enum {
    softmax_ERROR_NULL = 1,     /* args, the workspace or a pointer in args is NULL */
    softmax_ERROR_ALIGNMENT = 2 /* the workspace is not aligned to 64 bytes */
};

#define softmax_MAX_THREADS 1

/* Workspace for one thread, and for any number of them. The caller owns it; it must be aligned to 64 bytes. */
#define softmax_WORKSPACE_BYTES 16128
size_t softmax_workspace_bytes(const softmax_args *args, int threads);

/* Computes the outputs from the inputs. Returns 0 or a softmax_ERROR_ code. Calls may run at the same time, each with a
 * workspace of its own. */
int softmax_run(const softmax_args *args, void *workspace, const softmax_exec *exec);

/* What a code of softmax_run means, in one line. */
const char *softmax_error(int code);

#ifdef __cplusplus
}
#endif

#endif
