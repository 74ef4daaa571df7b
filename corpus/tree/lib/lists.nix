lib:
let
  inherit (builtins)
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    head
    length
    map
    sort
    tail
    ;
in
rec {
  singleton = x: [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  toList = x: if builtins.isList x then x else [ x ];
  range = first: last: if first > last then [ ] else genList (i: first + i) (last - first + 1);
  replicate = n: x: genList (_: x) n;
  imap0 = f: xs: genList (i: f i (elemAt xs i)) (length xs);
  imap1 = f: imap0 (i: f (i + 1));
  flatten = x: if builtins.isList x then concatMap flatten x else [ x ];
  remove = x: filter (y: y != x);
  count = test: foldl' (n: x: if test x then n + 1 else n) 0;
  sum = foldl' (a: b: a + b) 0;
  product = foldl' (a: b: a * b) 1;
  last = xs: elemAt xs (length xs - 1);
  init = xs: take (length xs - 1) xs;
  take = n: sublist 0 n;
  drop = n: xs: sublist n (length xs) xs;
  sublist =
    start: count: xs:
    let
      size = length xs;
    in
    genList (i: elemAt xs (start + i)) (
      if start >= size then 0 else if start + count > size then size - start else count
    );
  reverseList = xs: let n = length xs; in genList (i: elemAt xs (n - i - 1)) n;

  # A right fold that does not force what it is not asked for.
  foldr =
    f: end: xs:
    let
      size = length xs;
      go = i: if i == size then end else f (elemAt xs i) (go (i + 1));
    in
    go 0;

  findFirst =
    test: fallback: xs:
    let
      found = filter test xs;
    in
    if found == [ ] then fallback else head found;
  findIndex =
    test: fallback: xs:
    let
      go = i: if i == length xs then fallback else if test (elemAt xs i) then i else go (i + 1);
    in
    go 0;

  zipListsWith = f: as: bs: genList (i: f (elemAt as i) (elemAt bs i)) (lib.min (length as) (length bs));
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });

  # Each element once, at its first place.
  unique = foldl' (acc: x: if elem x acc then acc else acc ++ [ x ]) [ ];
  # The same for strings, in their order, without comparing all with all.
  uniqueStrings = xs: builtins.attrNames (builtins.groupBy (x: x) xs);
  subtractLists = gone: filter (x: !elem x gone);
  intersectLists = xs: filter (x: elem x xs);
  crossLists = f: foldl' (fs: xs: concatMap (f: map f xs) fs) [ f ];
  groupBy' = step: start: key: xs: builtins.mapAttrs (_: foldl' step start) (builtins.groupBy key xs);
  sortOn = key: xs: map (p: p.x) (sort (a: b: a.k < b.k) (map (x: { k = key x; inherit x; }) xs));
  compareLists =
    cmp: as: bs:
    if as == [ ] then
      (if bs == [ ] then 0 else -1)
    else if bs == [ ] then
      1
    else
      let
        here = cmp (head as) (head bs);
      in
      if here == 0 then compareLists cmp (tail as) (tail bs) else here;

  # Orders `xs` so that `before a b` puts a ahead of b; gives { result } or { cycle, loops }.
  toposort =
    before: xs:
    let
      visit =
        state: node:
        if state ? cycle || elem node state.done then
          state
        else if elem node state.path then
          state // { cycle = state.path ++ [ node ]; }
        else
          let
            inner = foldl' visit (state // { path = state.path ++ [ node ]; }) (filter (x: x != node && before x node) xs);
          in
          if inner ? cycle then inner else inner // { path = state.path; done = inner.done ++ [ node ]; };
      end = foldl' visit { path = [ ]; done = [ ]; } xs;
    in
    if end ? cycle then { cycle = end.cycle; loops = [ (last end.cycle) ]; } else { result = end.done; };

  concatMapAttrs = f: set: concatLists (lib.mapAttrsToList f set);
}
