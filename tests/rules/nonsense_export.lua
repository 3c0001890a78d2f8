-- expect: does not compute it
rule "n" { on = "dot", priority = 1000, propose = function(root)
  local user = root:users()[1]
  for _, w in ipairs(user:users()) do
    if w.computed_in then return export(w.computed_in) end
  end
  if user.computed_in then return export(user.computed_in) end
end }
