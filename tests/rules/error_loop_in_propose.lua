-- expect: instruction budget
rule "endless" { on = "divide", priority = 1000, propose = function() while true do pcall(error) end end }
