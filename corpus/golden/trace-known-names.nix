# A set is walked in the order in which Nix has met the names: those of builtins before those of the program.
let
  t = n: builtins.trace n 0;
in
builtins.deepSeq {
  zzz = t "zzz";
  aaa = t "aaa";
  tail = t "tail";
  strict = t "strict";
  map = t "map";
  abort = t "abort";
  name = t "name";
  __sub = t "__sub";
  toString = t "toString";
  derivation = t "derivation";
  type = t "type";
  add = t "add";
} (throw "end")
