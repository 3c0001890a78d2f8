-- expect: without a dot or convolution
rule "n" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { template = "contraction" }) end }
