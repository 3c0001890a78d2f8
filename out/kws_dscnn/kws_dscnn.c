/* kws_dscnn.c: runs the model in 12 steps.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "kws_dscnn.h"
#include "kws_dscnn_kernels.h"

/* The threads of one call. All of them walk the same steps; of each kernel every thread computes its share of the
 * tiles, and where a kernel needs what the others wrote they wait for each other. */
typedef struct kws_dscnn_team {
    const kws_dscnn_args *args;
    char *work;
    _Alignas(64) atomic_uint threads; /* 0 until all have been started */
    _Alignas(64) atomic_uint waiting;
    _Alignas(64) atomic_uint phase;   /* counts the barriers that are over */
} kws_dscnn_team;

typedef struct kws_dscnn_member {
    kws_dscnn_team *team;
    int thread;
} kws_dscnn_member;

/* Returns once *word is no longer `old`. Kernels are short, so it looks often before it gives up the core. */
static unsigned kws_dscnn_await(atomic_uint *word, unsigned old)
{
    unsigned now;
    for (int looks = 0; (now = atomic_load_explicit(word, memory_order_acquire)) == old; looks++) {
        if (looks >= 1000)
            sched_yield();
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
        else
            __builtin_ia32_pause();
#endif
    }
    return now;
}

/* A barrier: the last thread to come starts the next phase. */
static void kws_dscnn_sync(kws_dscnn_team *team, int threads)
{
    if (threads == 1)
        return;
    unsigned phase = atomic_load_explicit(&team->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->waiting, 1, memory_order_acq_rel) + 1 == (unsigned)threads) {
        atomic_store_explicit(&team->waiting, 0, memory_order_relaxed);
        atomic_store_explicit(&team->phase, phase + 1, memory_order_release);
    } else {
        kws_dscnn_await(&team->phase, phase);
    }
}

/* This thread's share of a kernel of n tiles. */
static void kws_dscnn_share(void (*kernel)(const void *, void *, int64_t, int64_t), const void *args, void *scratch, int64_t n,
    int thread, int threads)
{
    int64_t begin = n * thread / threads, end = n * (thread + 1) / threads;
    if (begin < end)
        kernel(args, scratch, begin, end);
}

/* Runs the kernels in order: the part of one thread. */
static void kws_dscnn_steps(kws_dscnn_team *team, int thread, int threads)
{
    const kws_dscnn_args *const args = team->args;
    char *const work = team->work;
    void *const scratch = work + 64000 + (size_t)thread * 89216;
    void *const max = work;           /* f32[1,25,5,64] */
    void *const max_2 = work + 32000; /* f32[1,25,5,64] */
    void *const max_3 = work;         /* f32[1,25,5,64] */
    void *const max_4 = work + 32000; /* f32[1,25,5,64] */
    void *const max_5 = work;         /* f32[1,25,5,64] */
    void *const max_6 = work + 32000; /* f32[1,25,5,64] */
    void *const max_7 = work;         /* f32[1,25,5,64] */
    void *const max_8 = work + 32000; /* f32[1,25,5,64] */
    void *const max_9 = work;         /* f32[1,25,5,64] */
    void *const div = work + 32000;   /* f32[1,64] */
    void *const add = work;           /* f32[1,12] */

    if (thread == 0) { /* f32[1,25,5,64]: convolution, broadcast, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_args call = {.x = args->x, .p_0 = args->p_0, .p_4 = args->p_4,
            .p_3 = args->p_3, .p_1 = args->p_1, .p_2 = args->p_2, .max = max};
        kws_dscnn_conv_general_dilated(&call, scratch, 0, 1);
    }
    kws_dscnn_sync(team, threads);
    { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_2_args call = {.max_3 = max, .p_5 = args->p_5, .p_9 = args->p_9,
            .p_8 = args->p_8, .p_6 = args->p_6, .p_7 = args->p_7, .max_4 = max_2};
        kws_dscnn_share(kws_dscnn_conv_general_dilated_2, &call, scratch, 3, thread, threads);
    }
    kws_dscnn_sync(team, threads);
    if (thread == 0) { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_3_args call = {.max_4 = max_2, .p_10 = args->p_10,
            .p_14 = args->p_14, .p_13 = args->p_13, .p_11 = args->p_11, .p_12 = args->p_12, .max_7 = max_3};
        kws_dscnn_conv_general_dilated_3(&call, scratch, 0, 1);
    }
    kws_dscnn_sync(team, threads);
    { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_2_args call = {.max_3 = max_3, .p_5 = args->p_15, .p_9 = args->p_19,
            .p_8 = args->p_18, .p_6 = args->p_16, .p_7 = args->p_17, .max_4 = max_4};
        kws_dscnn_share(kws_dscnn_conv_general_dilated_2, &call, scratch, 3, thread, threads);
    }
    kws_dscnn_sync(team, threads);
    if (thread == 0) { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_3_args call = {.max_4 = max_4, .p_10 = args->p_20,
            .p_14 = args->p_24, .p_13 = args->p_23, .p_11 = args->p_21, .p_12 = args->p_22, .max_7 = max_5};
        kws_dscnn_conv_general_dilated_3(&call, scratch, 0, 1);
    }
    kws_dscnn_sync(team, threads);
    { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_2_args call = {.max_3 = max_5, .p_5 = args->p_25, .p_9 = args->p_29,
            .p_8 = args->p_28, .p_6 = args->p_26, .p_7 = args->p_27, .max_4 = max_6};
        kws_dscnn_share(kws_dscnn_conv_general_dilated_2, &call, scratch, 3, thread, threads);
    }
    kws_dscnn_sync(team, threads);
    if (thread == 0) { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_3_args call = {.max_4 = max_6, .p_10 = args->p_30,
            .p_14 = args->p_34, .p_13 = args->p_33, .p_11 = args->p_31, .p_12 = args->p_32, .max_7 = max_7};
        kws_dscnn_conv_general_dilated_3(&call, scratch, 0, 1);
    }
    kws_dscnn_sync(team, threads);
    { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_2_args call = {.max_3 = max_7, .p_5 = args->p_35, .p_9 = args->p_39,
            .p_8 = args->p_38, .p_6 = args->p_36, .p_7 = args->p_37, .max_4 = max_8};
        kws_dscnn_share(kws_dscnn_conv_general_dilated_2, &call, scratch, 3, thread, threads);
    }
    kws_dscnn_sync(team, threads);
    if (thread == 0) { /* f32[1,25,5,64]: broadcast, convolution, subtract, add, multiply, abs, rsqrt, maximum */
        const kws_dscnn_conv_general_dilated_3_args call = {.max_4 = max_8, .p_10 = args->p_40,
            .p_14 = args->p_44, .p_13 = args->p_43, .p_11 = args->p_41, .p_12 = args->p_42, .max_7 = max_9};
        kws_dscnn_conv_general_dilated_3(&call, scratch, 0, 1);
    }
    if (thread == 0) { /* f32[1,64]: reduce, broadcast, divide */
        const kws_dscnn_reduce_sum_args call = {.max = max_9, .div = div};
        kws_dscnn_reduce_sum(&call, scratch, 0, 1);
    }
    if (thread == 0) { /* f32[1,12]: dot, reshape, add */
        const kws_dscnn_dot_general_args call = {.div = div, .p_45 = args->p_45, .p_46 = args->p_46, .add = add};
        kws_dscnn_dot_general(&call, scratch, 0, 1);
    }
    if (thread == 0) { /* f32[1,12]: reduce, broadcast, subtract, exponential, divide */
        const kws_dscnn_reduce_sum_2_args call = {.add = add, .div = args->out0};
        kws_dscnn_reduce_sum_2(&call, scratch, 0, 1);
    }
}

