# The set of a `with` is forced at its place.
let x = with { }; with x; y; in x
