-- expect: ok
-- Numbers, then strings by their bytes, then booleans; the same in every run.
local t = { zeta = 1, Alpha = 2, [3] = 3, [1] = 4, [2.5] = 5, beta = 6, [true] = 7, [false] = 8, [-1] = 9 }
local seen = {}
for k in pairs(t) do seen[#seen + 1] = tostring(k) end
assert(table.concat(seen, " ") == "-1 1 2.5 3 Alpha beta zeta false true", table.concat(seen, " "))
-- Entries may be removed and changed during the walk.
for k in pairs(t) do t[k] = nil end
for _ in pairs(t) do error("not empty") end
