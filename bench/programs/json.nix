# Data written and read back: toJSON, fromJSON, comparison of deep values.
let
  n = 10000;
  data = builtins.genList (i: {
    id = i;
    name = "package \"${toString i}\"";
    tags = [ "a" "b" null true 1.5 ];
    meta = { broken = false; level.deep = [ i [ i ] ]; };
  }) n;
  text = builtins.toJSON data;
  back = builtins.fromJSON text;
in
[ (builtins.stringLength text) (back == data) (builtins.foldl' (a: x: a + x.id) 0 back) ]
