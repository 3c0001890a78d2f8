-- expect: ok
-- A file's globals are its own: an assignment hides what the host offers, in this file only.
tostring = 5
assert(tostring == 5)
local_global = 1
