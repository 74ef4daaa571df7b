{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  zlib,
  libpng,
  bzip2,
}:

stdenv.mkDerivation rec {
  pname = "freetype";
  version = "2.13.2";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0vrzs56jw6d78zv4gph9y3f73ww0byi0vn86k2n0bd8jr1xgdx1k";
  };

  outputs = [ "out" "dev" ];
  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ zlib libpng bzip2 ];

  meta = {
    description = "Renders fonts";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
