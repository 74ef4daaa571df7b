{ lib, stdenv, fetchurl }:

stdenv.mkDerivation {
  pname = "zlib";
  version = "1.3.1";
  src = fetchurl {
    url = "https://src.example.org/zlib/zlib-1.3.1.tar.xz";
    sha256 = "0ea55c28f8014d8886b6248fe3da5d588f55c0823847a6b4579f1131b051b5e2";
  };
  outputs = [ "out" "dev" ];
  configureFlags = [ "--shared" ];
  postInstall = "mkdir -p $dev && mv $out/include $dev/\n";
  meta = {
    description = "Compression that is lossless";
    license = lib.licenses.zlib;
    platforms = lib.platforms.all;
  };
}
