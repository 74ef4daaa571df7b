with builtins;
{
  head = head [ 1 2 ];
  tail = [ (tail [ 1 2 3 ]) (tail [ 1 ]) ];
  elemAt = [ (elemAt [ 1 2 3 ] 0) (elemAt [ 1 2 3 ] 2) ];
  length = map length [ [ ] [ 1 ] [ [ ] [ ] ] ];
  map = map (x: x * 2) [ 1 2 3 ];
  mapLazy = length (map (x: throw "x") [ 1 2 ]);
  filter = filter (x: x > 1) [ 1 2 3 ];
  elem = [ (elem 2 [ 1 2 ]) (elem 3 [ ]) (elem { a = 1; } [ { a = 1; } ]) (elem 1.0 [ 1 ]) ];
  all = [ (all (x: x) [ ]) (all (x: x > 0) [ 1 2 ]) (all (x: x) [ false (throw "x") ]) ];
  any = [ (any (x: x) [ ]) (any (x: x > 1) [ 1 2 ]) (any (x: x) [ true (throw "x") ]) ];
  foldl = [ (foldl' (a: b: a + b) 0 [ 1 2 3 ]) (foldl' (a: b: [ b ] ++ a) [ ] [ 1 2 3 ]) ];
  foldlLazyStart = foldl' (a: b: b) (throw "start") [ 1 ];
  genList = [ (genList (x: x * x) 5) (genList (x: x) 0) (length (genList throw 3)) ];
  concatLists = concatLists [ [ 1 ] [ ] [ 2 3 ] ];
  concatMap = concatMap (x: [ x x ]) [ 1 2 ];
  sort = [ (sort lessThan [ 3 1 2 ]) (sort (a: b: a > b) [ 3 1 2 ]) (sort lessThan [ "b" "a" "C" ]) ];
  sortStable = sort (a: b: a.k < b.k) [ { k = 2; v = 1; } { k = 1; v = 2; } { k = 2; v = 3; } { k = 1; v = 4; } ];
  sortLong = sort lessThan (genList (x: (x * 7919) - (x * 7919) / 101 * 101) 40);
  partition = partition (x: x > 2) [ 1 3 2 4 ];
  groupBy = groupBy (x: if x > 2 then "big" else "small") [ 1 3 2 4 ];
  replaceNothing = filter isString [ 1 "a" null "b" ];
  nestedMap = map (map (x: x + 1)) [ [ 1 ] [ 2 3 ] ];
}
