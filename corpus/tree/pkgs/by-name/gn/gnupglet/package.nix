{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  zlib,
  bzip2,
  readline,
}:

stdenv.mkDerivation rec {
  pname = "gnupglet";
  version = "2.4.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0hb19gh7in6mcmbl429hn0jxdxl9fjiyq30vsz9s7wmmxgg7d525";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ zlib bzip2 readline ];

  meta = {
    description = "Signs and encrypts";
    license = lib.licenses.gpl3Plus;
    platforms = lib.platforms.unix;
  };
}
