-- expect: __mode is not offered
setmetatable({}, { __mode = "k" })
