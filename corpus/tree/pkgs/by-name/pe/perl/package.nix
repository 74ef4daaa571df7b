{
  lib,
  stdenv,
  fetchurl,
  zlib,
  bzip2,
}:

stdenv.mkDerivation rec {
  pname = "perl";
  version = "5.38.2";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1la99vk74pgfckra7l6gp3y9s0bnwnbf7irh9rr65g13wyljkjgh";
  };

  buildInputs = [ zlib bzip2 ];

  meta = {
    description = "A language for texts";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.unix;
  };
}
