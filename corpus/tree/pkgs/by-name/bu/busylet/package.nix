{
  lib,
  stdenv,
  fetchurl,
}:

stdenv.mkDerivation rec {
  pname = "busylet";
  version = "1.36";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1cpid3v9myhmc4832f68d811l5b8sv50lszbj47pyl6fx0c24lb6";
  };


  meta = {
    description = "Many tools in one program";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.unix;
  };
}
