# Elements of long lists that are made when they are asked for: each is evaluated once, and is one cell.
let
  n = 40;
  gen = builtins.genList (i: builtins.trace "element ${toString i}" (i * i)) n;
  sets = builtins.genList (i: { inherit i; f = x: x; }) n;
  fns = map (i: x: x + i) (builtins.genList (i: i) n);
  # An element that reads others of its own list.
  sums = builtins.genList (i: if i == 0 then 1 else builtins.elemAt sums (i - 1) + i) n;
  # Deeper than makers stand behind each other.
  deep = builtins.foldl' (l: k: map (x: x + k) l) (builtins.genList (i: i) n) (builtins.genList (i: i) 50);
  rest = l: if builtins.length l <= 20 then l else rest (builtins.tail l);
  failing = builtins.genList (i: if i == 30 then throw "not me" else i) n;
in
{
  # Twice through the same list.
  twice = [ (builtins.foldl' builtins.add 0 gen) (builtins.foldl' builtins.add 0 gen) ];
  ordered = builtins.sort (a: b: a > b) gen == builtins.sort (a: b: b < a) gen;
  # Sets with functions are equal when they are the same cell.
  same = sets == sets && builtins.elemAt sets 3 == builtins.elemAt sets 3;
  cells = [ (builtins.elemAt sets 3) ] == [ (builtins.elemAt sets 3) ];
  tails = builtins.tail sets == builtins.tail sets;
  kept = builtins.filter (s: s.i < 3) sets == builtins.filter (s: s.i < 3) sets;
  functions = fns == fns;
  again = map (f: f 1) fns == map (f: f 1) fns;
  inherit sums;
  deep = builtins.elemAt deep 7;
  twentieth = builtins.head (rest gen);
  unread = builtins.length failing;
  small = builtins.all (x: x < 30) (builtins.filter (i: i < 5) (builtins.genList (i: i) n));
  tried = builtins.tryEval (builtins.foldl' (a: b: a + b) 0 failing);
  lazily = builtins.foldl' (a: b: a + 1) 0 failing;
  joined = builtins.concatStringsSep "," (map toString (builtins.genList (i: i) 20));
  total = builtins.length (builtins.concatLists (builtins.genList (i: builtins.genList (j: throw "x") i) 20));
  nine = builtins.elem 9 gen;
  parted = builtins.partition (x: x < 10) (builtins.genList (i: i) 20);
}
