-- exit: 5
-- error: rule_wrong_type.lua:
rule "answers_a_number" {
  on = "divide", priority = 1000,
  propose = function(root) return 42 end,
}
