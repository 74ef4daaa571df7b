assert { port = 1; host = 2; } == { port = 1; address = 2; }; null
