-- expect: no permission 'everything'
rule "permission" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { allow = { "everything" } }) end }
