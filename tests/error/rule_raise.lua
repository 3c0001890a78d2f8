-- exit: 5
-- error: rule_raise.lua:8:
-- error: no idea
-- error: gives_up
rule "gives_up" {
  on = "divide", priority = 1000,
  propose = function(root)
    error("no idea")
  end,
}
