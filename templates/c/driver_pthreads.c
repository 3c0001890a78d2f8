/*@banner*/ /*@end*/
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "MODEL.h"
#include "MODEL_kernels.h"

/*@constants*/ /*@end*/

/* The threads of one call. All of them walk the same steps; of each kernel every thread computes its share of the
 * tiles, and where a kernel needs what the others wrote they wait for each other. */
typedef struct MODEL_team {
    const MODEL_args *args;
    char *work;
    _Alignas(64) atomic_uint threads; /* 0 until all have been started */
    _Alignas(64) atomic_uint waiting;
    _Alignas(64) atomic_uint phase;   /* counts the barriers that are over */
} MODEL_team;

typedef struct MODEL_member {
    MODEL_team *team;
    int thread;
} MODEL_member;

/* Returns once *word is no longer `old`. Kernels are short, so it looks often before it gives up the core. */
static unsigned MODEL_await(atomic_uint *word, unsigned old)
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
static void MODEL_sync(MODEL_team *team, int threads)
{
    if (threads == 1)
        return;
    unsigned phase = atomic_load_explicit(&team->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->waiting, 1, memory_order_acq_rel) + 1 == (unsigned)threads) {
        atomic_store_explicit(&team->waiting, 0, memory_order_relaxed);
        atomic_store_explicit(&team->phase, phase + 1, memory_order_release);
    } else {
        MODEL_await(&team->phase, phase);
    }
}

/* This thread's share of a kernel of n tiles. */
static void MODEL_share(void (*kernel)(const void *, void *, int64_t, int64_t), const void *args, void *scratch, int64_t n,
    int thread, int threads)
{
    int64_t begin = n * thread / threads, end = n * (thread + 1) / threads;
    if (begin < end)
        kernel(args, scratch, begin, end);
}

/* Runs the kernels in order: the part of one thread. */
static void MODEL_steps(MODEL_team *team, int thread, int threads)
{
    const MODEL_args *const args = team->args;
    char *const work = team->work;
    /*@steps*/ (void)args, (void)work, (void)MODEL_share, MODEL_sync(team, threads), (void)thread; /*@end*/
}

static void *MODEL_enter(void *member)
{
    const MODEL_member *m = member;
    int threads = (int)MODEL_await(&m->team->threads, 0);
    MODEL_steps(m->team, m->thread, threads);
    return NULL;
}

size_t MODEL_workspace_bytes(const MODEL_args *args, int threads)
{
    (void)args;
    threads = threads < 1 ? 1 : threads > MODEL_MAX_THREADS ? MODEL_MAX_THREADS : threads;
    return MODEL_WORKSPACE_BYTES + (size_t)(threads - 1) * /*@thread_bytes*/ 64 /*@end*/;
}

int MODEL_run(const MODEL_args *args, void *workspace, const MODEL_exec *exec)
{
    if (args == NULL /*@checks*/ || args->out0 == NULL /*@end*/)
        return MODEL_ERROR_NULL;
    if ((uintptr_t)workspace % 64 != 0)
        return MODEL_ERROR_ALIGNMENT;
    MODEL_team team = {.args = args, .work = workspace};
    pthread_t handles[MODEL_MAX_THREADS];
    MODEL_member members[MODEL_MAX_THREADS];
    int wanted = exec != NULL && exec->threads > 1 ? exec->threads : 1, threads = 1;
    if (wanted > MODEL_MAX_THREADS)
        wanted = MODEL_MAX_THREADS;
    for (; threads < wanted; threads++) { /* where the system has no more threads to give, fewer do all the work */
        members[threads] = (MODEL_member){&team, threads};
        if (pthread_create(&handles[threads], NULL, MODEL_enter, &members[threads]) != 0)
            break;
    }
    atomic_store_explicit(&team.threads, (unsigned)threads, memory_order_release);
    MODEL_steps(&team, 0, threads);
    for (int i = 1; i < threads; i++)
        pthread_join(handles[i], NULL);
    return 0;
}

const char *MODEL_error(int code)
{
    switch (code) {
    case 0: return "no error";
    case MODEL_ERROR_NULL: return "args, the workspace or a pointer in args is NULL";
    case MODEL_ERROR_ALIGNMENT: return "the workspace is not aligned to 64 bytes";
    default: return "unknown error";
    }
}
