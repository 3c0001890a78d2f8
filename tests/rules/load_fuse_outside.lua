-- expect: only offered inside propose
fuse({})
