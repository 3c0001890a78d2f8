/* compare FILE.hlo ACTUAL EXPECTED [TOLERANCE]: compares ACTUAL.0.npy, ACTUAL.1.npy, ... with EXPECTED.0.npy, ... , the results of a
 * module. Floats may be apart by TOLERANCE (1e-5) times the largest element, but for where they differ by at most 4 ULP. */
#include "ir.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct comparison {
    fw_arena *arena;
    fw_diag *diag;
    const char *actual, *expected;
    double tolerance;
    int count;
    bool equal;
} comparison;

static ir_literal *read_leaf(comparison *c, const char *prefix, const ir_shape *shape)
{
    const char *what = fw_format(c->arena, "output %d", c->count);
    return ir_npy_read(c->arena, c->diag, fw_format(c->arena, "%s.%d.npy", prefix, c->count), shape, what);
}

static void compare(comparison *c, const ir_shape *shape)
{
    if (shape->type == IR_TUPLE) {
        for (int i = 0; i < shape->nelems; i++)
            compare(c, shape->elems[i]);
        return;
    }
    if (shape->type == IR_TOKEN)
        return;
    const ir_literal *actual = read_leaf(c, c->actual, shape), *expected = read_leaf(c, c->expected, shape);
    c->count++;
    if (!actual || !expected) {
        c->equal = false;
        return;
    }
    ir_distance d = ir_literal_distance(actual, expected);
    bool real = ir_type_is_float(shape->type);
    bool close = real ? d.max_ulp <= 4 || d.max_abs <= c->tolerance * d.max_ref : d.mismatches == 0;
    if (!close)
        printf("output %d: %lld elements differ, by up to %g of %g (%g ULP)\n", c->count - 1, (long long)d.mismatches, d.max_abs,
            d.max_ref, d.max_ulp);
    c->equal = c->equal && close;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: compare FILE.hlo ACTUAL EXPECTED [TOLERANCE]\n", stderr);
        return FW_USAGE;
    }
    fw_arena *arena = fw_arena_new();
    comparison c = {arena, fw_diag_new(arena), argv[2], argv[3], argc > 4 ? strtod(argv[4], NULL) : 1e-5, 0, true};
    const fw_source *source = fw_file_read(arena, c.diag, argv[1]);
    const ir_module *module = source ? ir_read_hlo(arena, c.diag, source) : NULL;
    if (module)
        compare(&c, module->entry->root->shape);
    fw_text text;
    fw_text_init(&text, arena);
    fw_diag_print(c.diag, &text);
    fputs(fw_text_string(&text), stderr);
    int status = (int)fw_diag_status(c.diag);
    fw_arena_free(arena);
    return status ? status : c.equal ? 0 : FW_MISMATCH;
}
