{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  curl,
  openssl,
}:

stdenv.mkDerivation rec {
  pname = "fetchit";
  version = "0.9.2";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "112sdb32kcs6zb3lk8idbl7hj0ykihbx3naphmwmg8rqlibsayz0";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ curl openssl ];

  meta = {
    description = "An HTTP client for people";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
