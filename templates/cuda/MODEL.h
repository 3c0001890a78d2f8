/*@banner*/ /*@end*/
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays are in the memory of the GPU, dense and row-major, each in its own memory unless a comment allows two to be the same. */
typedef struct MODEL_args {
    /*@fields*/ float *out0; /*@end*/
} MODEL_args;

/* What the GPU keeps between calls: the constants of the model. */
typedef struct MODEL_state MODEL_state;

/* Where to run. */
typedef struct MODEL_exec {
    int threads; /*@threads*/ /* not used: this code was generated for one thread */ /*@end*/

    /* For code of other kinds; this code does not look at them. */
    void (*parallel_for)(void *user, int n, void (*body)(void *, int), void *arg);
    void *user;

    void *stream;              /* a cudaStream_t; NULL is the default stream */
    struct MODEL_state *state; /* from MODEL_create */
} MODEL_exec;

enum {
    MODEL_ERROR_NULL = 1,      /* args, exec, the state, the workspace or a pointer in args is NULL */
    MODEL_ERROR_ALIGNMENT = 2, /* the workspace is not aligned to 64 bytes */
    MODEL_ERROR_MEMORY = 3,    /* no memory for the state, on the host or on the GPU */
    MODEL_ERROR_DEVICE = 4,    /* the GPU cannot run these kernels, or the constants could not be copied to it */
    MODEL_ERROR_LAUNCH = 5     /* a kernel could not be launched; cudaGetLastError says why */
};

#define MODEL_MAX_THREADS /*@max_threads*/ 1 /*@end*/

/*@weights*/
#define MODEL_WEIGHTS_BYTES 64
#define MODEL_WEIGHTS_SHA256 ""
/*@end*/

/* Workspace of one call, in the memory of the GPU. The caller owns it; it must be aligned to 64 bytes. */
#define MODEL_WORKSPACE_BYTES /*@workspace_bytes*/ 0 /*@end*/
size_t MODEL_workspace_bytes(const MODEL_args *args, int threads);

/* Loads the kernels and copies the constants to the current GPU; returns 0 or a MODEL_ERROR_ code. `weights` is the contents of
 * MODEL.weights in the memory of the host where the model has such a file and the state keeps it, else NULL. */
int MODEL_create(MODEL_state **state, const void *weights);
void MODEL_destroy(MODEL_state *state);

/* Puts the computation of the outputs from the inputs into exec->stream and returns at once: it waits for nothing and allocates
 * nothing, so it can be captured in a graph. Returns 0 or a MODEL_ERROR_ code. One state serves calls on several streams, each with
 * a workspace of its own. */
int MODEL_run(const MODEL_args *args, void *workspace, const MODEL_exec *exec);

/* What a code means, in one line. */
const char *MODEL_error(int code);

#ifdef __cplusplus
}
#endif

#endif
