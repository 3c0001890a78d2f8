-- expect: global 'io'
io.open("/etc/passwd")
