-- exit: 5
-- error: rule_files.lua:4
local name = "/etc/passwd"
local f = io.open(name)
