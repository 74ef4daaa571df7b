# Nix hands a variable to the builtin behind `-` and `<` as it is, and that forces it at no position.
let
  failing = map (x: throw "element ${toString x}") [ 1 ];
in
builtins.filter (x: 3 - x < 2) failing
