# As in trace-failed-out-of-order, where two sets are compared.
let
  zone = throw "no zone";
  pick = x: if x then 1 else 2;
in
{
  inherit zone;
  alpha = pick zone;
} == {
  zone = 1;
  alpha = 1;
}
