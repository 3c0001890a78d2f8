-- expect: ok
-- Loaded after escape_environment.lua where both are given: sees nothing of it.
assert(tostring and local_global == nil)
