module @convolution_same attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%x: tensor<2x9x11x5xf32>, %w: tensor<3x3x5x13xf32>, %bias: tensor<13xf32>) -> (tensor<2x9x11x13xf32>) {
    %c = "stablehlo.convolution"(%x, %w) <{window_strides = array<i64: 1, 1>, padding = dense<[[1, 1], [1, 1]]> : tensor<2x2xi64>, lhs_dilation = array<i64: 1, 1>, rhs_dilation = array<i64: 1, 1>, window_reversal = array<i1: false, false>, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, feature_group_count = 1 : i64, batch_group_count = 1 : i64}> : (tensor<2x9x11x5xf32>, tensor<3x3x5x13xf32>) -> tensor<2x9x11x13xf32>
    %biases = "stablehlo.broadcast_in_dim"(%bias) <{broadcast_dimensions = array<i64: 3>}> : (tensor<13xf32>) -> tensor<2x9x11x13xf32>
    %b = "stablehlo.add"(%c, %biases) : (tensor<2x9x11x13xf32>, tensor<2x9x11x13xf32>) -> tensor<2x9x11x13xf32>
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %zeros = "stablehlo.broadcast_in_dim"(%zero) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x9x11x13xf32>
    %r = "stablehlo.maximum"(%b, %zeros) : (tensor<2x9x11x13xf32>, tensor<2x9x11x13xf32>) -> tensor<2x9x11x13xf32>
    "func.return"(%r) : (tensor<2x9x11x13xf32>) -> ()
  }
}
