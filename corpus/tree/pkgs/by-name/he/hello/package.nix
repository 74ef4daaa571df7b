{
  lib,
  stdenv,
  fetchurl,
  gettext,
  greeting ? "Hello, world!",
}:

stdenv.mkDerivation (self: {
  pname = "hello";
  version = "2.12.1";

  src = fetchurl {
    url = "https://src.example.org/hello/hello-${self.version}.tar.gz";
    sha256 = "094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic";
  };

  nativeBuildInputs = [ gettext ];
  doCheck = true;
  inherit greeting;

  passthru.tests.version = "${self.name}: ${self.version}";

  meta = {
    description = "Says ${lib.toLower greeting}";
    homepage = "https://example.org/hello";
    license = lib.licenses.gpl3Plus;
    mainProgram = "hello";
  };
})
