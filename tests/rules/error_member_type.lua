-- expect: element 2 is a number
rule "member" { on = "divide", priority = 1000, propose = function(root) return fuse({ root, 7 }) end }
