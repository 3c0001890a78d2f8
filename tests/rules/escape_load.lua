-- expect: global 'load'
load("return 1")()
