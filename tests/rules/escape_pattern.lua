-- expect: the pattern takes more than
string.find(("a"):rep(40), ("a*"):rep(12) .. "b")
