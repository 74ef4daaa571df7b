# Pairs of a list that nobody else has go when listToAttrs has seen them; of any other list they stay.
let
  inherit (builtins)
    concatMap
    deepSeq
    genList
    length
    listToAttrs
    tryEval
    unsafeGetAttrPos
    ;
  pair = i: {
    name = "k${toString i}";
    value = i;
  };
  kept = genList pair 40;
  viaName = map pair;
  bad = i: if i == 30 then throw "a pair" else pair i;
  columns = s: map (n: (unsafeGetAttrPos n s).line) (builtins.attrNames s);
in
{
  made = (listToAttrs (genList pair 40)).k39;
  mapped = listToAttrs (map pair [ 3 1 2 ]);
  joined = listToAttrs (concatMap (i: [ (pair i) (pair (i + 10)) ]) [ 1 2 ]);
  first = listToAttrs (map (i: { name = "same"; value = i; }) [ 1 2 3 ]);
  wide = listToAttrs (map (i: pair i // { more = true; }) [ 1 2 ]);
  layered = listToAttrs (map (i: { value = i; } // { name = "n${toString i}"; }) [ 1 2 ]);
  places = columns (
    listToAttrs (
      map (i: if i == 2 then { name = "k2"; value = 0; } else pair i) [ 1 2 3 ]
    )
  );
  lazy = (listToAttrs (map (i: { name = "v${toString i}"; value = if i == 2 then throw "not asked for" else i; }) [ 1 2 3 ])).v3;
  again = [
    (listToAttrs kept).k7
    (length kept)
    (deepSeq kept (builtins.elemAt kept 7).value)
    (listToAttrs (viaName [ 5 ]))
  ];
  failed = [
    (tryEval (listToAttrs (genList bad 40))).success
    (tryEval (listToAttrs (genList bad 40))).success
    (tryEval (listToAttrs (genList bad 30)).k29).value
  ];
  none = listToAttrs (map pair [ ]);
}
