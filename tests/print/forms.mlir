module @forms attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%x: tensor<4x6xf32>, %pair: tensor<4x6xf32>, %pair_1: tensor<4x6xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<24xf32>, tensor<4x6xi32>, tensor<6x4xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xi32>, tensor<4x6xf32>, tensor<5xui32>, tensor<3xi32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<4x4xf32>, tensor<4x6xf32>, tensor<2xf32>) {
    %call:2 = "func.call"(%x) <{callee = @main_1}> : (tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>)
    %fusion = "func.call"(%pair) <{callee = @fused}> : (tensor<4x6xf32>) -> tensor<4x6xf32>
    %started = "func.call"(%pair_1) <{callee = @fused}> : (tensor<4x6xf32>) -> tensor<4x6xf32>
    %turned = "stablehlo.transpose"(%x) <{permutation = array<i64: 1, 0>}> : (tensor<4x6xf32>) -> tensor<6x4xf32>
    %flat = "stablehlo.transpose"(%turned) <{permutation = array<i64: 1, 0>}> : (tensor<6x4xf32>) -> tensor<4x6xf32>
    %flat_1 = "stablehlo.reshape"(%flat) : (tensor<4x6xf32>) -> tensor<24xf32>
    %bits = "stablehlo.bitcast_convert"(%x) : (tensor<4x6xf32>) -> tensor<4x6xi32>
    %squares = "stablehlo.map"(%pair) <{dimensions = array<i64: 0, 1>}> ({
    ^bb0(%v: tensor<f32>):
      %m = "stablehlo.multiply"(%v, %v) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%m) : (tensor<f32>) -> ()
    }) : (tensor<4x6xf32>) -> tensor<4x6xf32>
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %two = "stablehlo.constant"() <{value = dense<2.0> : tensor<f32>}> : () -> tensor<f32>
    %padded = "stablehlo.reduce_window"(%x, %two) <{window_dimensions = array<i64: 1, 3>, window_strides = array<i64: 1, 1>, padding = dense<[[0, 0], [1, 1]]> : tensor<2x2xi64>, base_dilations = array<i64: 1, 1>, window_dilations = array<i64: 1, 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %sum = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%sum) : (tensor<f32>) -> ()
    }) {fusewright.semantics = "xla"} : (tensor<4x6xf32>, tensor<f32>) -> tensor<4x6xf32>
    %source = "stablehlo.slice"(%pair) <{start_indices = array<i64: 0, 1>, limit_indices = array<i64: 2, 6>, strides = array<i64: 1, 2>}> : (tensor<4x6xf32>) -> tensor<2x3xf32>
    %pooled = "stablehlo.select_and_scatter"(%x, %source, %zero) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>, padding = dense<[[0, 0], [0, 0]]> : tensor<2x2xi64>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %first = "stablehlo.compare"(%a, %b) <{comparison_direction = #stablehlo<comparison_direction GE>, compare_type = #stablehlo<comparison_type FLOAT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
      "stablehlo.return"(%first) : (tensor<i1>) -> ()
    }, {
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %sum = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%sum) : (tensor<f32>) -> ()
    }) : (tensor<4x6xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<4x6xf32>
    %numbers = "stablehlo.iota"() <{iota_dimension = 1 : i64}> : () -> tensor<4x6xi32>
    %sorted:2 = "stablehlo.sort"(%x, %numbers) <{dimension = 1 : i64, is_stable = true}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>, %i: tensor<i32>, %j: tensor<i32>):
      %first = "stablehlo.compare"(%a, %b) <{comparison_direction = #stablehlo<comparison_direction GT>, compare_type = #stablehlo<comparison_type FLOAT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
      "stablehlo.return"(%first) : (tensor<i1>) -> ()
    }) : (tensor<4x6xf32>, tensor<4x6xi32>) -> (tensor<4x6xf32>, tensor<4x6xi32>)
    %index = "stablehlo.constant"() <{value = dense<[[1], [3]]> : tensor<2x1xi32>}> : () -> tensor<2x1xi32>
    %window = "stablehlo.reshape"(%flat_1) : (tensor<24xf32>) -> tensor<2x2x6xf32>
    %scattered = "stablehlo.scatter"(%pair, %index, %window) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1, 2], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, indices_are_sorted = false, unique_indices = false}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %sum = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%sum) : (tensor<f32>) -> ()
    }) {fusewright.semantics = "xla", mhlo.frontend_attributes = {kept = "a \"b\""}} : (tensor<4x6xf32>, tensor<2x1xi32>, tensor<2x2x6xf32>) -> tensor<4x6xf32>
    %state = "stablehlo.constant"() <{value = dense<[1, 18446744073709551615]> : tensor<2xui64>}> : () -> tensor<2xui64>
    %random:2 = "stablehlo.rng_bit_generator"(%state) <{rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>}> : (tensor<2xui64>) -> (tensor<2xui64>, tensor<5xui32>)
    %small = "stablehlo.constant"() <{value = dense<[-8, 0, 7]> : tensor<3xi4>}> : () -> tensor<3xi4>
    %wide = "stablehlo.convert"(%small) : (tensor<3xi4>) -> tensor<3xi32>
    %eighth = "stablehlo.constant"() <{value = dense<[0x7F, 448.0, -0.0, 0.002]> : tensor<4xf8E4M3FN>}> : () -> tensor<4xf8E4M3FN>
    %eighths = "stablehlo.convert"(%eighth) : (tensor<4xf8E4M3FN>) -> tensor<4xf32>
    %half = "stablehlo.constant"() <{value = dense<[0x7F80, -1.01]> : tensor<2xbf16>}> : () -> tensor<2xbf16>
    %halves = "stablehlo.convert"(%half) : (tensor<2xbf16>) -> tensor<2xf32>
    %waves = "stablehlo.constant"() <{value = dense<[(1.0, 0.0), (0.0, -1.0), (0.5, 2.0), (3.0, -0.0)]> : tensor<4xcomplex<f32>>}> : () -> tensor<4xcomplex<f32>>
    %spectrum = "stablehlo.fft"(%waves) <{fft_type = #stablehlo<fft_type FFT>, fft_length = array<i64: 4>}> : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
    %parts = "stablehlo.real"(%spectrum) : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
    %product = "stablehlo.dot_general"(%x, %pair) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>, algorithm = #stablehlo.dot_algorithm<lhs_precision_type = bf16, rhs_precision_type = bf16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 3, allow_imprecise_accumulation = false>}> : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x4xf32>
    %halves.row = "stablehlo.constant"() <{value = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>}> : () -> tensor<4xf32>
    %eighths.row = "stablehlo.constant"() <{value = dense<[0.1, 1.4013e-45, 3.4028235e+38, -0.0, 1.0e+10, 16777216.0]> : tensor<6xf32>}> : () -> tensor<6xf32>
    %outer = "stablehlo.dot_general"(%halves.row, %eighths.row) <{dot_dimension_numbers = #stablehlo.dot<>}> : (tensor<4xf32>, tensor<6xf32>) -> tensor<4x6xf32>
    %nothing = "stablehlo.constant"() <{value = dense<> : tensor<0x3xf32>}> : () -> tensor<0x3xf32>
    %barrier:2 = "stablehlo.optimization_barrier"(%outer, %nothing) : (tensor<4x6xf32>, tensor<0x3xf32>) -> (tensor<4x6xf32>, tensor<0x3xf32>)
    %both = "stablehlo.constant"() <{value = dense<[1.0, 2.0]> : tensor<2xf32>}> : () -> tensor<2xf32>
    %both_1 = "stablehlo.constant"() <{value = dense<3> : tensor<i32>}> : () -> tensor<i32>
    "func.return"(%call#0, %call#1, %fusion, %started, %flat_1, %bits, %turned, %squares, %padded, %pooled, %sorted#1, %scattered, %random#1, %wide, %eighths, %halves, %parts, %product, %barrier#0, %both) : (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<24xf32>, tensor<4x6xi32>, tensor<6x4xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xi32>, tensor<4x6xf32>, tensor<5xui32>, tensor<3xi32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>, tensor<4x4xf32>, tensor<4x6xf32>, tensor<2xf32>) -> ()
  }
  func.func private @main_1(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
    %e = "chlo.erf"(%x) : (tensor<4x6xf32>) -> tensor<4x6xf32>
    "func.return"(%e, %x) : (tensor<4x6xf32>, tensor<4x6xf32>) -> ()
  }
  func.func private @fused(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>) {
    %s = "chlo.sinh"(%x) : (tensor<4x6xf32>) -> tensor<4x6xf32>
    "func.return"(%s) : (tensor<4x6xf32>) -> ()
  }
}
