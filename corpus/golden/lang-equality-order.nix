# Sets are compared in the order in which their names are met: what differs before comes before what fails.
let
  broken = throw "not to be asked";
in
[
  ({ port = 1; host = broken; } == { port = 2; host = ""; })
  ({ port = 1 + 1; host = broken; } != { port = 3; host = ""; })
  ({ ${"zone"} = 1; mail = broken; } == { zone = 2; mail = 1; })
  (builtins.elem { port = 1; host = broken; } [ { port = 2; host = 1; } ])
  ([ { port.a = 1; host = broken; } ] == [ { port.a = 0; host = 1; } ])
]
