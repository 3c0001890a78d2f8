-- expect: ok
share { late = rule }
