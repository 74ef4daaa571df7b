# Lazy data: a stream made and consumed cell by cell, and thunks that nobody asks for.
let
  n = 100;
  from = n: { head = n; tail = from (n + 1); unused = n * n; };
  take = n: s: if n == 0 then [ ] else [ s.head ] ++ take (n - 1) s.tail;
  sum = acc: n: s: if n == 0 then acc else sum (acc + s.head) (n - 1) s.tail;
  loop = i: acc: if i == 0 then acc else loop (i - 1) (builtins.seq acc (acc + sum 0 1000 (from i)));
in
[ (loop n 0) (builtins.length (take (n * 20) (from 1))) ]
