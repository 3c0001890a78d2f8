/*@banner*/ /*@end*/
#ifndef MODEL_KERNELS_H
#define MODEL_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__FAST_MATH__) || defined(__USE_FAST_MATH__)
#error "build this code without fast math: it relies on NaN, infinity and the order of additions"
#endif

#define MODEL_RESTRICT __restrict__

/* How kernels are launched and how they name the shared memory of their block. A test that runs them on a CPU has both in its own
 * way; everything else is plain CUDA. */
#ifndef MODEL_LAUNCH
#define MODEL_LAUNCH(kernel, grid, block, bytes, stream, ...) kernel<<<grid, block, bytes, stream>>>(__VA_ARGS__)
#define MODEL_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

/*@numerics*/ /*@end*/

/*@math*/ /*@end*/

/* Every block has 256 threads; the driver knows how many blocks there are. */
/*@kernels*/
__global__ void MODEL_KERNEL(const float *MODEL_RESTRICT x, float *MODEL_RESTRICT out);
/*@end*/

#endif
