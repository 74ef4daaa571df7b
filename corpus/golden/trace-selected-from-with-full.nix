# The attribute that is selected was inherited, the thunk behind it belongs to another set, and the same selection has
# found an attribute of a third set meanwhile.
let
  make = { cc }: { inherit cc; };
  inner = rec { ok = { name = true; }; cc = ok; };
  pick = set: with set; tool.cc.name or false;
  outer = make { cc = if pick { tool = inner; } then throw "the compiler" else 1; };
in
pick { tool = outer; }
