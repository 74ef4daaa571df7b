{ lib, stdenv, fetchurl }:

stdenv.mkDerivation {
  pname = "bash";
  version = "5.2";
  src = fetchurl {
    url = "https://src.example.org/bash/bash-5.2.tar.xz";
    sha256 = "37d2b12d5d9abc2a364ef9448767ee03938e383c0284193477dc7618f4b7c6c2";
  };
  configureFlags = [ "--without-bash-malloc" ];
  passthru.shellPath = "/bin/bash";
  meta = {
    description = "A shell";
    license = lib.licenses.gpl3Plus;
  };
}
