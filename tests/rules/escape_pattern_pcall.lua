-- expect: instruction budget
while true do pcall(string.find, ("a"):rep(40), ("a*"):rep(12) .. "b") end
