{
  and = [ (true && false) (false && throw "x") ];
  or = [ (true || throw "x") (false || true) ];
  implies = [ (false -> throw "x") (true -> false) (true -> true) (false -> false -> false) ];
  not = [ (!true) (!(!true)) (!false && false) ];
  equality = [ (null == null) (1 == "1") (true == 1) ("" == null) (null == false) ];
  notEqual = [ (1 != 2) ([ ] != { }) ];
  order = [ (1 < 2) (2 <= 2) (3 > 4) (4 >= 4) ("a" <= "b") ];
  precedence = [ (1 + 2 == 3 && 4 < 5) (true || false && false) (!false || true) (1 < 2 == true) ];
  updateBinding = { a = 1; } // { b = 2; } == { a = 1; b = 2; };
  concatBinding = [ 1 ] ++ [ 2 ] == [ 1 2 ];
  hasBinding = !{ a = 1; } ? b;
  applicationFirst = (x: x + 1) 2 * 3;
  minusForms = let a = 5; b = 3; a-b = "one name"; in [ a-b (a - b) (a -b) (a - (-b)) ];
  selectBinding = -{ a = 5; }.a;
  divPath = 6 / 2;
  stringPlus = "a" + "b" + "c" == "abc";
  deepEqual = { a = [ { b = [ 1 { c = null; } ]; } ]; } == { a = [ { b = [ 1 { c = null; } ]; } ]; };
  derivationsEqual =
    { type = "derivation"; outPath = "/a"; x = 1; } == { type = "derivation"; outPath = "/a"; x = 2; };
  chainedUpdate = { } // { a = 1; } // { a = 2; } // { };
}
