# Elements that are evaluated as they are compared, and sets that differ in several attributes.
let
  inherit (builtins) elem genList map tryEval zipAttrsWith;
  fails = x: !(tryEval x).success;
in
{
  found = elem { a = 1; b = 2; } (genList (i: { a = i; b = i * 2; }) 20);
  missing = elem { a = 0 - 1; b = 0; } (genList (i: { a = i; b = i; }) 20);
  # Those behind the one that is found are not looked at.
  stops = elem { a = 1; } (map (x: if x == 2 then throw "no" else { a = x; }) [ 0 1 2 ]);
  fails = fails (elem { a = 5; } (map (x: if x == 2 then throw "no" else { a = x; }) [ 0 1 2 ]));
  # The first difference decides.
  lazy = elem { a = 1; b = throw "b"; } [ { a = 2; b = 1; } { a = 3; b = throw "c"; } ];
  strict = fails (elem { a = 1; b = throw "b"; } [ { a = 2; b = 1; } { a = 1; b = 1; } ]);
  nested = elem [ 1 [ 2 ] ] [ [ 1 [ (1 + 2) ] ] [ 1 [ (1 + 1) ] ] ];
  zipped = zipAttrsWith (n: vs: [ n vs ]) (genList (i: { "k${toString (i / 5)}" = i; all = i; }) 20);
  one = zipAttrsWith (n: vs: vs) [ { b = 1; a = 2; } ];
  unused = zipAttrsWith (n: vs: builtins.length vs) (genList (i: { a = throw "a"; b = i; } // { c = throw "c"; }) 20);
  notSets = fails (zipAttrsWith (n: vs: vs) (map (x: if x == 2 then throw "no" else { a = x; }) [ 0 1 2 3 ]));
}
