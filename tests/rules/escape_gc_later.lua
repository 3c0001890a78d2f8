-- expect: ok
-- A finalizer that is added later is never called: nothing loops when the state is closed.
local mt = {}
local t = setmetatable({}, mt)
mt.__gc = function() while true do end end
t = nil
