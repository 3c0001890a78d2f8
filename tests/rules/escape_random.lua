-- expect: field 'random'
math.random()
