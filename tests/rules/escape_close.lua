-- expect: instruction budget
-- __close can be added to a table that became a metatable before, but what setmetatable took was a copy.
local mt = {}
local ok = pcall(function()
  local t = setmetatable({}, mt)
  mt.__close = function() while true do end end
  local x <close> = t
end)
assert(not ok)
while true do end
