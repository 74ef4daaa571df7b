let __sub = a: b: a; in 1 - 2
