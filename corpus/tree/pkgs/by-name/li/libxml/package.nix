{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  zlib,
  xz,
}:

stdenv.mkDerivation rec {
  pname = "libxml";
  version = "2.12.5";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0vid4f9plyzxhkih8dx58563yxv14ypbgln6j24bp36ml42v4azi";
  };

  outputs = [ "out" "bin" "dev" ];
  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ zlib xz ];

  meta = {
    description = "A parser of XML";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
