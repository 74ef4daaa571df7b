{
  lib,
  stdenv,
  fetchurl,
  gmp,
}:

stdenv.mkDerivation rec {
  pname = "mpfr";
  version = "4.2.1";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1crb8hr0s7dhy5x2b3w0hy4r6bf1rbxcmr4nld386mgapkzzdmb5";
  };

  outputs = [ "out" "dev" ];
  buildInputs = [ gmp ];
  doCheck = true;

  meta = {
    description = "Floats of any precision";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
}
