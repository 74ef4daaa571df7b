{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  perl,
  openssl,
  zlib,
  zstd,
  withDocs ? false,
  extraFlags ? [ ],
}:

let
  tag = lib.replaceStrings [ "." ] [ "_" ] "8.6.0";
in
stdenv.mkDerivation {
  pname = "curl";
  version = "8.6.0";

  src = fetchurl {
    url = "https://src.example.org/curl/release-${tag}.tar.xz";
    sha256 = "1c2bybimdhbbyhxnsrgsbf1wc7djjw94n1mydhq91z7hn5wlnzj2";
  };

  outputs = [ "out" "bin" "dev" ];
  nativeBuildInputs = [ pkgconf perl ];
  buildInputs = [ openssl zlib zstd ];
  configureFlags = extraFlags ++ lib.optional (!withDocs) "--disable-docs";

  meta = {
    description = "Transfers by URL";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
