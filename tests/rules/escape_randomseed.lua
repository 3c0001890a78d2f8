-- expect: field 'randomseed'
math.randomseed(1)
