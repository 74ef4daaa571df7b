{
  lib,
  stdenv,
  fetchurl,
  zlib,
}:

stdenv.mkDerivation rec {
  pname = "libpng";
  version = "1.6.43";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1ibrsd7551b8263f8l04a27zrw3bnfb4yxfnjjlf0zglpmhfbwlm";
  };

  outputs = [ "out" "dev" ];
  buildInputs = [ zlib ];
  postInstall = ''
    mkdir -p $dev
    mv $out/include $dev/
  '';

  meta = {
    description = "Reads and writes PNG images";
    license = lib.licenses.zlib;
    platforms = lib.platforms.unix;
  };
}
