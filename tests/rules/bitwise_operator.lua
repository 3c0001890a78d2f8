-- expect: bitwise operators
local x = 1
local y = x & 3
