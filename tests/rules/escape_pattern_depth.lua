-- expect: ok
assert(not pcall(string.find, ("a"):rep(300), ("a?"):rep(300)))
