{
  lib,
  stdenv,
  fetchurl,
  zlib,
  bzip2,
  xz,
}:

let
  tag = lib.replaceStrings [ "." ] [ "_" ] "1.84.0";
in
stdenv.mkDerivation {
  pname = "boost";
  version = "1.84.0";

  src = fetchurl {
    url = "https://src.example.org/boost/release-${tag}.tar.xz";
    sha256 = "09p61gpv5wn86m5siym2agi95m35ylvfgn8av09wc3wpypx68hna";
  };

  outputs = [ "out" "dev" ];
  buildInputs = [ zlib bzip2 xz ];
  configurePhase = ''
    ./bootstrap --prefix=$out \
      --with-zlib=${zlib}
  '';
  postFixup = lib.optionalString stdenv.platform.isLinux "patch-paths $out\n";

  meta = {
    description = "Libraries for C++";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
