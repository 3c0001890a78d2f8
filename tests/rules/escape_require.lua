-- expect: global 'require'
require("os")
