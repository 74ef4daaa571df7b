{ lib, stdenv, fetchurl }:

stdenv.mkDerivation {
  pname = "wornout";
  version = "0.1";
  src = fetchurl { url = "https://src.example.org/wornout.tar.xz"; sha256 = "0mjz7vqj58fba73xz8q96kifl4vxw6ifdfld09d9knng48vb13al"; };
  meta = {
    description = "Does not build any more";
    license = lib.licenses.mit;
    broken = true;
  };
}
