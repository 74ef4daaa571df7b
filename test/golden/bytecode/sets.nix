x: { a = x; b.c = 1; b.d = x; inherit x; ${x} = 2; }
