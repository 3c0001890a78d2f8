/*@banner*/
/* One kernel: each thread computes some elements. */
/*@end*/
#include "MODEL_kernels.h"

/*@comment*/
/* out[i] = 2 x[i]. */
/*@end*/
__global__ void __launch_bounds__(/*@threads*/ 256 /*@end*/) MODEL_KERNEL(/*@parameters*/ const float *MODEL_RESTRICT x, float *MODEL_RESTRICT out /*@end*/)
{
    /*@body*/
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < 1024; i += gridDim.x * blockDim.x) {
        out[i] = 2 * x[i];
    }
    /*@end*/
}
