a: n: [ a.b.c (a.b.c or 1) (a.${n}.d) (a ? b.c) (a ? ${n}) ]
