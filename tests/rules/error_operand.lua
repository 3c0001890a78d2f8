-- expect: no such operand
rule "operand" { on = "divide", priority = 1000, propose = function(root) return root:operand(0) end }
