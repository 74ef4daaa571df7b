{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  gettext,
  cairo,
  pango,
  gdkpixbuf,
  glib,
}:

stdenv.mkDerivation (self: {
  pname = "gtk";
  version = "4.12.5";

  src = fetchurl {
    url = "https://src.example.org/${self.pname}/${self.version}.tar.xz";
    sha256 = "1rgrd25xim9p5qf614xmcmsw86p7lid3mqwv6x39i6pdlkcxibw9";
  };

  outputs = [ "out" "dev" ];
  nativeBuildInputs = [ pkgconf gettext ];
  buildInputs = [ cairo pango gdkpixbuf glib ];
  doCheck = true;

  meta = {
    description = "Windows and widgets";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
})
