{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  gettext,
  libffi,
  pcre,
  zlib,
}:

stdenv.mkDerivation rec {
  pname = "glib";
  version = "2.78.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1m9av6mp0hxd7q75h2h9myxl1z9hhrqn4kb4vhgi9xl50a6pfc24";
  };

  outputs = [ "out" "dev" ];
  nativeBuildInputs = [ pkgconf gettext ];
  buildInputs = [ libffi pcre zlib ];

  meta = {
    description = "Basics for C programs";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
}
