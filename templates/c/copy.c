/*@banner*/ /*@end*/
#include "MODEL_kernels.h"

/*@comment*/ /*@end*/
void MODEL_KERNEL(const void *args, void *scratch, int64_t begin, int64_t end)
{
    const MODEL_KERNEL_args *a = args;
    const int64_t bytes = /*@bytes*/ 65536 /*@end*/, tile = /*@tile*/ 65536 /*@end*/;
    int64_t from = begin * tile, to = end * tile < bytes ? end * tile : bytes;
    (void)scratch;
    if (from < to)
        memmove((char *)a->to + from, (const char *)a->from + from, (size_t)(to - from)); /* the two may be one buffer */
}
