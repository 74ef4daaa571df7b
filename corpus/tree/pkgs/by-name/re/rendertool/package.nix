{ lib, stdenv, fetchurl, blas, openblaslet ? null }:

stdenv.mkDerivation {
  pname = "rendertool";
  version = "1.0";
  src = fetchurl { url = "https://src.example.org/rendertool.tar.xz"; sha256 = "0hnnffgp4bb63cpi72n1v5gdybpp49cfsj0l8sbp245vq1g9h2j1"; };
  buildInputs = [ blas openblaslet ];
  meta = {
    description = "Draws with vendor code";
    license = lib.licenses.unfree;
  };
}
