let
  f = a: b: c: d: [ a b c d ];
  g = a: b: { c, d ? 4 }: [ a b c d ];
  f3 = f 1 2 3;
  m = map (a: b: c: [ a b c ]) [ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 ];
  s = map builtins.substring [ 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 ];
in {
  a = f 1 2 3 4; b = f3 5; c = (f 1) 2 3 4; d = map (f 1 2) [ 3 4 ]; e = map (h: h 9) (map (f 1 2) [ 3 4 ]);
  g = map (x: g 1 2 x) [ { c = 1; } { c = 2; d = 3; } ]; h = (g 1) 2 { c = 5; };
  m = map (h: h 1 2) m; s = map (h: h 2 "abcdefghijklmnopqrstuvwxyz") s; t = map (h: (h 2) "abcdefghijklmnopqrstuvwxyz") s;
  fa = builtins.functionArgs (g 1 2); fb = builtins.functionArgs (g 1);
  same = let h = f 1; in [ h ] == [ h ]; 
  fold = builtins.foldl' (f 1 2) 0 [ ]; z = builtins.zipAttrsWith (n: vs: map (h: h 1) vs) [ { a = builtins.add; } { a = builtins.sub; } ];
  sub = builtins.substring 0 2 "hello";
  e1 = (builtins.tryEval (map (builtins.substring (0 - 1)) [ 1 ])).success;
}
