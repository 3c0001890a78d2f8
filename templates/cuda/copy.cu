/*@banner*/ /*@end*/
#include "MODEL_kernels.h"

/*@comment*/ /*@end*/
__global__ void __launch_bounds__(/*@threads*/ 256 /*@end*/) MODEL_KERNEL(const unsigned char *from, unsigned char *to)
{
    const int64_t bytes = /*@bytes*/ 65536 /*@end*/, start = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    const int64_t step = (int64_t)gridDim.x * blockDim.x;
    int64_t done = 0;
    if (((uintptr_t)from | (uintptr_t)to) % 16 == 0) {
        for (int64_t i = start; i < bytes / 16; i += step)
            ((uint4 *)to)[i] = ((const uint4 *)from)[i];
        done = bytes / 16 * 16;
    }
    for (int64_t i = done + start; i < bytes; i += step)
        to[i] = from[i];
}
