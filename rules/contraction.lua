-- Matrix products and convolutions, with what follows them on the finished tile (epilogue) and what precedes them while their
-- operands are packed (prologue).

local function is_contraction(v)
  return v.is_contraction
end

-- Operands are packed through anything that only moves elements. Arithmetic joins when it is cheap, used nowhere else and not
-- the end of another kernel.
local function prologue(core)
  return core:producers(function(p, private)
    if is_trivial(p) then return true end
    if p.demanded or not p.is_pointwise or is_taken(p) then return false end
    if p.is_index then return true end
    return (p.op == "convert" or private and p.flops <= 2) and not is_kernel_end(p)
  end)
end

-- Too thin for packing to pay: vectors, depthwise convolutions, outer products.
local function is_thin(c)
  return c.m <= 4 or c.n <= 4 or c.k <= 4
end

-- All that goes into the kernel of a chain that ends in `root`.
local function group(root)
  local core, chain, outputs = chain_above(root, is_contraction)
  if not core then return nil end
  return { core = core, chain = chain, members = set(root, core) + chain + prologue(core), outputs = set(root) + outputs }
end

-- The same group with other demanded values that the same core leads to, such as relu(x) beside x > 0. Nil when there are none.
local function with_siblings(root, g)
  local wide
  for _, w in ipairs(root:waiting()) do
    if w.is_elementwise and w:same_space(root) and not g.members:has(w) then
      local core, chain, outputs = chain_above(w, is_contraction)
      if core == g.core then
        wide = wide or { core = core, chain = set(g.chain), members = g.members, outputs = g.outputs }
        wide.chain = wide.chain + chain
        wide.members = wide.members + set(w) + chain
        wide.outputs = wide.outputs + set(w) + outputs
      end
    end
  end
  return wide
end

-- One proposal for the group, in front of it the one with siblings.
local function propose_both(root, g, options_of)
  local alone = fuse(g.members, options_of(g))
  local wide = with_siblings(root, g)
  return wide and { fuse(wide.members, options_of(wide)), alone } or alone
end

-- Rows and columns of a tile. Many rows amortise the packing of the other operand: measured, 64 rows are 10 % slower than 128, also
-- where the packed rows outgrow L2. Columns are cut as long as there are few tiles for the threads and enough work in each.
local function block(core)
  local rows = balanced(core.m, 128, 8)
  local height = rows > 0 and rows or core.m
  local bands = core.b * ((core.m + height - 1) // height)
  local parts = (core.n + 1023) // 1024
  while bands * parts < 16 and core.n >= 2 * 96 * parts and height * core.n * core.k >= 4000000 * parts do
    parts = 2 * parts
  end
  return rows, balanced(core.n, (core.n + parts - 1) // parts, 16)
end

rule "contraction_with_epilogue" {
  on = { "contraction", "elementwise", "reshape" },
  priority = 40,
  propose = function(root)
    local g = group(root)
    if not g or is_thin(g.core) then return nil end
    local rows, columns = block(g.core)
    return propose_both(root, g, function(parts)
      return {
        template = "contraction",
        tile = { b = 1, m = rows, n = columns },
        keep = worth_keeping(parts.chain, 4),
        outputs = parts.outputs,
        allow = { "reassociate", "contract" },
        why = #parts.chain > 0 and "the epilogue works on the finished tile" or "a matrix product",
      }
    end)
  end,
}

rule "thin_contraction" {
  on = { "contraction", "elementwise", "reshape" },
  priority = 39,
  propose = function(root, target)
    local g = group(root)
    if not g then return nil end
    local core = g.core
    -- Sums of one tile stay in half of L1. A long vector is cut so that several threads get a part.
    local points = target.l1 // 2 // math.max(core.bits // 8, 1)
    if core.m <= 4 and core.k >= 64 then points = math.min(points, 512) end
    return propose_both(root, g, function(parts)
      return {
        template = "reduce",
        tile = fill_tile(root:loops(), points, 16),
        keep = set(core) + worth_keeping(parts.chain, 4),
        outputs = parts.outputs,
        allow = { "reassociate", "contract" },
        why = "too thin to pack: plain sums, vectorised along memory",
      }
    end)
  end,
}
