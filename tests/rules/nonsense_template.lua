-- expect: there is no template 'magic'
rule "n" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { template = "magic" }) end }
