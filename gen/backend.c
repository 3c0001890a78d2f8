/* The backends this build has. */
#include "gen.h"

#include <string.h>

const gen_backend *gen_backend_find(const char *name)
{
    static const gen_backend *const backends[] = {&gen_backend_c, &gen_backend_cuda};
    for (int i = 0; i < FW_COUNT(backends); i++)
        if (!strcmp(backends[i]->name, name))
            return backends[i];
    return NULL;
}
