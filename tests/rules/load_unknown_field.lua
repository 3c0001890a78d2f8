-- expect: has no field 'prority'
rule "x" { on = "*", prority = 1, propose = function() end }
