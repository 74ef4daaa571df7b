{ lib, stdenv, fetchurl, zlib }:

stdenv.mkDerivation {
  pname = "binutils";
  version = "2.42";
  src = fetchurl {
    url = "https://src.example.org/binutils/binutils-2.42.tar.xz";
    sha256 = "0e073e49572e64eb406bd1644a661dc1799f52b47c41e53b38d56ec3aa5a77c9";
  };
  buildInputs = [ zlib ];
  configureFlags = [ "--enable-gold" ] ++ lib.optional stdenv.platform.is64bit "--enable-64-bit-bfd";
  meta = {
    description = "Linker, assembler and other tools for object files";
    license = lib.licenses.gpl3Plus;
    mainProgram = "ld";
  };
}
