module @gather_embedding attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%table: tensor<50x24xf32>, %ids: tensor<2x6xi32>) -> (tensor<2x6x24xf32>) {
    %rows = "stablehlo.gather"(%table, %ids) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 24>, indices_are_sorted = false}> : (tensor<50x24xf32>, tensor<2x6xi32>) -> tensor<2x6x24xf32>
    %two = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
    %twos = "stablehlo.broadcast_in_dim"(%two) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x6x24xf32>
    %r = "stablehlo.multiply"(%rows, %twos) : (tensor<2x6x24xf32>, tensor<2x6x24xf32>) -> tensor<2x6x24xf32>
    "func.return"(%r) : (tensor<2x6x24xf32>) -> ()
  }
}
