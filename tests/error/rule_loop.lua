-- exit: 5
-- error: rule_loop.lua:
-- error: instruction budget
rule "waits_for_ever" {
  on = "divide", priority = 1000,
  propose = function(root)
    while true do end
  end,
}
