{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "bzip2";
  version = "1.0.8";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1lz8x8migd48x0ay9l7857mxkd78v6g6sw442w5n2bs1lb1iprh9";
  };

  outputs = [ "out" "bin" ];
  dontConfigure = true;
  makeFlags = [ "PREFIX=${placeholder "out"}" ];

  meta = {
    description = "Compression by sorting blocks";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
