# A coercion that goes too deep is told of where the interpolation stands.
let x = { outPath = x; }; in "a ${x}"
