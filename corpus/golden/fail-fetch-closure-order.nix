# Arguments are looked at in the order in which their names were met, wherever they stand here.
let
  names = { zone = 1; area = 2; };
in
builtins.fetchClosure { area = 2; zone = 1; }
