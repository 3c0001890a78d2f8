-- expect: '%p' is not offered
string.format("%p", {})
