{
  lib,
  stdenv,
  fetchurl,
  openssl,
}:

stdenv.mkDerivation rec {
  pname = "redislet";
  version = "7.2.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1blccfg9n1k56b5cl77xzbdkx2ril87nnpk4fdsdq83k45qlswq9";
  };

  buildInputs = [ openssl ];
  dontConfigure = true;
  makeFlags = [ "PREFIX=${placeholder "out"}" ];

  meta = {
    description = "Keeps data in memory";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
