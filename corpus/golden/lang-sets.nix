let
  a = 1;
  inner = { x = 10; y = 20; };
in
{
  simple = { b = 2; a = 1; "c d" = 3; };
  paths = { a.b.c = 1; a.b.d = 2; a.e = 3; };
  merge = { a = { x = 1; }; a.y = 2; a = { z = 3; }; };
  inherits = { inherit a; inherit (inner) x y; };
  inheritStrings = { inherit (inner) "x" "y"; };
  recursive = rec { a = 2; b = a + 1; c = rec { d = b; a = 5; e = a; }; };
  recInherit = rec { inherit a; b = a; };
  dynamic = { ${"a" + "b"} = 1; "${"c"}d" = 2; ${null} = 3; };
  dynamicPath = { a.${"b"}.c = 1; };
  order = { "10" = 1; "9" = 2; B = 3; a = 4; _ = 5; "é" = 6; };
  keywords = { "if" = 1; "rec" = 2; or = 3; };
  overrides = rec { x = 1; y = x; __overrides = { x = 2; }; };
  update = { a = 1; b = 2; } // { b = 3; c = 4; } // { c = 5; };
  updateShallow = { a = { x = 1; }; } // { a = { y = 2; }; };
  updateLazy = ({ a = throw "no"; } // { a = 1; }).a;
  selectOr = [ (inner.x or 0) (inner.z or 0) (inner.x.y or 1) (inner.a.b.c or 2) ];
  has = [ (inner ? x) (inner ? z) (inner ? x.y) ({ a.b = 1; } ? a.b) (1 ? a) ];
  hasDynamic = [ (inner ? ${"x"}) (inner ? "y") ];
  selectDynamic = [ inner.${"x"} inner."y" inner.${"z"} or 3 ];
  equal = [ ({ a = 1; } == { a = 1; }) ({ a = 1; } == { b = 1; }) ({ } == { }) ({ a = 1; b = 2; } == { b = 2; a = 1.0; }) ];
  lazy = (rec { a = b; b = 1; c = throw "c"; }).a;
  length = builtins.length (builtins.attrNames { a = throw "x"; b = throw "y"; });
  nestedRecMerge = { a = rec { x = 1; y = x; }; a.z = 2; };
  functionInSet = { f = x: x; };
  emptyName = { "" = 1; }."";
}
