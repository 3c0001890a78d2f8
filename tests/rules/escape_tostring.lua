-- expect: ok
-- No address anywhere.
for _, v in ipairs { {}, print or tostring, function() end, string } do
  assert(not tostring(v):find("0x"), tostring(v))
end
assert(tostring({}) == "table" and tostring(tostring) == "function")
assert(not string.format("%s", {}):find("0x"))
local ok, message = pcall(function() local t = {} ; t.x.y = 1 end)
assert(not ok and not message:find("0x"))