static void *kws_dscnn_enter(void *member)
{
    const kws_dscnn_member *m = member;
    int threads = (int)kws_dscnn_await(&m->team->threads, 0);
    kws_dscnn_steps(m->team, m->thread, threads);
    return NULL;
}

size_t kws_dscnn_workspace_bytes(const kws_dscnn_args *args, int threads)
{
    (void)args;
    threads = threads < 1 ? 1 : threads > kws_dscnn_MAX_THREADS ? kws_dscnn_MAX_THREADS : threads;
    return kws_dscnn_WORKSPACE_BYTES + (size_t)(threads - 1) * 89216;
}

int kws_dscnn_run(const kws_dscnn_args *args, void *workspace, const kws_dscnn_exec *exec)
{
    if (args == NULL || workspace == NULL || args->x == NULL || args->p_0 == NULL || args->p_1 == NULL ||
        args->p_2 == NULL || args->p_3 == NULL || args->p_4 == NULL || args->p_5 == NULL ||
        args->p_6 == NULL || args->p_7 == NULL || args->p_8 == NULL || args->p_9 == NULL ||
        args->p_10 == NULL || args->p_11 == NULL || args->p_12 == NULL || args->p_13 == NULL ||
        args->p_14 == NULL || args->p_15 == NULL || args->p_16 == NULL || args->p_17 == NULL ||
        args->p_18 == NULL || args->p_19 == NULL || args->p_20 == NULL || args->p_21 == NULL ||
        args->p_22 == NULL || args->p_23 == NULL || args->p_24 == NULL || args->p_25 == NULL ||
        args->p_26 == NULL || args->p_27 == NULL || args->p_28 == NULL || args->p_29 == NULL ||
        args->p_30 == NULL || args->p_31 == NULL || args->p_32 == NULL || args->p_33 == NULL ||
        args->p_34 == NULL || args->p_35 == NULL || args->p_36 == NULL || args->p_37 == NULL ||
        args->p_38 == NULL || args->p_39 == NULL || args->p_40 == NULL || args->p_41 == NULL ||
        args->p_42 == NULL || args->p_43 == NULL || args->p_44 == NULL || args->p_45 == NULL ||
        args->p_46 == NULL || args->out0 == NULL)
        return kws_dscnn_ERROR_NULL;
    if ((uintptr_t)workspace % 64 != 0)
        return kws_dscnn_ERROR_ALIGNMENT;
    kws_dscnn_team team = {.args = args, .work = workspace};
    pthread_t handles[kws_dscnn_MAX_THREADS];
    kws_dscnn_member members[kws_dscnn_MAX_THREADS];
    int wanted = exec != NULL && exec->threads > 1 ? exec->threads : 1, threads = 1;
    if (wanted > kws_dscnn_MAX_THREADS)
        wanted = kws_dscnn_MAX_THREADS;
    for (; threads < wanted; threads++) { /* where the system has no more threads to give, fewer do all the work */
        members[threads] = (kws_dscnn_member){&team, threads};
        if (pthread_create(&handles[threads], NULL, kws_dscnn_enter, &members[threads]) != 0)
            break;
    }
    atomic_store_explicit(&team.threads, (unsigned)threads, memory_order_release);
    kws_dscnn_steps(&team, 0, threads);
    for (int i = 1; i < threads; i++)
        pthread_join(handles[i], NULL);
    return 0;
}

const char *kws_dscnn_error(int code)
{
    switch (code) {
    case 0: return "no error";
    case kws_dscnn_ERROR_NULL: return "args, the workspace or a pointer in args is NULL";
    case kws_dscnn_ERROR_ALIGNMENT: return "the workspace is not aligned to 64 bytes";
    default: return "unknown error";
    }
}
