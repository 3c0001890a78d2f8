/* What the program around the model does for arrays in the memory of a GPU: the block goes into main.c. */
#include <cuda_runtime_api.h>
#include <stdlib.h>

static _Noreturn void fail(int code, const char *format, const char *what, const char *why)
{
    (void)format, (void)what, (void)why;
    exit(code);
}

enum { INTERNAL_ERROR = 70 };

/*@device*/
static void must(cudaError_t error, const char *what)
{
    if (error != cudaSuccess)
        fail(INTERNAL_ERROR, "%s: %s", what, cudaGetErrorString(error));
}

/* Memory of the GPU; the caller frees it. */
static void *device_memory(size_t bytes)
{
    void *memory;
    must(cudaMalloc(&memory, bytes > 0 ? bytes : 1), "allocating memory of the GPU");
    return memory;
}

static void *to_device(const void *data, size_t bytes)
{
    void *copy = device_memory(bytes);
    must(cudaMemcpy(copy, data, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
    return copy;
}

static void from_device(void *data, const void *device, size_t bytes)
{
    must(cudaMemcpy(data, device, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
}

static void release(const void *device)
{
    must(cudaFree((void *)device), "freeing memory of the GPU");
}
/*@end*/

int main(void)
{
    int value = 0, *copy = to_device(&value, sizeof value);
    from_device(&value, copy, sizeof value);
    release(copy);
}
