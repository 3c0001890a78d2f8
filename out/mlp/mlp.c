/* mlp.c: runs the model in 3 steps.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "mlp.h"
#include "mlp_kernels.h"

/* The threads of one call. All of them walk the same steps; of each kernel every thread computes its share of the
 * tiles, and where a kernel needs what the others wrote they wait for each other. */
typedef struct mlp_team {
    const mlp_args *args;
    char *work;
    _Alignas(64) atomic_uint threads; /* 0 until all have been started */
    _Alignas(64) atomic_uint waiting;
    _Alignas(64) atomic_uint phase;   /* counts the barriers that are over */
} mlp_team;

typedef struct mlp_member {
    mlp_team *team;
    int thread;
} mlp_member;

/* Returns once *word is no longer `old`. Kernels are short, so it looks often before it gives up the core. */
static unsigned mlp_await(atomic_uint *word, unsigned old)
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
static void mlp_sync(mlp_team *team, int threads)
{
    if (threads == 1)
        return;
    unsigned phase = atomic_load_explicit(&team->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->waiting, 1, memory_order_acq_rel) + 1 == (unsigned)threads) {
        atomic_store_explicit(&team->waiting, 0, memory_order_relaxed);
        atomic_store_explicit(&team->phase, phase + 1, memory_order_release);
    } else {
        mlp_await(&team->phase, phase);
    }
}

/* This thread's share of a kernel of n tiles. */
static void mlp_share(void (*kernel)(const void *, void *, int64_t, int64_t), const void *args, void *scratch, int64_t n,
    int thread, int threads)
{
    int64_t begin = n * thread / threads, end = n * (thread + 1) / threads;
    if (begin < end)
        kernel(args, scratch, begin, end);
}

/* Runs the kernels in order: the part of one thread. */
static void mlp_steps(mlp_team *team, int thread, int threads)
{
    const mlp_args *const args = team->args;
    char *const work = team->work;
    (void)threads;
    (void)mlp_share;
    (void)mlp_sync;
    void *const scratch = work + 17024 + (size_t)thread * 155648;
    void *const max = work;         /* f32[16,256] */
    void *const add = work + 16384; /* f32[16,10] */

    if (thread == 0) { /* f32[16,256]: dot, broadcast, add, maximum */
        const mlp_dot_general_args call = {.x = args->x, .w1 = args->w1, .b1_2 = args->b1, .max = max};
        mlp_dot_general(&call, scratch, 0, 1);
    }
    if (thread == 0) { /* f32[16,10]: dot, broadcast, add */
        const mlp_dot_general_2_args call = {.max = max, .w2 = args->w2, .b2 = args->b2, .add = add};
        mlp_dot_general_2(&call, scratch, 0, 1);
    }
    if (thread == 0) { /* f32[16,10]: reduce, broadcast, subtract, exponential, divide */
        const mlp_reduce_sum_args call = {.add = add, .div = args->out0};
        mlp_reduce_sum(&call, scratch, 0, 1);
    }
}

static void *mlp_enter(void *member)
{
    const mlp_member *m = member;
    int threads = (int)mlp_await(&m->team->threads, 0);
    mlp_steps(m->team, m->thread, threads);
    return NULL;
}

size_t mlp_workspace_bytes(const mlp_args *args, int threads)
{
    (void)args;
    threads = threads < 1 ? 1 : threads > mlp_MAX_THREADS ? mlp_MAX_THREADS : threads;
    return mlp_WORKSPACE_BYTES + (size_t)(threads - 1) * 155648;
}

int mlp_run(const mlp_args *args, void *workspace, const mlp_exec *exec)
{
    if (args == NULL || workspace == NULL || args->x == NULL || args->w1 == NULL || args->b1 == NULL ||
        args->w2 == NULL || args->b2 == NULL || args->out0 == NULL)
        return mlp_ERROR_NULL;
    if ((uintptr_t)workspace % 64 != 0)
        return mlp_ERROR_ALIGNMENT;
    mlp_team team = {.args = args, .work = workspace};
    pthread_t handles[mlp_MAX_THREADS];
    mlp_member members[mlp_MAX_THREADS];
    int wanted = exec != NULL && exec->threads > 1 ? exec->threads : 1, threads = 1;
    if (wanted > mlp_MAX_THREADS)
        wanted = mlp_MAX_THREADS;
    for (; threads < wanted; threads++) { /* where the system has no more threads to give, fewer do all the work */
        members[threads] = (mlp_member){&team, threads};
        if (pthread_create(&handles[threads], NULL, mlp_enter, &members[threads]) != 0)
            break;
    }
    atomic_store_explicit(&team.threads, (unsigned)threads, memory_order_release);
    mlp_steps(&team, 0, threads);
    for (int i = 1; i < threads; i++)
        pthread_join(handles[i], NULL);
    return 0;
}

const char *mlp_error(int code)
{
    switch (code) {
    case 0: return "no error";
    case mlp_ERROR_NULL: return "args, the workspace or a pointer in args is NULL";
    case mlp_ERROR_ALIGNMENT: return "the workspace is not aligned to 64 bytes";
    default: return "unknown error";
    }
}
