/* mlp.h: the model jit_mlp as a function.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef mlp_H
#define mlp_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays are dense and row-major, each in its own memory unless a comment allows two to be the same. */
typedef struct mlp_args {
    const float *x;  /* f32[16,784] */
    const float *w1; /* f32[784,256] */
    const float *b1; /* f32[256] */
    const float *w2; /* f32[256,10] */
    const float *b2; /* f32[10] */
    float *out0;     /* f32[16,10] */
} mlp_args;

struct mlp_state;

/* How to run; NULL means one thread. The results are the same for every number of threads. */
typedef struct mlp_exec {
    int threads; /* POSIX threads; at most mlp_MAX_THREADS are used */

    /* For code of other kinds; this code does not look at them. */
    void (*parallel_for)(void *user, int n, void (*body)(void *, int), void *arg);
    void *user;
    void *stream;
    struct mlp_state *state;
} mlp_exec;

enum {
    mlp_ERROR_NULL = 1,     /* args, the workspace or a pointer in args is NULL */
    mlp_ERROR_ALIGNMENT = 2 /* the workspace is not aligned to 64 bytes */
};

#define mlp_MAX_THREADS 256

/* Workspace for one thread, and for any number of them. The caller owns it; it must be aligned to 64 bytes. */
#define mlp_WORKSPACE_BYTES 172672
size_t mlp_workspace_bytes(const mlp_args *args, int threads);

/* Computes the outputs from the inputs. Returns 0 or a mlp_ERROR_ code. Calls may run at the same time, each with a
 * workspace of its own. */
int mlp_run(const mlp_args *args, void *workspace, const mlp_exec *exec);

/* What a code of mlp_run means, in one line. */
const char *mlp_error(int code);

#ifdef __cplusplus
}
#endif

#endif
