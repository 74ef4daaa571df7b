{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  libpng,
  libjpeg,
  libtiff,
  glib,
}:

stdenv.mkDerivation rec {
  pname = "gdkpixbuf";
  version = "2.42";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0pd7g41iqphbc4kdr440jwfaizslll690jq8v5q54f0cj7xbvwqh";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ libpng libjpeg libtiff glib ];

  meta = {
    description = "Loads images";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
}
