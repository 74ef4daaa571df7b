# Names under `with` that are asked for again and again: what is kept of them must not outlive what it depends on.
let
  inherit (builtins) foldl' genList listToAttrs;
  range = genList (i: i) 300;
  sum = foldl' (a: x: a + x) 0;
  outer = {
    a = 1;
    b = 2;
  };
  even = i: i / 2 * 2 == i;
  big = listToAttrs (
    genList (i: {
      name = "n${toString i}";
      value = i;
    }) 2000
  );
  layered = big // { n7 = 7000; };
  viaArgument = s: with s; a + b;
  viaLet =
    i:
    let
      s = if even i then outer else { a = i; b = 0; };
    in
    with s;
    map (j: a + b + j) [
      1
      2
    ];
in
{
  same = sum (with outer; map (i: a + b + i) range);
  arguments = sum (map (i: viaArgument { a = i; b = 1; }) range);
  lets = sum (map (i: sum (viaLet i)) range);
  deep = sum (
    with { a = 10; };
    with { b = 20; };
    with { c = 30; };
    with { d = 40; };
    with { e = 50; };
    map (i: a + b + c + d + e + i) range
  );
  deepInside = sum (
    map (
      i:
      with { a = 10; };
      with { b = i; };
      with { c = 30; };
      with { d = 40; };
      a + b + c + d
    ) range
  );
  inner = sum (map (i: with outer; with { a = i; }; a + b) range);
  sometimes = sum (map (i: with outer; with (if even i then { a = 100; } else { }); a) range);
  layers = sum (with layered; map (i: n7 + n8 + i) range);
  layersInTurn = sum (map (i: with (if even i then layered else big); n7 + n8) range);
  builtin = sum (map (i: with builtins; length [ i ]) range);
  missing = map (i: (builtins.tryEval (with outer; with (if i > 20 then throw "later" else { }); b)).success) [
    1
    2
    3
    4
    5
    6
    7
    8
    9
    10
    21
    11
  ];
}
