-- exit: 5
-- error: frobnicate
rule "unknown" { on = "frobnicate", propose = function(root) return nil end }
