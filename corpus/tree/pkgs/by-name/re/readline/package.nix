{
  lib,
  stdenv,
  fetchurl,
  ncurses,
}:

stdenv.mkDerivation rec {
  pname = "readline";
  version = "8.2";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1kp0bwc97c8l00fkg4nwlv933blmpmczdim1h8qc108ysdmxw8xb";
  };

  outputs = [ "out" "dev" ];
  buildInputs = [ ncurses ];

  meta = {
    description = "Editing of input lines";
    license = lib.licenses.gpl3Plus;
    platforms = lib.platforms.unix;
  };
}
