-- exit: 5
-- error: rule_syntax.lua:
rule "half" {
