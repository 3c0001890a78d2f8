/* What a batch knows of a model: tests/random/check.c writes one of these for each. */
#include <stddef.h>

enum { BATCH_MOST = 64 };        /* arrays of a model */

typedef struct batch_model {
    const char *name;
    int nin, nout;
    size_t in[BATCH_MOST], out[BATCH_MOST]; /* bytes */
    size_t (*workspace)(int threads);
    int (*run)(void **in, void **out, void *workspace, int threads);
} batch_model;

extern const batch_model *const batch_models[]; /* ends with NULL */
