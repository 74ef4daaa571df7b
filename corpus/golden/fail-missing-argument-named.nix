let f = { a, b }: a; in f { b = 1; }
