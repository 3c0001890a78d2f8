-- expect: unpack: at most elements
return table.unpack({}, 1, 100000000)
