/*@banner*/
/* Loops over tiles; each statement of a tile is a loop nest of its own. */
/*@end*/
#include "MODEL_kernels.h"

/*@comment*/
/* out[i] = 2 x[i]. */
/*@end*/
void MODEL_KERNEL(const void *args, void *scratch, int64_t begin, int64_t end)
{
    /*@declarations*/
    const struct { const float *x; float *out; } *a = args;
    const float *MODEL_RESTRICT x = a->x;
    float *MODEL_RESTRICT out = a->out;
    (void)scratch;
    /*@end*/
    /*@tiles*/
    for (int64_t t = begin; t < end; t++) {
        const int64_t i0 = t * 256, i1 = i0 + 256;
        for (int64_t i = i0; i < i1; i++)
            out[i] = 2 * x[i];
    }
    /*@end*/
}
