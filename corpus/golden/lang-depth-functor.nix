let a = { __functor = self: x: if x == 0 then 0 else a (x - 1); }; in a 4998
