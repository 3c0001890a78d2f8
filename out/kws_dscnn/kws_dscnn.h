/* kws_dscnn.h: the model jit_run as a function.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef kws_dscnn_H
#define kws_dscnn_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays are dense and row-major, each in its own memory unless a comment allows two to be the same. */
typedef struct kws_dscnn_args {
    const float *x;    /* f32[1,49,10,1] */
    const float *p_0;  /* f32[10,4,1,64] */
    const float *p_1;  /* f32[64] */
    const float *p_2;  /* f32[64] */
    const float *p_3;  /* f32[64] */
    const float *p_4;  /* f32[64] */
    const float *p_5;  /* f32[3,3,1,64] */
    const float *p_6;  /* f32[64] */
    const float *p_7;  /* f32[64] */
    const float *p_8;  /* f32[64] */
    const float *p_9;  /* f32[64] */
    const float *p_10; /* f32[1,1,64,64] */
    const float *p_11; /* f32[64] */
    const float *p_12; /* f32[64] */
    const float *p_13; /* f32[64] */
    const float *p_14; /* f32[64] */
    const float *p_15; /* f32[3,3,1,64] */
    const float *p_16; /* f32[64] */
    const float *p_17; /* f32[64] */
    const float *p_18; /* f32[64] */
    const float *p_19; /* f32[64] */
    const float *p_20; /* f32[1,1,64,64] */
    const float *p_21; /* f32[64] */
    const float *p_22; /* f32[64] */
    const float *p_23; /* f32[64] */
    const float *p_24; /* f32[64] */
    const float *p_25; /* f32[3,3,1,64] */
    const float *p_26; /* f32[64] */
    const float *p_27; /* f32[64] */
    const float *p_28; /* f32[64] */
    const float *p_29; /* f32[64] */
    const float *p_30; /* f32[1,1,64,64] */
    const float *p_31; /* f32[64] */
    const float *p_32; /* f32[64] */
    const float *p_33; /* f32[64] */
    const float *p_34; /* f32[64] */
    const float *p_35; /* f32[3,3,1,64] */
    const float *p_36; /* f32[64] */
    const float *p_37; /* f32[64] */
    const float *p_38; /* f32[64] */
    const float *p_39; /* f32[64] */
    const float *p_40; /* f32[1,1,64,64] */
    const float *p_41; /* f32[64] */
    const float *p_42; /* f32[64] */
    const float *p_43; /* f32[64] */
    const float *p_44; /* f32[64] */
    const float *p_45; /* f32[64,12] */
    const float *p_46; /* f32[12] */
    float *out0;       /* f32[1,12] */
} kws_dscnn_args;

struct kws_dscnn_state;

/* How to run; NULL means one thread. The results are the same for every number of threads. */
typedef struct kws_dscnn_exec {
    int threads; /* POSIX threads; at most kws_dscnn_MAX_THREADS are used */

    /* For code of other kinds; this code does not look at them. */
    void (*parallel_for)(void *user, int n, void (*body)(void *, int), void *arg);
    void *user;
    void *stream;
    struct kws_dscnn_state *state;
} kws_dscnn_exec;

enum {
    kws_dscnn_ERROR_NULL = 1,     /* args, the workspace or a pointer in args is NULL */
    kws_dscnn_ERROR_ALIGNMENT = 2 /* the workspace is not aligned to 64 bytes */
};

#define kws_dscnn_MAX_THREADS 256

/* Workspace for one thread, and for any number of them. The caller owns it; it must be aligned to 64 bytes. */
#define kws_dscnn_WORKSPACE_BYTES 153216
size_t kws_dscnn_workspace_bytes(const kws_dscnn_args *args, int threads);

/* Computes the outputs from the inputs. Returns 0 or a kws_dscnn_ERROR_ code. Calls may run at the same time, each with a
 * workspace of its own. */
int kws_dscnn_run(const kws_dscnn_args *args, void *workspace, const kws_dscnn_exec *exec);

/* What a code of kws_dscnn_run means, in one line. */
const char *kws_dscnn_error(int code);

#ifdef __cplusplus
}
#endif

#endif
