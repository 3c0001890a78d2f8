/* dot and convolution of the evaluator against naive loops over everything. */
#include "eval_test.h"

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static int pick(uint32_t *seed, int least, int most) {
    return least + (int)(next_random(seed) % (uint32_t)(most - least + 1));
}

static ir_literal *random_array(fw_arena *arena, uint32_t *seed, int rank, const int64_t *sizes) {
    ir_literal *literal = ir_literal_new(arena, ir_shape_array(arena, IR_F32, rank, sizes));
    int64_t count = ir_shape_count(literal->shape);
    for (int64_t i = 0; i < count; i++)
        ((float *)literal->data)[i] = (float)pick(seed, -8, 8);
    return literal;
}

typedef struct conv_case {
    int64_t batch, features, outputs, size[2], kernel[2], stride[2], low[2], high[2], base[2], dilation[2], reversal[2];
    int64_t feature_groups, batch_groups, out[2];
} conv_case;

static conv_case random_case(uint32_t *seed) {
    conv_case c = {.feature_groups = pick(seed, 1, 3), .batch_groups = 1};
    if (c.feature_groups == 1)
        c.batch_groups = pick(seed, 1, 2);
    c.batch = c.batch_groups * pick(seed, 1, 2);
    c.features = c.feature_groups * pick(seed, 1, 3);
    c.outputs = c.feature_groups * c.batch_groups * pick(seed, 1, 5);
    for (int s = 0; s < 2; s++) {
        c.size[s] = pick(seed, 1, 6);
        c.kernel[s] = pick(seed, 1, 3);
        c.stride[s] = pick(seed, 1, 3);
        c.low[s] = pick(seed, -2, 3);
        c.high[s] = pick(seed, -2, 3);
        c.base[s] = pick(seed, 1, 3);
        c.dilation[s] = pick(seed, 1, 2);
        c.reversal[s] = pick(seed, 0, 1);
        int64_t room = (c.size[s] - 1) * c.base[s] + 1 + c.low[s] + c.high[s] - ((c.kernel[s] - 1) * c.dilation[s] + 1);
        c.out[s] = room < 0 ? 0 : room / c.stride[s] + 1;
    }
    return c;
}

/* Input b,y,x,f; kernel y,x,i,o; output b,y,x,f. */
static float naive(const conv_case *c, const float *x, const float *k, int64_t b, const int64_t *at, int64_t f) {
    int64_t inputs = c->features / c->feature_groups, per_group = c->outputs / (c->feature_groups * c->batch_groups);
    int64_t group = f / per_group, image = c->batch_groups > 1 ? group * (c->batch / c->batch_groups) + b : b;
    float sum = 0;
    for (int64_t ky = 0; ky < c->kernel[0]; ky++) {
        for (int64_t kx = 0; kx < c->kernel[1]; kx++) {
            int64_t y = at[0] * c->stride[0] - c->low[0] + ky * c->dilation[0],
                    px = at[1] * c->stride[1] - c->low[1] + kx * c->dilation[1];
            if (y < 0 || px < 0 || y % c->base[0] || px % c->base[1] || y / c->base[0] >= c->size[0] ||
                px / c->base[1] >= c->size[1])
                continue;
            int64_t ty = c->reversal[0] ? c->kernel[0] - 1 - ky : ky, tx = c->reversal[1] ? c->kernel[1] - 1 - kx : kx;
            for (int64_t i = 0; i < inputs; i++) {
                int64_t feature = c->feature_groups > 1 ? group * inputs + i : i;
                sum +=
                    x[((image * c->size[0] + y / c->base[0]) * c->size[1] + px / c->base[1]) * c->features + feature] *
                    k[((ty * c->kernel[1] + tx) * inputs + i) * c->outputs + f];
            }
        }
    }
    return sum;
}

static void convolutions_against_loops(void **state) {
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 300; round++) {
        fw_arena *arena = fw_arena_new();
        conv_case c = random_case(&seed);
        int64_t inputs = c.features / c.feature_groups, batch = c.batch / c.batch_groups;
        ir_literal *args[2] = {random_array(arena, &seed, 4, (int64_t[]){c.batch, c.size[0], c.size[1], c.features}),
            random_array(arena, &seed, 4, (int64_t[]){c.kernel[0], c.kernel[1], inputs, c.outputs})};
        const char *program = fw_format(arena,
            "ENTRY e { x = f32[%d,%d,%d,%d] parameter(0) k = f32[%d,%d,%d,%d] parameter(1) ROOT y = f32[%d,%d,%d,%d] "
            "convolution(x, k), "
            "window={size=%dx%d stride=%dx%d pad=%d_%dx%d_%d lhs_dilate=%dx%d rhs_dilate=%dx%d rhs_reversal=%dx%d}, "
            "dim_labels=b01f_01io->b01f, feature_group_count=%d, batch_group_count=%d }",
            (int)c.batch, (int)c.size[0], (int)c.size[1], (int)c.features, (int)c.kernel[0], (int)c.kernel[1],
            (int)inputs, (int)c.outputs, (int)batch, (int)c.out[0], (int)c.out[1], (int)c.outputs, (int)c.kernel[0],
            (int)c.kernel[1], (int)c.stride[0], (int)c.stride[1], (int)c.low[0], (int)c.high[0], (int)c.low[1],
            (int)c.high[1], (int)c.base[0], (int)c.base[1], (int)c.dilation[0], (int)c.dilation[1], (int)c.reversal[0],
            (int)c.reversal[1], (int)c.feature_groups, (int)c.batch_groups);
        const float *y = run(arena, program, args, 2)->data;
        for (int64_t b = 0; b < batch; b++)
            for (int64_t p = 0; p < c.out[0] * c.out[1]; p++)
                for (int64_t f = 0; f < c.outputs; f++, y++)
                    if (*y != naive(&c, args[0]->data, args[1]->data, b, (int64_t[]){p / c.out[1], p % c.out[1]}, f))
                        fail_msg("%s", program);
        fw_arena_free(arena);
    }
}

/* Blocks of lanes, tiles of the contraction and their edges: sizes around them give what one loop gives. */
static void dots_against_loops(void **state) {
    (void)state;
    uint32_t seed = 3;
    static const int64_t sizes[][3] = {{1, 1, 1}, {3, 5, 7}, {33, 4, 65}, {4, 31, 256}, {5, 6, 257}, {70, 2, 64}};
    for (int i = 0; i < FW_COUNT(sizes); i++) {
        fw_arena *arena = fw_arena_new();
        int64_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
        ir_literal *args[2] = {
            random_array(arena, &seed, 2, (int64_t[]){m, k}), random_array(arena, &seed, 2, (int64_t[]){k, n})};
        const char *program = fw_format(arena,
            "ENTRY e { a = f32[%d,%d] parameter(0) b = f32[%d,%d] parameter(1) ROOT y = f32[%d,%d] "
            "dot(a, b), lhs_contracting_dims={1}, rhs_contracting_dims={0} }",
            (int)m, (int)k, (int)k, (int)n, (int)m, (int)n);
        const float *a = args[0]->data, *b = args[1]->data, *y = run(arena, program, args, 2)->data;
        for (int64_t row = 0; row < m; row++) {
            for (int64_t column = 0; column < n; column++) {
                float sum = 0;
                for (int64_t p = 0; p < k; p++)
                    sum += a[row * k + p] * b[p * n + column];
                assert_true(y[row * n + column] == sum);
            }
        }
        fw_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_against_loops),
        cmocka_unit_test(dots_against_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
