-- expect: syntax error near '1'
x 1
