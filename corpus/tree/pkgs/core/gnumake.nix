{ lib, stdenv, fetchurl }:

stdenv.mkDerivation {
  pname = "gnumake";
  version = "4.4.1";
  src = fetchurl {
    url = "https://src.example.org/gnumake/gnumake-4.4.1.tar.xz";
    sha256 = "64b38279cf39b30c78aa3c083b5b10133bd06c7e4b49daf08f9cae5563b42be6";
  };
  doCheck = false;
  meta = {
    description = "Builds what is older than what it is made of";
    license = lib.licenses.gpl3Plus;
    mainProgram = "make";
  };
}
