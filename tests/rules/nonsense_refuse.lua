-- expect: too big by 12 bytes
rule "n" { on = "divide", priority = 1000, propose = function(root) return refuse("too big by %d bytes", 12) end }
