{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  cairo,
  glib,
  fontconfig,
}:

stdenv.mkDerivation rec {
  pname = "pango";
  version = "1.51";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1cc1m08b620ck4nxh3x83vn3nm54y9qs0bk59ygv3dx42g5c1dc2";
  };

  outputs = [ "out" "dev" ];
  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ cairo glib fontconfig ];

  meta = {
    description = "Lays out text";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
}
