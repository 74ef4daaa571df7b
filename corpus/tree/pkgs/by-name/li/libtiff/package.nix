{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  libjpeg,
  zlib,
  xz,
}:

stdenv.mkDerivation rec {
  pname = "libtiff";
  version = "4.6.0";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0lvw6fwi41sqb1vc8ymgnysajd8vg0cx4q59k74gicd97swljr61";
  };

  outputs = [ "out" "bin" "dev" ];
  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ libjpeg zlib xz ];

  meta = {
    description = "Reads and writes TIFF images";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
