let
  wanted = {
    port = throw "no port";
    host = throw "no host";
  };
in
map (given: given == wanted) [
  {
    host = 1;
    port = 2;
  }
]
