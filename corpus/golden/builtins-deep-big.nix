# Walks over more parts than are looked at in one go.
let l = builtins.genList (i: if i == 9000 then throw "at 9000" else [ i ]) 10000;
    k = builtins.genList (i: i) 10000;
    deep = n: if n == 0 then 0 else [ (deep (n - 1)) ];
in {
  a = builtins.tryEval (builtins.deepSeq l 1);
  b = builtins.deepSeq k (builtins.deepSeq [ k { x = k; y = [ k ]; } ] 2);
  c = (builtins.genList (i: [ i ]) 10000) == (builtins.genList (i: [ i ]) 10000);
  d = (builtins.genList (i: [ i ]) 10000) == (builtins.genList (i: [ (if i == 9999 then 0 else i) ]) 10000);
  e = builtins.tryEval ((builtins.genList (i: [ i ]) 10000) == l);
  f = builtins.deepSeq (deep 3000) 3;
  g = deep 2500 == deep 2500;
  h = builtins.length (builtins.deepSeq (builtins.genList (i: { a = i; b = [ i i ]; }) 5000) k);
}
