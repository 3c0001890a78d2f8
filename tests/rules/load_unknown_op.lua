-- expect: 'devide' is neither an op
rule "x" { on = "devide", propose = function() end }
