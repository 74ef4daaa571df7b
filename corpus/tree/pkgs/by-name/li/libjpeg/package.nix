{
  lib,
  stdenv,
  fetchurl,
  nasm,
}:

stdenv.mkDerivation rec {
  pname = "libjpeg";
  version = "3.0.2";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "172nscszag9xxgjqrrl6k49jkgvyn3z56py5bnpzbxk2b18svl1q";
  };

  outputs = [ "out" "bin" "dev" ];
  nativeBuildInputs = [ nasm ];

  meta = {
    description = "Reads and writes JPEG images";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
