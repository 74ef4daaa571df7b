{ a = 1 + 1; b = [ (1 + 1) 3 "s" ]; c = x: x; d = { e = throw "never"; }; f = rec { g = 1; h = g; }; }
