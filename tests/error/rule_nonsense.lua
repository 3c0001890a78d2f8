-- exit: 0
-- The quotient and the maximum without what is between them: refused, and the shipped rules go on.
rule "leaves_a_hole" {
  on = "divide", priority = 1000,
  propose = function(root) return fuse({ root }, { template = "contraction", tile = { 7 } }) end,
}
