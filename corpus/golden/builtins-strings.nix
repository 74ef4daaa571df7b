with builtins;
{
  substring = [ (substring 1 2 "hello") (substring 0 (-1) "hello") (substring 9 1 "a") (substring 2 100 "abc") (substring 0 0 "abc") ];
  stringLength = map stringLength [ "" "a" "é" "a\nb" ];
  concatStringsSep = [ (concatStringsSep "," [ ]) (concatStringsSep "," [ "a" ]) (concatStringsSep ", " [ "a" "b" "c" ]) ];
  replaceStrings = [
    (replaceStrings [ "a" ] [ "b" ] "banana")
    (replaceStrings [ "oo" "a" ] [ "a" "oo" ] "foobar")
    (replaceStrings [ "" ] [ "-" ] "abc")
    (replaceStrings [ "" "a" ] [ "-" "x" ] "aba")
    (replaceStrings [ "ab" "a" ] [ "1" "2" ] "aab")
    (replaceStrings [ "a" "ab" ] [ "1" "2" ] "aab")
    (replaceStrings [ ] [ ] "x")
    (replaceStrings [ "x" ] [ (throw "lazy") ] "abc")
  ];
  toString = map toString [ 1 (-1) 1.5 true false null "s" [ 1 [ 2 3 ] [ ] "x" null true ] { outPath = "/p"; } { __toString = s: "own"; } /a/b ];
  toStringListGaps = [ (toString [ "a" [ ] ]) (toString [ [ ] "a" ]) (toString [ [ ] ]) (toString [ "" "" ]) ];
  toStringFloats = map toString [ 1.0 0.1 1.0e10 1.0e-7 123456.789 ];
  splitVersion = map splitVersion [ "1.2.3" "1.2pre3" "" "a-b.c" "2.0-rc1" "1..2" ];
  compareVersions = map (p: compareVersions (head p) (elemAt p 1)) [
    [ "1.0" "1.0" ] [ "1.0" "1.1" ] [ "1.10" "1.9" ] [ "1.0pre" "1.0" ] [ "1.0" "1.0a" ] [ "1.0a" "1.0b" ] [ "2.3.1" "2.3" ] [ "2.3.1" "2.3a" ] [ "2.3pre1" "2.3pre2" ] [ "" "1" ] [ "1.0-1" "1.0.1" ]
  ];
  parseDrvName = map parseDrvName [ "hello-2.12.1" "a-b-c" "nix-0.12pre12876" "x-1-2" "-1" "a-" "" ];
  match = [
    (match "a" "a") (match "a" "ab") (match "(a)(b)?" "a") (match "([a-z]+)-([0-9]+)" "abc-123") (match ".*" "a\nb")
    (match "[[:digit:]]+" "123") (match "(a|b)*" "abab") (match "a{2,3}" "aaa") (match "" "") (match "[^a]" "b") (match "a\\.b" "a.b")
  ];
  split = [
    (split "b" "abc") (split "(b)" "abc") (split "" "ab") (split "x" "abc") (split "(a)|(b)" "ab") (split "[[:space:]]+" "a b  c ") (split "a" "aaa")
  ];
  hashString = map (a: hashString a "abc") [ "md5" "sha1" "sha256" "sha512" ];
  hashEmpty = hashString "sha256" "";
  stringOrder = sort lessThan [ "b" "a" "B" "é" "10" "9" "" "ab" ];
  baseName = map baseNameOf [ "/a/b.c" "a" "/" "a/" "" ];
  escapeChars = [ "\"" "\\" "\n" "\t" "\r" "$" "\${" "" "\e" ];
}
