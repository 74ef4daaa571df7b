# Modules of the Python interpreter, as an overlay over the scope that has `interpreter` and `buildModule`.
self: super:
let
  module =
    pname: version: dependencies:
    self.callPackage (
      { buildModule, fetchurl }:
      buildModule {
        inherit pname version dependencies;
        src = fetchurl {
          url = "https://modules.example.org/${pname}-${version}.tar.gz";
          sha256 = builtins.hashString "sha256" "${pname} ${version}";
        };
      }
    ) { };
in
{
  setuptools = module "setuptools" "69.1" [ ];
  wheel = module "wheel" "0.42.0" [ self.setuptools ];
  idna = module "idna" "3.6" [ ];
  certifi = module "certifi" "2024.2" [ ];
  urllib = module "urllib" "2.2.1" [ self.idna self.certifi ];
  requests = module "requests" "2.31.0" [ self.urllib self.idna self.certifi ];
  markupsafe = module "markupsafe" "2.1.5" [ ];
  jinja = module "jinja" "3.1.3" [ self.markupsafe ];
  click = module "click" "8.1.7" [ ];
  flasklet = module "flasklet" "3.0.2" [ self.jinja self.click self.markupsafe ];
  numpylet = module "numpylet" "1.26.4" [ ];
  pandalet = module "pandalet" "2.2.0" [ self.numpylet ];
}
