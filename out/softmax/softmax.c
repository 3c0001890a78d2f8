/* softmax.c: runs the model in 1 step.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
#include "softmax.h"
#include "softmax_kernels.h"

/* Runs the kernels in order. */
static void softmax_steps(const softmax_args *args, char *work)
{
    void *const scratch = work + 0;

    { /* f32[64,1000]: reduce, broadcast, subtract, exponential, divide */
        const softmax_reduce_sum_args call = {.x = args->x, .div = args->out0};
        softmax_reduce_sum(&call, scratch, 0, 16);
    }
}

size_t softmax_workspace_bytes(const softmax_args *args, int threads)
{
    (void)args, (void)threads;
    return softmax_WORKSPACE_BYTES;
}

int softmax_run(const softmax_args *args, void *workspace, const softmax_exec *exec)
{
    (void)exec;
    if (args == NULL || workspace == NULL || args->x == NULL || args->out0 == NULL)
        return softmax_ERROR_NULL;
    if ((uintptr_t)workspace % 64 != 0)
        return softmax_ERROR_ALIGNMENT;
    softmax_steps(args, workspace);
    return 0;
}

const char *softmax_error(int code)
{
    switch (code) {
    case 0: return "no error";
    case softmax_ERROR_NULL: return "args, the workspace or a pointer in args is NULL";
    case softmax_ERROR_ALIGNMENT: return "the workspace is not aligned to 64 bytes";
    default: return "unknown error";
    }
}
