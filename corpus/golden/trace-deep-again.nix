# What a list has once more is walked there: it is another cell.
let
  set = {
    all = map (x: x) [ set ];
    bad = throw "bad";
  };
in
builtins.deepSeq set 1
