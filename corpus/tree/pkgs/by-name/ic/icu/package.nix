{
  lib,
  stdenv,
  fetchurl,
}:

let
  tag = lib.replaceStrings [ "." ] [ "_" ] "74.2";
in
stdenv.mkDerivation {
  pname = "icu";
  version = "74.2";

  src = fetchurl {
    url = "https://src.example.org/icu/release-${tag}.tar.xz";
    sha256 = "187ci6j66qgvmvnl0v41hs22bdnisadh0zmgsq4ag7p6aanm4smb";
  };

  outputs = [ "out" "dev" ];

  meta = {
    description = "Unicode";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
