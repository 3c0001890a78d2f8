-- expect: cannot set 'l1'
rule "writes" { on = "divide", priority = 1000, propose = function(root, target) target.l1 = 1 end }
