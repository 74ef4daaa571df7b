{ lib, stdenv, fetchurl, zlib, binutils, libc, languages ? [ "c" "c++" ] }:

stdenv.mkDerivation {
  pname = "gcc";
  version = "13.2.0";
  src = fetchurl {
    url = "https://src.example.org/gcc/gcc-13.2.0.tar.xz";
    sha256 = "94f0fa7f897ccce65856dc5a98bae4bf6957a346766613d79414c976d093aa4a";
  };
  buildInputs = [ zlib ];
  propagatedBuildInputs = [ binutils libc ];
  configureFlags = [
    "--enable-languages=${lib.concatStringsSep "," languages}"
    "--with-native-system-header-dir=${lib.getDev libc}/include"
  ];
  passthru = { inherit languages; isGNU = true; };
  meta = {
    description = "The GNU compilers";
    license = lib.licenses.gpl3Plus;
    mainProgram = "gcc";
  };
}
