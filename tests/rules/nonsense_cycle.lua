-- expect: would wait for a kernel that waits for it
-- The division and the exponential, without the sum that leads from one to the other.
rule "n" { on = "divide", priority = 1000, propose = function(root)
  local e = root:operand(1)
  return fuse({ root, e }, { outputs = { e } })
end }
