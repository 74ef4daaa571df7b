{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "nasm";
  version = "2.16";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1fp3nxyyfqnz07shpn64srfkfadmkyn8gvmzq2cfh7avm8cn92qx";
  };


  meta = {
    description = "Assembler for x86";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
