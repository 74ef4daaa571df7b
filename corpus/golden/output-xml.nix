{ a = 1; b = [ 1.5 null true "x\n<&>\"" ]; c = { }; f = { x, y ? 1, ... }@z: x; g = x: x; h = builtins.map; p = /a; }
