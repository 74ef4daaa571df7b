{
  lib,
  stdenv,
  fetchurl,
  python,
}:

stdenv.mkDerivation rec {
  pname = "ninjalet";
  version = "1.11.1";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1imh3hh071mz8i2yzx5yqhsgi799ggl7x5x50rxzjdrq5khd9cz1";
  };

  nativeBuildInputs = [ python ];

  meta = {
    description = "Builds fast";
    license = lib.licenses.apache2;
    platforms = lib.platforms.unix;
  };
}
