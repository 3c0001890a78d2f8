-- expect: ok
-- Length comes from the table, not from a metamethod.
local t = setmetatable({}, { __len = function() return 9007199254740992 end })
table.insert(t, "a")
table.insert(t, 1, "b")
assert(t[1] == "b" and t[2] == "a" and table.remove(t, 1) == "b" and t[1] == "a")
