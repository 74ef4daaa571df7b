let
  free = 100 - used;
  used = -half;
  half = free / 2;
in
free
