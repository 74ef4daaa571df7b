{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "lz4";
  version = "1.9.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "11vq2n0yvxkwfjcq79mnpkhhmx5ldm79rqhprdj8c9950ifzqinq";
  };

  outputs = [ "out" "dev" ];
  dontConfigure = true;
  makeFlags = [ "PREFIX=${placeholder "out"}" ];

  meta = {
    description = "Very fast compression";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
