-- expect: is not a member
rule "n" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { keep = { root:operand(1) } }) end }
