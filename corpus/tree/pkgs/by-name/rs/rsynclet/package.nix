{
  lib,
  stdenv,
  fetchurl,
  perl,
  openssl,
  zstd,
  lz4,
  zlib,
}:

stdenv.mkDerivation rec {
  pname = "rsynclet";
  version = "3.2.7";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1id9g9zp6pr7x92avmqsbm7lj142hyb0cf5nkf0dd6n98j6b4m05";
  };

  nativeBuildInputs = [ perl ];
  buildInputs = [ openssl zstd lz4 zlib ];

  meta = {
    description = "Copies what changed";
    license = lib.licenses.gpl3Plus;
    platforms = lib.platforms.unix;
  };
}
