{
  lib,
  stdenv,
  fetchurl,
  bzip2,
  zlib,
  withDocs ? false,
  extraFlags ? [ ],
}:

stdenv.mkDerivation rec {
  pname = "pcre";
  version = "10.42";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0fhpb7lwmi1ivy680k51cvl22a0f1fka5bkb3n34ix0nhcr1ybd5";
  };

  outputs = [ "out" "dev" ];
  buildInputs = [ bzip2 zlib ];
  configureFlags = extraFlags ++ lib.optional (!withDocs) "--disable-docs";

  meta = {
    description = "Regular expressions as in Perl";
    license = lib.licenses.bsd3;
    platforms = lib.platforms.unix;
  };
}
