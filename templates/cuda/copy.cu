/*@banner*/ /*@end*/
#include "MODEL_kernels.h"

/*@comment*/ /*@end*/
__global__ void __launch_bounds__(/*@threads*/ 256 /*@end*/) MODEL_KERNEL(const unsigned char *from, unsigned char *to)
{
    const size_t bytes = /*@bytes*/ 65536 /*@end*/, start = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    const size_t step = (size_t)gridDim.x * blockDim.x;
    size_t done = 0;
    if (((size_t)from | (size_t)to) % 16 == 0) {
        for (size_t i = start; i < bytes / 16; i += step)
            ((uint4 *)to)[i] = ((const uint4 *)from)[i];
        done = bytes / 16 * 16;
    }
    for (size_t i = done + start; i < bytes; i += step)
        to[i] = from[i];
}
