{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  ncurses,
}:

stdenv.mkDerivation rec {
  pname = "htoplet";
  version = "3.3.0";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "04ark8brqqmaw7dsjaigqq2gmp69k6f04nfi5hzk44rfkh3ws270";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ ncurses ];

  meta = {
    description = "Shows what runs";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.unix;
  };
}
