{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "xz";
  version = "5.4.6";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0slcm5kh70l4krgh857d891hgnsb378liy9fd6ss1w8byzkfkicf";
  };

  outputs = [ "out" "bin" "dev" ];
  doCheck = true;

  meta = {
    description = "Compression with a good ratio";
    license = lib.licenses.publicDomain;
    platforms = lib.platforms.unix;
  };
}
