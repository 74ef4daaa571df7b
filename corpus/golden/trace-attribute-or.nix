# A selection with a default names the attribute that it has found.
let
  s.a.b = throw "not this";
  ask = x: x.a.b.c or 1;
in
[ (ask { }) (s ? a.c.d) (ask s) ]
