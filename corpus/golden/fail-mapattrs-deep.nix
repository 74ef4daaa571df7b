(builtins.mapAttrs (n: v: throw "at ${n}") { a = 1; }).a
