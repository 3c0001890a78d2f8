-- Random proposals: members, outputs, kept values, templates and tiles are drawn without looking at the graph. Whatever is accepted
-- has been proved. The test puts `local seed = N` in front of this file.

local function draw(n)
  seed = (seed * 48271) % 2147483647
  return seed % n + 1
end

local templates = { "nest", "reduce", "contraction", "scatter" }

local function some(list, share)
  local picked = {}
  for _, v in ipairs(list) do
    if draw(100) <= share then picked[#picked + 1] = v end
  end
  return picked
end

rule "chaos" {
  on = "*",
  priority = 1000,
  propose = function(root)
    local proposals = {}
    for i = 1, 16 do
      local share = draw(100)
      local members = root:producers(function(p) return draw(100) <= share end)
      local tile = {}
      for d = 1, draw(4) - 1 do tile[d] = draw(70) - 1 end
      proposals[i] = fuse(members, {
        template = templates[draw(4)],
        tile = tile,
        keep = some(members, 30),
        outputs = some(members, 15),
        in_place = draw(8) == 1 and root.operands > 0 and root:operand(draw(root.operands)) or nil,
        allow = { "reassociate", "contract" },
      })
    end
    return proposals
  end,
}
