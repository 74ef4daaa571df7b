{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  libpng,
}:

stdenv.mkDerivation rec {
  pname = "pixman";
  version = "0.43";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0jrbi9zr62ybqsl6naw144v0s4idfdkd52bpr1ap0xgf3387xl0m";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ libpng ];

  meta = {
    description = "Combines pixels";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
