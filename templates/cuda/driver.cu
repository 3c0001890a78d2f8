/*@banner*/ /*@end*/
#include <stdlib.h>

#include "MODEL.h"
#include "MODEL_kernels.h"

/*@constants*/ /*@end*/

struct MODEL_state {
    unsigned char *constants; /* NULL where the model has none */
};

/* Loads all kernels: one that is loaded at its first launch could not be launched while a graph is captured. */
static int MODEL_load(void)
{
    const void *const kernels[] = {
        /*@kernels*/ NULL, /*@end*/
    };
    for (const void *kernel : kernels) {
        cudaFuncAttributes attributes;
        if (kernel != NULL && cudaFuncGetAttributes(&attributes, kernel) != cudaSuccess)
            return MODEL_ERROR_DEVICE;
    }
    return 0;
}

/* Copies the constants to the GPU. */
static int MODEL_upload(MODEL_state *state, const void *weights)
{
    /*@upload*/ (void)state, (void)weights; /*@end*/
    return 0;
}

int MODEL_create(MODEL_state **state, const void *weights)
{
    if (state == NULL/*@create_checks*/ /*@end*/)
        return MODEL_ERROR_NULL;
    *state = (MODEL_state *)calloc(1, sizeof **state);
    if (*state == NULL)
        return MODEL_ERROR_MEMORY;
    int error = MODEL_load();
    if (error == 0)
        error = MODEL_upload(*state, weights);
    if (error != 0) {
        MODEL_destroy(*state);
        *state = NULL;
    }
    return error;
}

void MODEL_destroy(MODEL_state *state)
{
    if (state == NULL)
        return;
    cudaFree(state->constants);
    free(state);
}

/* Launches the kernels in order. */
static int MODEL_steps(const MODEL_args *args, unsigned char *work, const MODEL_state *state, cudaStream_t stream)
{
    /*@steps*/ (void)args, (void)work, (void)state, (void)stream; /*@end*/
    return 0;
}

size_t MODEL_workspace_bytes(const MODEL_args *args, int threads)
{
    (void)args, (void)threads;
    return MODEL_WORKSPACE_BYTES;
}

int MODEL_run(const MODEL_args *args, void *workspace, const MODEL_exec *exec)
{
    if (args == NULL || exec == NULL || exec->state == NULL /*@checks*/ || args->out0 == NULL /*@end*/)
        return MODEL_ERROR_NULL;
    if ((uintptr_t)workspace % 64 != 0)
        return MODEL_ERROR_ALIGNMENT;
    return MODEL_steps(args, (unsigned char *)workspace, exec->state, (cudaStream_t)exec->stream);
}

const char *MODEL_error(int code)
{
    switch (code) {
    case 0: return "no error";
    case MODEL_ERROR_NULL: return "args, exec, the state, the workspace or a pointer in args is NULL";
    case MODEL_ERROR_ALIGNMENT: return "the workspace is not aligned to 64 bytes";
    case MODEL_ERROR_MEMORY: return "no memory for the state, on the host or on the GPU";
    case MODEL_ERROR_DEVICE: return "the GPU cannot run these kernels, or the constants could not be copied to it";
    case MODEL_ERROR_LAUNCH: return "a kernel could not be launched";
    default: return "unknown error";
    }
}
