-- expect: fuse has no option 'tiles'
rule "option" { on = "divide", priority = 1000, propose = function(root) return fuse({ root }, { tiles = { 1 } }) end }
