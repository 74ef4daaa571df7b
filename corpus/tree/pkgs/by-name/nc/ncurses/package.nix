{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  withDocs ? false,
  extraFlags ? [ ],
}:

stdenv.mkDerivation rec {
  pname = "ncurses";
  version = "6.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "166rsw3f6ifi56cqlk84wlmrvzqj0m61k8fhwh9qnvrgwkq4hyip";
  };

  outputs = [ "out" "dev" ];
  nativeBuildInputs = [ pkgconf ];
  configureFlags = extraFlags ++ lib.optional (!withDocs) "--disable-docs";

  meta = {
    description = "Draws on text terminals";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
