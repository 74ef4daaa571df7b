# The line of a last step whose name is computed, in a selection with a default.
let
  name = "second";
  table.first.second = throw "failed";
in
table.first.${name} or "default"
