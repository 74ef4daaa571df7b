{
  lib,
  stdenv,
  fetchurl,
  zlib,
  readline,
}:

let
  tag = lib.replaceStrings [ "." ] [ "_" ] "3.45.1";
in
stdenv.mkDerivation {
  pname = "sqlite";
  version = "3.45.1";

  src = fetchurl {
    url = "https://src.example.org/sqlite/release-${tag}.tar.xz";
    sha256 = "0y2fn7krdr378i2y7050qc1xwbq9ds5hw8rx3jansa5z91l6dn0c";
  };

  outputs = [ "out" "bin" "dev" ];
  buildInputs = [ zlib readline ];

  meta = {
    description = "A database in one file";
    license = lib.licenses.publicDomain;
    platforms = lib.platforms.unix;
  };
}
