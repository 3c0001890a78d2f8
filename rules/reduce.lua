-- Reductions along rows with everything that works on the same rows: softmax, log-softmax, layer norm, RMS norm, row statistics.
-- A tile is a few whole rows; the passes over it find the rows in cache.

-- Reductions of the same rows: equal kept sizes, equally long rows.
local function same_rows(a, b)
  return a.op == "reduce" and a:same_space(b) and a:operand(1):same_space(b:operand(1))
end

-- The reduction nearest to the root through pointwise values that nobody waits for.
local function first_reduce(root)
  if root.op == "reduce" then return root end
  local found
  root:producers(function(p)
    if p.op == "reduce" and not p.is_computed and not p.computed_in then found = found or p end
    return p.is_pointwise and not p.demanded
  end)
  return found
end

-- Does p belong to another kernel: the epilogue of a contraction, or values of rows that are not ours?
local function is_foreign(p, first)
  if p.is_index then return false end
  local _, reduces = origins(p)
  for _, r in ipairs(reduces) do
    if same_rows(r, first) then return false end
  end
  return #reduces > 0 or is_epilogue(p)
end

-- Everything above the rows of `first`: pointwise values and reductions of the same rows, down to what others compute.
local function rows_above(root, first)
  local full, outputs = first:operand(1), {}
  local members = root:producers(function(p, private)
    if is_trivial(p) then return true end
    if p.is_computed or is_taken(p) then return false end
    if p.is_reduce and not same_rows(p, first) then return false end
    if not p.is_reduce and (not p.is_pointwise or is_foreign(p, first)) then return false end
    if p.is_index then return not p.demanded end
    if p.demanded or (not private and p.is_reduce) then
      if not (p:same_space(full) or p:same_space(first)) then return false end
      outputs[#outputs + 1] = p
    end
    return true
  end)
  return members, outputs
end

-- Expensive values that several passes read, such as exp(x - max).
local function read_twice(members, root, full)
  local inside, keep = as_lookup(members), {}
  for _, m in ipairs(members) do
    local readers = 0
    for _, u in ipairs(m:users()) do
      if inside[u] or u == root then readers = readers + 1 end
    end
    if m.is_elementwise and readers > 1 and m.flops >= 8 and m:same_space(full) then keep[#keep + 1] = m end
  end
  return keep
end

-- Which loops of the root are rows, and how the tile cuts them.
local function row_tile(root, first, kept, target)
  local full, loops, whole = first:operand(1), root:loops(), {}
  local length = math.max(full.count // math.max(first.count, 1), 1)
  local column = false -- the innermost dim is kept: sums run down columns
  if root:same_space(full) then
    local at = 0
    local is_kept = as_lookup({})
    for _, d in ipairs(first.kept) do is_kept[d] = true end
    for d = 1, full.rank do
      if full:size(d) ~= 1 then
        at = at + 1
        whole[at] = not is_kept[d]
        column = is_kept[d] == true
      end
    end
  elseif root:same_space(first) then
    column = #first.kept > 0 and first.kept[#first.kept] == full.rank
  else
    return nil
  end
  local bytes = math.max(full.bits // 8, 1)
  local rows = math.max(16384 // length, 1)
  if kept > 0 then rows = math.max(target.l1 // 2 // (length * bytes * kept), 1) end
  if column then rows = math.max(math.min(rows, 1024), 256) end
  return fill_tile(loops, rows, 16, whole)
end

rule "rows_in_cache" {
  on = { "reduce", "elementwise", "index" },
  priority = 30,
  propose = function(root, target)
    if root.is_reduce and root.op ~= "reduce" then return nil end
    local first = first_reduce(root)
    if not first then return nil end
    local members, outputs = rows_above(root, first)
    local inside = as_lookup(members)
    if root ~= first and not inside[first] then return nil end
    local twice = read_twice(members, root, first:operand(1))
    local tile = row_tile(root, first, #twice, target)
    if not tile then return refuse("%s does not walk the rows of %s", root.name, first.name) end
    return fuse(members, {
      template = "reduce",
      tile = tile,
      keep = set(twice) + worth_keeping(members, 2),
      outputs = set(root) + outputs,
      allow = { "reassociate", "contract" },
      why = "all passes over a row find it in cache",
    })
  end,
}
