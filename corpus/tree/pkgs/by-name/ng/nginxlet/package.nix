{
  lib,
  stdenv,
  fetchurl,
  openssl,
  pcre,
  zlib,
  withDocs ? false,
  extraFlags ? [ ],
}:

stdenv.mkDerivation rec {
  pname = "nginxlet";
  version = "1.25.4";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "1a2hsz2mvw18id34w9ls9ghp6a0821813ms6ja3xva56kswmkf7w";
  };

  buildInputs = [ openssl pcre zlib ];
  configureFlags = extraFlags ++ lib.optional (!withDocs) "--disable-docs";

  meta = {
    description = "A web server";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
