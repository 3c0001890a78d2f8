/*@banner*/ /*@end*/
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays are dense and row-major, each in its own memory unless a comment allows two to be the same. */
typedef struct MODEL_args {
    /*@fields*/ float *out0; const void *weights; /*@end*/
} MODEL_args;

struct MODEL_state;

/* How to run; NULL means one thread. The results are the same for every number of threads. */
typedef struct MODEL_exec {
    int threads; /*@threads*/ /* not used: this code was generated for one thread */ /*@end*/

    /* For code of other kinds; this code does not look at them. */
    void (*parallel_for)(void *user, int n, void (*body)(void *, int), void *arg);
    void *user;
    void *stream;
    struct MODEL_state *state;
} MODEL_exec;

enum {
    MODEL_ERROR_NULL = 1,     /* args, the workspace or a pointer in args is NULL */
    MODEL_ERROR_ALIGNMENT = 2 /* the workspace is not aligned to 64 bytes */
};

#define MODEL_MAX_THREADS /*@max_threads*/ 1 /*@end*/

/*@weights*/
#define MODEL_WEIGHTS_BYTES 64
#define MODEL_WEIGHTS_SHA256 ""
/*@end*/

/* Workspace for one thread, and for any number of them. The caller owns it; it must be aligned to 64 bytes. */
#define MODEL_WORKSPACE_BYTES /*@workspace_bytes*/ 0 /*@end*/
size_t MODEL_workspace_bytes(const MODEL_args *args, int threads);

/* Computes the outputs from the inputs. Returns 0 or a MODEL_ERROR_ code. Calls may run at the same time, each with a
 * workspace of its own. */
int MODEL_run(const MODEL_args *args, void *workspace, const MODEL_exec *exec);

/* What a code of MODEL_run means, in one line. */
const char *MODEL_error(int code);

#ifdef __cplusplus
}
#endif

#endif
