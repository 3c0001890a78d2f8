module @while_swap attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%x: tensor<6x6xf32>, %y: tensor<6x6xf32>) -> (tensor<6x6xf32>, tensor<6x6xf32>) {
    %zero = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %loop:3 = "stablehlo.while"(%zero, %x, %y) ({
    ^bb0(%s: tensor<i32>, %s_1: tensor<6x6xf32>, %s_2: tensor<6x6xf32>):
      %n = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
      %more = "stablehlo.compare"(%s, %n) <{comparison_direction = #stablehlo<comparison_direction LT>, compare_type = #stablehlo<comparison_type SIGNED>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
      "stablehlo.return"(%more) : (tensor<i1>) -> ()
    }, {
    ^bb0(%s: tensor<i32>, %s_1: tensor<6x6xf32>, %s_2: tensor<6x6xf32>):
      %one = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
      %next = "stablehlo.add"(%s, %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>
      %sum = "stablehlo.add"(%s_1, %s_2) : (tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x6xf32>
      "stablehlo.return"(%next, %s_2, %sum) : (tensor<i32>, tensor<6x6xf32>, tensor<6x6xf32>) -> ()
    }) : (tensor<i32>, tensor<6x6xf32>, tensor<6x6xf32>) -> (tensor<i32>, tensor<6x6xf32>, tensor<6x6xf32>)
    "func.return"(%loop#1, %loop#2) : (tensor<6x6xf32>, tensor<6x6xf32>) -> ()
  }
}
