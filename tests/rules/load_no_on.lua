-- expect: has no `on`
rule "x" { propose = function() end }
