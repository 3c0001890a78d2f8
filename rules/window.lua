-- Pooling: a reduce-window with its padding read through, and the elementwise chain after it (the division of an average).

rule "pooling" {
  on = { "reduce-window", "elementwise", "reshape" },
  priority = 35,
  propose = function(root, target)
    local core, chain, outputs = chain_above(root, function(v) return v.op == "reduce-window" end)
    if not core then return nil end
    local padding = core:producers(function(p)
      return is_trivial(p) or (p.is_index and not p.demanded)
    end)
    return fuse(set(root, core) + chain + padding, {
      template = "reduce",
      tile = fill_tile(root:loops(), target.l1 // 2 // math.max(core.bits // 8, 1), 16),
      keep = set(core) + worth_keeping(chain, 4),
      outputs = set(root) + outputs,
      allow = { "reassociate", "contract" },
      why = "pooling with what follows it",
    })
  end,
}
