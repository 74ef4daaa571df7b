{
  lib,
  stdenv,
  fetchurl,
  zlib,
}:

stdenv.mkDerivation rec {
  pname = "protobuf";
  version = "25.3";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1r99i9pzxrgdy6iz0wgzz7mdv62jz7cba168kavbczvkr9ws8f1s";
  };

  buildInputs = [ zlib ];

  meta = {
    description = "Messages with a schema";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
