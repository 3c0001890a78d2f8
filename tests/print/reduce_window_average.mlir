module @reduce_window_average attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%x: tensor<1x10x10x4xf32>, %y: tensor<3x20xf32>) -> (tensor<1x10x10x4xf32>, tensor<3x20xf32>) {
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %n = "stablehlo.constant"() <{value = dense<9.0> : tensor<f32>}> : () -> tensor<f32>
    %ns = "stablehlo.broadcast_in_dim"(%n) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<1x10x10x4xf32>
    %sums = "stablehlo.reduce_window"(%x, %zero) <{window_dimensions = array<i64: 1, 3, 3, 1>, window_strides = array<i64: 1, 1, 1, 1>, padding = dense<[[0, 0], [1, 1], [1, 1], [0, 0]]> : tensor<4x2xi64>, base_dilations = array<i64: 1, 1, 1, 1>, window_dilations = array<i64: 1, 1, 1, 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%s) : (tensor<f32>) -> ()
    }) : (tensor<1x10x10x4xf32>, tensor<f32>) -> tensor<1x10x10x4xf32>
    %means = "stablehlo.divide"(%sums, %ns) : (tensor<1x10x10x4xf32>, tensor<1x10x10x4xf32>) -> tensor<1x10x10x4xf32>
    %running = "stablehlo.reduce_window"(%y, %zero) <{window_dimensions = array<i64: 1, 20>, window_strides = array<i64: 1, 1>, padding = dense<[[0, 0], [19, 0]]> : tensor<2x2xi64>, base_dilations = array<i64: 1, 1>, window_dilations = array<i64: 1, 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%s) : (tensor<f32>) -> ()
    }) : (tensor<3x20xf32>, tensor<f32>) -> tensor<3x20xf32>
    "func.return"(%means, %running) : (tensor<1x10x10x4xf32>, tensor<3x20xf32>) -> ()
  }
}
