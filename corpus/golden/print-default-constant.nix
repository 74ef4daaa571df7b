# The default of a formal that is a constant is there at once; what has to be computed is not.
(
  {
    text ? "x",
    nothing ? null,
    empty ? [ ],
    yes ? true,
    primop ? map,
    lambda ? x: x,
    sum ? 1 + 1,
    selected ? builtins.map,
    toString ? throw "not the builtin",
    shadowed ? toString,
  }:
  [
    text
    nothing
    empty
    yes
    primop
    lambda
    sum
    selected
    shadowed
  ]
  ++ builtins.attrValues (removeAttrs { inherit text sum; y = 1; } [ "y" ])
) { }
