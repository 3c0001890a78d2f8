-- expect: global 'getmetatable'
getmetatable("").__index = nil
