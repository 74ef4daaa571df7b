# A lambda that a dynamic attribute binds is called what the attribute was last called, as are the lambdas in it.
let
  make = name: { ${name} = x: { y }: z: throw "called ${name}"; };
  first = make "first";
  second = make "a second";
in
builtins.trace "${toString (builtins.tryEval (builtins.seq second.${"a second"} 1)).value}" (first.first 1 { y = 2; } 3)
