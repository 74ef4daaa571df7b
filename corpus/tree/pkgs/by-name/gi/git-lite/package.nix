{
  lib,
  stdenv,
  fetchurl,
  perl,
  gettext,
  curl,
  zlib,
  openssl,
  expat,
  withDocs ? false,
  extraFlags ? [ ],
}:

stdenv.mkDerivation rec {
  pname = "git-lite";
  version = "2.43.1";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0mgldn6yp17dhvgjrzll46mvhqg8n43mkcvx8z2l6pnyxy1r7bc8";
  };

  nativeBuildInputs = [ perl gettext ];
  buildInputs = [ curl zlib openssl expat ];
  configureFlags = extraFlags ++ lib.optional (!withDocs) "--disable-docs";

  meta = {
    description = "Keeps versions of files";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.unix;
  };
}
