let
  f = x: x + 1;
in
{
  empty = [ ];
  nested = [ [ ] [ [ 1 ] ] 2 ];
  elements = [ f (f 1) f 2 ];
  elementTypes = map builtins.typeOf [ f (f 1) f 2 ];
  selects = let s = { a.b = 1; }; in [ s.a.b s.c or 2 (s ? a) ];
  concat = [ 1 ] ++ [ 2 ] ++ [ ] ++ [ 3 ];
  rightAssoc = [ 1 ] ++ [ 2 ] ++ builtins.tail [ 9 3 ];
  lazy = builtins.length [ (throw "a") (abort "b") ];
  equal = [ ([ 1 2 ] == [ 1 2 ]) ([ 1 ] == [ 1 2 ]) ([ ] == [ ]) ([ 1.0 ] == [ 1 ]) ];
  less = [ ([ 1 2 ] < [ 1 3 ]) ([ 1 ] < [ 1 0 ]) ([ ] < [ ]) ([ 2 ] > [ 1 9 ]) ([ "a" ] <= [ "a" ]) ];
}
