# A file from the network, known by its hash.
{ lib, system }:
{
  url ? builtins.head urls,
  urls ? [ url ],
  sha256,
  name ? baseNameOf (toString url),
  postFetch ? "",
}:
derivation {
  inherit name system urls postFetch;
  builder = "builtin:fetchurl";
  url = builtins.head urls;
  outputHash = sha256;
  outputHashAlgo = "sha256";
  outputHashMode = "flat";
  preferLocalBuild = true;
}
