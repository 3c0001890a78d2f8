-- expect: tile sizes for
rule "n" { on = "divide", priority = 1000, propose = function(root)
  return fuse({ root }, { tile = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } })
end }
