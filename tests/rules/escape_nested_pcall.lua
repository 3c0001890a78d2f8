-- expect: instruction budget
local function trap() while true do pcall(trap) end end
while true do pcall(pcall, trap) end
