-- expect: rep: the result has more than
local s = ("x"):rep(2147483648)
