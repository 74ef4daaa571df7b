{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "gmp";
  version = "6.3.0";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1d6bca97hdqdvcbbzg738w6g6fdqpvyg3iq11vrz7m4xgkpbn2yc";
  };

  outputs = [ "out" "dev" ];
  doCheck = true;

  meta = {
    description = "Integers of any size";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
}
