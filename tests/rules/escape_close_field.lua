-- expect: __close is not offered
setmetatable({}, { __close = function() end })
