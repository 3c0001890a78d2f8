-- expect: propose returned a string
rule "answers" { on = "divide", priority = 1000, propose = function() return "yes" end }
