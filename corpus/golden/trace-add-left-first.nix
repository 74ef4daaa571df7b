# The left operand is made a string before the right one is evaluated.
let
  server = {
    name = null;
    port = throw "no port";
  };
in
":" + (server.name + toString server.port)
