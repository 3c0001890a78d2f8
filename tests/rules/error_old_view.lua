-- expect: not being planned any more
-- A view that outlives its computation. The module of the test plans several.
local old
rule "keeps" { on = { "divide", "add" }, priority = 1000, propose = function(root)
  local before = old
  old = root
  if before then return refuse("%s %s", before.name, root.name) end
end }
