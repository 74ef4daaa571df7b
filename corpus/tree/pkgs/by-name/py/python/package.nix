{
  lib,
  stdenv,
  fetchurl,
  makeInterpreterPackages,
  bzip2,
  expat,
  libffi,
  ncurses,
  openssl,
  readline,
  sqlite,
  xz,
  zlib,
  pkgconf,
  packageOverrides ? (self: super: { }),
  python,
}:

stdenv.mkDerivation rec {
  pname = "python";
  version = "3.12.2";

  src = fetchurl {
    url = "https://src.example.org/python/${version}/Python-${version}.tar.xz";
    sha256 = "1q93sby7d1avnfp9zvbaca22i66mwmv80il1sj4lkwlba45sd90i";
  };

  nativeBuildInputs = [ pkgconf ];
  buildInputs = [ bzip2 expat libffi ncurses openssl readline sqlite xz zlib ];
  configureFlags = [ "--enable-shared" "--with-openssl=${lib.getDev openssl}" ];

  passthru = rec {
    libPrefix = "python${lib.versions.majorMinor version}";
    sitePackages = "lib/${libPrefix}/site-packages";
    pkgs = makeInterpreterPackages python (
      lib.composeExtensions (import ../../../python-modules) packageOverrides
    );
    withPackages = choose: (pkgs.callPackage ../../../python-modules/environment.nix { }) (choose pkgs);
  };

  meta = {
    description = "A language that reads well";
    license = lib.licenses.mit;
    mainProgram = "python3";
  };
}
