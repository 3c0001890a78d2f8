-- expect: has no order
for k in pairs({ [{}] = 1 }) do end
