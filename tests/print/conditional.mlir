module @conditional attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%p: tensor<i1>, %n: tensor<i32>, %x: tensor<14xf32>) -> (tensor<14xf32>, tensor<14xf32>) {
    %a = "stablehlo.if"(%p) ({
      %y = "stablehlo.add"(%x, %x) : (tensor<14xf32>, tensor<14xf32>) -> tensor<14xf32>
      "stablehlo.return"(%y) : (tensor<14xf32>) -> ()
    }, {
      %y = "stablehlo.negate"(%x) : (tensor<14xf32>) -> tensor<14xf32>
      "stablehlo.return"(%y) : (tensor<14xf32>) -> ()
    }) : (tensor<i1>) -> tensor<14xf32>
    %b = "stablehlo.case"(%n) ({
      %y = "stablehlo.add"(%a, %a) : (tensor<14xf32>, tensor<14xf32>) -> tensor<14xf32>
      "stablehlo.return"(%y) : (tensor<14xf32>) -> ()
    }, {
      %y = "stablehlo.negate"(%x) : (tensor<14xf32>) -> tensor<14xf32>
      "stablehlo.return"(%y) : (tensor<14xf32>) -> ()
    }, {
      "stablehlo.return"(%x) : (tensor<14xf32>) -> ()
    }) : (tensor<i32>) -> tensor<14xf32>
    "func.return"(%a, %b) : (tensor<14xf32>, tensor<14xf32>) -> ()
  }
}
