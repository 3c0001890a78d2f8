-- expect: (the error is a table)
error({})
