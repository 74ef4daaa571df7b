# Of several arguments that are missing, the one whose name was met first is told of: not that of the lambda around it,
# which counts when its body has been read.
let
  older = { "late" = 1; };
in
(zebra: { early, late, zebra }: early) 1 { }
