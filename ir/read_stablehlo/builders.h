/* Prototypes of the builders that ops.def names. */
#ifndef FW_STABLEHLO_BUILDERS_H
#define FW_STABLEHLO_BUILDERS_H

#include "read_stablehlo.h"

#define ST_OP(name, hlo, builder, regions) bool build_##builder(st_reader *r, st_op *op);
#include "ops.def"
#undef ST_OP

#endif
