f: x: if x then f (x) else assert x == 1; let y = 2; in f y
