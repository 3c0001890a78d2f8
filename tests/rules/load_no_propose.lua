-- expect: has no function `propose`
rule "x" { on = "*" }
