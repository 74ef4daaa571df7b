let
  size = "3";
in
(2 * size) - 1
