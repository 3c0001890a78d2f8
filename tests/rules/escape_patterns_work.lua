-- expect: ok
assert(("key = value"):match("^(%w+)%s*=%s*(%w+)$") == "key")
assert(select(2, ("key = value"):match("^(%w+)%s*=%s*(%w+)$")) == "value")
assert(("f(a(b)c)d"):match("%b()") == "(a(b)c)")
assert(("THE (quick) fox"):find("%((%a+)%)") == 5)
assert(("hello world"):gsub("o", "0") == "hell0 w0rld")
assert(("hello"):gsub("", "-") == "-h-e-l-l-o-")
assert(("abc"):gsub("%w", "%0%0") == "aabbcc")
assert(("abc"):gsub("b", { b = "X" }) == "aXc")
assert(("THE (quick) fox"):gsub("%f[%a]%a+", string.lower) == "the (quick) fox")
assert(("aXbXc"):find("X", 1, true) == 2 and ("a.b"):find(".", 1, true) == 2 and ("abc"):find("c", -1) == 3)
assert(("x"):match("()") == 1 and ("[[x]]"):match("%[(%[.-%])%]") == "[x]" and ("aa"):match("(a)%1") == "a")
assert(("a-b_c"):match("[%a_-]+") == "a-b_c" and ("]"):match("[]]") == "]" and ("^"):match("[%^x]") == "^")
local words = {}
for w in ("one two  three"):gmatch("%a+") do words[#words + 1] = w end
assert(table.concat(words, ",") == "one,two,three")
assert(not pcall(string.find, "x", "[a") and not pcall(string.find, "x", "%") and not pcall(string.find, "x", "(x"))
