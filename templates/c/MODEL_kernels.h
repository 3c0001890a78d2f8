/*@banner*/ /*@end*/
#ifndef MODEL_KERNELS_H
#define MODEL_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "build this code without -ffast-math: it relies on NaN, infinity and the order of additions"
#endif

#if defined(__GNUC__) || defined(__clang__) || defined(_MSC_VER)
#define MODEL_RESTRICT __restrict
#else
#define MODEL_RESTRICT restrict
#endif

/*@numerics*/
/* A product may be fused with the sum it goes into: gcc does so under -std=c11 only when asked. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT ON
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=fast", "no-trapping-math")
#endif
/*@end*/

/*@math*/ /*@end*/

/* Every kernel computes tiles [begin, end) of its result. `args` points to its own struct, `scratch` to memory that only
 * this thread uses, aligned to 64 bytes. */
/*@kernels*/
typedef struct MODEL_KERNEL_args {
    const void *from;
    void *to;
} MODEL_KERNEL_args;
void MODEL_KERNEL(const void *args, void *scratch, int64_t begin, int64_t end);
/*@end*/

#endif
