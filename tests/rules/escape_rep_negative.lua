-- expect: ok
assert(("x"):rep(-5) == "" and (""):rep(9007199254740992) == "" and ("ab"):rep(2, "-") == "ab-ab")
