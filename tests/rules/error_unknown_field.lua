-- expect: an instruction has no field 'oop'
rule "typo" { on = "divide", priority = 1000, propose = function(root) return root.oop end }
