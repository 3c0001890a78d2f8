-- A value that an accepted kernel computes on its way and that somebody turned out to need: that kernel stores it too. Where this
-- is not possible (the kernels would wait for each other), the other rules compute it once more.

rule "store_what_is_there" {
  on = "*",
  priority = 100,
  propose = function(root)
    local kernel = root.computed_in
    return kernel and export(kernel, { why = "the kernel has it already" })
  end,
}
