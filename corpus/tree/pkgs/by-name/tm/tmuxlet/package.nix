{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  ncurses,
  libevent,
}:

stdenv.mkDerivation rec {
  pname = "tmuxlet";
  version = "3.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0h1apzs3vpscfxjawsigwwdpr9l9pfp0r9c1c7g2dz6r0js4n87r";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ ncurses libevent ];

  meta = {
    description = "Several terminals in one";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
