-- exit: 0
-- Legal, if slow: tiles of one row and three columns. What is proved is used.
rule "tiny_tiles" {
  on = "exponential", priority = 1000,
  propose = function(root) return fuse({ root }, { template = "nest", tile = { 1, 3 } }) end,
}
