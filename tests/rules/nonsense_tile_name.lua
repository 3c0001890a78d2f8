-- expect: has no loop 'q'
rule "n" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { tile = { q = 8 } }) end }
