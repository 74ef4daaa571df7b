{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "oniglet";
  version = "6.9.9";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "06a52mh2rk2yjq7w7xxjlim47wl1sn03c17vhp0v55n2znwpmlss";
  };

  outputs = [ "out" "dev" ];

  meta = {
    description = "Regular expressions";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
