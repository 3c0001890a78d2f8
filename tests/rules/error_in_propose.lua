-- expect: error_in_propose.lua:5:
rule "broken" {
  on = "divide", priority = 1000,
  propose = function(root)
    local x = nil + 1
  end,
}
