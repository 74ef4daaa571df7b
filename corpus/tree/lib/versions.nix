lib:
let
  inherit (builtins) compareVersions elemAt splitVersion;
in
rec {
  versionOlder = a: b: compareVersions b a == 1;
  versionAtLeast = a: b: !versionOlder a b;
  major = v: elemAt (splitVersion v) 0;
  minor = v: elemAt (splitVersion v) 1;
  majorMinor = v: "${major v}.${minor v}";
  pad = n: v: let parts = builtins.filter (p: builtins.match "[0-9]+" p != null) (splitVersion v); in
    lib.concatStringsSep "." (lib.take n (parts ++ lib.replicate n "0"));
  newest = vs: builtins.head (builtins.sort (a: b: versionOlder b a) vs);
}
