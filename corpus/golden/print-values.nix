{
  ints = [ 0 (-1) ];
  strings = [ "plain" "q\"q" "back\\slash" "new\nline" "\${x}" "$x" "$" "$$" "tab\t" "cr\r" "é" ];
  names = { "a b" = 1; "if" = 1; "a.b" = 1; "1a" = 1; a1 = 1; a-b = 1; a' = 1; _ = 1; "" = 1; or = 1; };
  empties = [ [ ] { } "" ];
  functions = [ (x: x) ({ a, b ? 1 }@c: a) builtins.map (builtins.map (x: x)) builtins.add (builtins.add 1) ];
  paths = [ /a /a/b ];
  nulls = [ null true false ];
  floats = [ 1.0 0.1 1.5e-10 ];
  repeated = let s = { x = 1; }; e = [ ]; in [ s s e e [ s ] ];
}
