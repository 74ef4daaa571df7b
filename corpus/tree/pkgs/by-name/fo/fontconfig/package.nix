{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  freetype,
  expat,
}:

stdenv.mkDerivation rec {
  pname = "fontconfig";
  version = "2.15";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "11wrmp5818417rhdsxnrw7h0dh6n3c3g2077llyzgyspyqqqnh4r";
  };

  outputs = [ "out" "bin" ];
  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ freetype expat ];

  meta = {
    description = "Finds fonts";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
