/*@banner*/ /*@end*/
#include "MODEL.h"
#include "MODEL_kernels.h"

/*@constants*/ /*@end*/

/* Runs the kernels in order. */
static void MODEL_steps(const MODEL_args *args, char *work)
{
    /*@steps*/ (void)args, (void)work; /*@end*/
}

size_t MODEL_workspace_bytes(const MODEL_args *args, int threads)
{
    (void)args, (void)threads;
    return MODEL_WORKSPACE_BYTES;
}

int MODEL_run(const MODEL_args *args, void *workspace, const MODEL_exec *exec)
{
    (void)exec;
    if (args == NULL /*@checks*/ || args->out0 == NULL /*@end*/)
        return MODEL_ERROR_NULL;
    if ((uintptr_t)workspace % 64 != 0)
        return MODEL_ERROR_ALIGNMENT;
    MODEL_steps(args, workspace);
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
