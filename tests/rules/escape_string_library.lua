-- expect: cannot set 'rep'
string.rep = function() return "" end
