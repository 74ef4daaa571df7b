# Lists taken apart and put together: map, filter, partition, group, concatenate, head and tail.
let
  n = 60000;
  xs = builtins.genList (i: i) n;
  pairs = builtins.concatMap (i: if i - i / 3 * 3 == 0 then [ i (i + 1) ] else [ i ]) xs;
  odd = i: i - i / 2 * 2 == 1;
  parts = builtins.partition odd pairs;
  groups = builtins.groupBy (i: toString (i - i / 100 * 100)) xs;
  walk = acc: l: if l == [ ] then acc else walk (acc + builtins.head l) (builtins.tail l);
  nested = builtins.genList (i: builtins.genList (k: i + k) 10) (n / 10);
in
[
  (builtins.length pairs)
  (builtins.length parts.right)
  (builtins.length (builtins.attrNames groups))
  (builtins.length (builtins.filter odd xs ++ map (x: x + 1) parts.wrong))
  (builtins.foldl' (a: i: a + walk i (builtins.genList (k: k + i) 2000)) 0 (builtins.genList (i: i) (n / 2000)))
  (builtins.foldl' builtins.add 0 (builtins.concatLists nested))
  (builtins.elem (n - 1) xs && builtins.any (x: x > n - 2) xs && builtins.all (x: x < n) xs)
]
