{ a.b = [ 1 { c = throw "deep inside"; } ]; }
