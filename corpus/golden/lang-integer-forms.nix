# An integer is the same one whichever way it came about: literal, parsed, computed.
let
  ns = [ 0 1 2147483646 2147483647 2147483648 2147483649 4294967295 4294967296 3000000000 9007199254740990 9007199254740991 9007199254740992 9007199254740993 9223372036854775806 9223372036854775807 ];
  toml = n: (builtins.fromTOML "a = ${toString n}").a;
  json = n: builtins.fromJSON (toString n);
  viaAdd = n: (n - 1) + 1;
  viaMul = n: n * 1;
  viaDiv = n: n / 1;
  viaBit = n: builtins.bitOr n 0;
  viaXor = n: builtins.bitXor n 0;
  viaAnd = n: builtins.bitAnd n 9223372036854775807;
  viaNeg = n: -(-n);
  viaSub = n: 0 - (0 - n);
  viaFloor = n: if n < 9007199254740992 then builtins.floor (n + 0.0) else n;
  viaCeil = n: if n < 9007199254740992 then builtins.ceil (n + 0.0) else n;
  ways = [ toml json viaAdd viaMul viaDiv viaBit viaXor viaAnd viaNeg viaSub viaFloor viaCeil ];
in
map (n: map (w: w n == n && n == w n && [ (w n) ] == [ n ] && builtins.elem (w n) [ n ] && { a = w n; } == { a = n; } && !(w n < n) && !(n < w n) && (w n <= n) && builtins.length (builtins.genericClosure { startSet = [ { key = n; } { key = w n; } ]; operator = _: [ ]; }) == 1 && !(w n != n)) ways) ns
++ [ (map (n: -n == (0 - n) && [ (-n) ] == [ (0 - n) ]) ns) ]
