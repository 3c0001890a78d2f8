-- expect: attempt to index a
("x").y = 1
