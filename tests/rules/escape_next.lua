-- expect: global 'next'
next({})
