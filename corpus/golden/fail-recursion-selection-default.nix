# What a selection with a default ends with is forced where it was defined.
let
  table = { first = table.first or 1; };
in
table.first
