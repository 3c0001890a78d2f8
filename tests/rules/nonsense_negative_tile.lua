-- expect: is negative
rule "n" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { tile = { -8 } }) end }
