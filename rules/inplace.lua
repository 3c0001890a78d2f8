-- Updates of a part of an array: only the part is written, in the array's own buffer where the proof allows it.

-- What the update and the indices are computed from, as far as it is cheap.
local function small_producers(root, first)
  return root:producers(function(p, private)
    if p == first then return false end
    if is_trivial(p) then return true end
    if p.demanded or not p.is_pointwise or is_taken(p) then return false end
    if p.is_index then return true end
    return (private or is_cheap_twice(p, 3) or p.is_scalar) and not is_kernel_end(p)
  end)
end

local function reads_directly(members, array)
  for _, m in ipairs(members) do
    for n = 1, m.operands do
      if m:operand(n) == array then return true end
    end
  end
  return false
end

rule "write_the_window" {
  on = "dynamic-update-slice",
  priority = 50,
  propose = function(root)
    local array = root:operand(1)
    local members = small_producers(root, array)
    -- An update that is computed from the array it updates (a stencil) must not overwrite what it still reads: it writes a whole
    -- new array instead, and a loop exchanges the two.
    if array.is_constant or reads_directly(members, array) then
      return fuse(members, { template = "nest", tile = fill_tile(root:loops(), 16384, 16), why = "a new array with the window replaced" })
    end
    return fuse(members, { template = "nest", in_place = array, why = "only the window is written" })
  end,
}

rule "scatter_in_place" {
  on = "scatter",
  priority = 50,
  propose = function(root)
    local array = root:operand(1)
    return fuse(small_producers(root, array), { template = "scatter", in_place = not array.is_constant and array or nil,
      why = "only the updated elements are written" })
  end,
}
