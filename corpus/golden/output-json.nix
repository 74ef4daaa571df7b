{ a = 1; b = [ 1.5 null true "x\n" ]; c = { }; d.outPath = "/p"; e.__toString = self: "text"; }
