let f = x: x; in assert f { a.b = [ 1 ]; } ? c && true -> false; 1
