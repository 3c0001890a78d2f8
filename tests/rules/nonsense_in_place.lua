-- expect: in_place
rule "n" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { in_place = root }) end }
