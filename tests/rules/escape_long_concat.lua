-- expect: ok
-- Every string stays small, so that one instruction stays cheap.
local s = ("x"):rep(40000)
assert(not pcall(function() return s .. s end))
assert(not pcall(table.concat, { s, s }))
assert(not pcall(string.gsub, s, "x", "yy"))
assert(not pcall(string.format, "%s%s", s, s))
