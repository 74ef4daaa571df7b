{ lib, stdenv, fetchurl, minimal ? true }:

stdenv.mkDerivation {
  pname = "coreutils";
  version = "9.4";
  src = fetchurl {
    url = "https://src.example.org/coreutils/coreutils-9.4.tar.xz";
    sha256 = "3993c379c029014a9c4b2adf5d23397b3c7421467a0cb3575ff925bb6f6329b0";
  };
  configureFlags = lib.optional minimal "--disable-nls";
  preConfigure = "export FORCE_UNSAFE_CONFIGURE=1\n";
  meta = {
    description = "The basic tools: ls, cp, sort and their like";
    license = lib.licenses.gpl3Plus;
    mainProgram = "ls";
  };
}
