/* Random HLO modules: the same text for the same seed, on every machine. */
#ifndef FW_RANDOM_HLO_H
#define FW_RANDOM_HLO_H

#include <stdint.h>
#include <stdio.h>

/* Prints one valid module. Floats stay in ranges where every op is well conditioned, and ops that jump (comparisons, rounding) see
 * only values that do not depend on the order of a sum, so that a relative tolerance means something. Parameters are meant to hold
 * floats in [-1, 1) and integers from -3 to 7. */
void random_hlo(uint64_t seed, FILE *out);

#endif
