-- expect: cannot be changed
rule "writes" { on = "divide", priority = 1000, propose = function(root) root.op = "add" end }
