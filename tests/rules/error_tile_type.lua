-- expect: a tile size is a whole number
rule "tile" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { tile = { 1.5 } }) end }
