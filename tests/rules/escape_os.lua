-- expect: global 'os'
os.time()
