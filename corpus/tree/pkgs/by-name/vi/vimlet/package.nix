{
  lib,
  stdenv,
  fetchurl,
  ncurses,
  withDocs ? false,
  extraFlags ? [ ],
}:

stdenv.mkDerivation rec {
  pname = "vimlet";
  version = "9.1";

  src = fetchurl {
    url = "https://src.example.org/${pname}-${version}.tar.xz";
    sha256 = "0n798z10qabf76lqyazfhd2aph8fq9kssdqa3ibg18fzrqca1b2m";
  };

  buildInputs = [ ncurses ];
  configureFlags = extraFlags ++ lib.optional (!withDocs) "--disable-docs";

  meta = {
    description = "A text editor";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
  };
}
