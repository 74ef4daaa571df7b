builtins.fromTOML "a = x\nb = 1\nb = 2\n[c]\nd = [ [ y ], 3 ]\n[c]\ne = {f = z}\n[g\n"
