/* A dot or convolution as a batched matrix product: how rules price it and choose its tiles. */
#include "host.h"

static int64_t size_of(const ir_instr *instr, int64_t dim)
{
    return dim >= 0 && dim < instr->shape->rank ? instr->shape->dims[dim].bound : 1;
}

static int64_t product_of(const ir_instr *instr, const int64_t *dims, int count)
{
    int64_t product = 1;
    for (int i = 0; i < count; i++)
        product *= size_of(instr, dims[i]);
    return product;
}

static host_sizes dot_sizes(const ir_instr *dot)
{
    const ir_instr *lhs = dot->operands[0], *rhs = dot->operands[1];
    const int64_t *dims;
    if (ir_shape_count(lhs->shape) <= 0 || ir_shape_count(rhs->shape) <= 0) /* nothing, or too many to count */
        return (host_sizes){1, 0, 0, 0};
    int count = ir_attr_ints(dot, IR_ATTR_LHS_BATCH_DIMS, &dims);
    int64_t b = product_of(lhs, dims, count);
    count = ir_attr_ints(dot, IR_ATTR_LHS_CONTRACTING_DIMS, &dims);
    int64_t k = product_of(lhs, dims, count), shared = b * k;
    return (host_sizes){b, ir_shape_count(lhs->shape) / shared, ir_shape_count(rhs->shape) / shared, k};
}

/* Groups of features are a batch: each has its own part of the input features and of the result's. */
static host_sizes convolution_sizes(const ir_instr *conv)
{
    const ir_attr *labels = ir_attr_get(conv, IR_ATTR_DIM_LABELS);
    int64_t groups = ir_attr_int(conv, IR_ATTR_FEATURE_GROUP_COUNT, 1);
    host_sizes s = {groups > 0 ? groups : 1, 0, 0, 0};
    if (!labels || !labels->labels)
        return s;
    const ir_labels *l = labels->labels;
    const ir_instr *kernel = conv->operands[1];
    s.k = size_of(kernel, l->rhs_input);
    for (int i = 0; i < l->nspatial; i++)
        s.k *= size_of(kernel, l->rhs_spatial[i]);
    int64_t features = size_of(conv, l->out_feature);
    s.n = features / s.b;
    s.m = features > 0 ? ir_shape_count(conv->shape) / features : 0;
    return s;
}

host_sizes host_contraction_sizes(const ir_instr *instr)
{
    if (!ir_shape_is_static(instr->shape))
        return (host_sizes){1, 0, 0, 0};
    if (instr->op == IR_OP_CONVOLUTION)
        return convolution_sizes(instr);
    return instr->op == IR_OP_DOT ? dot_sizes(instr) : (host_sizes){1, 0, 0, 0};
}
