# The names of a text are met in its order; `port` before `host`, then.
let
  check = port: if port > 65535 then throw "port ${toString port} is too high" else port;
in
builtins.deepSeq {
  servers.one = {
    host = throw "no host";
    port = check 70000;
  };
} null
