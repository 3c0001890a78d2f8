-- expect: is a source
rule "n" { on = "dot", priority = 1000, propose = function(root) return fuse({ root, root:operand(2) }, { keep = { root:operand(2) } }) end }
