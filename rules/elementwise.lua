-- Whatever is left and pointwise: one loop nest over the root, producers composed into it.

local PARALLEL_GRAIN = 16384 -- points of a tile; below that a thread is not worth waking

local function same_dims(a, b)
  if a.rank ~= b.rank then return false end
  for d = 1, a.rank do
    if a:size(d) ~= b:size(d) then return false end
  end
  return true
end

-- Producers that are composed, and demanded ones of the same shape that the nest stores on its way.
local function closure(root)
  local outputs = {}
  local members = root:producers(function(p, private)
    if is_trivial(p) then return true end
    if not p.is_pointwise or p.is_computed or is_taken(p) then return false end
    if p.demanded then
      if not same_dims(p, root) or is_kernel_end(p) then return false end
      outputs[#outputs + 1] = p
      return true
    end
    if p.is_index then return true end
    return (private or is_cheap_twice(p, 3) or 4 * p.count <= root.count) and not is_kernel_end(p)
  end)
  return members, outputs
end

local function inputs_of(members)
  local inside, inputs = as_lookup(members), {}
  for _, m in ipairs(members) do
    for n = 1, m.operands do
      local o = m:operand(n)
      if not inside[o] and not o.is_constant then inputs[o] = true end
    end
  end
  return inputs
end

-- Other demanded values of the same shape that read the same arrays, or that are so small that the call costs more.
local function siblings(root, members)
  local inputs, inside, found, outputs = inputs_of(members), as_lookup(members), {}, {}
  for _, w in ipairs(root:waiting()) do
    if not inside[w] and w.is_pointwise and same_dims(w, root) and not is_kernel_end(w) and w.class ~= "dynamic" then
      local theirs, more = closure(w)
      theirs = set(w) + theirs
      local shared = root.count <= 1024
      for i in pairs(inputs_of(theirs)) do shared = shared or inputs[i] == true end
      if shared then
        found = set(theirs) + found
        outputs = set(w) + more + outputs
      end
    end
  end
  return found, outputs
end

rule "one_nest" {
  on = { "elementwise", "index", "dynamic", "bitcast", "iota" },
  priority = 0,
  propose = function(root)
    local members, outputs = closure(root)
    members = set(root) + members
    local more, more_outputs = siblings(root, members)
    local options = {
      template = "nest",
      tile = fill_tile(root:loops(), PARALLEL_GRAIN, 16),
      keep = worth_keeping(members, 8),
      outputs = set(root) + outputs,
      why = "one pass over the elements",
    }
    local alone = fuse(members, options)
    if #more == 0 then return alone end
    options.outputs = options.outputs + more_outputs
    options.why = "one pass over the elements, together with what reads the same"
    return { fuse(members + more, options), alone }
  end,
}
