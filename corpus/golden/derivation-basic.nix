let
  a = derivation {
    name = "a";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "echo $foo > $out" ];
    foo = "bar";
    number = 5;
    flag = true;
    none = null;
    list = [ 1 "two" false ];
  };
  b = derivation {
    name = "b-1.0";
    system = "x86_64-linux";
    builder = "${a}/bin/run";
    outputs = [ "out" "dev" "doc" ];
    inputs = [ a ];
  };
  fixed = derivation {
    name = "f.tar";
    system = "builtin";
    builder = "builtin:fetchurl";
    outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    outputHashMode = "flat";
  };
  recursive = derivation {
    name = "r";
    system = "builtin";
    builder = "b";
    outputHashAlgo = "sha1";
    outputHashMode = "recursive";
    outputHash = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
  };
  structured = derivation {
    name = "s";
    system = "x86_64-linux";
    builder = "/bin/sh";
    __structuredAttrs = true;
    nested = { x = [ 1 { y = true; } ]; f = 1.5; };
    dep = b.dev;
  };
  show = d: [ d.name d.type d.outputName d.drvPath d.outPath ];
in
{
  a = show a;
  b = map (o: [ b.${o}.outputName b.${o}.outPath ]) [ "out" "dev" "doc" ];
  bDrv = b.drvPath;
  all = map (d: d.outputName) b.all;
  fixed = show fixed;
  recursive = show recursive;
  structured = show structured;
  attrs = builtins.attrNames b;
  equal = [ (a == a) (a == b) (b.out == b.dev) ];
  text = builtins.toFile "x.txt" "hello";
  extra = (a // { outPath = "replaced"; }).outPath;
  isDerivation = a.type == "derivation";
  drvAttrs = b.drvAttrs.outputs;
  json = builtins.toJSON { d = b; };
}
