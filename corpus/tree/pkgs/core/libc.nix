{ lib, stdenv, fetchurl }:

stdenv.mkDerivation {
  pname = "libc";
  version = "2.39";
  src = fetchurl {
    url = "https://src.example.org/libc/libc-2.39.tar.xz";
    sha256 = "16c8c6eb85e05438f5d6c60ff9869072a3a3b1618aa1481ac7a0cb049f06f51d";
  };
  outputs = [ "out" "bin" "dev" "static" ];
  configureFlags = [ "--enable-kernel=4.19.0" "--host=${stdenv.platform.config}" ];
  meta = {
    description = "The C library";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.linux ++ lib.platforms.darwin;
  };
}
