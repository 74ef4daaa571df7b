{
  lib,
  stdenv,
  fetchurl,
  pkgconf,
  pixman,
  freetype,
  fontconfig,
  libpng,
  glib,
}:

stdenv.mkDerivation (self: {
  pname = "cairo";
  version = "1.18.0";

  src = fetchurl {
    url = "https://src.example.org/${self.pname}/${self.version}.tar.xz";
    sha256 = "0nwwbxcdicpx56jglngjc0z2389pfrhddavmiz88fs29paw0aa3d";
  };

  outputs = [ "out" "dev" ];
  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ pixman freetype fontconfig libpng glib ];

  meta = {
    description = "Draws vector graphics";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.unix;
  };
})
