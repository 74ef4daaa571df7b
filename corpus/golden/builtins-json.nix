with builtins;
{
  toJSON = map toJSON [ 1 (-5) 1.0 0.1 1.5e300 1.0e15 1.0e16 1.0e-5 true null "a\"b\\\n\t/é" [ 1 [ ] ] { b = 1; a = { }; } { outPath = "/p"; x = 1; } { __toString = s: "own"; } "\r" ];
  nested = toJSON { a = [ { b = [ 1 2.5 { c = null; } ]; } ]; "k e y" = ""; };
  floats = map toJSON [ 0.30000000000000004 3.0e22 123456789.123 (1.0 / 3) 100.0 (-0.0) ((-1) * 0.0) 5.0e-300 ];
  fromJSON = map fromJSON [ "1" "-1" "1.0" "1e3" "true" "null" ''"a\u00e9\n\"\/"'' "[1,[2],{}]" ''{"b":1,"a":{"c":[]}}'' " 1 " "1E-2" ];
  duplicates = fromJSON ''{"a":1,"a":2}'';
  surrogates = fromJSON ''"\ud83d\ude00"'';
  big = fromJSON "9223372036854775807";
  bigger = fromJSON "18446744073709551616";
  roundTrip = let v = { a = [ 1 2.5 "x" null true { } ]; }; in fromJSON (toJSON v) == v;
  types = map (t: typeOf (fromJSON t)) [ "1" "1.0" "1e2" "-0" "-0.0" ];
  empty = [ (fromJSON "[]") (fromJSON "{}") (fromJSON ''""'') ];
}
