{
  lib,
  stdenv,
  fetchurl,
  zlib,
}:

stdenv.mkDerivation rec {
  pname = "zstd";
  version = "1.5.5";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "10l7k23c145hgizi7bzi2qxgrj23r80rr7qdg6n815np9vdssb94";
  };

  outputs = [ "out" "bin" "dev" ];
  buildInputs = [ zlib ];
  dontConfigure = true;
  makeFlags = [ "PREFIX=${placeholder "out"}" ];

  meta = {
    description = "Fast compression";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
