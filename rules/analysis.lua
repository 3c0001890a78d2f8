-- Questions that several rules ask about a graph. `share` makes them globals of all rule files; a pack that shares a function of
-- the same name earlier (packs load first) replaces the one here.
--
-- Words: a value is *demanded* when it has to be in memory (the program returns it, or an accepted kernel reads it). A *pointwise*
-- value is elementwise, or moves elements (broadcast, slice, reshape, gather ...). A kernel *keeps* a value when it stores it in
-- the scratch of its tile; every other member is composed into its readers and costs nothing unless it is used twice.

-- Costs as much as a register move: constants spread out, counters. Always computed again, never stored for a reader.
local function is_trivial(v)
  return v.op == "iota" or (v.op == "broadcast" and v:operand(1).is_constant)
end

local function is_core(v)
  return v.is_contraction or v.op == "reduce-window"
end

-- What v waits for: the nearest contractions and poolings, and the nearest reductions, that are reached through pointwise values
-- which are not in memory. With `beyond`, values that an accepted kernel computes on its way are looked through as well.
local function origins(v, beyond)
  local cores, reduces = {}, {}
  v:producers(function(p)
    if p.demanded or (p.computed_in and not beyond) then return false end
    if is_core(p) then
      cores[#cores + 1] = p
    elseif p.is_reduce then
      reduces[#reduces + 1] = p
    end
    return p.is_pointwise
  end)
  return cores, reduces
end

-- May p follow another value in a chain: elementwise, or a reshape that only adds or drops dims of size 1?
local function follows(p, root)
  return p:same_space(root) and (p.is_elementwise or p.op == "reshape")
end

-- Is v the end of an epilogue: do elementwise values of its own shape lead up to a contraction or a pooling?
local function is_epilogue(v)
  if not v.is_elementwise and v.op ~= "reshape" then return false end
  local found = false
  v:producers(function(p)
    if p.demanded or p.computed_in or found then return false end
    if is_core(p) and p:same_space(v) then found = true end
    return follows(p, v)
  end)
  return found
end

-- Is v the end of a kernel of its own? Then others read it from memory: what only a contraction leads to is its epilogue, and what
-- a reduction leads to is computed while its rows are in cache. Values that only move elements are read through.
local function is_kernel_end(v)
  if v.is_index then return false end
  if is_epilogue(v) then return true end
  local _, reduces = origins(v)
  return #reduces > 0
end

-- Is v computed on the way in an accepted kernel, at a cost that should not be paid twice? Then that kernel can store it.
local function is_taken(v)
  if not v.computed_in or v.is_index then return false end
  if not v.is_pointwise then return true end
  local cores, reduces = origins(v, true)
  return #cores + #reduces > 0
end

-- Is it cheaper to compute v again for another reader than to load it: little arithmetic, and either a small array or at most one
-- large operand?
local function is_cheap_twice(v, flops)
  local large = v.bytes <= 4096 and -2 or 0
  for n = 1, v.operands do
    local o = v:operand(n)
    if not is_trivial(o) and o.op ~= "broadcast" and 4 * o.count > v.count then large = large + 1 end
  end
  return v.flops <= flops and large <= 1
end

-- Flops of one element of v when everything pointwise below it inside `inside` is composed.
local function composed_flops(v, inside)
  local flops = v.flops
  v:producers(function(p)
    if not inside[p] or not p.is_pointwise then return false end
    flops = flops + p.flops
    return true
  end)
  return flops
end

-- Members as a table from view to true.
local function as_lookup(members)
  local inside = {}
  for _, m in ipairs(members) do inside[m] = true end
  return inside
end

-- Values that a broadcast inside the kernel repeats and that cost at least `flops` an element, such as rsqrt(variance + epsilon):
-- kept at their low rank they are computed once a tile, composed they would be computed once an element.
local function worth_keeping(members, flops)
  local inside, keep = as_lookup(members), {}
  for _, m in ipairs(members) do
    if m.op == "broadcast" then
      local o = m:operand(1)
      while inside[o] and (o.op == "reshape" or o.op == "broadcast") do o = o:operand(1) end
      if inside[o] and o.is_elementwise and 4 * o.count <= m.count and composed_flops(o, inside) >= flops then
        keep[#keep + 1] = o
      end
    end
  end
  return keep
end

-- Members of a chain from `root` to `core`, without the two, and the values besides the root that have to be stored. Nil when the
-- chain needs the finished core in another shape too, as x - mean(x) does.
local function chain_to(root, core, same)
  local outputs, clash = {}, false
  local members = root:producers(function(p, private)
    if p == core then
      if p.demanded or not private then outputs[#outputs + 1] = p end
      return false
    end
    if p:depends_on(core) then
      if not same[p] then clash = true end
      if same[p] and p.demanded then outputs[#outputs + 1] = p end
      return same[p] == true
    end
    -- Beside the chain: small or cheap things that are no kernel of their own.
    if is_trivial(p) then return true end
    if p.demanded or not p.is_pointwise or is_taken(p) then return false end
    if p.is_index then return true end
    return (private or is_cheap_twice(p, 2) or 4 * p.count <= root.count) and not is_kernel_end(p)
  end)
  if clash then return nil end
  return members, outputs
end

-- A chain of elementwise values with the shape of `root` (up to dims of size 1) above exactly one core that `is_core` accepts:
--
--     root = relu(scale * core(...) + bias)         chain = { max, add, multiply }, core
--
-- Returns core, members, outputs as chain_to does; nil when there is no such core. With several cores the one with the most work
-- that allows it gets the chain; the others end in kernels of their own, which the chain reads.
local function chain_above(root, is_core)
  if is_core(root) then return root, {}, {} end
  if not follows(root, root) then return nil end
  local cores = {}
  local same = as_lookup(root:producers(function(p)
    if p.is_computed or p.computed_in then return false end
    if is_core(p) and p:same_space(root) then
      cores[#cores + 1] = p
      return false
    end
    return follows(p, root)
  end))
  table.sort(cores, function(a, b)
    local x = a.is_contraction and a.b * a.m * a.n * a.k or a.count
    local y = b.is_contraction and b.b * b.m * b.n * b.k or b.count
    return x > y
  end)
  for _, core in ipairs(cores) do
    local members, outputs = chain_to(root, core, same)
    if members then return core, members, outputs end
  end
  return nil
end

-- `size` in equal parts of at most `most`, each a multiple of `step`; 0 when one part is enough.
local function balanced(size, most, step)
  if size <= most then return 0 end
  local parts = (size + most - 1) // most
  local part = (size + parts - 1) // parts
  return (part + step - 1) // step * step
end

-- Tile sizes by position for `loops` so that a tile has about `points` points, filled from the innermost loop outwards. Loops for
-- which `whole[i]` holds are never cut and do not count.
local function fill_tile(loops, points, step, whole)
  local tile, left = {}, math.max(points, 1)
  for i = #loops, 1, -1 do
    local extent = loops[i].extent
    if whole and whole[i] then
      tile[i] = 0
    else
      tile[i] = balanced(extent, left, i == #loops and step or 1)
      left = math.max(left // math.max(tile[i] == 0 and extent or tile[i], 1), 1)
    end
  end
  return tile
end

share {
  is_trivial = is_trivial,
  origins = origins,
  is_epilogue = is_epilogue,
  is_cheap_twice = is_cheap_twice,
  is_kernel_end = is_kernel_end,
  is_taken = is_taken,
  composed_flops = composed_flops,
  as_lookup = as_lookup,
  worth_keeping = worth_keeping,
  chain_above = chain_above,
  balanced = balanced,
  fill_tile = fill_tile,
}
