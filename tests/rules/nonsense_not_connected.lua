-- expect: is not connected to an output
rule "n" { on = "divide", priority = 1000, propose = function(root)
  local found
  for _, w in ipairs(root:waiting()) do found = w end
  return fuse({ root, found })
end }
