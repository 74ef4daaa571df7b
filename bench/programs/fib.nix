# Calls and integer arithmetic.
let
  n = 27;
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
in
fib n
