-- expect: ok
assert(tostring(1) == "1" and tostring(1.0) == "1.0" and tostring(0.5) == "0.5" and tostring(-1 // 1) == "-1")
assert(tostring(1e100) == "1e+100" and tostring(1 / 0) == "inf" and string.format("%5.2f|%-4d|%x|%%", 3.14159, 7, 255) == " 3.14|7   |ff|%")
assert(string.format("%.3s|%5s", "abcdef", "x") == "abc|    x")
