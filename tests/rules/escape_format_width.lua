-- expect: more than two digits
string.format("%99999d", 1)
