-- expect: ok
-- & | ~ << >> in comments, strings and ~= are no operators.
--[==[ a & b | c ~ d << 2 ]] ]==]
local s = "a & b" .. 'c | d \' ~' .. [[x << y]] .. [=[ ]] >> ]=]
assert(s ~= "" and 1 < 2 and 2 > 1 and 1 <= 2 and 2 >= 1)
