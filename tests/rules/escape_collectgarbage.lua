-- expect: global 'collectgarbage'
collectgarbage("collect")
