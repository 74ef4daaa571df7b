{
  absolute = /a/b;
  normalised = [ /a/./b /a/../b /a/b/../../c ];
  plus = /a + "/b";
  plusText = /a + "b";
  plusDots = /a/b + "/../c";
  pathPath = /a + /b;
  interpolated = /a/${"b"}/c;
  interpolatedDots = /a/${"../x"};
  names = [ /a.b/c-d /a_b/+c /. ];
  types = map builtins.typeOf [ /a ./. ];
  equal = [ (/a == /a) (/a == "/a") (/a/b == /a/./b) ];
  base = map baseNameOf [ /a/b /a /. "/a/b/" "a/b" "a" "" "/" ];
  dir = [ (dirOf /a/b) (dirOf /a) (dirOf "/a/b") (dirOf "a/b") (dirOf "a") (dirOf "/a/") ];
  toText = [ (toString /a/b) (toString /a/../b) ];
  compare = [ (/a < /b) (/a/b < /a) ];
  toPath = builtins.toPath "/a/../b/./c";
  concat = builtins.concatStringsSep ":" [ (toString /a) "b" ];
}
