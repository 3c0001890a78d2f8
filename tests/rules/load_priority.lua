-- expect: a whole number is needed
rule "x" { on = "*", priority = "high", propose = function() end }
