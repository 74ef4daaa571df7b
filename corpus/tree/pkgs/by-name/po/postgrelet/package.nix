{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  perl,
  openssl,
  readline,
  zlib,
  icu,
  libxml,
}:

stdenv.mkDerivation rec {
  pname = "postgrelet";
  version = "16.2";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0mykh855cy9r951q670kj9jvw2mw1lyvkkjgb15ifm5pbp5qnbi4";
  };

  outputs = [ "out" "bin" "dev" ];
  nativeBuildInputs = [ pkgconf perl ];
  buildInputs = [ openssl readline zlib icu libxml ];
  configurePhase = ''
    ./bootstrap --prefix=$out \
      --with-zlib=${zlib}
  '';
  postFixup = lib.optionalString stdenv.platform.isLinux "patch-paths $out\n";

  meta = {
    description = "A relational database";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
