{
  lib,
  stdenv,
  fetchurl,
  curl,
  zlib,
  xz,
  expat,
}:

stdenv.mkDerivation rec {
  pname = "cmakelet";
  version = "3.28.3";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1jg914nz0srx7qn3hf8ibh5ab7fhc8fapmwmgmpyr1kyi4sc9icp";
  };

  buildInputs = [ curl zlib xz expat ];

  meta = {
    description = "Writes files for make";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
